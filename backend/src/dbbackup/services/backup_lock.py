"""Keeps those who change the state of a backup's copies out of each other's way."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.db.models import BackupExecution


async def lock_backup(session: AsyncSession, backup_id: str) -> BackupExecution:
    """Return a backup and its copies as they are now; nobody else changes them before this transaction has ended.

    SQLite begins a transaction at its first write: what was read before it may be outdated by then, and writing that
    back would undo what another transaction did. So a write that changes nothing comes first. Raises NoResultFound.
    """
    unchanged = {"updated_at": BackupExecution.updated_at}
    await session.execute(
        update(BackupExecution)
        .where(BackupExecution.id == backup_id)
        .values(unchanged)
        .execution_options(synchronize_session=False)
    )
    return await session.get_one(BackupExecution, backup_id, populate_existing=True)
