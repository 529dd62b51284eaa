"""Where a request comes from: behind trusted proxies their word counts, otherwise the connection itself."""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection

from dbbackup.services.audit_entry import Caller
from dbbackup.settings import Settings

_SOCKET = "socket"


def caller_of(connection: ASGIConnection[Any, Any, Any, Any], settings: Settings) -> Caller:
    """Return who is at the other end."""
    known: Caller | None = connection.scope.get("state", {}).get("caller")
    if known is not None:
        return known
    trusted = _is_trusted(peer := _peer(connection), settings)
    address = _forwarded(connection, settings) if trusted else None
    return Caller(
        address=address or peer,
        user_agent=connection.headers.get("user-agent", "")[:300],
        secure=_is_secure(connection, trusted=trusted),
        request_id=connection.scope.get("state", {}).get("request_id", ""),
    )


def _peer(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    client = connection.scope.get("client")
    return client[0] if client and client[0] else _SOCKET


def _forwarded(connection: ASGIConnection[Any, Any, Any, Any], settings: Settings) -> str | None:
    """Return the last address that no trusted proxy has: what stands before it anybody may have written."""
    nearest = None
    for text in reversed(connection.headers.get("x-forwarded-for", "").split(",")):
        address = _address(text.strip())
        if address is None:
            break
        nearest = str(address)
        if not _is_trusted(nearest, settings):
            break
    return nearest


def _is_secure(connection: ASGIConnection[Any, Any, Any, Any], *, trusted: bool) -> bool:
    """Tell whether the browser speaks TLS.

    Its own word counts too: a browser names the page's scheme in Origin and no page can change that. So the cookie is
    `Secure` behind any proxy with TLS, even one that tells us nothing.
    """
    if connection.scope.get("scheme") in ("https", "wss"):
        return True
    if trusted and connection.headers.get("x-forwarded-proto", "").strip().lower() == "https":
        return True
    return urlsplit(connection.headers.get("origin", "")).scheme == "https"


def _is_trusted(address: str, settings: Settings) -> bool:
    if address == _SOCKET:
        return settings.socket_path is not None
    parsed = _address(address)
    return parsed is not None and any(parsed in network for network in _networks(settings.trusted_proxies))


@cache
def _networks(texts: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in texts]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
