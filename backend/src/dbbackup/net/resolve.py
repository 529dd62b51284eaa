"""Turns a host into the addresses that may be connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address

from dbbackup.core.addresses import refusal
from dbbackup.core.errors import AddressRefusedError, HostUnknownError

Lookup = Callable[[str, int], Awaitable[list[str]]]
"""Returns the addresses of a host. Raises OSError when there are none."""


async def look_up(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class NetRules:
    """What may be connected to, and how names are resolved."""

    allow_private: bool = True
    lookup: Lookup = look_up


async def resolve(host: str, port: int, rules: NetRules) -> list[str]:
    """Return the addresses of a host that may be connected to; connect to these and do not resolve again.

    Resolving twice would let a name point elsewhere the second time (DNS rebinding).

    Raises:
        AddressRefusedError: no address of the host is allowed.
        HostUnknownError: the name has no address, or the resolver does not answer.
    """
    addresses = [host] if _is_literal(host) else await _ask(host, port, rules)
    refused = {address: refusal(address, allow_private=rules.allow_private) for address in addresses}
    allowed = [address for address, reason in refused.items() if reason is None]
    if not allowed:
        address, reason = next(iter(refused.items()))
        place = address if address == host else f"{host} ({address})"
        raise AddressRefusedError(f"Nothing may be sent to {place}: {reason}.")
    return allowed


async def refuse_forbidden(host: str, port: int, rules: NetRules) -> None:
    """Check a host that is connected to by somebody who resolves its name again: each of its addresses must be allowed.

    A name without an address passes: the connection will fail by itself, with better words.

    Raises:
        AddressRefusedError: something forbidden is among the addresses.
    """
    try:
        addresses = [host] if _is_literal(host) else await _ask(host, port, rules)
    except HostUnknownError:
        return
    for address in addresses:
        await resolve(address, port, rules)


async def _ask(host: str, port: int, rules: NetRules) -> list[str]:
    try:
        addresses = await rules.lookup(host, port)
    except (OSError, UnicodeError) as error:
        raise HostUnknownError(f"The name {host} has no address: check its spelling and the DNS server.") from error
    if not addresses:
        raise HostUnknownError(f"The name {host} has no address.")
    return addresses


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
