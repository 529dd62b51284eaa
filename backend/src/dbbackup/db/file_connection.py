"""A connection to the catalogue's file: one visit to its thread for a statement, and a turn for who writes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from typing import Any, Self

import aiosqlite

_BUSY_TIMEOUT_MS = 10_000
_CACHE_KIB = 500
"""What a connection keeps of the file; 15 of them would take 30 MB with SQLite's own 2,000. The system keeps it too."""
_CHECKPOINT_PAGES = 1000
"""In the log of changes, at which a commit moves them into the file: SQLite's own number."""


class _Cursor:
    """Runs a statement, takes its rows and ends it in one visit to the connection's thread.

    The driver's own cursor makes four, one after the other, and under load each waits for its turn of Python's lock,
    there and back. What SQLAlchemy wants of it: `AsyncIODBAPICursor` of its `connectors.asyncio`.
    """

    arraysize = 1
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: FileConnection) -> None:
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


class FileConnection(aiosqlite.Connection):
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


def connect(path: str, **options: Any) -> FileConnection:
    """Return a connection to the file that is opened when awaited; `options` are those of `sqlite3.connect`."""
    return _connect(partial(_open, path, **options))


def connect_beside(path: str, **options: Any) -> FileConnection:
    """Return one for a command beside the running program, whose turns it knows nothing of: it makes no checkpoint.

    Two checkpoints and a commit at the same instant may lose what was committed, in SQLite up to 3.51.2
    (https://www.sqlite.org/wal.html, “The WAL-Reset Bug”).
    """
    return _connect(partial(_open, path, checkpoint_pages=0, **options))


def _connect(opening: Callable[[], sqlite3.Connection]) -> FileConnection:
    connection = FileConnection(opening, iter_chunk_size=64)
    # It must not hold up the end of the program when a fault leaves it open.
    connection._thread.daemon = True
    return connection


def _open(path: str, checkpoint_pages: int = _CHECKPOINT_PAGES, **options: Any) -> sqlite3.Connection:
    opened: sqlite3.Connection = sqlite3.connect(path, **options)
    try:
        # Here, in the connection's own thread: one visit, where each of them would be one.
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"cache_size=-{_CACHE_KIB}",
            f"busy_timeout={_BUSY_TIMEOUT_MS}",
            f"wal_autocheckpoint={checkpoint_pages}",
        ):
            opened.execute(f"PRAGMA {pragma}").close()
    except BaseException:
        opened.close()
        raise
    return opened
