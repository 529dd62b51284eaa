"""What a restored MySQL or MariaDB database holds: all rows counted, and statements of the user's."""

from __future__ import annotations

import asyncio
from typing import Any

from asyncmy.errors import MySQLError
from msgspec.structs import replace

from dbbackup.core.errors import DatabaseError, RestoreError
from dbbackup.core.manifest import Manifest, TableFacts
from dbbackup.engines.mysql_connect import Session, quote, session
from dbbackup.engines.mysql_objects import MARK_TABLE, objects
from dbbackup.engines.mysql_survey import tables
from dbbackup.engines.statements import wrap
from dbbackup.engines.values import Answer, Connection

LATE = 5
"""Seconds after which a server that does not end a statement by itself is left alone."""
OUTGOING = frozenset({"FEDERATED", "CONNECT", "SPIDER", "S3"})
"""Storage engines whose tables lie on another server: a copy of such a table is that very table."""


def refuse_outgoing(manifest: Manifest) -> None:
    """Refuse a copy on the side that would reach out. Raises RestoreError."""
    if found := sorted(OUTGOING & set(manifest.source.properties.get("engines", []))):
        raise RestoreError(
            f"The backup holds tables that lie on other servers ({', '.join(found)}): a copy on the side would read and"
            " write there. Verify it at level 2."
        )


async def counted_tables(connection: Connection) -> list[TableFacts]:
    """Return the tables with all their rows counted; see `Engine.counted_tables`."""
    async with session(connection, limit=None) as opened:
        found = [table for table in await tables(opened, connection.database) if table.name != MARK_TABLE]
        return [replace(table, rows=await _count(opened, table), rows_exact=True) for table in found]


async def object_facts(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return the fingerprint of what there is beside tables; see `Engine.object_facts`."""
    async with session(connection) as opened:
        return await objects(opened, connection.database)


async def answer(connection: Connection, statement: str, seconds: int, *, is_mariadb: bool) -> Answer:
    """Run a statement of the user's in a transaction that may only read; see `Engine.answer`."""
    limit = f"max_statement_time = {seconds}" if is_mariadb else f"max_execution_time = {seconds * 1000}"
    async with session(connection, limit=None) as opened:
        try:
            # the server ends it by itself; ours is for a server that does not
            async with asyncio.timeout(seconds + LATE):
                await opened.ask(f"SET SESSION {limit}")
                await opened.ask("START TRANSACTION READ ONLY")
                rows = await opened.ask(wrap(statement))
        except (MySQLError, TimeoutError) as e:
            raise DatabaseError(f"the server refused it: {e.args[-1]}" if e.args else "it took too long") from e
    return Answer(len(rows), len(rows[0]) if rows else 0, rows[0][0] if rows else None)


async def _count(opened: Session, table: TableFacts) -> int:
    return int(await opened.value(f"SELECT COUNT(*) FROM {quote(table.schema)}.{quote(table.name)}"))  # noqa: S608
