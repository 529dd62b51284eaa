"""Signing in by cookie: what it takes, how it is kept, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from dbbackup.api.live import sockets
from dbbackup.core.access import Role
from dbbackup.core.rate_limit import RateLimit
from dbbackup.db.models import SignInThrottle, UserSession
from dbbackup.db.models.base import utc_now
from tests.api.http_api import HttpApi
from tests.api.running_app import RunningApp
from tests.api.signing_in import ADMIN, OTHER_PASSWORD, PASSWORD, add_user, client, locked_app, sign_in
from tests.api.support import unique


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with locked_app(tmp_path_factory.mktemp("locked")) as running:
        yield running
        assert not [text for text in running.api.seen for secret in running.secrets if secret in text]


@pytest.fixture(scope="module")
def admin(locked: RunningApp) -> HttpApi:
    return sign_in(locked)


@pytest.fixture(autouse=True)
def patience(locked: RunningApp) -> None:
    """Everybody comes from one address: what one test fails at must not slow down the next."""
    locked.run(change(locked, update(SignInThrottle).values(attempts=0, blocked_until=None)))


async def change(app: RunningApp, statement: Any) -> None:
    async with app.ctx.catalogue.transaction() as session:
        await session.execute(statement)


def test_me_when_nobody_is_signed_in_then_401_says_what_to_do(locked: RunningApp) -> None:
    answer = locked.api.request("GET", "/auth/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    locked.api.refused("GET", "/databases", status=401, code="UNAUTHORIZED", says="Sign in")
    assert locked.api.get("/auth/state") == {"authMode": "local", "setupNeeded": False, "singleSignOn": None}


def test_sign_in_when_right_then_a_strict_cookie_and_who_one_is(locked: RunningApp) -> None:
    browser = client(locked)
    answer = browser.request("POST", "/auth/sign-in", {"username": ADMIN.upper(), "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("dbbackup_session=")
    for word in ("HttpOnly", "SameSite=strict", "Path=/", "Max-Age=6"):
        assert word in cookie
    assert "Secure" not in cookie
    me = browser.get("/auth/me")
    assert (me["username"], me["role"], me["via"], me["provider"]) == (ADMIN, "admin", "session", "local")
    assert "system.configure" in me["permissions"]
    assert answer.json()["data"] == me
    token = browser.http.cookies["dbbackup_session"]
    kept = locked.rows('SELECT token_hash, password_hash FROM session, "user"')
    assert token not in {hashed for hashed, _ in kept}
    assert all(password.startswith("$argon2id$") for _, password in kept)


def test_sign_in_when_the_page_is_behind_tls_then_the_cookie_is_secure(locked: RunningApp) -> None:
    host = f"https://{locked.host}"
    body = {"username": ADMIN, "password": PASSWORD}
    answer = client(locked).request("POST", "/auth/sign-in", body, headers={"origin": host})
    assert answer.headers["set-cookie"].startswith("__Host-dbbackup_session=")
    assert "Secure" in answer.headers["set-cookie"]
    token = answer.headers["set-cookie"].split("=")[1].split(";")[0]
    again = client(locked, cookie=f"__Host-dbbackup_session={token}")
    assert again.get("/auth/me")["username"] == ADMIN
    plain = client(locked).request("POST", "/auth/sign-in", body, headers={"x-forwarded-proto": "https"})
    assert "Secure" not in plain.headers["set-cookie"]  # nobody said that this proxy is to be believed


@pytest.mark.parametrize(("username", "password"), [("nobody", PASSWORD), (ADMIN, "wrong"), ("' OR 1=1 --", "x")])
def test_sign_in_when_wrong_then_401_that_does_not_say_what(locked: RunningApp, username: str, password: str) -> None:
    error = locked.api.refused(
        "POST", "/auth/sign-in", {"username": username, "password": password}, status=401, code="UNAUTHORIZED"
    )
    assert error["message"] == "The username or the password is wrong."


def test_sign_in_when_failed_too_often_then_429_even_with_the_right_password(
    locked: RunningApp, admin: HttpApi
) -> None:
    name = add_user(admin, Role.VIEWER)["username"]
    for _ in range(5):
        locked.api.refused(
            "POST", "/auth/sign-in", {"username": name, "password": "no"}, status=401, code="UNAUTHORIZED"
        )
    answer = locked.api.request("POST", "/auth/sign-in", {"username": name.upper(), "password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 30
    assert sign_in(locked).get("/auth/me")["username"] == ADMIN  # others are not concerned
    locked.run(change(locked, update(SignInThrottle).values(blocked_until=utc_now())))
    assert sign_in(locked, name).get("/auth/me")["username"] == name


def test_sign_in_when_an_address_guesses_names_then_429_for_any_name(locked: RunningApp) -> None:
    statuses = [
        locked.api.request("POST", "/auth/sign-in", {"username": unique(), "password": "no"}).status_code
        for _ in range(21)
    ]
    assert statuses == [401] * 20 + [429]
    assert locked.api.request("POST", "/auth/token", {"username": ADMIN, "password": PASSWORD}).status_code == 429


def test_sign_in_when_it_succeeds_then_the_failures_of_the_address_still_count(locked: RunningApp) -> None:
    for _ in range(19):
        locked.api.request("POST", "/auth/sign-in", {"username": unique(), "password": "no"})
    sign_in(locked)
    body = {"username": unique(), "password": "no"}
    assert [locked.api.request("POST", "/auth/sign-in", body).status_code for _ in range(2)] == [401, 429]


def test_address_when_a_trusted_proxy_names_it_then_the_nearest_that_is_not_a_proxy(tmp_path: Path) -> None:
    with locked_app(tmp_path, trusted_proxies=("127.0.0.0/8", "10.0.0.0/8")) as app:
        for said, taken in (
            ("192.0.2.1, 198.51.100.7, 10.0.0.9", "198.51.100.7"),
            ("nonsense, 10.0.0.9", "10.0.0.9"),
            ("::ffff:203.0.113.5", "203.0.113.5"),
            ("", "127.0.0.1"),
        ):
            browser = client(app, **{"x-forwarded-for": said, "x-forwarded-proto": "https"})
            answer = browser.request("POST", "/auth/sign-in", {"username": ADMIN, "password": PASSWORD})
            assert answer.headers["set-cookie"].startswith("__Host-")
            assert sign_in(app).get("/audit", action="signIn")[1]["address"] == taken


def test_socket_when_the_session_ends_then_it_is_closed_with_4401(
    locked: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "RECHECK_SECONDS", 0.05)
    browser = sign_in(locked)
    cookie = {"cookie": f"dbbackup_session={browser.http.cookies['dbbackup_session']}"}
    url = f"ws://{locked.host}/api/ws/events"
    with connect(url, compression=None, proxy=None, additional_headers=cookie) as opened:
        browser.post("/auth/sign-out")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                opened.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_cookie_when_planted_before_then_the_sign_in_makes_another(locked: RunningApp) -> None:
    browser = client(locked)
    browser.http.cookies.set("dbbackup_session", "planted", domain="127.0.0.1", path="/")
    browser.post("/auth/sign-in", {"username": ADMIN, "password": PASSWORD})
    assert "planted" not in [cookie.value for cookie in browser.http.cookies.jar]


def test_change_when_the_header_is_missing_or_the_page_is_foreign_then_403(locked: RunningApp) -> None:
    browser = sign_in(locked)
    del browser.http.headers["x-requested-with"]
    browser.refused("DELETE", "/databases/x", status=403, code="FORBIDDEN", says="X-Requested-With")
    browser.http.headers["x-requested-with"] = "page"
    browser.refused("DELETE", "/databases/x", status=404, code="NOT_FOUND")
    foreign = {"origin": "https://evil.example"}
    browser.refused("DELETE", "/databases/x", status=403, code="FORBIDDEN", says="another site", headers=foreign)


def test_sign_out_when_done_then_the_cookie_is_worth_nothing(locked: RunningApp) -> None:
    browser = sign_in(locked)
    token = browser.http.cookies["dbbackup_session"]
    answer = browser.request("POST", "/auth/sign-out")
    assert answer.json()["data"] == {"ended": 1}
    assert "dbbackup_session" not in browser.http.cookies
    stolen = client(locked, cookie=f"dbbackup_session={token}")
    stolen.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")


def test_sessions_when_idle_or_old_then_they_end(locked: RunningApp) -> None:
    for values in (
        {"last_used_at": utc_now() - timedelta(hours=12, seconds=1)},
        {"expires_at": utc_now() - timedelta(seconds=1)},
    ):
        browser = sign_in(locked)
        session_id = browser.get("/auth/me")["sessionId"]
        locked.run(change(locked, update(UserSession).where(UserSession.id == session_id).values(**values)))
        browser.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")


def test_sessions_when_used_then_that_is_noted_and_they_live_on(locked: RunningApp) -> None:
    browser = sign_in(locked)
    session_id = browser.get("/auth/me")["sessionId"]
    before = utc_now() - timedelta(hours=11)
    locked.run(change(locked, update(UserSession).where(UserSession.id == session_id).values(last_used_at=before)))
    browser.get("/auth/me")
    [current] = [s for s in browser.get("/auth/sessions") if s["current"]]
    assert current["id"] == session_id
    assert current["lastUsedAt"] > before.isoformat()
    assert (current["address"], current["kind"]) == ("127.0.0.1", "browser")
    assert current["userAgent"].startswith("python-httpx")


def test_sessions_when_ended_from_another_place_then_only_ones_own(locked: RunningApp, admin: HttpApi) -> None:
    name = add_user(admin, Role.VIEWER)["username"]
    one, other, third = (sign_in(locked, name) for _ in range(3))
    one.delete(f"/auth/sessions/{other.get('/auth/me')['sessionId']}")
    other.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")
    admins = admin.get("/auth/me")["sessionId"]
    one.refused("DELETE", f"/auth/sessions/{admins}", status=404, code="NOT_FOUND")
    assert one.delete("/auth/sessions") == {"ended": 1}
    third.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")
    assert one.get("/auth/me")["username"] == name


def test_password_when_changed_then_other_sessions_end_and_the_old_one_is_wrong(
    locked: RunningApp, admin: HttpApi
) -> None:
    name = add_user(admin, Role.OPERATOR)["username"]
    here, there = sign_in(locked, name), sign_in(locked, name)
    form = {"currentPassword": "wrong", "newPassword": OTHER_PASSWORD}
    here.refused("POST", "/auth/password", form, status=400, code="VALIDATION_ERROR", fields={"currentPassword"})
    for bad in ("short", f"{name} and more", "a" * 20):
        form = {"currentPassword": PASSWORD, "newPassword": bad}
        here.refused("POST", "/auth/password", form, status=400, code="VALIDATION_ERROR", fields={"newPassword"})
    form = {"currentPassword": PASSWORD, "newPassword": OTHER_PASSWORD}
    assert here.post("/auth/password", form) == {"ended": 1}
    there.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")
    assert here.get("/auth/me")["username"] == name
    body = {"username": name, "password": PASSWORD}
    locked.api.refused("POST", "/auth/sign-in", body, status=401, code="UNAUTHORIZED")
    assert sign_in(locked, name, OTHER_PASSWORD).get("/auth/me")["role"] == "operator"


def test_answers_when_of_the_api_then_strict_headers(locked: RunningApp, admin: HttpApi) -> None:
    for answer in (locked.api.request("GET", "/databases"), admin.request("GET", "/databases")):
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-frame-options"] == "DENY"


def test_requests_when_too_many_then_429_with_the_time_to_wait(tmp_path: Path) -> None:
    with locked_app(tmp_path, fixed={"access.requestsPerMinute": 60}) as app:
        # Time stands still for the limit: a slow machine must not refill what is counted.
        app.ctx.runtime.requests = RateLimit(lambda: 0.0)
        answers: list[httpx.Response] = [app.api.request("GET", "/health/live") for _ in range(62)]
        assert answers[0].status_code == 200
        assert answers[-1].status_code == 429
        assert answers[-1].json()["error"]["code"] == "RATE_LIMITED"
        assert answers[-1].headers["retry-after"] == "1"
