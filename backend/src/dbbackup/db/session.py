"""Opens the catalogue and hands out sessions."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

import aiosqlite
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.util import await_only

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.errors import ConflictError
from dbbackup.core.sizes import human_size
from dbbackup.db import server
from dbbackup.db.memory import Memory
from dbbackup.db.remembering import MEMORY, forget_changed

_AFTER_COMMIT = "after_commit"
_MARKS = "savepoints"
_BUSY_TIMEOUT_MS = 10_000
_CACHE_KIB = 500
"""What a connection keeps of the file; 15 of them would take 30 MB with SQLite's own 2,000. The system keeps it too."""
_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"cache_size=-{_CACHE_KIB}",
    f"busy_timeout={_BUSY_TIMEOUT_MS}",
)
"""Set as a connection is opened, in its own thread: one visit, where each of them would be one."""
_WRITES = "writes"


class _Cursor:
    """Runs a statement, takes its rows and ends it in one visit to the connection's thread.

    The driver's own cursor makes four, one after the other, and under load each waits for its turn of Python's lock,
    there and back. What SQLAlchemy wants of it: `AsyncIODBAPICursor` of its `connectors.asyncio`.
    """

    arraysize = 1
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Any = ()) -> None:
        await self._connection.visit(partial(self._run, sqlite3.Cursor.execute, operation, parameters))

    async def executemany(self, operation: str, parameters: Any) -> None:
        await self._connection.visit(partial(self._run, sqlite3.Cursor.executemany, operation, parameters))

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []

    def _run(self, execute: Callable[..., Any], operation: str, parameters: Any) -> None:
        with closing(self._connection._conn.cursor()) as cursor:
            execute(cursor, operation, parameters)
            self.description = cursor.description
            self._rows = cursor.fetchall() if cursor.description else []
            self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid


class _Connection(aiosqlite.Connection):
    """A connection that waits for its turn to write, and may be stopped more than once.

    SQLAlchemy stops it when a cancellation interrupts `close`, which then stops it a second time, and waits for a
    thread that has ended by then: for ever, and the program with it (aiosqlite 0.22.1, SQLAlchemy 2.1.9).
    """

    _stopped: asyncio.Future[Any] | None = None
    _asked = False
    _turn: asyncio.Lock | None = None

    def cursor(self) -> _Cursor:  # type: ignore[override]  # no context manager of the driver's
        """Return a cursor of ours."""
        return _Cursor(self)

    async def visit(self, work: Callable[[], None]) -> None:
        """Have something done in the connection's thread."""
        await self._execute(work)  # type: ignore[no-untyped-call]

    async def take_turn(self, turn: asyncio.Lock) -> None:
        """Wait until no other connection of this program writes; the turn ends with the transaction.

        SQLite's own way of waiting is to try again after a pause: whoever comes later may come first, and where five
        runs begin at once one of them waited for more than a second. It has the last word still: who waits for
        too long leaves the queue and asks SQLite, which says what is wrong.
        """
        if self._asked:
            return
        # Once in a transaction: who has SQLite's lock without a turn must not wait for one.
        self._asked = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_BUSY_TIMEOUT_MS / 1000):
                await turn.acquire()
                self._turn = turn

    def _end_turn(self) -> None:
        turn, self._turn, self._asked = self._turn, None, False
        if turn is not None:
            turn.release()

    async def commit(self) -> None:
        """Commit, then let the next one write."""
        try:
            if self.in_transaction:
                await super().commit()
        finally:
            self._end_turn()

    async def rollback(self) -> None:
        """Roll back, then let the next one write.

        What only reads has no transaction, and need not go to the thread to end it. A statement that is still under
        way there was cancelled, and SQLAlchemy throws its connection away.
        """
        try:
            if self.in_transaction:
                await super().rollback()
        finally:
            self._end_turn()

    def stop(self) -> asyncio.Future[Any] | None:
        """Ask the thread once to close the connection and to end; return what is done when it has."""
        self._end_turn()
        if self._running:
            self._stopped = super().stop()
        return self._stopped


class Catalogue:
    """A SQLite file, or a database of a PostgreSQL server, behind one engine.

    Sessions are short: none is held across a dump. On either, transactions that write do so one after another: who
    writes first is alone from there to its end.
    """

    def __init__(self, place: Path | CatalogueUrl, holder: str | None = None) -> None:
        """`holder` is what the running instance calls itself to the server: see `ServerLock`."""
        self.place = place
        self.engine: AsyncEngine = _file_engine(place) if isinstance(place, Path) else _server_engine(place, holder)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False, info={MEMORY: Memory()})

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Yield a session; commit at the end, roll back when the block raises."""
        async with self.sessions() as session, session.begin():
            yield session

    async def compact(self) -> tuple[int, int]:
        """Write the catalogue anew without its gaps; return its size before and after, in bytes.

        Raises ConflictError: there is not enough room for a second copy of it, or it is too busy.
        """
        before = await self._size()
        if isinstance(self.place, Path):
            await asyncio.to_thread(_check_room, self.place, before)
        try:
            async with self.engine.connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                if isinstance(self.place, Path):
                    await connection.exec_driver_sql("VACUUM")
                    await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                else:
                    await connection.exec_driver_sql("VACUUM (FULL, ANALYZE)")
        except DBAPIError as error:
            raise ConflictError(
                f"The catalogue is too busy to be compacted now ({error.orig}). Try again later."
            ) from error
        return before, await self._size()

    async def _size(self) -> int:
        if isinstance(self.place, Path):
            return (await asyncio.to_thread(self.place.stat)).st_size
        async with self.sessions() as session:
            return int(await session.scalar(text("SELECT pg_database_size(current_database())")) or 0)

    async def close(self) -> None:
        """Close all connections."""
        await self.engine.dispose()


def after_commit(session: AsyncSession, action: Callable[[], None]) -> None:
    """Run the action once the session's whole transaction is committed, never when it is rolled back.

    The end of a savepoint is no commit: what it asks for waits for the transaction around it, and is forgotten when the
    savepoint is rolled back.
    """
    _actions(session.sync_session).append(action)


def _actions(session: Session) -> list[Callable[[], None]]:
    found: list[Callable[[], None]] = session.info.setdefault(_AFTER_COMMIT, [])
    return found


@event.listens_for(Session, "after_commit")
def _run_actions(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.info.pop(_MARKS, None)
    # First: who hears of the change reads anew.
    forget_changed(session)
    for action in session.info.pop(_AFTER_COMMIT, []):
        action()


@event.listens_for(Session, "after_transaction_create")
def _mark_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_MARKS, {})[transaction] = len(_actions(session))


@event.listens_for(Session, "after_soft_rollback")
def _drop_actions(session: Session, ended: SessionTransaction) -> None:
    """Drop what was asked for since the savepoint, or all without one; a flush that fails rolls back what is around."""
    while not ended.nested and ended.parent is not None:
        ended = ended.parent
    del _actions(session)[session.info.get(_MARKS, {}).get(ended, 0) :]


def connect(path: str, **options: Any) -> _Connection:
    """Return a connection to the file that is opened when awaited; `options` are those of `sqlite3.connect`."""
    connection = _Connection(lambda: _open(path, **options), iter_chunk_size=64)
    # It must not hold up the end of the program when a fault leaves it open.
    connection._thread.daemon = True
    return connection


def _open(path: str, **options: Any) -> sqlite3.Connection:
    opened: sqlite3.Connection = sqlite3.connect(path, **options)
    try:
        for pragma in _PRAGMAS:
            opened.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        opened.close()
        raise
    return opened


def _check_room(path: Path, size: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < 2 * size:
        raise ConflictError(
            f"Compacting the catalogue needs {human_size(2 * size)}; {human_size(free)} are free in {path.parent}."
        )


def _file_engine(path: Path) -> AsyncEngine:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"async_creator_fn": connect})
    turn = asyncio.Lock()

    def wait(connection: Connection, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        if _writes(context):
            opened = cast(_Connection, connection.connection.driver_connection)
            await_only(opened.take_turn(turn))

    def begin(connection: Connection, _name: str) -> None:
        # Outside a transaction SQLite takes a savepoint for one, and its end for the commit; the driver begins none
        # before it. Who sets a savepoint is about to write: at once, so that nothing comes between.
        opened = cast(_Connection, connection.connection.driver_connection)
        if not opened.in_transaction:
            await_only(opened.take_turn(turn))
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "before_cursor_execute", wait)
    event.listen(engine.sync_engine, "savepoint", begin)
    return engine


def _server_engine(url: CatalogueUrl, holder: str | None) -> AsyncEngine:
    async def open_connection(**_: Any) -> Any:
        return await server.connect(url, holder)

    # The URL names the dialect only: what holds the password is not in the engine, whose repr shows its URL.
    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={"async_creator_fn": open_connection},
        pool_pre_ping=True,
        json_serializer=server.to_json,
    )
    _serialize_writers(engine.sync_engine)
    return engine


def _serialize_writers(engine: Engine) -> None:
    """Let transactions write one after another, as they do on SQLite: what they count stays true until they end.

    The lock is taken before the first write, so before any row is locked: none waits for another in a circle.
    """
    event.listen(engine, "before_cursor_execute", _take_turn)
    event.listen(engine, "commit", _end_turn)
    event.listen(engine, "rollback", _end_turn)
    # What was locked within a savepoint is let go with it.
    event.listen(engine, "rollback_savepoint", lambda connection, *_: _end_turn(connection))


def _take_turn(connection: Connection, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
    if _writes(context) and _WRITES not in connection.info:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({server.LOCKS}, {server.WRITER})")
        connection.info[_WRITES] = True


def _writes(context: Any) -> bool:
    return context is not None and (context.isinsert or context.isupdate or context.isdelete)


def _end_turn(connection: Connection) -> None:
    if not connection.invalidated:  # what was noted of a lost connection is lost with it
        connection.info.pop(_WRITES, None)
