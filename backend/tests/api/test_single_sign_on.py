"""Single sign-on against a real OpenID provider: who is let in, with which role, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from loguru import logger
from sqlalchemy import update

from dbbackup.core.access import Role
from dbbackup.core.secret import Secret
from dbbackup.db.models import SignInThrottle, User
from devtools.servers.oidc_provider import OidcProvider
from devtools.servers.tls import make_server_tls
from tests.api.http_api import HttpApi
from tests.api.running_app import RunningApp
from tests.api.signing_in import ADMIN, client, locked_app, sign_in

PAGE = "https://backups.example.com"
CLIENT_SECRET = "the secret/of+the:client"
PEOPLE: dict[str, dict[str, Any]] = {
    "alice": {"name": "Alice Liddell", "groups": ["staff", "DBA"]},
    "bob": {"groups": ["staff"]},
    "carol": {"groups": ["guests"]},
    "dan": {},
    "erin": {"groups": ["staff"]},
    "mallory": {"groups": ["DBA"], "preferred_username": ADMIN.lower()},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    tls = make_server_tls()
    with OidcProvider.start(PEOPLE, f"{PAGE}/sign-in/callback", client_secret=CLIENT_SECRET, tls=tls) as running:
        yield running


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, provider: OidcProvider) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("locked")
    (home / "ca.pem").write_text(provider.ca_pem)
    fixed = {"server.publicUrl": PAGE, "oidc.clientId": provider.client_id, "oidc.name": "the test provider"}
    secret = {"oidc_client_secret": Secret(CLIENT_SECRET), "oidc_ca_file": home / "ca.pem"}
    with locked_app(home, fixed=fixed, **secret) as running:
        running.secrets.add(CLIENT_SECRET)
        yield running
        assert not [text for text in running.api.seen for secret in running.secrets if secret in text]


@pytest.fixture(scope="module")
def admin(app: RunningApp) -> HttpApi:
    return sign_in(app)


@pytest.fixture(autouse=True)
def fresh(app: RunningApp, admin: HttpApi, provider: OidcProvider) -> None:
    """The settings that each test begins with, and no attempts counted."""
    app.run(change(app, update(SignInThrottle).values(attempts=0, blocked_until=None)))
    values = {"oidc.issuer": provider.issuer, "oidc.adminGroups": "dba; root", "oidc.viewerGroups": "staff"}
    configure(admin, **values, **{"oidc.operatorGroups": None, "oidc.defaultRole": None})


async def change(app: RunningApp, statement: Any) -> None:
    async with app.ctx.catalogue.transaction() as session:
        await session.execute(statement)


def configure(admin: HttpApi, **values: Any) -> None:
    admin.put("/system/settings", {"values": values})


def start(browser: HttpApi) -> str:
    url: str = browser.post("/auth/oidc/start")["url"]
    return url


def enter(app: RunningApp, provider: OidcProvider, name: str) -> HttpApi:
    """Return a browser whose user has come back from the provider."""
    browser = client(app)
    browser.post("/auth/oidc/finish", provider.sign_in(start(browser), name))
    return browser


def turned_away(app: RunningApp, provider: OidcProvider, name: str, status: int, code: str, says: str) -> None:
    browser = client(app)
    answer = provider.sign_in(start(browser), name)
    browser.refused("POST", "/auth/oidc/finish", answer, status=status, code=code, says=says)
    browser.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")


def test_sign_in_when_the_provider_vouches_then_an_account_with_the_role_of_the_group(
    app: RunningApp, admin: HttpApi, provider: OidcProvider
) -> None:
    assert app.api.get("/auth/state")["singleSignOn"] == "the test provider"
    me = enter(app, provider, "alice").get("/auth/me")
    assert (me["username"], me["displayName"], me["role"], me["provider"]) == (
        "alice",
        "Alice Liddell",
        "admin",
        "oidc",
    )
    assert enter(app, provider, "alice").get("/auth/me")["id"] == me["id"]
    event = admin.get("/audit", action="finishOidcSignIn")[0]
    assert (event["actorId"], event["outcome"], event["details"]["method"]) == (me["id"], "success", "oidc")
    # There is no password to change, to guess, or to reset.
    body = {"username": "alice", "password": "whatever it is"}
    app.api.refused("POST", "/auth/sign-in", body, status=401, code="UNAUTHORIZED")
    form = {"password": "a long new password"}
    admin.refused("PUT", f"/users/{me['id']}", form, status=409, code="CONFLICT", says="kept by oidc")


def test_start_when_asked_then_pkce_state_nonce_and_a_strict_cookie(app: RunningApp) -> None:
    browser = client(app)
    answer = browser.request("POST", "/auth/oidc/start", headers={"origin": f"https://{app.host}"})
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.json()["data"]["url"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{PAGE}/sign-in/callback"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-dbbackup_oidc=")
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Secure", "Max-Age=600"))
    assert asked["nonce"] not in cookie  # sealed


def test_role_when_the_groups_change_then_the_next_sign_in_follows(
    app: RunningApp, admin: HttpApi, provider: OidcProvider
) -> None:
    browser = enter(app, provider, "bob")
    assert browser.get("/auth/me")["role"] == "viewer"
    configure(admin, **{"oidc.operatorGroups": "staff"})
    assert enter(app, provider, "bob").get("/auth/me")["role"] == "operator"
    configure(admin, **{"oidc.operatorGroups": None, "oidc.viewerGroups": None})
    turned_away(app, provider, "bob", 403, "FORBIDDEN", "none of your groups")
    browser.refused("GET", "/auth/me", status=401, code="UNAUTHORIZED")  # what was open is closed, too
    configure(admin, **{"oidc.defaultRole": "viewer"})
    assert enter(app, provider, "dan").get("/auth/me")["role"] == Role.VIEWER


def test_sign_in_when_no_group_gives_a_role_then_403_and_no_account(
    app: RunningApp, admin: HttpApi, provider: OidcProvider
) -> None:
    turned_away(app, provider, "carol", 403, "FORBIDDEN", "ask an administrator")
    assert "carol" not in [user["username"] for user in admin.get("/users")]
    assert admin.get("/audit", action="finishOidcSignIn")[0]["outcome"] == "refused"


def test_sign_in_when_the_name_is_a_local_users_then_the_two_are_not_one(
    app: RunningApp, admin: HttpApi, provider: OidcProvider
) -> None:
    turned_away(app, provider, "mallory", 409, "CONFLICT", "not taken for the same person")
    assert [u["provider"] for u in admin.get("/users") if u["username"] == ADMIN] == ["local"]


def test_sign_in_when_the_account_is_disabled_then_401(app: RunningApp, provider: OidcProvider) -> None:
    enter(app, provider, "erin")
    app.run(change(app, update(User).where(User.username == "erin").values(disabled=True)))
    turned_away(app, provider, "erin", 401, "UNAUTHORIZED", "disabled")


def test_finish_when_the_answer_is_not_of_this_browsers_sign_in_then_401(
    app: RunningApp, provider: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, other = client(app), client(app)
    answer = provider.sign_in(start(browser), "alice")
    start(other)
    for who, sent in (
        (client(app), answer),  # no cookie
        (other, answer),  # of another sign-in
        (browser, {**answer, "state": "forged"}),
        (browser, {**answer, "iss": "https://evil.example"}),
    ):
        who.refused("POST", "/auth/oidc/finish", sent, status=401, code="UNAUTHORIZED", says="begin again")
    denied = {"state": answer["state"], "error": "access_denied"}
    browser.refused("POST", "/auth/oidc/finish", denied, status=401, code="UNAUTHORIZED", says="access_denied")
    app.run(change(app, update(SignInThrottle).values(attempts=0, blocked_until=None)))
    with monkeypatch.context() as patched:
        patched.setattr("dbbackup.services.oidc_sign_in.time.time", lambda: 4e9)
        browser.refused("POST", "/auth/oidc/finish", answer, status=401, code="UNAUTHORIZED", says="too long ago")
    browser.post("/auth/oidc/finish", answer)
    assert browser.http.cookies.get("dbbackup_oidc") is None


def test_finish_when_the_code_is_used_or_made_up_then_502_and_after_some_429(
    app: RunningApp, provider: OidcProvider
) -> None:
    browser = client(app)
    answer = provider.sign_in(start(browser), "alice")
    kept = browser.http.cookies["dbbackup_oidc"]
    browser.post("/auth/oidc/finish", answer)
    thief = client(app, cookie=f"dbbackup_oidc={kept}")
    thief.refused("POST", "/auth/oidc/finish", answer, status=502, code="SIGN_IN_PROVIDER_ERROR", says="log says why")
    body = {"state": answer["state"], "code": "guessed"}
    statuses = [thief.request("POST", "/auth/oidc/finish", body).status_code for _ in range(5)]
    assert statuses == [502, 502, 502, 502, 429]


def test_start_when_the_provider_cannot_be_believed_then_502_and_the_log_says_why(
    app: RunningApp, admin: HttpApi, provider: OidcProvider
) -> None:
    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(str(message)), format="{message}")
    with OidcProvider.start(PEOPLE, "https://x.example", tls=make_server_tls()) as stranger:
        configure(admin, **{"oidc.issuer": stranger.issuer})
        app.api.refused("POST", "/auth/oidc/start", status=502, code="SIGN_IN_PROVIDER_ERROR", says="log says why")
    configure(admin, **{"oidc.issuer": provider.issuer.replace("localhost", "127.0.0.1")})
    app.api.refused("POST", "/auth/oidc/start", status=502, code="SIGN_IN_PROVIDER_ERROR", says="log says why")
    logger.remove(sink)
    assert any("certificate is not accepted" in line for line in lines)
    assert any("set oidc.issuer to the first" in line for line in lines)


def test_sign_in_when_the_issuer_is_another_then_the_same_subject_is_another_person(
    app: RunningApp, admin: HttpApi, provider: OidcProvider
) -> None:
    first = enter(app, provider, "alice").get("/auth/me")["id"]
    people = {**PEOPLE, "frank": {"groups": "DBA"}}
    page = f"{PAGE}/sign-in/callback"
    with OidcProvider.start(people, page, client_secret=CLIENT_SECRET, in_id_token=True) as other:
        configure(admin, **{"oidc.issuer": other.issuer})
        turned_away(app, other, "alice", 409, "CONFLICT", "called alice here already")
        assert enter(app, other, "frank").get("/auth/me")["role"] == "admin"
    assert first in [user["id"] for user in admin.get("/users")]


def test_settings_when_wrong_then_refused_by_name_and_off_means_409(app: RunningApp, admin: HttpApi) -> None:
    for key, value in {
        "oidc.issuer": "http://id.example.com",
        "oidc.scopes": "profile",
        "ldap.url": "http://ldap.example.com",
        "ldap.userFilter": "uid={username}",
    }.items():
        body = {"values": {key: value}}
        admin.refused("PUT", "/system/settings", body, status=400, code="VALIDATION_ERROR", fields={key})
    configure(admin, **{"oidc.issuer": None})
    assert app.api.get("/auth/state")["singleSignOn"] is None
    app.api.refused("POST", "/auth/oidc/start", status=409, code="CONFLICT", says="oidc.issuer")
