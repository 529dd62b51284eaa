"""Keeps those who change the same record out of each other's way."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.interfaces import ORMOption

from dbbackup.db.models import BackupExecution
from dbbackup.db.models.backup_execution import WITHOUT_LONG_TEXTS
from dbbackup.db.models.base import Base
from dbbackup.db.remembering import UNREMEMBERED

R = TypeVar("R", bound=Base)


async def lock_row(session: AsyncSession, model: type[R], row_id: str, *options: ORMOption) -> R:
    """Return a record as it is now; nobody else changes it before this transaction has ended. Raises NoResultFound.

    SQLite begins a transaction at its first write: what was read before it may be outdated by then, and writing that
    back would undo what another transaction did. So a write that changes nothing comes first.
    """
    unchanged = {"updated_at": model.updated_at}
    await session.execute(
        update(model)
        .where(model.id == row_id)
        .values(unchanged)
        .execution_options(synchronize_session=False, **{UNREMEMBERED: True})
    )
    return await session.get_one(model, row_id, options=options, populate_existing=True)


async def lock_backup(session: AsyncSession, backup_id: str) -> BackupExecution:
    """Lock a backup before the state of its copies is changed, and return it with them, without its long texts.

    A record that the caller holds keeps those that it was read with.
    """
    return await lock_row(session, BackupExecution, backup_id, *WITHOUT_LONG_TEXTS)
