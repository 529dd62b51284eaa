"""Judges every address that an HTTP client is about to connect to."""

from __future__ import annotations

import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from dbbackup.core.errors import HostUnknownError
from dbbackup.net.resolve import NetRules, resolve


class GuardedResolver(AbstractResolver):
    """Answers only with addresses that the rules allow, at each new connection; the name stays in certificate checks.

    aiohttp asks no resolver for what is an address already: judge the host of the URL beforehand.
    """

    def __init__(self, rules: NetRules) -> None:
        self._rules = rules

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the allowed addresses. Raises AddressRefusedError, and OSError when there is none."""
        try:
            addresses = await resolve(host, port, self._rules)
        except HostUnknownError as error:
            # What aiohttp knows as a name without an address.
            raise OSError(error.message) from error
        return pinned(host, port, addresses)

    async def close(self) -> None:
        """Nothing is held open."""


def pinned(host: str, port: int, addresses: list[str]) -> list[ResolveResult]:
    """Return judged addresses in the form that aiohttp takes from a resolver."""
    return [
        ResolveResult(
            hostname=host,
            host=address,
            port=port,
            family=socket.AF_INET6 if ":" in address else socket.AF_INET,
            proto=socket.IPPROTO_TCP,
            flags=socket.AI_NUMERICHOST,
        )
        for address in addresses
    ]
