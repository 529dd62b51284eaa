"""How programs sign in: tokens that are exchanged, and API keys."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from sqlalchemy import update

from dbbackup.core.access import Role
from dbbackup.db.models import ApiKey, UserSession
from dbbackup.db.models.base import utc_now
from tests.api.http_api import HttpApi
from tests.api.running_app import RunningApp
from tests.api.signing_in import ADMIN, PASSWORD, client, locked_app, sign_in, sign_in_as
from tests.catalogue import dump


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with locked_app(tmp_path_factory.mktemp("locked")) as running:
        yield running


@pytest.fixture(scope="module")
def admin(locked: RunningApp) -> HttpApi:
    return sign_in(locked)


def tokens_for(app: RunningApp) -> Any:
    return app.api.post("/auth/token", {"username": ADMIN, "password": PASSWORD})


def ask(app: RunningApp, token: str) -> int:
    return app.api.request("GET", "/auth/me", headers={"authorization": f"Bearer {token}"}).status_code


async def change(app: RunningApp, statement: Any) -> None:
    async with app.ctx.catalogue.transaction() as session:
        await session.execute(statement)


def test_tokens_when_used_then_they_need_no_header_and_end_with_the_session(locked: RunningApp) -> None:
    pair = tokens_for(locked)
    assert (pair["tokenType"], pair["expiresIn"]) == ("Bearer", 900)
    program = client(locked, authorization=f"Bearer {pair['accessToken']}")
    del program.http.headers["x-requested-with"]
    assert program.get("/auth/me")["via"] == "token"
    program.refused("DELETE", "/databases/none", status=404, code="NOT_FOUND")
    assert program.post("/auth/sign-out") == {"ended": 1}
    assert ask(locked, pair["accessToken"]) == 401
    body = {"refreshToken": pair["refreshToken"]}
    locked.api.refused("POST", "/auth/refresh", body, status=401, code="UNAUTHORIZED", says="sign in again")


def test_refresh_when_exchanged_then_new_ones_and_when_reused_then_the_session_ends(locked: RunningApp) -> None:
    first = tokens_for(locked)
    second = locked.api.post("/auth/refresh", {"refreshToken": first["refreshToken"]})
    assert second["refreshToken"] != first["refreshToken"]
    assert ask(locked, second["accessToken"]) == 200
    stolen = {"refreshToken": first["refreshToken"]}
    locked.api.refused("POST", "/auth/refresh", stolen, status=401, code="UNAUTHORIZED", says="used before")
    assert ask(locked, second["accessToken"]) == 401
    theirs = {"refreshToken": second["refreshToken"]}
    locked.api.refused("POST", "/auth/refresh", theirs, status=401, code="UNAUTHORIZED")


def test_token_when_forged_expired_or_of_the_other_kind_then_401(locked: RunningApp) -> None:
    pair = tokens_for(locked)
    claims = jwt.decode(pair["accessToken"], options={"verify_signature": False})
    forged = [
        jwt.encode(claims, "x" * 32, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode({**claims, "exp": int(time.time()) - 1}, locked.ctx.sealer.derive("tokens"), algorithm="HS256"),
        jwt.encode({"sid": claims["sid"], "typ": "access"}, locked.ctx.sealer.derive("tokens"), algorithm="HS256"),
        pair["refreshToken"],
        pair["accessToken"][:-2],
    ]
    assert [ask(locked, token) for token in forged] == [401] * len(forged)
    access = {"refreshToken": pair["accessToken"]}
    locked.api.refused("POST", "/auth/refresh", access, status=401, code="UNAUTHORIZED")
    # What is wrong is not made good by a cookie that is right.
    browser = sign_in(locked)
    browser.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED", headers={"authorization": "Bearer no"})


def test_token_when_its_session_is_of_a_browser_then_401(locked: RunningApp, admin: HttpApi) -> None:
    end = datetime.now(UTC) + timedelta(minutes=5)
    claims = {"sid": admin.get("/auth/me")["sessionId"], "typ": "access", "exp": end}
    assert ask(locked, jwt.encode(claims, locked.ctx.sealer.derive("tokens"), algorithm="HS256")) == 401


def test_key_when_made_then_shown_once_kept_as_a_hash_and_works_both_ways(locked: RunningApp, admin: HttpApi) -> None:
    made = admin.post("/api-keys", {"name": "CI", "role": "operator"})
    secret, view = made["secret"], made["key"]
    assert secret.startswith("dbk_")
    assert (view["prefix"], view["username"], view["lastUsedAt"]) == (secret[:10], ADMIN, None)
    assert secret not in admin.request("GET", "/api-keys").text
    assert not [row for row in dump(locked.settings.catalogue) if secret in row]
    for headers in ({"authorization": f"bearer {secret}"}, {"x-api-key": secret}):
        me = locked.api.request("GET", "/auth/me", headers=headers).json()["data"]
        assert (me["username"], me["role"], me["via"]) == ("CI", "operator", "api_key")
    [listed] = [key for key in admin.get("/api-keys") if key["id"] == view["id"]]
    assert listed["lastUsedAt"] is not None
    admin.delete(f"/api-keys/{view['id']}")
    assert ask(locked, secret) == 401


def test_key_when_it_would_do_more_than_its_maker_or_is_expired_then_refused(
    locked: RunningApp, admin: HttpApi
) -> None:
    viewer = sign_in_as(locked, admin, Role.VIEWER)
    form: dict[str, Any] = {"name": "k", "role": "operator"}
    viewer.refused("POST", "/api-keys", form, status=400, code="VALIDATION_ERROR", fields={"role"})
    form = {"name": "k", "role": "viewer", "expiresAt": "2020-01-01T00:00:00Z"}
    viewer.refused("POST", "/api-keys", form, status=400, code="VALIDATION_ERROR", fields={"expiresAt"})
    form["expiresAt"] = (utc_now() + timedelta(hours=1)).isoformat()
    made = viewer.post("/api-keys", form)
    assert ask(locked, made["secret"]) == 200
    locked.run(change(locked, update(ApiKey).where(ApiKey.id == made["key"]["id"]).values(expires_at=utc_now())))
    assert ask(locked, made["secret"]) == 401


def test_keys_when_listed_or_revoked_then_only_ones_own_but_for_admins(locked: RunningApp, admin: HttpApi) -> None:
    one, other = (sign_in_as(locked, admin, Role.OPERATOR) for _ in range(2))
    made = one.post("/api-keys", {"name": "mine", "role": "viewer"})["key"]
    assert [key["id"] for key in one.get("/api-keys")] == [made["id"]]
    assert other.get("/api-keys") == []
    other.refused("DELETE", f"/api-keys/{made['id']}", status=404, code="NOT_FOUND")
    assert made["id"] in [key["id"] for key in admin.get("/api-keys")]
    admin.delete(f"/api-keys/{made['id']}")
    assert one.get("/api-keys") == []


def test_session_when_of_tokens_then_it_stands_among_the_sessions(locked: RunningApp, admin: HttpApi) -> None:
    pair = tokens_for(locked)
    sid = jwt.decode(pair["accessToken"], options={"verify_signature": False})["sid"]
    [found] = [session for session in admin.get("/auth/sessions") if session["id"] == sid]
    assert (found["kind"], found["current"]) == ("token", False)
    idle = update(UserSession).where(UserSession.id == sid).values(last_used_at=utc_now() - timedelta(days=1))
    locked.run(change(locked, idle))
    assert ask(locked, pair["accessToken"]) == 401
