"""The connection test of a PostgreSQL database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import perf_counter

import psycopg

from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError, ToolMissingError
from dbbackup.engines.postgresql_connect import Session, ask, session
from dbbackup.engines.postgresql_privileges import missing_privileges
from dbbackup.engines.postgresql_tools import PostgresqlTools
from dbbackup.engines.values import Connection, Probe, ToolInfo

# The providers' own superuser-like roles tell whose PostgreSQL it is.
_FACTS = """
SELECT pg_database_size(current_database()), s.ssl, s.version,
    CASE WHEN EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'rds_superuser') THEN 'Amazon RDS'
         WHEN EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'cloudsqlsuperuser') THEN 'Google Cloud SQL'
         WHEN EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'azure_pg_admin') THEN 'Azure Database'
         ELSE split_part(version(), ' ', 1) END
FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()
"""

_VISIBLE_DATABASES = """
SELECT datname FROM pg_database
WHERE datallowconn AND NOT datistemplate AND has_database_privilege(oid, 'CONNECT')
ORDER BY datname LIMIT 1000
"""
_MOST_NAMED = 20
_MAINTENANCE = ("postgres", "template1")


async def probe(connection: Connection, tools: PostgresqlTools) -> Probe:
    """Connect, look around, and leave; see `Engine.probe`."""
    try:
        async with session(connection) as opened:
            return await _look(opened, tools)
    except DatabaseError as e:
        if isinstance(e.__cause__, psycopg.Error) and _says_no_database(e.__cause__):
            raise DatabaseError(e.message + await _existing(connection)) from e
        raise


async def databases(connection: Connection) -> list[str]:
    """List what the role may connect to; see `Engine.databases`."""
    failure: DatabaseError | None = None
    for name in dict.fromkeys((connection.database, *_MAINTENANCE)):
        try:
            async with session(replace(connection, database=name)) as opened:
                return [found for (found,) in await ask(opened, _VISIBLE_DATABASES)]
        except DatabaseUnreachableError:
            raise
        except DatabaseError as e:
            failure = failure or e
    assert failure is not None  # noqa: S101 - for the type checker: there is at least one place
    raise failure


def server_version(opened: Session) -> str:
    """Return the version the server told at the start, such as `15.19`."""
    number = opened.info.server_version
    return f"{number // 10000}.{number % 10000}"


async def _look(opened: Session, tools: PostgresqlTools) -> Probe:
    started = perf_counter()
    await opened.execute("SELECT 1")
    latency = (perf_counter() - started) * 1000
    [(size, tls, tls_version, flavour)] = await ask(opened, _FACTS)
    missing = await missing_privileges(opened)
    version = server_version(opened)
    tool, tool_error = await asyncio.to_thread(_tool, tools, version)
    return Probe(
        server_version=version,
        flavour=flavour,
        size=size,
        tls=bool(tls),
        tls_version=tls_version if tls else None,
        latency_ms=round(latency, 2),
        can_dump=not missing,
        missing_privileges=missing,
        tool=tool,
        tool_error=tool_error,
    )


def _tool(tools: PostgresqlTools, version: str) -> tuple[ToolInfo | None, str | None]:
    try:
        return tools.choose(version), None
    except ToolMissingError as e:
        return None, e.message


def _says_no_database(error: psycopg.Error) -> bool:
    return 'database "' in str(error) and "does not exist" in str(error)


async def _existing(connection: Connection) -> str:
    """Name the databases the role could connect to instead; nothing where it cannot even ask."""
    try:
        names = await databases(connection)
    except DatabaseError:
        return ""
    return f" There are: {', '.join(names[:_MOST_NAMED])}." if names else ""
