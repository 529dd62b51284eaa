"""What of a PostgreSQL database a parallel dump may divide, kept as it is until all of it is dumped.

Rows that are read in a snapshot are safe from other transactions, but for TRUNCATE and what writes a table anew: those
take effect for old snapshots, too. pg_dump locks what it dumps against that, yet each of several processes does so at
a moment of its own. So all big tables are locked here before the first of them starts, and looked at once more then.
"""

from __future__ import annotations

from psycopg import errors
from psycopg.sql import SQL, Identifier

from dbbackup.core.errors import BackupError
from dbbackup.engines.postgresql_commands import LOCK_WAIT
from dbbackup.engines.postgresql_connect import Session, ask
from dbbackup.engines.postgresql_findings import named
from dbbackup.engines.values import BigTable, Divisible

LEAST_BYTES = 4 << 20
"""A smaller table is not worth a place of its own."""
MOST = 1000
"""Tables: their names go into command lines, which are not endless."""

# Partitions are tables of their own; the partitioned table has no rows. Tables of an extension are its own affair:
# pg_dump takes of their rows what the extension says, which no pattern can ask for.
_BIG = """
SELECT c.oid, n.nspname, c.relname, pg_table_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND NOT (c.relpersistence = 'u' AND pg_is_in_recovery())
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND has_table_privilege(c.oid, 'SELECT')
  AND (current_setting('server_encoding') = 'UTF8' OR n.nspname || c.relname !~ '[^ -~]')
  AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e')
  AND pg_table_size(c.oid) >= %s
ORDER BY 4 DESC LIMIT %s
"""
_ALL = """
SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class
WHERE relkind IN ('r', 'm') AND (relnamespace <> 'pg_catalog'::regnamespace OR oid = 'pg_largeobject'::regclass)
"""
# The row of the catalogue is the snapshot's; the function tells what is so now.
_REWRITTEN = """
SELECT relname FROM pg_class WHERE oid = ANY(%s) AND pg_relation_filenode(oid) IS DISTINCT FROM relfilenode
"""


async def divisible(opened: Session) -> Divisible:
    """Return the big tables, locked as pg_dump locks them; see `Reading.divisible`.

    Raises psycopg.Error, BackupError.
    """
    try:
        async with opened.transaction():  # a savepoint: its locks stay
            await opened.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}s'")
            await opened.execute("SET LOCAL statement_timeout = 0")
            big = await ask(opened, _BIG, LEAST_BYTES, MOST)
            [(size,)] = await ask(opened, _ALL)
            if big:
                names = SQL(", ").join(SQL("ONLY {}").format(Identifier(schema, name)) for _, schema, name, _ in big)
                await opened.execute(SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))
                await _insist_unchanged(opened, [oid for oid, *_ in big])
    except (errors.UndefinedTable, errors.LockNotAvailable) as error:
        raise _changed(str(error.diag.message_primary)) from error
    tables = tuple(BigTable(schema, name, bytes_) for _, schema, name, bytes_ in big)
    return Divisible(tables, max(0, size - sum(table.size for table in tables)))


async def _insist_unchanged(opened: Session, oids: list[int]) -> None:
    if rewritten := [name for (name,) in await ask(opened, _REWRITTEN, oids)]:
        raise _changed(f"{named(rewritten)} was truncated or written anew")


def _changed(what: str) -> BackupError:
    error = BackupError(
        f"The tables could not be kept as they were while the parallel dump began: {what}. Run the backup again."
    )
    error.retryable = True
    return error
