"""Gives every request an id that stands in its answer and in all that is logged while it is served."""

from __future__ import annotations

import re
import time

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from loguru import logger

from dbbackup.core.naming import random_token

HEADER = "x-request-id"
_ACCEPTED = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
_QUIET = ("GET", "HEAD", "OPTIONS")


class RequestIds(ASGIMiddleware):
    """Takes over the id of a proxy in front, or makes one; logs each request with its status and time."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve one request."""
        request_id = _given(scope) or random_token(12)
        scope.setdefault("state", {})["request_id"] = request_id
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableScopeHeaders.from_message(message)[HEADER] = request_id
            await send(message)

        with logger.contextualize(request=request_id):
            await next_app(scope, receive, send_with_id)
            # Reads are many and change nothing: they are told only to who asks for more.
            level = "DEBUG" if scope.get("method") in _QUIET else "INFO"
            spent = (time.perf_counter() - started) * 1000
            logger.bind(category="http").log(
                level, "{} {} {} in {:.0f} ms", scope.get("method"), scope["path"], status, spent
            )


def _given(scope: Scope) -> str | None:
    """Return the id in the request when it is harmless: it will stand in logs and in a header."""
    for name, value in scope["headers"]:
        if name == HEADER.encode() and _ACCEPTED.match(text := value.decode("latin-1")):
            return text
    return None
