"""A MySQL or MariaDB database that is replaced in place: the checks beforehand, and making room for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from asyncmy.errors import MySQLError

from dbbackup.core.errors import DatabaseError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.mysql_connect import Session, error_number, quote, session
from dbbackup.engines.mysql_findings import error, named, ok, warning
from dbbackup.engines.mysql_probe import ALWAYS_THERE
from dbbackup.engines.mysql_target import CREATE_TIMEOUT, end_connections
from dbbackup.engines.values import Connection, Finding

_LOCK_WAIT = 2
_TRIES = 5
"""Sessions come back while others are ended, and a large rollback takes its time."""
_LOCK_TIMEOUTS = (1205, 3572)

_TABLES = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s ORDER BY 1"
_FOREIGN_KEYS = """
SELECT DISTINCT table_name, referenced_table_name FROM information_schema.referential_constraints
WHERE unique_constraint_schema = %s ORDER BY 1
"""


class MysqlInPlace:
    """Keeps the contract of `engines.replacing.InPlace`."""

    async def make_room(self, target: Connection, name: str) -> None:
        """See `InPlace.make_room`. Grants on the database name it, and outlive it."""
        async with session(replace(target, database=ALWAYS_THERE), limit=CREATE_TIMEOUT) as opened:
            await opened.ask(f"SET SESSION lock_wait_timeout = {_LOCK_WAIT}")
            tries = 0
            while not await _dropped(opened, name, last=(tries := tries + 1) >= _TRIES):
                pass

    async def end_connections(self, target: Connection, name: str) -> None:
        """See `InPlace.end_connections`."""
        async with session(replace(target, database=ALWAYS_THERE)) as opened:
            await end_connections(opened, name)


async def _dropped(opened: Session, name: str, *, last: bool) -> bool:
    """Try to drop the database; False when a lock was not to be had in time. Raises DatabaseError."""
    await end_connections(opened, name)
    try:
        await opened.ask(f"DROP DATABASE IF EXISTS {quote(name)}")
    except MySQLError as e:
        if last or error_number(e) not in _LOCK_TIMEOUTS:
            raise DatabaseError(f"The database {name} could not be dropped: {e.args[-1]}.") from e
        return False
    return True


async def check_replacing(opened: Session, manifest: Manifest, options: dict[str, Any]) -> list[Finding]:
    """Say what the restore drops, what stays, and who is connected."""
    name = options["existingDatabase"]
    if not await opened.ask("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", name):
        if restore_mode(options) is RestoreMode.CLEAN:
            text = f"The database {name} is not there, or is not visible: this mode restores into one that exists."
            return [error("database-missing", text)]
        text = f"There is no database {name}: it is made as the backup has it, and there is nothing to undo."
        return [warning("database-missing", text)]
    there: dict[str, str] = dict(await opened.ask(_TABLES, name))
    if restore_mode(options) is RestoreMode.CLEAN:
        findings = list(_cleaned(there, manifest, name))
        findings += await _orphaned(opened, set(there), manifest, name)
    else:
        text = f"{name} is dropped with all that is in it: {named(list(there)) or 'no tables'}. Rows that came since "
        findings = [warning("dropped", text + "the backup are lost. The account's grants on it stay.")]
    findings += await _sessions(opened, name, options)
    if not options.get("safetyBackup"):
        text = f"Without a safety backup nothing brings {name} back if the restore fails in the middle."
        findings.append(warning("no-safety-backup", text))
    return findings


def _cleaned(there: dict[str, str], manifest: Manifest, name: str) -> Iterator[Finding]:
    views = set(manifest.source.properties["views"])
    ours = {table.name for table in manifest.source.tables} | views
    if manifest.options.get("dataOnly"):
        yield error("data-only", "The backup holds data only: it has no definitions to drop and make again.")
    dropped = [table for table in there if table in ours]
    if dropped:
        text = f"{len(dropped)} tables and views in {name} are dropped and made again as they were in the backup: "
        yield warning("dropped", text + f"{named(dropped)}. Rows that came since are lost.")
    else:
        yield ok("dropped", f"Nothing of the backup is in {name} yet: all of it is made, nothing is dropped.")
    if stay := [table for table in there if table not in ours]:
        yield ok("staying", f"What is not in the backup stays in {name} as it is: {named(stay)}.")
    if wrong := [table for table in dropped if (there[table] == "VIEW") != (table in views)]:
        text = f"These are tables in the backup and views in {name}, or the other way round: {named(wrong)}."
        yield error("kinds-differ", text + " Drop them first.")


async def _orphaned(opened: Session, there: set[str], manifest: Manifest, name: str) -> list[Finding]:
    ours = {table.name for table in manifest.source.tables}
    rows = await opened.ask(_FOREIGN_KEYS, name)
    outside = [table for table, referenced in rows if referenced in ours & there and table not in ours]
    if not outside:
        return []
    text = f"Foreign keys of tables that stay refer to what is dropped: {named(outside)}. They are not checked "
    return [warning("foreign-keys", text + "meanwhile: their rows may refer to rows that the backup does not have.")]


async def _sessions(opened: Session, name: str, options: dict[str, Any]) -> list[Finding]:
    own = await opened.value("SELECT CONNECTION_ID()")
    rows = [row for row in await opened.ask("SHOW PROCESSLIST") if row[3] == name and row[0] != own]
    if not rows:
        return [ok("sessions", f"Nobody is seen connected to {name}.")]
    who = named(sorted(f"{row[1]} from {str(row[2]).rpartition(':')[0] or row[2]}" for row in rows))
    count = f"{len(rows)} connection{'' if len(rows) == 1 else 's'} to {name} active: {who}."
    if options.get("stopConnections"):
        text = f"{count} They are ended. Those that come back meanwhile find a database that is not whole."
        return [warning("sessions", text)]
    return [error("sessions", f"{count} End them, or let the restore end them (stopConnections).")]
