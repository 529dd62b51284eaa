"""Keeping a MySQL or MariaDB database as it is for the moment in which several dump tools begin.

No tool can take over another one's snapshot, so all of them must begin theirs while nobody writes. `LOCK TABLES ...
READ` sees to that for the tables of one database. While it waits for those who are writing, others still may; so under
many writers it may never come to its turn, and is given up after a few tries. Then, or where it is not granted, `FLUSH
TABLES WITH READ LOCK` does it for the whole server. On MySQL that is dangerous while a long statement runs: tables that
it uses stay closed to everybody until it ends, even when the wait was given up long before. So there it is tried only
when it can be seen that no such statement runs.

Whatever comes, the lock is short: waiting for it, holding it and an idle connection all have their limits, and the
server takes it back itself when the connection that holds it is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from time import monotonic

from asyncmy.errors import MySQLError

from dbbackup.core.errors import AppError, BackupError, DatabaseError
from dbbackup.engines.mysql_connect import Session, error_number, quote, session
from dbbackup.engines.mysql_flavour import Flavour
from dbbackup.engines.mysql_privileges import grants
from dbbackup.engines.values import Connection

LOCK_WAIT = 3
"""Seconds the server waits for a table that somebody is writing to."""
TRIES = 3
IDLE = 60
"""Seconds after which the server ends the connection, and the lock with it, when nothing is heard of us."""
_PAUSE = 1.0
_DEADLINE = 3 * LOCK_WAIT
"""Seconds one attempt may take in all: the server counts its limit anew for each table."""
_DENIED = (1044, 1045, 1142, 1227)
_BUSY = (1205, 1213)
_GONE = 1146
_LONG = 1
"""Seconds."""
_IDLE_COMMANDS = ("Sleep", "Daemon", "Binlog Dump", "Binlog Dump GTID")
_OWN_USERS = ("system user", "event_scheduler")


class MysqlStandstill:
    """A lock that is held; keeps the contract of `Standstill`."""

    def __init__(self, opened: Session, how: str) -> None:
        self.how = how
        self._opened = opened
        self._since = monotonic()

    async def end(self) -> None:
        """Give the lock back; a connection that does not answer did not hold it to the end."""
        try:
            await self._opened.ask("UNLOCK TABLES")
        except (MySQLError, OSError) as error:
            raise _again("The connection that kept the tables as they were broke off while the dump began.") from error


@asynccontextmanager
async def standstill(connection: Connection, flavour: Flavour, tables: Sequence[str]) -> AsyncIterator[MysqlStandstill]:
    """Lock the tables against writing; see `Engine.standstill`."""
    stack = AsyncExitStack()
    try:
        opened = await stack.enter_async_context(session(connection, limit=None))
        how = await _hold(opened, connection, flavour, tables)
    except MySQLError as error:
        await _close(stack)
        raise DatabaseError(f"The tables could not be locked for the parallel dump: {error.args[-1]}.") from error
    except BaseException:
        await _close(stack)
        raise
    try:
        yield MysqlStandstill(opened, how)
    finally:
        await _close(stack)


async def _close(stack: AsyncExitStack) -> None:
    """End the connection, whatever state it is in: with it goes the lock."""
    with suppress(AppError, TimeoutError):
        async with asyncio.timeout(LOCK_WAIT):
            await stack.aclose()


async def _hold(opened: Session, connection: Connection, flavour: Flavour, tables: Sequence[str]) -> str:
    """Take a lock and return its name. Raises BackupError, MySQLError."""
    await opened.ask(f"SET SESSION lock_wait_timeout = {LOCK_WAIT}, SESSION wait_timeout = {IDLE}")
    denied = False
    for attempt in range(TRIES):
        await asyncio.sleep(_PAUSE if attempt else 0)
        names = ", ".join(f"{quote(name)} READ" for name in tables)
        outcome = await _locked(opened, connection, f"LOCK TABLES {names}")
        if outcome is None:
            return f"LOCK TABLES of {len(tables)} tables"
        if denied := outcome in _DENIED:
            break
    if not await _may_flush(opened, flavour):
        raise _refused(connection) if denied else _busy()
    outcome = await _locked(opened, connection, "FLUSH TABLES WITH READ LOCK")
    if outcome is None:
        return "FLUSH TABLES WITH READ LOCK"
    raise _refused(connection) if denied and outcome in _DENIED else _busy()


async def _locked(opened: Session, connection: Connection, statement: str) -> int | None:
    """Try to lock; return the number of the server's error when it is one that has another way out.

    Closing the connection would not end the wait: the server looks after us only when it has got the lock.
    """
    own = await opened.value("SELECT CONNECTION_ID()")
    try:
        async with asyncio.timeout(_DEADLINE):
            await opened.ask(statement)
    except MySQLError as error:
        number = error_number(error)
        if number in (*_DENIED, *_BUSY):
            return number
        if number == _GONE:
            raise _again(f"A table was dropped while the parallel dump began: {error.args[-1]}.") from error
        raise
    except (TimeoutError, asyncio.CancelledError) as error:
        killing = asyncio.ensure_future(_kill(connection, own))
        await asyncio.wait((killing,))
        if isinstance(error, TimeoutError):
            raise _busy() from error
        raise
    return None


async def _kill(connection: Connection, own: int) -> None:
    """End the waiting session from another one: everybody may end his own."""
    with suppress(AppError):
        async with session(connection, limit=LOCK_WAIT) as other:
            await other.ask(f"KILL {int(own)}")


async def _may_flush(opened: Session, flavour: Flavour) -> bool:
    """Tell whether locking the whole server is granted and, on MySQL, seen to be harmless."""
    mine = await grants(opened)
    if not mine.has("RELOAD", "*") and not mine.has("FLUSH_TABLES", "*"):
        return False
    if flavour.is_mariadb:
        return True
    return mine.has("PROCESS", "*") and not await _long_statement(opened)


async def _long_statement(opened: Session) -> bool:
    """Tell whether anybody's statement has been running for a while."""
    sessions = [(row[1], row[4], row[5]) for row in await opened.ask("SHOW PROCESSLIST")]
    return any(
        int(seconds or 0) >= _LONG
        for user, command, seconds in sessions
        if user not in _OWN_USERS and command not in _IDLE_COMMANDS
    )


def _refused(connection: Connection) -> BackupError:
    return BackupError(
        f"A parallel dump needs a moment in which nobody writes, and {connection.username} may lock no tables: GRANT "
        f"LOCK TABLES ON {quote(connection.database)}.* to it, or set jobs to 1."
    )


def _busy() -> BackupError:
    return _again(
        "A parallel dump needs a moment in which nobody writes, and there was none: somebody was writing to the tables "
        f"all the time, or has a transaction open that wrote to them (waited {TRIES} times {LOCK_WAIT} s)."
    )


def _again(why: str) -> BackupError:
    error = BackupError(f"{why} Run the backup again, or set jobs to 1.")
    error.retryable = True
    return error
