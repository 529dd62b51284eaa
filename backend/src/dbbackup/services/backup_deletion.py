"""Deleting backups: marked at once, files removed by the worker, the record kept for the audit."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.db.models import BackupExecution, CopyState
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import after_commit
from dbbackup.services.changes import announce
from dbbackup.services.context import Context

_HOLDS_SOMETHING = (CopyState.COMPLETE, CopyState.WRITING, CopyState.DELETING)


def mark_deleted(session: AsyncSession, ctx: Context, backup: BackupExecution, actor: str) -> None:
    """Hide the backup and hand its files to the worker, which removes them and tries again if it must."""
    backup.deleted_at = utc_now()
    backup.deleted_by = actor
    for copy in backup.copies:
        copy.attempts = 0
        copy.state = CopyState.DELETING if copy.state in _HOLDS_SOMETHING else CopyState.DELETED
    announce(session, ctx, "backup", backup.id, "deleted")
    after_commit(session, ctx.runtime.wake.set)
