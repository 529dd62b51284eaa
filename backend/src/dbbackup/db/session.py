"""Opens the catalogue and hands out sessions."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session, SessionTransaction

_AFTER_COMMIT = "after_commit"
_MARKS = "savepoints"
_BUSY_TIMEOUT_MS = 10_000


class _Connection(aiosqlite.Connection):
    """A connection that may be stopped more than once.

    SQLAlchemy stops it when a cancellation interrupts `close`, which then stops it a second time, and waits for a
    thread that has ended by then: for ever, and the program with it (aiosqlite 0.22.1, SQLAlchemy 2.1.9).
    """

    _stopped: asyncio.Future[Any] | None = None

    def stop(self) -> asyncio.Future[Any] | None:
        """Ask the thread once to close the connection and to end; return what is done when it has."""
        if self._running:
            self._stopped = super().stop()
        return self._stopped


class Catalogue:
    """The SQLite file behind one engine. Sessions are short: none is held across a dump."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.engine: AsyncEngine = create_async_engine(
            f"sqlite+aiosqlite:///{path}", connect_args={"async_creator_fn": connect}
        )
        event.listen(self.engine.sync_engine, "connect", _prepare_connection)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Yield a session; commit at the end, roll back when the block raises."""
        async with self.sessions() as session, session.begin():
            yield session

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
    connection = _Connection(lambda: sqlite3.connect(path, **options), iter_chunk_size=64)
    # It must not hold up the end of the program when a fault leaves it open.
    connection._thread.daemon = True
    return connection


def _prepare_connection(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_TIMEOUT_MS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
