"""Deleting backups: marked at once, files removed by the worker, the record kept for the audit."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import ConflictError
from dbbackup.db.models import BackupExecution, CopyState, RestoreExecution, Verification
from dbbackup.db.models.backup_execution import FINAL
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import after_commit
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.row_locks import lock_backup

_HOLDS_SOMETHING = (CopyState.COMPLETE, CopyState.DAMAGED, CopyState.WRITING, CopyState.DELETING)


def refuse_locked(backup: BackupExecution) -> None:
    """Raise ConflictError when object lock is known to forbid the removal of one of the copies."""
    locked = [c.locked_until for c in backup.copies if c.state in _HOLDS_SOMETHING and c.locked_until]
    if locked and (until := max(locked)) > utc_now():
        raise ConflictError(
            f"Object lock keeps a copy of this backup until {until:%Y-%m-%d %H:%M} UTC: it cannot be deleted before."
        )


async def mark_deleted(session: AsyncSession, ctx: Context, backup: BackupExecution, actor: str) -> None:
    """Hide the backup and hand its files to the worker, which removes them and tries again if it must."""
    await lock_backup(session, backup.id)
    backup.deleted_at = utc_now()
    backup.deleted_by = actor
    for copy in backup.copies:
        copy.attempts = 0
        copy.state = CopyState.DELETING if copy.state in _HOLDS_SOMETHING else CopyState.DELETED
    announce(session, ctx, "backup", backup.id, "deleted")
    after_commit(session, ctx.runtime.sweep.set)


async def find_reader(session: AsyncSession, backup_ids: Sequence[str]) -> str | None:
    """Return `restore` or `verification` when one of these backups is read now, or will be."""
    for word, model in (("restore", RestoreExecution), ("verification", Verification)):
        reading = select(model.id).where(model.backup_id.in_(backup_ids), model.status.not_in(FINAL))
        if await session.scalar(reading.limit(1)):
            return word
    return None
