"""One bounded HTTP request to an address that a user named: checked, pinned, no redirects."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from dbbackup import __version__
from dbbackup.core.errors import DeliveryError, ValidationError
from dbbackup.net.guarded import pinned
from dbbackup.net.resolve import NetRules, resolve

SECONDS = 15.0
"""For the whole request, the resolving of the name included."""
MAX_ANSWER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said; `body` is cut after 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    milliseconds: float

    @property
    def ok(self) -> bool:
        """Whether the status means success."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The start of the body on one line, for people."""
        return " ".join(self.body[:1000].decode("utf-8", "replace").split())[:300]


def parse_url(text: str) -> URL:
    """Return the URL. Raises ValidationError without repeating it, because it may hold a secret."""
    try:
        url = URL(text.strip())
        usable = url.scheme in ("http", "https") and bool(url.host) and url.port is not None
    except ValueError:
        usable = False
    if not usable:
        raise ValidationError.of("url", "Enter a URL that starts with https:// or http://.")
    if url.user or url.password:
        raise ValidationError.of("url", "Leave user name and password out of the URL.")
    return url


def origin(text: str) -> str:
    """Return scheme and host of a URL: what may be shown of one whose path is a secret."""
    return str(parse_url(text).origin())


async def request(
    method: str,
    url: str,
    rules: NetRules,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    tls: ssl.SSLContext | None = None,
) -> Answer:
    """Send one request and return the answer, whatever its status; redirects are answers too.

    Raises:
        ValidationError: the URL is none.
        AddressRefusedError, HostUnknownError: see `resolve`.
        DeliveryError: no connection, no answer in time, or one that is not HTTP.
    """
    target = parse_url(url)
    host, port = target.host or "", target.port or 0
    started = time.perf_counter()
    try:
        async with asyncio.timeout(seconds):
            addresses = await resolve(host, port, rules)
            status, received, content = await _send(method, target, addresses, body, headers or {}, tls)
    except TimeoutError as error:
        raise DeliveryError(f"{host} did not answer within {seconds:g} s.") from error
    except aiohttp.ClientSSLError as error:
        raise DeliveryError(f"The TLS connection to {host} failed: {_reason(error)}.") from error
    except aiohttp.ClientConnectorError as error:
        raise DeliveryError(f"{host} port {port} cannot be connected to: {_reason(error)}.") from error
    except (aiohttp.ClientError, OSError) as error:
        raise DeliveryError(f"{host} broke the connection off before it answered.") from error
    return Answer(status, received, content, (time.perf_counter() - started) * 1000)


async def _send(
    method: str,
    url: URL,
    addresses: list[str],
    body: bytes | None,
    headers: Mapping[str, str],
    tls: ssl.SSLContext | None,
) -> tuple[int, dict[str, str], bytes]:
    connector = aiohttp.TCPConnector(
        resolver=_Pinned(addresses), use_dns_cache=False, force_close=True, ssl=tls or True
    )
    sent = {"User-Agent": f"dbbackup/{__version__}", "Accept-Encoding": "identity", **headers}
    async with (
        # What is compressed stays so: a small answer must not become a large one.
        aiohttp.ClientSession(connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as http,
        http.request(method, url, data=body, headers=sent, allow_redirects=False) as answer,
    ):
        content = b""
        while len(content) < MAX_ANSWER_BYTES and (piece := await answer.content.read(MAX_ANSWER_BYTES - len(content))):
            content += piece
        return answer.status, {k.lower(): v for k, v in answer.headers.items()}, content


def _reason(error: aiohttp.ClientConnectorError) -> str:
    cause = error.os_error
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted ({cause.verify_message})"
    if cause.errno and not isinstance(cause, ssl.SSLError):
        return os.strerror(cause.errno)
    return (cause.strerror or type(cause).__name__).removesuffix(".")


class _Pinned(AbstractResolver):
    """Answers with the addresses that were checked; the name stays in Host header and certificate check."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return pinned(host, port, self._addresses)

    async def close(self) -> None:
        """Nothing is held open."""
