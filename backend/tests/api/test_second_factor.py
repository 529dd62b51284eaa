"""The second factor, from its set-up to the sign-in that needs it, and the ways back when the phone is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import delete, select

from dbbackup.core.access import Role
from dbbackup.db.models import RecoveryCode, SignInThrottle, User
from dbbackup.services import access_commands, throttle
from dbbackup.services.second_factor import RECOVERY_CODES
from tests.api.http_api import HttpApi
from tests.api.running_app import RunningApp
from tests.api.signing_in import PASSWORD, add_user, client, locked_app, sign_in

PATH = "/auth/second-factor"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with locked_app(tmp_path_factory.mktemp("locked")) as app:
        yield app


@pytest.fixture(scope="module")
def admin(locked: RunningApp) -> HttpApi:
    return sign_in(locked)


_ROOM = 5.0
"""Seconds from a code to the answer to it, on a slow machine."""


class Person:
    """A user with a second factor, and their phone."""

    def __init__(self, app: RunningApp, admin: HttpApi) -> None:
        self.app, self.user = app, add_user(admin, Role.OPERATOR)
        self.name = self.user["username"]
        self.api = sign_in(app, self.name)
        made = self.api.post(f"{PATH}/enrol", {"password": PASSWORD})
        self.enrolment, self.totp = made, pyotp.TOTP(made["secret"])
        # The code of the last step is used first: it must still be that when it arrives.
        if (left := 30 - time.time() % 30) < _ROOM:
            time.sleep(left)
        self.step = int(time.time()) // 30 - 1
        self.recovery = self.api.post(f"{PATH}/confirm", {"code": self.code()})["codes"]
        app.secrets |= {made["secret"], *self.recovery}

    def code(self) -> str:
        """Return a code that was not used yet: of the last step, this, and the next, in this order."""
        code = self.totp.generate_otp(self.step)
        self.step += 1
        return code

    def form(self, code: str | None = None) -> dict[str, Any]:
        return {"username": self.name, "password": PASSWORD, "code": code}


@pytest.fixture
def person(locked: RunningApp, admin: HttpApi) -> Person:
    async def forget_others_attempts() -> None:
        async with locked.ctx.catalogue.transaction() as session:
            await session.execute(delete(SignInThrottle))

    locked.run(forget_others_attempts())
    return Person(locked, admin)


def refused(app: RunningApp, form: dict[str, Any], code: str = "SECOND_FACTOR_REQUIRED") -> None:
    other = client(app)
    for route in ("/auth/sign-in", "/auth/token"):
        other.refused("POST", route, form, status=401, code=code)
    assert not other.http.cookies
    other.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")


def test_enrol_when_confirmed_then_it_is_on_and_the_secret_is_kept_sealed(locked: RunningApp, person: Person) -> None:
    assert person.enrolment["uri"] == person.totp.provisioning_uri(name=person.name, issuer_name="DB Backup & Restore")
    rows = person.enrolment["qrRows"]
    assert {len(row) for row in rows} == {len(rows)}
    assert rows[0].startswith("1111111")
    assert len(set(person.recovery)) == RECOVERY_CODES
    assert person.api.get(PATH) == {"enabled": True, "recoveryCodesLeft": RECOVERY_CODES}

    async def kept() -> tuple[User, list[str]]:
        async with locked.ctx.catalogue.sessions() as session:
            user = await session.get_one(User, person.user["id"])
            query = select(RecoveryCode.code_hash).where(RecoveryCode.user_id == user.id)
            return user, list(await session.scalars(query))

    user, hashes = locked.run(kept())
    assert person.enrolment["secret"] not in (user.totp_secret_sealed or "")
    assert not set(hashes) & {code.replace("-", "") for code in person.recovery}


def test_sign_in_when_there_is_a_second_factor_then_no_session_before_its_code(
    locked: RunningApp, person: Person
) -> None:
    refused(locked, person.form())
    code = person.code()
    entered = client(locked)
    entered.post("/auth/sign-in", person.form(f"{code[:3]} {code[3:]}"))
    assert entered.get("/auth/me")["username"] == person.name


def test_sign_in_when_the_code_is_used_or_wrong_then_refused(locked: RunningApp, person: Person) -> None:
    code = person.code()
    assert client(locked).post("/auth/token", person.form(code))["accessToken"]
    client(locked).refused("POST", "/auth/sign-in", person.form(code), status=401, code="SECOND_FACTOR_REQUIRED")
    older = person.totp.generate_otp(person.step - 3)
    client(locked).refused("POST", "/auth/sign-in", person.form(older), status=401, code="SECOND_FACTOR_REQUIRED")
    wrong = {**person.form(person.code()), "password": "not the password"}
    client(locked).refused("POST", "/auth/sign-in", wrong, status=401, code="UNAUTHORIZED")


def test_sign_in_when_a_recovery_code_is_given_then_it_is_good_once(locked: RunningApp, person: Person) -> None:
    code = person.recovery[0]
    entered = client(locked)
    entered.post("/auth/sign-in", person.form(code.upper().replace("-", " ")))
    assert entered.get(PATH)["recoveryCodesLeft"] == RECOVERY_CODES - 1
    refused(locked, person.form(code))


def test_sign_in_when_codes_are_guessed_then_it_has_to_wait(locked: RunningApp, person: Person) -> None:
    for _ in range(throttle.FREE_FOR_ACCOUNT):
        client(locked).refused(
            "POST", "/auth/sign-in", person.form("xxxxxx"), status=401, code="SECOND_FACTOR_REQUIRED"
        )
    client(locked).refused("POST", "/auth/sign-in", person.form(person.code()), status=429, code="RATE_LIMITED")


def test_turn_off_when_password_and_code_are_right_then_it_is_off(locked: RunningApp, person: Person) -> None:
    off = f"{PATH}/turn-off"
    wrong: dict[str, Any] = {"status": 400, "code": "VALIDATION_ERROR"}
    person.api.refused("POST", off, {"password": "wrong", "code": person.recovery[1]}, fields={"password"}, **wrong)
    person.api.refused("POST", off, {"password": PASSWORD, "code": "000"}, fields={"code"}, **wrong)
    done = person.api.post(off, {"password": PASSWORD, "code": person.recovery[1]})
    assert done == {"enabled": False, "recoveryCodesLeft": 0}
    assert sign_in(locked, person.name).get("/auth/me")["username"] == person.name


def test_enrol_when_something_is_wrong_then_nothing_is_on(locked: RunningApp, admin: HttpApi, person: Person) -> None:
    other = sign_in(locked, add_user(admin, Role.VIEWER)["username"])
    other.refused("POST", f"{PATH}/confirm", {"code": "123456"}, status=409, code="CONFLICT")
    wrong: dict[str, Any] = {"status": 400, "code": "VALIDATION_ERROR"}
    other.refused("POST", f"{PATH}/enrol", {"password": "wrong"}, fields={"password"}, **wrong)
    other.post(f"{PATH}/enrol", {"password": PASSWORD})
    other.refused("POST", f"{PATH}/confirm", {"code": "nonsense"}, fields={"code"}, **wrong)
    assert other.get(PATH) == {"enabled": False, "recoveryCodesLeft": 0}
    person.api.refused("POST", f"{PATH}/enrol", {"password": PASSWORD}, status=409, code="CONFLICT")
    client(locked).refused("GET", PATH, status=401, code="UNAUTHORIZED")


def test_reset_when_the_administrator_does_it_then_the_password_will_do_and_it_is_recorded(
    locked: RunningApp, admin: HttpApi, person: Person
) -> None:
    path = f"/users/{person.user['id']}"
    assert admin.get(path)["secondFactor"] is True
    person.api.refused("DELETE", f"{path}/second-factor", status=403, code="FORBIDDEN")
    assert admin.delete(f"{path}/second-factor")["secondFactor"] is False
    admin.refused("DELETE", f"{path}/second-factor", status=409, code="CONFLICT")
    assert sign_in(locked, person.name).get(PATH)["enabled"] is False
    events = admin.get("/audit", action="resetSecondFactor")
    assert [event["outcome"] for event in events[:3]] == ["failed", "success", "refused"]
    assert person.enrolment["secret"] not in str(admin.get("/audit", limit=100))


def test_reset_when_the_command_does_it_then_the_password_will_do(locked: RunningApp, person: Person) -> None:
    locked.run(access_commands.reset_second_factor(locked.settings, person.name))
    assert sign_in(locked, person.name).get(PATH)["enabled"] is False


def test_second_factor_when_there_is_no_sign_in_then_conflict(tmp_path: Path) -> None:
    with RunningApp.start(tmp_path) as app:
        app.api.refused("GET", PATH, status=409, code="CONFLICT")
