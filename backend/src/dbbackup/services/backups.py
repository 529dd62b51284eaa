"""Backups: queue, list, cancel, pin, copy later, delete."""

from __future__ import annotations

from msgspec import UNSET
from sqlalchemy import (
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import ConflictError, NotFoundError
from dbbackup.core.naming import new_id
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, Run, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import after_commit
from dbbackup.services.backup_deletion import find_reader, mark_deleted, refuse_locked
from dbbackup.services.changes import announce, announce_run
from dbbackup.services.context import Context
from dbbackup.services.databases import ACTIVE, get_database
from dbbackup.services.inputs import BackupInput, UploadInput
from dbbackup.services.new_backup import named_or_default, prepare_backup
from dbbackup.services.retention_policies import policy_for_backup
from dbbackup.services.row_locks import lock_backup, lock_row


async def queue_backup(session: AsyncSession, ctx: Context, data: BackupInput) -> BackupExecution:
    """Put a manual backup into the queue; the worker takes it from there.

    Raises:
        NotFoundError: no such database or S3 config.
        ConflictError: the database is disabled, or the encryption key was never downloaded.
        ValidationError: nowhere to write to, no such retention policy, or options that make no sense.
    """
    config = await get_database(session, data.database_id)
    if not config.enabled:
        raise ConflictError(f"{config.name} is disabled. Enable it first, then back it up.")
    backup = await prepare_backup(session, ctx, data)
    if data.retention_policy_id is None:
        backup.keep_forever = True
    elif data.retention_policy_id is not UNSET:
        backup.retention_policy_id = await policy_for_backup(session, data.retention_policy_id)
    session.add(backup)
    await session.flush()
    announce_run(session, ctx, backup)
    return backup


async def get_backup(session: AsyncSession, backup_id: str) -> BackupExecution:
    """Return a backup that is not deleted. Raises NotFoundError."""
    backup = await session.get(BackupExecution, backup_id)
    if backup is None or backup.deleted_at is not None:
        raise NotFoundError(f"There is no backup {backup_id}. It may have been deleted: reload the list.")
    return backup


async def cancel_backup(session: AsyncSession, ctx: Context, backup_id: str) -> BackupExecution:
    """Cancel at once what is queued; ask the worker to stop what is running.

    Raises:
        ConflictError: the backup has already ended.
    """
    backup = await get_backup(session, backup_id)
    await request_cancel(session, ctx, backup)
    for copy in backup.copies:
        if backup.status == RunStatus.CANCELLED:
            copy.state, copy.error_message = CopyState.FAILED, "The backup was cancelled before it started."
    await session.flush()
    return backup


async def request_cancel(session: AsyncSession, ctx: Context, run: Run) -> None:
    """Cancel a queued run, or flag a running one for the worker. Raises ConflictError when it has ended."""
    # The worker may just be taking it out of the queue.
    await lock_row(session, type(run), run.id)
    if run.status == RunStatus.QUEUED:
        run.status, run.completed_at = RunStatus.CANCELLED, utc_now()
    elif run.status == RunStatus.RUNNING:
        run.cancel_requested = True
    else:
        raise ConflictError(f"There is nothing to cancel: this run is already {run.status}.")
    announce_run(session, ctx, run)


async def pin_backup(session: AsyncSession, ctx: Context, backup_id: str, *, pinned: bool) -> BackupExecution:
    """Pin a backup against retention, or let it go."""
    backup = await get_backup(session, backup_id)
    backup.pinned = pinned
    await session.flush()
    announce(session, ctx, "backup", backup.id, "updated")
    return backup


async def upload_backup(session: AsyncSession, ctx: Context, backup_id: str, data: UploadInput) -> BackupExecution:
    """Ask the worker for further S3 copies of a completed backup.

    Raises:
        ConflictError: it is not completed, no copy of it is whole, or it is there already.
    """
    backup = await get_backup(session, backup_id)
    await lock_backup(session, backup_id)
    if backup.status != RunStatus.COMPLETED or not any(c.state == CopyState.COMPLETE for c in backup.copies):
        raise ConflictError("Only a completed backup with a whole copy can be uploaded.")
    for config_id in await named_or_default(session, data.s3_config_ids):
        known = next((c for c in backup.copies if c.s3_config_id == config_id), None)
        if known is None:
            position = max(c.position for c in backup.copies) + 1
            backup.copies.append(BackupCopy(id=new_id(), position=position, s3_config_id=config_id))
        elif known.state in (CopyState.FAILED, CopyState.DAMAGED, CopyState.DELETED):
            known.state, known.error_message, known.attempts = CopyState.PENDING, None, 0
        else:
            raise ConflictError(f"This backup already has a copy there (it is {known.state}).")
    await session.flush()
    announce_run(session, ctx, backup)
    after_commit(session, ctx.runtime.sweep.set)
    return backup


async def delete_backup(session: AsyncSession, ctx: Context, backup_id: str, actor: str) -> None:
    """Delete a backup everywhere; its record stays for the audit.

    Raises:
        ConflictError: it is queued or running, pinned, locked, or a restore or verification is reading it.
    """
    backup = await get_backup(session, backup_id)
    await lock_backup(session, backup_id)
    if backup.status in ACTIVE:
        raise ConflictError("This backup has not ended. Cancel it first, then delete it.")
    if backup.pinned:
        raise ConflictError("This backup is pinned. Unpin it first, then delete it.")
    if reader := await find_reader(session, [backup_id]):
        raise ConflictError(
            f"A {reader} is reading this backup. Wait for its end or cancel it, then delete the backup."
        )
    refuse_locked(backup)
    await mark_deleted(session, ctx, backup, actor)
    await session.flush()


async def queue_positions(session: AsyncSession) -> dict[str, int]:
    """Return the place of every queued backup, from 1: manual ones first, then first come, first served.

    One that may not start yet (`not_before`) waits for its time, not for others: it has no place.
    """
    order = (BackupExecution.priority.desc(), BackupExecution.created_at, BackupExecution.id)
    ready = or_(BackupExecution.not_before.is_(None), BackupExecution.not_before <= utc_now())
    queued = select(BackupExecution.id).where(BackupExecution.status == RunStatus.QUEUED, ready).order_by(*order)
    return {id_: place for place, id_ in enumerate(await session.scalars(queued), start=1)}
