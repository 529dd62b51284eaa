"""One snapshot of a PostgreSQL database: surveyed, counted and dumped as it was at one moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import psycopg

from dbbackup.core.errors import DatabaseUnreachableError
from dbbackup.core.manifest import TableFacts, TableSample
from dbbackup.engines import postgresql_divisible, postgresql_sample, postgresql_survey
from dbbackup.engines.postgresql_connect import (
    QUESTIONS_TIMEOUT,
    STATEMENT_TIMEOUT,
    Session,
    ask,
    open_session,
    translate,
)
from dbbackup.engines.values import Connection, Divisible, Survey

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""As pg_dump itself begins."""
LOCK_WAIT = "1s"
"""How long a count waits for a table that somebody holds exclusively."""


class PostgresqlReading:
    """A transaction that holds a snapshot open; see `Reading`."""

    def __init__(self, opened: Session, snapshot: str, connection: Connection) -> None:
        self._opened = opened
        self._connection = connection
        self.snapshot = snapshot

    async def survey(self) -> Survey:
        """Look at the database as the snapshot has it; see `Reading.survey`."""
        try:
            async with asyncio.timeout(QUESTIONS_TIMEOUT):
                return await postgresql_survey.look(self._opened)
        except psycopg.Error as e:
            raise translate(e, self._connection) from e
        except TimeoutError as e:
            raise DatabaseUnreachableError(
                f"The server at {self._connection.host}:{self._connection.port} stopped answering "
                f"(waited {QUESTIONS_TIMEOUT} s)."
            ) from e

    async def divisible(self) -> Divisible:
        """See `postgresql_divisible`."""
        try:
            return await postgresql_divisible.divisible(self._opened)
        except psycopg.Error as e:
            raise translate(e, self._connection) from e

    async def counted(self, tables: Sequence[TableFacts], seconds: float, *, hashed: bool) -> AsyncIterator[TableFacts]:
        """Count and hash, the smaller tables first; see `Reading.counted`."""
        until = time.monotonic() + seconds
        try:
            # A savepoint: a server that refuses a setting must not end the snapshot, which the dump may not have taken
            # over yet.
            async with self._opened.transaction():
                keys = await postgresql_sample.countable(self._opened)
                probe = await postgresql_sample.probe(self._opened)
                for setting in postgresql_sample.TEXT_FORM:
                    await self._opened.execute(setting)
            for table in sorted(tables, key=lambda table: table.size):
                left = int((until - time.monotonic()) * 1000)
                key = keys.get((table.schema, table.name))
                if key is None or left <= 0:
                    continue
                sample = postgresql_sample.plan(table, key, probe) if hashed else None
                found = await self._count(table, sample, left)
                if found is not None:
                    yield found
        except psycopg.Error:
            # The dump goes on without this connection: what is not counted stays an estimate, and is called so.
            return

    async def _count(self, table: TableFacts, sample: TableSample | None, milliseconds: int) -> TableFacts | None:
        """Count one table; None when it takes too long, is locked, or may not be read."""
        try:
            async with self._opened.transaction():  # a savepoint: what fails must not end the snapshot
                await self._opened.execute(f"SET LOCAL statement_timeout = {milliseconds}")
                await self._opened.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
                return await postgresql_sample.counted(self._opened, table, sample)
        except (
            psycopg.errors.QueryCanceled,
            psycopg.errors.LockNotAvailable,
            psycopg.errors.InsufficientPrivilege,
            psycopg.errors.UndefinedTable,  # dropped since: the snapshot knows it, the server does not
            psycopg.errors.UndefinedColumn,
            psycopg.errors.FeatureNotSupported,  # unlogged tables cannot be read on a standby
        ):
            return None


@asynccontextmanager
async def reading(connection: Connection) -> AsyncIterator[PostgresqlReading]:
    """Open a snapshot and hold it to the end of the block; see `Engine.reading`."""
    try:
        opened = await open_session(connection, STATEMENT_TIMEOUT)
    except psycopg.Error as e:
        raise translate(e, connection) from e
    try:
        yield PostgresqlReading(opened, await _export(opened, connection), connection)
    finally:
        # What came of this connection meanwhile does not matter: the dump has its own.
        await opened.close()


async def _export(opened: Session, connection: Connection) -> str:
    try:
        await opened.execute("SET idle_in_transaction_session_timeout = 0")
        await opened.execute(BEGIN)
        [(snapshot,)] = await ask(opened, "SELECT pg_export_snapshot()")
    except psycopg.Error as e:
        raise translate(e, connection) from e
    return str(snapshot)
