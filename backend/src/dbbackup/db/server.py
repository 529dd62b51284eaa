"""Opens connections to the PostgreSQL server that a catalogue lies on.

Most catalogues are a file: asyncpg (4 MiB) is loaded with the first connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy.exc import OperationalError

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.errors import ValidationError

if TYPE_CHECKING:
    import asyncpg

MIN_MAJOR = 14
LOCKS = 0x64626261
"""The first number of our advisory locks; the second says which."""
INSTANCE, WRITER = 1, 2
HOLDER = "dbbackup:"
"""How the connections of a running instance name themselves to the server, before its token."""
COMMAND = "dbbackup-command"
_CONNECT_SECONDS = 5
PATIENCE: ContextVar[Callable[[], float]] = ContextVar("PATIENCE", default=lambda: REQUEST_PATIENCE)
"""Seconds to wait for a server that restarts. Who sent a request is told soon; a run has time."""
REQUEST_PATIENCE = 5.0
_ZERO_IN_JSON = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_DEAD_AFTER_MS = 30_000
# A server whose client is gone must let go of what it locked.
_KEEPALIVE = {"tcp_keepalives_idle": "20", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "4"}
WHO_HOLDS = f"""
    SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
      AND l.classid::bigint = {LOCKS} AND l.objid::bigint = {INSTANCE}
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""  # noqa: S608 - numbers of our own


class CatalogueUnavailableError(OperationalError):
    """The catalogue's server cannot be reached now, or refuses; the message holds no secret."""

    def __init__(self, message: str) -> None:
        super().__init__(None, None, ConnectionError(message))
        self.message = message

    def __str__(self) -> str:
        return self.message


def open_server(url: CatalogueUrl, name: str) -> psycopg.Connection[Any]:
    """Return a connection in autocommit that blocks; it calls itself `name`.

    Raises:
        ValidationError: naming DATABASE_URL and what is wrong with it.
    """
    try:
        connection = psycopg.connect(
            url.dsn.reveal(),
            autocommit=True,
            connect_timeout=_CONNECT_SECONDS,
            application_name=name,
            keepalives_idle=10,
            keepalives_interval=5,
            keepalives_count=3,
            tcp_user_timeout=_DEAD_AFTER_MS,
            options="-c timezone=UTC -c client_min_messages=warning",
        )
    except psycopg.Error as error:
        raise _refused(url, error) from None  # the cause may show how it was connected
    for option, value in _KEEPALIVE.items():
        connection.execute("SELECT set_config(%s, %s, false)", (option, value))
    return connection


def check_server(connection: psycopg.Connection[Any]) -> None:
    """See that the server can hold a catalogue. Raises ValidationError."""
    version = connection.info.server_version
    if version < MIN_MAJOR * 10_000:
        raise ValidationError.of(
            "DATABASE_URL",
            f"DATABASE_URL: the server is PostgreSQL {version // 10_000}; the catalogue needs {MIN_MAJOR} or newer.",
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise ValidationError.of(
            "DATABASE_URL",
            f"DATABASE_URL: the database is encoded as {encoding}; the catalogue needs UTF8: make another one with"
            " CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0.",
        )


async def connect(url: CatalogueUrl, holder: str | None) -> asyncpg.Connection:
    """Return a connection for the engine; with `holder` only while that instance holds the catalogue.

    Waits for a server that restarts, as long as `PATIENCE` says. Raises CatalogueUnavailableError.
    """
    import asyncpg

    not_now = (asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, asyncpg.TooManyConnectionsError)
    begun = time.monotonic()
    while True:
        try:
            return await _connect_once(url, holder)
        except CatalogueUnavailableError:
            raise
        except (OSError, *not_now, _NotHeldError) as error:
            if time.monotonic() - begun > PATIENCE.get()():
                raise CatalogueUnavailableError(f"The catalogue's server does not answer: {_words(error)}") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise CatalogueUnavailableError(f"The catalogue's server refuses: {_words(error)}") from None
        await asyncio.sleep(0.2)


class _NotHeldError(Exception):
    """Nobody holds the catalogue: the lock was lost, and is about to be taken again."""


async def _connect_once(url: CatalogueUrl, holder: str | None) -> asyncpg.Connection:
    import asyncpg

    connection = await asyncpg.connect(
        url.dsn.reveal(),
        timeout=_CONNECT_SECONDS,
        server_settings={
            "application_name": holder or COMMAND,
            "timezone": "UTC",
            "lock_timeout": "10000",  # as long as SQLite would be asked
            **_KEEPALIVE,
        },
    )
    try:
        _notice_silence(connection)
        await _set_codecs(connection)
        if holder is not None:
            await _check_holder(connection, holder)
    except BaseException:
        connection.terminate()
        raise
    return connection


async def _check_holder(connection: asyncpg.Connection, holder: str) -> None:
    found = await connection.fetchval(WHO_HOLDS)
    if found is None:
        raise _NotHeldError("its lock was lost and is being taken again")
    if found != holder:
        raise CatalogueUnavailableError("Another instance has taken over this catalogue; this one does nothing more.")


async def _set_codecs(connection: asyncpg.Connection) -> None:
    """Read and write as SQLite does: sums as plain numbers, and text that holds a zero byte."""
    for name in ("text", "varchar"):
        # PostgreSQL's text cannot hold one; names refuse it anyway, and of a tool's output no line may be lost.
        await connection.set_type_codec(
            name, schema="pg_catalog", format="text", encoder=_without_zero, decoder=lambda text: text
        )
    await connection.set_type_codec("numeric", schema="pg_catalog", format="text", encoder=str, decoder=_number)


def to_json(value: Any) -> str:
    """Write JSON without zero bytes: PostgreSQL keeps them, and refuses every query that looks into the value."""
    return _ZERO_IN_JSON.sub(r"\1\\ufffd", json.dumps(value))


def _without_zero(text: str) -> str:
    return text.replace("\0", "\ufffd")


def _number(text: str) -> int | float:
    return float(text) if "." in text or "N" in text else int(text)


def _notice_silence(connection: asyncpg.Connection) -> None:
    """Have the kernel end a connection that nobody answers on: statements have no time limit of their own."""
    transport = getattr(connection, "_transport", None)
    opened = transport.get_extra_info("socket") if transport else None
    if opened is None or opened.family == socket.AF_UNIX:
        return
    with contextlib.suppress(OSError):
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _DEAD_AFTER_MS)


def _refused(url: CatalogueUrl, error: psycopg.Error) -> ValidationError:
    text = " ".join(str(error).split())
    if secret := url.password.reveal():
        text = text.replace(secret, "***")
    return ValidationError.of(
        "DATABASE_URL",
        f"DATABASE_URL cannot be used: the database {url} cannot be opened: {text.rstrip('.')}. Check host,"
        " port, user, password, and that the database exists.",
    )


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
