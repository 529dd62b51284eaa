"""What is told of the ends of runs and of their copies in S3."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.notifications import EventType
from dbbackup.core.sizes import human_size
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    CopyState,
    RestoreExecution,
    Run,
    RunStatus,
    S3Config,
    Verification,
)
from dbbackup.services.changes import run_kind
from dbbackup.services.context import Context
from dbbackup.services.notifications import NotificationEvent, notify
from dbbackup.services.pings import enqueue_ping

_PROOFS = {
    1: "its stored bytes",
    2: "reading it to its end",
    3: "restoring it into a scratch database",
    4: "asking its restored copy what must be true of it",
}
_TOLD = (RunStatus.COMPLETED, RunStatus.FAILED)


async def notify_run_end(session: AsyncSession, ctx: Context, run: Run) -> None:
    """Tell of a run that has just been completed or has failed; of no other state.

    A run that was cancelled was so by somebody who knows; one that is queued again tells when its retries end.
    """
    if run.status not in _TOLD:
        return
    if isinstance(run, BackupExecution):
        event = await _backup(session, run)
        await enqueue_ping(session, ctx, run)
    else:
        event = _restore(run) if isinstance(run, RestoreExecution) else _verification(run)
    await notify(session, ctx, replace(event, run_kind=run_kind(run), run_id=run.id))


async def notify_copy(session: AsyncSession, ctx: Context, copy: BackupCopy) -> None:
    """Tell that an S3 config fails or works again, as the state of a copy shows; nothing for local copies."""
    if copy.s3_config_id is None or copy.state not in (CopyState.COMPLETE, CopyState.FAILED):
        return
    config = await session.get(S3Config, copy.s3_config_id)
    name = config.name if config else copy.s3_config_id
    backup = await session.get_one(BackupExecution, copy.backup_id)
    if copy.state == CopyState.COMPLETE:
        event = NotificationEvent(
            type=EventType.S3_RECOVERED,
            subject=copy.s3_config_id,
            title=f"The S3 storage {name} works again",
            text=f"A copy of a backup of {backup.database_name} was stored there.",
            path="/s3-configs",
        )
    else:
        event = NotificationEvent(
            type=EventType.S3_FAILING,
            subject=copy.s3_config_id,
            title=f"The S3 storage {name} is failing",
            text=f"A copy of a backup of {backup.database_name} could not be stored there: {copy.error_message}",
            advice="Test the storage on its page. Copies that are missing are made again by themselves.",
            path="/s3-configs",
        )
    await notify(session, ctx, event)


async def _backup(session: AsyncSession, backup: BackupExecution) -> NotificationEvent:
    base = NotificationEvent(
        type=EventType.BACKUP_SUCCEEDED,
        subject=backup.database_id or backup.database_name,
        title=f"Backup of {backup.database_name} succeeded",
        text=await _stored(session, backup) if backup.status == RunStatus.COMPLETED else "",
        path=f"/backups/{backup.id}",
        database_id=backup.database_id,
        database_name=backup.database_name,
    )
    if backup.status == RunStatus.COMPLETED:
        return base
    retried = backup.attempt > 1
    tries = f", {backup.attempt} attempts in all" if retried else ""
    return replace(
        base,
        type=EventType.BACKUP_RETRIES_EXHAUSTED if retried else EventType.BACKUP_FAILED,
        title=f"Backup of {backup.database_name} failed{' for good' if retried else ''}",
        text=f"The {backup.type} backup failed{tries}: {backup.error_message}",
        advice="Its log names the step that failed. Put that right, then back up now.",
    )


async def _stored(session: AsyncSession, backup: BackupExecution) -> str:
    names = dict((await session.execute(select(S3Config.id, S3Config.name))).all())

    def place(copy: BackupCopy) -> str:
        return names.get(copy.s3_config_id, copy.s3_config_id) if copy.s3_config_id else "local disk"

    good = [place(copy) for copy in backup.copies if copy.state == CopyState.COMPLETE]
    size = human_size(backup.size or 0)
    text = f"{backup.file_name}: {size} in {_seconds(backup.duration)}, stored on {' and '.join(good)}."
    for copy in backup.copies:
        if copy.state == CopyState.FAILED:
            text += f" The copy on {place(copy)} failed and is made again later: {copy.error_message}"
    return text


def _restore(restore: RestoreExecution) -> NotificationEvent:
    base = NotificationEvent(
        type=EventType.RESTORE_SUCCEEDED,
        subject=restore.database_id or restore.database_name,
        title=f"Restore into {restore.target_database} succeeded",
        text=f"{restore.target_database} on the server of {restore.database_name} is ready, after"
        f" {_seconds(restore.duration)}.",
        path=f"/restores/{restore.id}",
        database_id=restore.database_id,
        database_name=restore.database_name,
    )
    if restore.status == RunStatus.COMPLETED:
        return base
    return replace(
        base,
        type=EventType.RESTORE_FAILED,
        title=f"Restore into {restore.target_database} failed",
        text=f"The restore on the server of {restore.database_name} failed: {restore.error_message}",
        advice="Its log names the step that failed, and what became of the database.",
    )


def _verification(run: Verification) -> NotificationEvent:
    proof = _PROOFS[run.level]
    base = NotificationEvent(
        type=EventType.VERIFICATION_SUCCEEDED,
        subject=run.database_id or run.database_name,
        title=f"A backup of {run.database_name} is proven",
        text=f"The copy on {run.storage} was verified by {proof}, in {_seconds(run.duration)}.",
        path=f"/backups/{run.backup_id}",
        database_id=run.database_id,
        database_name=run.database_name,
    )
    if run.status == RunStatus.COMPLETED:
        return base
    return replace(
        base,
        type=EventType.VERIFICATION_FAILED,
        title=f"A backup of {run.database_name} could not be verified",
        text=f"Verifying the copy on {run.storage} by {proof} failed: {run.error_message}",
        advice="Verify another copy of it, and make a new backup now.",
    )


def _seconds(value: float | None) -> str:
    return f"{value or 0:.0f} s" if (value or 0) >= 10 else f"{value or 0:.1f} s"
