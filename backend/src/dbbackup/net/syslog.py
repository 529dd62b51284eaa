"""Sends messages to a log server: syslog (RFC 5424) over UDP, TCP (RFC 6587) or TLS (RFC 5425)."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from dbbackup.core.errors import AppError, DeliveryError
from dbbackup.net.resolve import NetRules, resolve

_SECONDS = 15.0
_FACILITY = 13  # log audit
INFO, WARNING = 6, 4
_PORTS = {"syslog+udp": 514, "syslog+tcp": 601, "syslog+tls": 6514}
MOST_BYTES = 60_000
"""What a datagram has room for, with something left."""


@dataclass(frozen=True, slots=True)
class SyslogMessage:
    """One line. `kind` is a word without blanks."""

    at: datetime
    severity: int
    kind: str
    text: str

    def encode(self, instance: str) -> bytes:
        """Return the message as RFC 5424 wants it, without framing."""
        header = (
            f"<{_FACILITY * 8 + self.severity}>1 {self.at.isoformat(timespec='microseconds')} "
            f"{socket.gethostname()[:255] or '-'} dbbackup {os.getpid()} {_word(self.kind)} - "
        )
        # A byte order mark says that it is UTF-8.
        return header.encode() + b"\xef\xbb\xbf" + f"{instance} {self.text}".encode()


async def send(
    url: str, messages: list[SyslogMessage], instance: str, rules: NetRules, tls: ssl.SSLContext | None = None
) -> None:
    """Send them in their order. Nothing is acknowledged: with UDP not even that anybody listens.

    Raises:
        DeliveryError: no connection, or it broke.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    encoded = [message.encode(instance) for message in messages]
    try:
        async with asyncio.timeout(_SECONDS):
            address = (await resolve(host, port, rules))[0]
            if parts.scheme == "syslog+udp":
                await _datagrams(address, port, encoded)
            else:
                secure = tls if parts.scheme == "syslog+tls" else None
                await _stream(address, port, encoded, secure, host)
    except TimeoutError as error:
        raise DeliveryError(f"{host} port {port} took nothing within {_SECONDS:g} s.") from error
    except ssl.SSLCertVerificationError as error:
        raise DeliveryError(f"The certificate of {host} is not accepted ({error.verify_message}).") from error
    except OSError as error:
        raise DeliveryError(f"{host} port {port} cannot be written to: {error.strerror or error}.") from error
    except DeliveryError:
        raise
    except AppError as error:
        raise DeliveryError(error.message) from error


async def _datagrams(address: str, port: int, encoded: list[bytes]) -> None:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=(address, port))
    try:
        for message in encoded:
            transport.sendto(message)
    finally:
        transport.close()


async def _stream(address: str, port: int, encoded: list[bytes], tls: ssl.SSLContext | None, host: str) -> None:
    # The name for the certificate, the address that was judged for the connection.
    named = {"server_hostname": host} if tls else {}
    _, writer = await asyncio.open_connection(address, port, ssl=tls, **named)  # type: ignore[arg-type]
    try:
        for message in encoded:
            writer.write(str(len(message)).encode() + b" " + message)
        await writer.drain()
    finally:
        writer.close()
        with suppress(OSError, ssl.SSLError):
            await writer.wait_closed()


def _word(text: str) -> str:
    return "".join(letter for letter in text if "!" <= letter <= "~")[:32] or "-"
