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
_LIMITS = "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)"
Asked = Sequence[tuple[TableFacts, TableSample | None]]
"""Tables to count, and which rows of each to hash."""


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
            small_first = sorted(tables, key=lambda table: table.size)
            of_the_dump = (table for table in small_first if (table.schema, table.name) in keys)
            for group in postgresql_sample.groups(of_the_dump):
                asked = [
                    (table, postgresql_sample.plan(table, keys[table.schema, table.name], probe) if hashed else None)
                    for table in group
                ]
                for found in await self._count_each(asked, until):
                    yield found
        except psycopg.Error:
            # The dump goes on without this connection: what is not counted stays an estimate, and is called so.
            return

    async def _count_each(self, asked: Asked, until: float) -> list[TableFacts]:
        """Count the tables together; where one of them cannot be counted, the others one by one."""
        found = await self._count(asked, until)
        if found is not None or len(asked) == 1:
            return found or []
        return [table for one in asked for table in await self._count([one], until) or []]

    async def _count(self, asked: Asked, until: float) -> list[TableFacts] | None:
        """Count the tables; None when that takes too long, or one is locked or may not be read."""
        milliseconds = int((until - time.monotonic()) * 1000)
        if milliseconds <= 0:
            return None
        try:
            async with self._opened.transaction():  # a savepoint: what fails must not end the snapshot
                await self._opened.execute(_LIMITS, (str(milliseconds), LOCK_WAIT))
                return await postgresql_sample.counted(self._opened, asked)
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
