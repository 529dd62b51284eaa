"""The new database of a restore: created as the original was, marked as ours, dropped only by its mark."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

from asyncmy.errors import MySQLError

from dbbackup.core.errors import ConflictError, DatabaseError, DatabaseUnreachableError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.modes import restore_mode, target_database
from dbbackup.engines.mysql_connect import Session, error_number, quote, session
from dbbackup.engines.mysql_objects import MARK_TABLE
from dbbackup.engines.mysql_probe import ALWAYS_THERE
from dbbackup.engines.values import Connection

CREATE_TIMEOUT = 600
"""Seconds for creating and dropping."""
ANALYZE_TIMEOUT = 1800
"""Seconds for ANALYZE of all tables."""

_EXISTS = 1007


async def maintenance(target: Connection) -> Connection:
    """Return the connection, or one to a schema that is always there; see `Engine.maintenance`."""
    try:
        async with session(target):
            return target
    except DatabaseUnreachableError:
        raise
    except DatabaseError as e:
        refused = e
    other = replace(target, database=ALWAYS_THERE)
    with contextlib.suppress(DatabaseError):
        async with session(other):
            return other
    raise refused


async def create_database(target: Connection, manifest: Manifest, options: dict[str, Any]) -> None:
    """Create the empty database and mark it; see `Engine.create_database`."""
    name, properties = target_database(options), manifest.source.properties
    async with session(target, limit=CREATE_TIMEOUT) as opened:
        await _create(opened, name, properties)
        try:
            table = _mark_table(name).replace("%", "%%")
            await opened.ask(f"CREATE TABLE {table} (id INT PRIMARY KEY) COMMENT %s", _mark(options["marker"]))
        except BaseException:  # a cancelled restore too must leave no database without the mark
            # the first error is the one to tell, and the connection of a cancelled question is closed
            with contextlib.suppress(DatabaseError):
                async with session(target, limit=CREATE_TIMEOUT) as again:
                    await again.ask(f"DROP DATABASE {quote(name)}")
            raise


async def finish_database(target: Connection, manifest: Manifest, options: dict[str, Any]) -> None:
    """ANALYZE, then take the mark away; see `Engine.finish_database`."""
    name = target_database(options)
    wanted = None if restore_mode(options).creates_database else {table.name for table in manifest.source.tables}
    async with session(target, limit=ANALYZE_TIMEOUT) as opened:
        rows = await opened.ask(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'",
            name,
        )
        for (table,) in rows:
            if table != MARK_TABLE and (wanted is None or table in wanted):
                await opened.ask(f"ANALYZE NO_WRITE_TO_BINLOG TABLE {quote(name)}.{quote(table)}")
        if wanted is None:
            await opened.ask(f"DROP TABLE {_mark_table(name)}")


async def drop_database(target: Connection, name: str, marker: str) -> bool:
    """Drop the database if it bears the mark; see `Engine.drop_database`."""
    async with session(target, limit=CREATE_TIMEOUT) as opened:
        if not await opened.ask("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", name):
            return False
        mark = await opened.value(
            "SELECT table_comment FROM information_schema.tables WHERE table_schema = %s AND table_name = %s",
            name,
            MARK_TABLE,
        )
        if not marker or mark != _mark(marker):
            raise ConflictError(f"The database {name} was not made by this restore, so it is not dropped.")
        await end_connections(opened, name)
        await opened.ask(f"DROP DATABASE {quote(name)}")
    return True


async def _create(opened: Session, name: str, properties: dict[str, Any]) -> None:
    character_set, collation = properties["characterSet"], properties["collation"]
    try:
        await opened.ask(
            f"CREATE DATABASE {quote(name)} CHARACTER SET {quote(character_set)} COLLATE {quote(collation)}"
        )
    except MySQLError as e:
        if error_number(e) == _EXISTS:
            raise ConflictError(f"The database {name} exists already: choose another name.") from e
        raise DatabaseError(
            f"The target cannot create the database {name} with character set {character_set} and collation "
            f"{collation}: {e.args[-1]}."
        ) from e


async def end_connections(opened: Session, name: str) -> None:
    """End the other sessions in the database: a killed client's may still hold a table, and DROP would wait for it."""
    own = await opened.value("SELECT CONNECTION_ID()")
    for row in await opened.ask("SHOW PROCESSLIST"):
        identity, database = row[0], row[3]
        if database == name and identity != own:
            # it may have ended by itself, or belong to somebody we may not end
            with contextlib.suppress(MySQLError):
                await opened.ask(f"KILL {int(identity)}")


def _mark_table(name: str) -> str:
    return f"{quote(name)}.{quote(MARK_TABLE)}"


def _mark(marker: str) -> str:
    return f"dbbackup:{marker}"
