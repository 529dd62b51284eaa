"""Connections to a PostgreSQL server: one set of libpq parameters for our questions and for its tools."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg.conninfo import make_conninfo

from dbbackup.core.errors import AppError, DatabaseError, DatabaseUnreachableError
from dbbackup.engines.faults import Where, diagnose
from dbbackup.engines.postgresql_faults import CONNECTION_FAULTS, mask
from dbbackup.engines.values import Connection, TlsMode

APPLICATION_NAME = "dbbackup"
STATEMENT_TIMEOUT = 30
"""Seconds the server may take for one of our questions."""
QUESTIONS_TIMEOUT = 120
"""Seconds all questions of one connection may take: a peer that went silent would else hold us for ever."""

Session = psycopg.AsyncConnection[tuple[Any, ...]]

_VERIFYING = (TlsMode.VERIFY_CA, TlsMode.VERIFY_FULL)
_SYSTEM_BUNDLES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))
_NOWHERE = "/nonexistent/pgpass"
# SQLSTATEs of passing faults: connection trouble (class 08), shutdown, start-up, no free connection, timeouts
_PASSING = frozenset({"57P01", "57P02", "57P03", "53300", "57014", "55P03"})


def conninfo(connection: Connection, ca_file: Path | None) -> str:
    """Return the libpq conninfo of a connection, without the password.

    One quoted value, because a name that starts with `-` or holds `=` would be read as an option or as
    a connection string of its own (CVE-2026-86862).
    """
    root = _root_certificates(connection, ca_file)
    return make_conninfo(
        host=connection.host,
        port=connection.port,
        dbname=connection.database,
        user=connection.username,
        sslmode=connection.tls_mode.value,
        sslrootcert=None if root is None else str(root),
        # with a Kerberos ticket at hand libpq would encrypt by GSSAPI, and the TLS mode would mean nothing
        gssencmode="disable",
        # a peer that is gone is noticed after two minutes instead of two hours
        keepalives_idle=60,
        keepalives_interval=10,
        keepalives_count=6,
    )


def wants_ca(connection: Connection) -> bool:
    """Tell whether the given CA bundle is to be used.

    Not with `prefer`: libpq would verify, and on failure go on without any encryption.
    """
    return connection.ca_pem is not None and connection.tls_mode in (TlsMode.REQUIRE, *_VERIFYING)


def where(connection: Connection) -> Where:
    """Name the server of a connection for error messages."""
    return Where(connection.host, connection.port, connection.database, connection.username)


@asynccontextmanager
async def session(
    connection: Connection,
    *,
    statement_timeout: int = STATEMENT_TIMEOUT,
    limit: float | None = QUESTIONS_TIMEOUT,
    durable: bool = True,
) -> AsyncIterator[Session]:
    """Open a short autocommit connection for questions; both times in seconds, 0 and None for no end.

    Its commits wait for the server's disk, as the server is set, unless they need not be `durable`.

    Raises:
        DatabaseUnreachableError: a passing fault of the connection.
        DatabaseError: the server refused the connection or a statement; the message says what to do.
    """
    try:
        async with asyncio.timeout(limit):
            opened = await open_session(connection, statement_timeout, durable=durable)
            async with opened:
                yield opened
    except psycopg.Error as e:
        raise translate(e, connection) from e
    except TimeoutError as e:
        raise DatabaseUnreachableError(
            f"The server at {connection.host}:{connection.port} stopped answering (waited {limit:g} s)."
        ) from e


@asynccontextmanager
async def lasting(opened: Session) -> AsyncIterator[None]:
    """Begin a transaction whose commit waits for the server's disk, also where server or role are set not to wait.

    PostgreSQL writes its log in order: what was committed before, by whomever, is then there to stay as well.
    """
    async with opened.transaction():
        await opened.execute(
            "SELECT set_config('synchronous_commit', 'local', true) WHERE current_setting('synchronous_commit') = 'off'"
        )
        yield


async def ask(opened: Session, query: LiteralString, *parameters: Any) -> list[tuple[Any, ...]]:
    """Return all rows of a query; without parameters a `%` in it stands for itself."""
    return await (await opened.execute(query, parameters or None)).fetchall()


def translate(error: psycopg.Error, connection: Connection) -> AppError:
    """Turn the driver's error into ours; the message holds no secret."""
    text = str(error)
    if known := diagnose(text, where(connection), CONNECTION_FAULTS):
        return known
    state = error.sqlstate or ""
    said = mask(error.diag.message_primary or text.strip(), connection.password.reveal())
    message = f"The server at {connection.host}:{connection.port} refused: {said}"
    if state in _PASSING or state.startswith("08"):
        return DatabaseUnreachableError(message)
    return DatabaseError(message)


async def open_session(connection: Connection, statement_timeout: int, *, durable: bool = True) -> Session:
    """Open an autocommit connection, to be closed by whoever asked for it. Raises psycopg.Error."""
    with _ca_file(connection) as ca_file:
        return await psycopg.AsyncConnection.connect(
            conninfo(connection, ca_file),
            password=connection.password.reveal(),
            passfile=_NOWHERE,
            connect_timeout=connection.connect_timeout,
            application_name=APPLICATION_NAME,
            # our questions find nothing but the catalogue, whatever a user put on the search path;
            # and a role may be set to read only, which would forbid creating a database
            options=f"-c statement_timeout={statement_timeout}s -c search_path=pg_catalog "
            f"-c default_transaction_read_only=off{'' if durable else ' -c synchronous_commit=off'}",
            autocommit=True,
        )


@contextmanager
def _ca_file(connection: Connection) -> Iterator[Path | None]:
    """Put the CA bundle where libpq can read it: it wants a path. Only while the connection is made."""
    if not wants_ca(connection):
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="dbbackup-ca-"))
    try:
        path = folder / "ca.pem"
        path.touch(mode=0o600)
        path.write_text(connection.ca_pem or "", encoding="utf-8")
        yield path
    finally:
        shutil.rmtree(folder)


def _root_certificates(connection: Connection, ca_file: Path | None) -> Path | None:
    """Choose the CA file: the given one; else, where certificates are verified, the system's own bundle.

    `sslrootcert=system` would say the same, but libpq knows it only since 16 and refuses it for verify-ca.
    """
    if ca_file is not None or connection.tls_mode not in _VERIFYING:
        return ca_file
    own = ssl.get_default_verify_paths().cafile
    bundles = ([Path(own)] if own else []) + list(_SYSTEM_BUNDLES)
    return next((bundle for bundle in bundles if bundle.is_file()), None)
