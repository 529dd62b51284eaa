"""Connections to a server of the MySQL family for our own questions."""

from __future__ import annotations

import asyncio
import logging
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncmy
from asyncmy.constants.CLIENT import MULTI_STATEMENTS, SSL
from asyncmy.errors import MySQLError

from dbbackup.core.errors import AppError, DatabaseError, DatabaseUnreachableError
from dbbackup.engines.faults import Where, diagnose
from dbbackup.engines.mysql_faults import CONNECTION_FAULTS, mask
from dbbackup.engines.values import Connection, TlsMode

QUESTIONS_TIMEOUT = 120
"""Seconds all questions of one connection may take: a peer that went silent would else hold us for ever."""

VERIFYING = (TlsMode.VERIFY_CA, TlsMode.VERIFY_FULL)
# the driver logs every warning the server has about one of our questions
logging.getLogger("asyncmy").setLevel(logging.ERROR)

# MySQL would give sizes and rows as they were up to a day ago; MariaDB passes over the comment
_FIRST = (
    "SET SESSION sql_mode = '', SESSION lock_wait_timeout = 30 "
    "/*!80000 , SESSION information_schema_stats_expiry = 0 */"
)
_CLEARTEXT = ("mysql_clear_password", "dialog", "mysql_old_password")


class Session:
    """One open connection, in autocommit."""

    def __init__(self, link: asyncmy.Connection) -> None:
        self._link = link

    async def ask(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a statement; without parameters a `%` in it stands for itself."""
        async with self._link.cursor() as cursor:
            await cursor.execute(query, parameters or None)
            rows = await cursor.fetchall()
        return [tuple(row) for row in rows]

    async def value(self, query: str, *parameters: Any) -> Any:
        """Return the first cell of the first row; None where there is no row."""
        rows = await self.ask(query, *parameters)
        return rows[0][0] if rows else None


def quote(name: str) -> str:
    """Write a name as an identifier."""
    return "`" + name.replace("`", "``") + "`"


def where(connection: Connection) -> Where:
    """Name the server of a connection for error messages."""
    return Where(connection.host, connection.port, connection.database, connection.username)


def wants_ca(connection: Connection) -> bool:
    """Tell whether the given CA bundle is to be used; not with `prefer`, which verifies nothing."""
    return connection.ca_pem is not None and connection.tls_mode in (TlsMode.REQUIRE, *VERIFYING)


@asynccontextmanager
async def session(connection: Connection, *, limit: float | None = QUESTIONS_TIMEOUT) -> AsyncIterator[Session]:
    """Open a short connection for questions; `limit` in seconds for all of them, None for no end.

    Raises:
        DatabaseUnreachableError: a passing fault of the connection.
        DatabaseError: the server refused the connection or a statement; the message says what to do.
    """
    try:
        async with asyncio.timeout(limit):
            link = await _open(connection)
            try:
                yield Session(link)
                await link.ensure_closed()
            finally:
                link.close()
    except TimeoutError as e:  # before its base, OSError
        raise DatabaseUnreachableError(
            f"The server at {connection.host}:{connection.port} stopped answering (waited {limit:g} s)."
        ) from e
    except (MySQLError, OSError) as e:
        raise translate(e, connection) from e


def error_number(error: BaseException | None) -> int | None:
    """Return the server's number of a driver's error."""
    number = error.args[0] if isinstance(error, MySQLError) and error.args else None
    return number if isinstance(number, int) else None


def translate(error: MySQLError | OSError, connection: Connection) -> AppError:
    """Turn the driver's error into ours; the message holds no secret."""
    text = mask(_text(error), connection.password.reveal())
    if known := diagnose(text, where(connection), CONNECTION_FAULTS):
        return known
    return DatabaseError(f"The server at {connection.host}:{connection.port} refused: {text}")


def _text(error: BaseException) -> str:
    """Return what was said and by what it was caused: the driver wraps the words of the TLS library."""
    number = error_number(error)
    words = str(error) if number is None else f"error {number}: {error.args[-1]}"
    return f"{words} {error.__cause__}" if error.__cause__ else words


class _Link(asyncmy.Connection):
    """The driver's connection, which neither falls back to plain text silently nor falls for a false server."""

    tls_may_lack = False
    # of the driver, which does not list them among its types
    server_capabilities: int
    _client_flag: int
    _ssl_context: ssl.SSLContext | None

    async def _request_authentication(self) -> Any:
        if self._ssl_context and not self.server_capabilities & SSL:
            if not self.tls_may_lack:
                raise asyncmy.errors.OperationalError(2026, "TLS is required, but the server does not support TLS")
            self._ssl_context = None
            self._client_flag &= ~SSL
        return await super()._request_authentication()  # type: ignore[misc]


class _Refused:
    """Stands for the ways of signing in that hand the password over as it is."""

    def __init__(self, link: Any) -> None:
        raise asyncmy.errors.OperationalError(2059, "Authentication plugin 'clear text' is refused")


async def _open(connection: Connection) -> asyncmy.Connection:
    link = _Link(  # type: ignore[no-untyped-call]
        host=connection.host,
        port=connection.port,
        database=connection.database or None,
        user=connection.username,
        # as bytes: the driver would write text as Latin-1
        password=connection.password.reveal().encode(),
        charset="utf8mb4",
        autocommit=True,
        connect_timeout=connection.connect_timeout + 5,  # ours, below, comes first
        ssl=_tls_context(connection),
        # a server that only pretends to be ours may ask for the password itself
        auth_plugin_map=dict.fromkeys(_CLEARTEXT, _Refused),
        init_command=_FIRST,
        program_name="dbbackup",
    )
    # one statement a question: none can end a transaction that may only read, and go on
    link._client_flag &= ~MULTI_STATEMENTS
    link.tls_may_lack = connection.tls_mode is TlsMode.PREFER
    try:
        # the driver's own limit ends with the TCP connection
        async with asyncio.timeout(connection.connect_timeout):
            await link.connect()
    except TimeoutError as e:
        link.close()
        raise OSError("the server did not answer in time") from e
    except (IndexError, ValueError, AssertionError, RuntimeError, struct.error) as e:
        link.close()
        raise OSError(f"no MySQL greeting: {type(e).__name__}") from e
    return link


def _tls_context(connection: Connection) -> ssl.SSLContext | None:
    """Return how TLS is done; `require` with a CA bundle verifies as `verify-ca` does."""
    if connection.tls_mode is TlsMode.DISABLE:
        return None
    verifies = connection.tls_mode in VERIFYING or wants_ca(connection)
    if wants_ca(connection):
        context = _only(connection.ca_pem or "")
    elif verifies:
        context = ssl.create_default_context()
    else:
        # To read the system's authorities takes longer than all else of a connection, and nobody would be checked.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = connection.tls_mode is TlsMode.VERIFY_FULL
    context.verify_mode = ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE
    return context


def _only(ca_pem: str) -> ssl.SSLContext:
    """Return a context that trusts this CA bundle and nothing else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=ca_pem)
    except ssl.SSLError as e:
        raise OSError("the CA bundle cannot be read") from e
    return context
