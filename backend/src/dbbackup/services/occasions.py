"""What is told beside the ends of runs: slots without a run, backups that look odd, copies that stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.notifications import EventType
from dbbackup.db.models import BackupCopy, BackupExecution, BackupSchedule, DatabaseConfig
from dbbackup.services.context import Context
from dbbackup.services.notifications import NotificationEvent, notify


async def notify_missed(
    session: AsyncSession, ctx: Context, schedule: BackupSchedule, slot: datetime, count: int, why: str
) -> None:
    """Tell that slots of a schedule came and got no run."""
    config = await session.get_one(DatabaseConfig, schedule.database_id)
    runs = "One scheduled backup was" if count == 1 else f"{count} scheduled backups were"
    event = NotificationEvent(
        type=EventType.BACKUP_MISSED,
        subject=schedule.id,
        title=f"Scheduled backup of {config.name} missed",
        text=f"{runs} not made, the last one of {slot:%Y-%m-%d %H:%M} UTC. {why}",
        advice="Look whether a backup was made since, and make one by hand if not.",
        path=f"/databases/{config.id}",
        database_id=config.id,
        database_name=config.name,
    )
    await notify(session, ctx, event)


async def notify_anomalies(
    session: AsyncSession, ctx: Context, backup: BackupExecution, messages: Sequence[str]
) -> None:
    """Tell what is odd about a backup beside those before it."""
    event = NotificationEvent(
        type=EventType.BACKUP_ANOMALY,
        subject=backup.database_id or backup.database_name,
        title=f"A backup of {backup.database_name} looks unlike the ones before",
        text=" ".join(messages),
        advice="Look whether that is meant. If data was lost, restore an older backup before retention lets it go.",
        path=f"/backups/{backup.id}",
        database_id=backup.database_id,
        database_name=backup.database_name,
        run_kind="backup",
        run_id=backup.id,
    )
    await notify(session, ctx, event)


async def notify_deletion(session: AsyncSession, ctx: Context, copy: BackupCopy, problem: str | None) -> None:
    """Tell that what should be deleted could not be, or that it can be again (no problem)."""
    where = "the local disk" if copy.s3_config_id is None else f"the bucket {copy.bucket}"
    event = NotificationEvent(
        type=EventType.RETENTION_DELETE_FAILED if problem else EventType.RETENTION_RECOVERED,
        subject=copy.storage_id,
        title=f"Old backups stay on {where}" if problem else f"Old backups are deleted from {where} again",
        text=problem or "What had to wait was deleted.",
        advice="It is tried again by itself. Look at the storage's rights and at its free space." if problem else "",
        path="/backups?undeleted=true",
    )
    await notify(session, ctx, event)
