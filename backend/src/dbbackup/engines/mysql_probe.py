"""The connection test of a MySQL or MariaDB database."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from time import perf_counter

from dbbackup.core.errors import DatabaseError, FieldError, ToolMissingError
from dbbackup.engines.mysql_connect import Session, error_number, session, where
from dbbackup.engines.mysql_flavour import Flavour, server_flavour
from dbbackup.engines.mysql_privileges import missing_privileges
from dbbackup.engines.mysql_tools import MysqlTools
from dbbackup.engines.values import Connection, Probe, ToolInfo

NO_DATABASE = 1049
ALWAYS_THERE = "information_schema"

_SIZE = """
SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables WHERE table_schema = %s
"""
_VISIBLE = """
SELECT schema_name FROM information_schema.schemata
WHERE schema_name NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY 1 LIMIT 1000
"""
_MOST_NAMED = 20


async def probe(connection: Connection, flavour: Flavour, tools: MysqlTools) -> Probe:
    """Connect, look around, and leave; see `Engine.probe`."""
    try:
        async with session(connection) as opened:
            return await _look(opened, connection, flavour, tools)
    except DatabaseError as e:
        if error_number(e.__cause__) == NO_DATABASE:
            raise DatabaseError(e.message + await _existing(connection), details=e.details) from e
        raise


async def databases(connection: Connection, flavour: Flavour) -> list[str]:
    """List what the account sees; see `Engine.databases`."""
    async with session(replace(connection, database=ALWAYS_THERE)) as opened:
        await server_version(opened, connection, flavour)
        return [name for (name,) in await opened.ask(_VISIBLE)]


async def server_version(opened: Session, connection: Connection, flavour: Flavour) -> str:
    """Return the version, such as `10.11.19-MariaDB`.

    Raises:
        DatabaseError: the server is of the other kind.
    """
    version = str(await opened.value("SELECT VERSION()"))
    if server_flavour(version) != flavour.type:
        there = where(connection)
        message = (
            f"The server at {there.host}:{there.port} is {version}, which is not {flavour.name}: choose the type "
            f"{flavour.other}."
        )
        raise DatabaseError(message, details=[FieldError("type", message)])
    return version


async def size_of(opened: Session, database: str) -> int:
    """Return the size of a database's tables and indexes in bytes, as last estimated by the server."""
    return int(await opened.value(_SIZE, database))


async def _look(opened: Session, connection: Connection, flavour: Flavour, tools: MysqlTools) -> Probe:
    started = perf_counter()
    await opened.ask("SELECT 1")
    latency = (perf_counter() - started) * 1000
    version = await server_version(opened, connection, flavour)
    [(_, tls_version)] = await opened.ask("SHOW SESSION STATUS LIKE 'Ssl_version'")
    missing = await missing_privileges(opened, flavour, connection.database)
    tool, tool_error = await asyncio.to_thread(_tool, tools, version)
    return Probe(
        server_version=version,
        flavour=flavour.name,
        size=await size_of(opened, connection.database),
        tls=bool(tls_version),
        tls_version=tls_version or None,
        latency_ms=round(latency, 2),
        can_dump=not missing,
        missing_privileges=missing,
        tool=tool,
        tool_error=tool_error,
    )


def _tool(tools: MysqlTools, version: str) -> tuple[ToolInfo | None, str | None]:
    try:
        return tools.choose(version), None
    except ToolMissingError as e:
        return None, e.message


async def _existing(connection: Connection) -> str:
    """Name the databases the account sees; nothing where it cannot even ask."""
    try:
        async with session(replace(connection, database=ALWAYS_THERE)) as opened:
            rows = await opened.ask(_VISIBLE)
    except DatabaseError:
        return ""
    return f" There are: {', '.join(name for (name,) in rows[:_MOST_NAMED])}." if rows else ""
