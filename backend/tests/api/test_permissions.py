"""Every route and WebSocket, with each role and with nobody, against the tables of docs/reference/permissions.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar, Router, get
from litestar.middleware import ASGIMiddleware
from litestar.testing import TestClient
from litestar.types import ASGIApp, Receive, Scope, Send
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from dbbackup.api.errors import HANDLERS
from dbbackup.api.guards import shut_without_rule
from dbbackup.core.access import MATRIX, Actor, Role, Via
from dbbackup.db.models import SessionKind
from dbbackup.services import sessions, tokens, users
from dbbackup.services.audit_entry import Caller
from devtools.permissions import DOCUMENT, NO_RULE, NOT_BY_KEY, Row, filled, routes
from tests.api.http_api import HttpApi
from tests.api.running_app import RunningApp
from tests.api.signing_in import add_user, locked_app, sign_in

PUBLIC = {
    "GET /api/health/live",
    "GET /api/health/ready",
    "GET /api/auth/state",
    "POST /api/auth/setup",
    "POST /api/auth/sign-in",
    "POST /api/auth/token",
    "POST /api/auth/refresh",
    "POST /api/auth/oidc/start",
    "POST /api/auth/oidc/finish",
}
_LINE = re.compile(r"^\| (?P<method>[A-Z]+) \| `(?P<path>/api/[^`]*)` \| (?P<rule>[^|]+) \|$", re.MULTILINE)
DOCUMENTED = [Row(*found.groups()) for found in _LINE.finditer(DOCUMENT.read_text())]


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with locked_app(tmp_path_factory.mktemp("locked"), fixed={"access.requestsPerMinute": 1_000_000}) as running:
        yield running


@pytest.fixture(scope="module")
def people(locked: RunningApp) -> dict[Role, Any]:
    """One user of each role."""
    admin = sign_in(locked)
    return {role: add_user(admin, role) for role in Role}


@pytest.fixture(scope="module")
def keys(locked: RunningApp, people: dict[Role, Any]) -> dict[Role, str]:
    """An API key of each role."""
    made = {}
    for role, user in people.items():
        person = sign_in(locked, user["username"])
        made[role] = person.post("/api-keys", {"name": f"{role} key", "role": role})["secret"]
    return made


def bearer(app: RunningApp, user_id: str) -> dict[str, str]:
    """Return the header of a session made just now: some routes end the one that calls them."""

    async def make() -> str:
        async with app.ctx.catalogue.transaction() as session:
            user = await users.get_user(session, user_id)
            opened, _ = await sessions.open_session(session, app.ctx, user, Caller("test"), SessionKind.TOKEN)
            return tokens.issue(app.ctx, opened).access_token

    return {"authorization": f"Bearer {app.run(make())}"}


def allowed(row: Row, role: Role, via: Via) -> bool:
    """Say what the document says."""
    if row.rule in ("public", "signed in"):
        return True
    if row.rule == "signed in, not by API key":
        return via != Via.API_KEY
    permission, not_by_key, _ = row.rule.partition(NOT_BY_KEY)
    return permission.strip("`") in MATRIX[role] and not (not_by_key and via == Via.API_KEY)


def status(app: RunningApp, row: Row, headers: dict[str, str]) -> int:
    path = re.sub(r"\{[^}]+\}", "none", row.path)
    body = {"content": b"{}"} if row.method in ("POST", "PUT", "PATCH") else {}
    answer = app.api.http.request(row.method, path, headers={"content-type": "application/json", **headers}, **body)  # type: ignore[arg-type]
    if answer.status_code in (401, 403) and row.method != "HEAD":
        assert answer.json()["error"]["code"] == ("UNAUTHORIZED" if answer.status_code == 401 else "FORBIDDEN")
    return answer.status_code


def close_code(app: RunningApp, row: Row, headers: dict[str, str]) -> int | None:
    url = f"ws://{app.host}{re.sub(r'{[^}]+}', 'none', row.path)}"
    with connect(url, compression=None, proxy=None, additional_headers=headers) as opened:
        try:
            opened.recv(timeout=0.2)
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
    return None


def test_document_when_compared_with_the_routes_then_the_same(locked: RunningApp) -> None:
    text = DOCUMENT.read_text()
    assert filled(text, locked.app) == text, "run `make client`, and look at what it wrote into permissions.md"
    assert {f"{row.method} {row.path}" for row in DOCUMENTED if row.rule == "public"} == PUBLIC


def test_routes_when_walked_then_each_has_a_rule_and_the_schema_says_it(locked: RunningApp) -> None:
    rules = dict(routes(locked.app))
    assert [row for row in rules if row.rule == NO_RULE or row.method == "ASGI"] == []
    assert {row.path for row in rules if row.method == "WS"} == {
        "/api/ws/events",
        "/api/ws/executions/{execution_id}/logs",
    }
    document = locked.api.http.get("/api/openapi.json").json()
    assert document["components"]["securitySchemes"].keys() == {"session", "bearer", "apiKey"}
    described = {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert described.keys() == {(row.method, row.path) for row in rules if row.method != "WS"}
    for row, rule in rules.items():
        if row.method == "WS" or rule is None:
            continue
        operation = described[row.method, row.path]
        assert operation.get("x-permission") == rule.permission
        assert ("security" in operation) is not rule.public
        assert "429" in operation["responses"]
        assert rule.public or operation["responses"].keys() >= {"401", "403"}


def test_routes_when_nobody_is_signed_in_then_only_the_public_ones_answer(locked: RunningApp) -> None:
    for row in DOCUMENTED:
        for headers in ({}, {"authorization": "Bearer dbk_no"}, {"x-api-key": "no"}, {"authorization": "Bearer a.b.c"}):
            if row.method == "WS":
                assert close_code(locked, row, headers) == 4401, row
            elif row.rule != "public":
                assert status(locked, row, headers) == 401, row
        if row.rule == "public" and row.method != "WS":
            assert status(locked, row, {}) not in (401, 403), row


@pytest.mark.parametrize("role", list(Role))
def test_routes_when_somebody_of_a_role_calls_them_then_as_documented(
    locked: RunningApp, people: dict[Role, Any], keys: dict[Role, str], role: Role
) -> None:
    for row in DOCUMENTED:
        for via, headers in (
            (Via.TOKEN, bearer(locked, people[role]["id"])),
            (Via.API_KEY, {"x-api-key": keys[role]}),
        ):
            if row.method == "WS":
                refused = close_code(locked, row, headers) in (4401, 4403)
            else:
                refused = status(locked, row, headers) in (401, 403)
            assert refused is not allowed(row, role, via), (row, role, via)


class _AsRole(ASGIMiddleware):
    """Takes the role from a header, or nobody."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        role = dict(scope["headers"]).get(b"role")
        scope["state"]["actor"] = Actor("1", "x", Role(role.decode())) if role else None
        await next_app(scope, receive, send)


def test_route_when_it_has_no_rule_then_the_walk_finds_it_and_only_admins_get_in() -> None:
    @get("/forgotten")
    async def forgotten() -> str:
        return "data"

    guarded = Router("/api", route_handlers=[forgotten], guards=[shut_without_rule])
    app = Litestar([guarded], middleware=[_AsRole()], exception_handlers=HANDLERS)
    assert [row.rule for row, _ in routes(app) if row.path == "/api/forgotten"] == [NO_RULE]
    with TestClient(app) as test:
        assert test.get("/api/forgotten").status_code == 401
        assert test.get("/api/forgotten", headers={"role": "operator"}).status_code == 403
        assert test.get("/api/forgotten", headers={"role": "admin"}).text == "data"


def test_session_when_the_role_is_taken_away_then_at_once(locked: RunningApp) -> None:
    admin = sign_in(locked)
    user = add_user(admin, Role.ADMIN)
    person: HttpApi = sign_in(locked, user["username"])
    key = person.post("/api-keys", {"name": "key", "role": "admin"})["secret"]
    assert person.get("/users")
    admin.put(f"/users/{user['id']}", {"role": "viewer"})
    person.refused("GET", "/users", status=403, code="FORBIDDEN", says="viewer")
    locked.api.refused("GET", "/users", status=403, code="FORBIDDEN", headers={"x-api-key": key})
    assert locked.api.request("GET", "/databases", headers={"x-api-key": key}).status_code == 200
    admin.put(f"/users/{user['id']}", {"disabled": True})
    person.refused("GET", "/databases", status=401, code="UNAUTHORIZED")
    locked.api.refused("GET", "/databases", status=401, code="UNAUTHORIZED", headers={"x-api-key": key})
