"""Keeps foreign web pages from using the API through a visitor's browser."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from litestar import WebSocket
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

FORBIDDEN_ORIGIN = 4403
_SAFE = ("GET", "HEAD", "OPTIONS")

Connection = ASGIConnection[Any, Any, Any, Any]


def is_foreign(connection: Connection, allowed: tuple[str, ...]) -> bool:
    """Tell whether a browser sent this from a page that is neither ours nor allowed.

    Browsers send Origin with every WebSocket handshake and with every request that changes
    something; other clients send none and are not affected.
    """
    origin = connection.headers.get("origin")
    if not origin or origin.rstrip("/") in allowed:
        return False
    return urlsplit(origin).netloc != connection.headers.get("host")


def same_origin_guard(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Refuse a changing request from a foreign page."""
    if connection.scope.get("method", "GET") in _SAFE:
        return
    if is_foreign(connection, connection.app.state.context.settings.allowed_origins):
        raise PermissionDeniedException("This request came from a page of another site and was refused.")


async def refuse_foreign_origin(socket: WebSocket[Any, Any, Any], allowed: tuple[str, ...]) -> bool:
    """Close a WebSocket that a foreign page opened; tell whether it was closed."""
    if not is_foreign(socket, allowed):
        return False
    await socket.accept()
    await socket.close(FORBIDDEN_ORIGIN, "This page may not listen here.")
    return True
