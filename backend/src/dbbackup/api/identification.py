"""Finds out who sends each request, how fast they may, and what a browser must keep to in the answers."""

from __future__ import annotations

import math
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.exceptions import WebSocketException
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from dbbackup.api.callers import caller_of
from dbbackup.api.guards import FORBIDDEN, UNAUTHENTICATED
from dbbackup.core.access import Actor
from dbbackup.core.errors import RateLimitedError
from dbbackup.services.context import Context
from dbbackup.services.identity import Credentials, identify

COOKIE = "dbbackup_session"
SECURE_COOKIE = f"__Host-{COOKIE}"
TOO_MANY = 4429
_HEADERS = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


class Identification(ASGIMiddleware):
    """Puts the actor and the caller into the state of every request and WebSocket below /api."""

    scopes = (ScopeType.HTTP, ScopeType.WEBSOCKET)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve one request or WebSocket."""
        if not scope["path"].startswith("/api/"):
            await next_app(scope, receive, send)
            return
        ctx: Context = scope["litestar_app"].state.context
        connection: ASGIConnection[Any, Any, Any, Any] = ASGIConnection(scope)
        caller = caller_of(connection, ctx.settings)
        is_socket = scope["type"] == ScopeType.WEBSOCKET
        if wait := ctx.runtime.requests.wait_for(caller.address, ctx.live.requests_per_minute):
            seconds = math.ceil(wait)
            if is_socket:
                raise WebSocketException(detail="Too many requests from this address.", code=TOO_MANY)
            raise RateLimitedError(f"Too many requests from this address. Wait {seconds} seconds.", retry_after=seconds)
        state = scope.setdefault("state", {})
        state["caller"] = caller
        state["actor"] = await present_actor(connection, ctx)
        await next_app(scope, receive, _closing_politely(send) if is_socket else _with_headers(send))


async def present_actor(connection: ASGIConnection[Any, Any, Any, Any], ctx: Context) -> Actor | None:
    """Find out who is behind a connection now; a WebSocket asks again while it is open."""
    return await identify(ctx, _credentials(connection), caller_of(connection, ctx.settings))


def _credentials(connection: ASGIConnection[Any, Any, Any, Any]) -> Credentials:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    cookies = connection.cookies
    return Credentials(
        api_key=connection.headers.get("x-api-key"),
        bearer=token.strip() if scheme.lower() == "bearer" else None,
        cookie=cookies.get(SECURE_COOKIE) or cookies.get(COOKIE),
    )


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders.from_message(message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers


def _closing_politely(send: Send) -> Send:
    """Accept a WebSocket before it is refused: a browser shows the code to the page only then."""
    accepted = False

    async def send_after_accepting(message: Message) -> None:
        nonlocal accepted
        if message["type"] == "websocket.accept":
            accepted = True
        elif message["type"] == "websocket.close" and not accepted and message["code"] in (UNAUTHENTICATED, FORBIDDEN):
            await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        await send(message)

    return send_after_accepting
