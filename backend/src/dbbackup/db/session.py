"""Opens the catalogue and hands out sessions."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, SessionTransaction

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.errors import ConflictError
from dbbackup.core.sizes import human_size
from dbbackup.db.engines import ALONE, file_engine, server_engine
from dbbackup.db.file_connection import connect, connect_beside
from dbbackup.db.memory import Memory
from dbbackup.db.remembering import MEMORY, forget_changed

_AFTER_COMMIT = "after_commit"
_MARKS = "savepoints"


class Catalogue:
    """A SQLite file, or a database of a PostgreSQL server, behind one engine.

    Sessions are short: none is held across a dump. On either, transactions that write do so one after another: who
    writes first is alone from there to its end.
    """

    def __init__(self, place: Path | CatalogueUrl, holder: str | None = None, *, beside: bool = False) -> None:
        """`holder` is what the running instance calls itself to the server: see `ServerLock`.

        `beside` is for a command that may run beside it: see `file_connection.connect_beside`.
        """
        self.place = place
        self.engine: AsyncEngine = (
            file_engine(place, connect_beside if beside else connect)
            if isinstance(place, Path)
            else server_engine(place, holder)
        )
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
                await connection.execution_options(isolation_level="AUTOCOMMIT", **{ALONE: True})
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


def _check_room(path: Path, size: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < 2 * size:
        raise ConflictError(
            f"Compacting the catalogue needs {human_size(2 * size)}; {human_size(free)} are free in {path.parent}."
        )
