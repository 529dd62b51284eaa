"""What a verification or a look at the storage found wrong: which copy, or all of the backup, is not good any more."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import IntegrityError, ObjectMissingError
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, RunStatus, Verification
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import after_commit
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.verifications import RESTORES

STORED_CHECKS = frozenset({"manifest", "stored-bytes"})
"""What tells about one copy. Later checks read the bytes that were written: what they find is so in every copy."""


def is_good(backup: BackupExecution) -> bool:
    """Tell whether a backup can be counted on: complete, its content not found bad, and a copy is whole."""
    whole = any(copy.state == CopyState.COMPLETE for copy in backup.copies)
    return backup.status == RunStatus.COMPLETED and backup.damage is None and whole


def note_verified(
    session: AsyncSession, ctx: Context, backup: BackupExecution, run: Verification, error: BaseException | None
) -> None:
    """Write what a verification showed into the rows of its backup and copy.

    Only what proves damage marks anything: a server or a storage that does not answer says nothing of the backup.
    """
    copy = next((c for c in backup.copies if c.id == run.copy_id), None)
    stored = [check for check in run.result["checks"] if check["name"] in STORED_CHECKS]
    # What comes after them comes only when all stored bytes were right.
    proven = error is None or len(stored) < len(run.result["checks"])
    if error is None:
        backup.verified_level = max(backup.verified_level or 0, run.level)
        backup.verified_at = utc_now()
        if run.level >= RESTORES:
            backup.damage = None
    elif isinstance(error, IntegrityError) and proven:
        backup.damage = error.message
    elif isinstance(error, IntegrityError | ObjectMissingError) and copy:
        mark_copy(session, ctx, copy, error.message)
    if copy and proven:
        copy.checked_at = copy.seen_at = utc_now()
        if copy.state == CopyState.DAMAGED:
            copy.state, copy.error_message = CopyState.COMPLETE, None
    announce(session, ctx, "backup", backup.id, "updated")
    if backup.database_id:
        announce(session, ctx, "database", backup.database_id, "updated")


def mark_copy(session: AsyncSession, ctx: Context, copy: BackupCopy, reason: str) -> None:
    """Mark a copy as damaged; the worker makes it again from another one that is whole."""
    if copy.state not in (CopyState.COMPLETE, CopyState.DAMAGED):
        return
    copy.state, copy.error_message, copy.attempts = CopyState.DAMAGED, reason, 0
    after_commit(session, ctx.runtime.sweep.set)
