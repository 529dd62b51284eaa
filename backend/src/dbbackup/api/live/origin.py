"""Keeps foreign web pages from using the API through a visitor's browser."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar import WebSocket
from litestar.config.cors import CORSConfig
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from dbbackup.settings import Settings

FORBIDDEN_ORIGIN = 4403
_SAFE = ("GET", "HEAD", "OPTIONS")

Connection = ASGIConnection[Any, Any, Any, Any]


def is_foreign(connection: Connection, settings: Settings) -> bool:
    """Tell whether a browser sent this from a page that is neither ours nor allowed.

    Browsers send Origin with every WebSocket handshake and with every request that changes
    something; other clients send none and are not affected.
    """
    origin = connection.headers.get("origin")
    if not origin or origin.rstrip("/") in settings.allowed_origins:
        return False
    return urlsplit(origin).netloc != connection.headers.get("host")


def is_rebound(connection: Connection, settings: Settings) -> bool:
    """Tell whether a name that is not ours led here: a foreign page's name made to point at loopback.

    A server on loopback or on a Unix socket knows its names: addresses, localhost, and the hosts of
    CORS_ORIGINS. One that is open to a network cannot know what it is called there.
    """
    if not settings.is_local:
        return False
    host = urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    allowed = {urlsplit(origin).hostname for origin in settings.allowed_origins}
    return not (host == "localhost" or host in allowed or _is_address(host))


def cross_origin(settings: Settings) -> CORSConfig | None:
    """Return who else's pages may read answers: none, unless CORS_ORIGINS names them.

    They come with a token or an API key: the cookie of a session is for our own page alone.
    """
    if not settings.allowed_origins:
        return None
    return CORSConfig(
        allow_origins=list(settings.allowed_origins),
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "X-API-Key", "X-Requested-With"],
        expose_headers=["Content-Disposition", "X-Request-Id"],
        allow_credentials=False,
    )


async def own_page_guard(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Refuse requests that a foreign page makes through a visitor's browser."""
    settings: Settings = connection.app.state.context.settings
    if is_rebound(connection, settings):
        raise PermissionDeniedException(
            "This server is not known by that name. Use its address, or name the page's address in CORS_ORIGINS."
        )
    if connection.scope.get("method", "GET") not in _SAFE and is_foreign(connection, settings):
        raise PermissionDeniedException("This request came from a page of another site and was refused.")


async def refuse_foreign_origin(socket: WebSocket[Any, Any, Any], settings: Settings) -> bool:
    """Close a WebSocket that a foreign page opened; tell whether it was closed."""
    if not is_foreign(socket, settings):
        return False
    await socket.accept()
    await socket.close(FORBIDDEN_ORIGIN, "This page may not listen here.")
    return True


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
