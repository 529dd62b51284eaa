"""Sign-in with a directory's password, against a real slapd: who is let in, with which role, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from loguru import logger
from sqlalchemy import update

from dbbackup.core.secret import Secret
from dbbackup.db.models import SignInThrottle
from devtools.servers.slapd import GROUPS, PEOPLE, SlapdServer
from devtools.servers.tls import make_server_tls
from tests.api.http_api import HttpApi
from tests.api.running_app import RunningApp
from tests.api.signing_in import ADMIN, PASSWORD, client, locked_app, sign_in

SECRET = "a directory password"
WRONG = "The username or the password is wrong."


@pytest.fixture(scope="module")
def directory() -> Iterator[SlapdServer]:
    people = {name: {"userPassword": SECRET} for name in ("anna", "ben", "cleo", "dora", ADMIN.lower())}
    people["anna"]["displayName"] = "Anna Ångström"
    people["odd(name)*"] = {"userPassword": SECRET}
    groups = {"dba": ["anna", ADMIN.lower()], "staff": ["anna", "ben", "odd(name)*"]}
    with SlapdServer.start(people, groups) as running:
        yield running


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, directory: SlapdServer) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("locked")
    (home / "ca.pem").write_text(directory.ca_pem)
    fixed = {"ldap.userBase": PEOPLE, "ldap.bindDn": directory.bind_dn}
    secret = {"ldap_bind_password": Secret(directory.password), "ldap_ca_file": home / "ca.pem"}
    with locked_app(home, fixed=fixed, **secret) as running:
        running.secrets |= {directory.password, SECRET}
        yield running
        assert not [text for text in running.api.seen for secret in running.secrets if secret in text]


@pytest.fixture(scope="module")
def admin(app: RunningApp) -> HttpApi:
    return sign_in(app)


@pytest.fixture(autouse=True)
def fresh(app: RunningApp, admin: HttpApi, directory: SlapdServer) -> None:
    app.run(patience(app))
    names = ("startTls", "userFilter", "usernameAttribute", "groupBase", "operatorGroups", "defaultRole")
    values: dict[str, Any] = {f"ldap.{name}": None for name in names}
    values |= {"ldap.url": f"ldap://localhost:{directory.port}", "ldap.adminGroups": f"CN=dba,{GROUPS}"}
    configure(admin, **values, **{"ldap.viewerGroups": "staff"})


async def patience(app: RunningApp) -> None:
    async with app.ctx.catalogue.transaction() as session:
        await session.execute(update(SignInThrottle).values(attempts=0, blocked_until=None))


def configure(admin: HttpApi, **values: Any) -> None:
    admin.put("/system/settings", {"values": values})


def refused(app: RunningApp, name: str, password: str = SECRET, *, status: int = 401, says: str = WRONG) -> None:
    code = {401: "UNAUTHORIZED", 403: "FORBIDDEN", 409: "CONFLICT", 429: "RATE_LIMITED"}[status]
    body = {"username": name, "password": password}
    app.api.refused("POST", "/auth/sign-in", body, status=status, code=code, says=says)


def done(directory: SlapdServer, begun: int) -> list[str]:
    """Return the kinds of operations since the log was so long."""
    lines = directory.log()[begun:].splitlines()
    return [
        word for line in lines for word in ("STARTTLS", "BIND dn", "SRCH base") if word in line and "mech" not in line
    ]


def test_sign_in_when_the_directory_knows_them_then_an_account_with_the_role_of_the_group(
    app: RunningApp, admin: HttpApi, directory: SlapdServer
) -> None:
    begun = len(directory.log())
    me = sign_in(app, "Anna", SECRET).get("/auth/me")
    assert (me["username"], me["displayName"], me["role"], me["provider"]) == ("anna", "Anna Ångström", "admin", "ldap")
    assert done(directory, begun) == ["STARTTLS", "BIND dn", "SRCH base", "STARTTLS", "BIND dn"]
    assert sign_in(app, "anna", SECRET).get("/auth/me")["id"] == me["id"]
    event = admin.get("/audit", action="signIn")[0]
    assert (event["actorId"], event["details"]["method"]) == (me["id"], "ldap")
    [kept] = app.rows("""SELECT password_hash FROM "user" WHERE username = 'anna'""")
    assert kept == (None,)
    tokens = app.api.post("/auth/token", {"username": "ben", "password": SECRET})
    bearer = client(app, authorization=f"Bearer {tokens['accessToken']}")
    assert bearer.get("/auth/me")["role"] == "viewer"


def test_sign_in_when_refused_then_every_reason_takes_the_same_steps(app: RunningApp, directory: SlapdServer) -> None:
    steps = []
    for name in ("anna", "nobody", ADMIN):  # of the directory, of nobody, of this product itself
        begun = len(directory.log())
        refused(app, name, "wrong")
        steps.append(done(directory, begun))
        assert ADMIN not in directory.log()[begun:]
    assert steps[0] == steps[1] == steps[2] != []
    begun = len(directory.log())
    sign_in(app)  # a local password that is right asks nobody
    assert done(directory, begun) == []


def test_sign_in_when_the_name_is_a_filter_or_the_password_is_empty_then_refused(
    app: RunningApp, directory: SlapdServer
) -> None:
    for name in ("*", "an*", "anna)(uid=*", "{dn}", "anna\x00", "\\61nna", f"uid=anna,{PEOPLE}"):
        refused(app, name)
    assert "uid=\\2A" in directory.log()
    app.run(patience(app))
    body = {"username": "anna", "password": ""}
    app.api.refused("POST", "/auth/sign-in", body, status=400, code="VALIDATION_ERROR")
    assert sign_in(app, "odd(name)*", SECRET).get("/auth/me")["username"] == "odd.name."


def test_sign_in_when_guessed_too_often_then_429_and_the_directory_is_not_asked(
    app: RunningApp, directory: SlapdServer
) -> None:
    for _ in range(5):
        refused(app, "ben", "guess")
    begun = len(directory.log())
    refused(app, "ben", status=429, says="Wait")
    assert done(directory, begun) == []


def test_sign_in_when_in_no_group_or_called_like_a_local_user_then_refused(app: RunningApp, admin: HttpApi) -> None:
    refused(app, "cleo", status=403, says="none of your groups")
    configure(admin, **{"ldap.defaultRole": "viewer"})
    assert sign_in(app, "cleo", SECRET).get("/auth/me")["role"] == "viewer"
    refused(app, ADMIN.lower())  # the local user's name: the directory's password is none of theirs
    assert sign_in(app, ADMIN, PASSWORD).get("/auth/me")["provider"] == "local"


def test_groups_when_they_are_searched_for_then_they_count_as_well(app: RunningApp, admin: HttpApi) -> None:
    configure(admin, **{"ldap.groupBase": GROUPS, "ldap.viewerGroups": None, "ldap.operatorGroups": "STAFF"})
    assert sign_in(app, "ben", SECRET).get("/auth/me")["role"] == "operator"


def test_sign_in_when_by_ldaps_then_the_certificate_is_checked(
    app: RunningApp, admin: HttpApi, directory: SlapdServer
) -> None:
    configure(admin, **{"ldap.url": f"ldaps://127.0.0.1:{directory.tls_port}"})
    assert sign_in(app, "ben", SECRET).get("/auth/me")["username"] == "ben"
    trusted = app.settings.ldap_ca_file
    assert trusted
    good = trusted.read_text()
    trusted.write_text(make_server_tls().ca_pem)
    lines = failing(app, "ben")
    assert "certificate" in lines
    configure(admin, **{"ldap.url": f"ldap://localhost:{directory.port}"})
    assert "Directory" in failing(app, "ben")
    trusted.write_text(good)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"ldap.url": "ldap://127.0.0.1:9"}, "cannot be asked"),
        ({"ldap.url": "ldap://169.254.169.254"}, "Nothing may be sent"),
        ({"ldap.url": "ldap://192.0.2.1", "ldap.startTls": False}, "in the clear"),
        ({"ldap.userFilter": "(|(uid={username})(uid=*))"}, "Several people"),
        ({"ldap.userFilter": "(|(uid={username})(!))"}, "cannot be asked"),
        ({"ldap.groupBase": "dc=elsewhere"}, "refuses the search"),
    ],
)
def test_sign_in_when_the_directory_is_of_no_use_then_401_and_the_log_says_why(
    app: RunningApp, admin: HttpApi, values: dict[str, Any], said: str
) -> None:
    configure(admin, **values)
    assert said in failing(app, "ben")
    assert sign_in(app).get("/auth/me")["username"] == ADMIN  # the way in that is left


def failing(app: RunningApp, name: str) -> str:
    """Have a sign-in refused because of the directory, and return what the log says."""
    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(str(message)), format="{message}")
    refused(app, name, says="cannot be asked now")
    logger.remove(sink)
    text = " ".join(lines)
    assert SECRET not in text
    return text
