"""Databases that have had no good backup for longer than their schedules or the settings promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.live_settings import LiveSettings
from dbbackup.db.models import BackupExecution, BackupSchedule, DatabaseConfig, RunStatus

_INTERVALS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=31),
}


@dataclass(frozen=True, slots=True)
class Overdue:
    """A database, how long it may be without a good backup, and when its newest good one ended."""

    database_id: str
    database_name: str
    limit: timedelta
    newest: datetime | None


async def find_overdue(session: AsyncSession, live: LiveSettings, now: datetime) -> list[Overdue]:
    """Return the enabled databases that wait for too long, by name."""
    limits = await _limits(session, live)
    # One look into an index for each: a GROUP BY would read the whole history.
    last = (
        select(BackupExecution.completed_at)
        .where(BackupExecution.database_id == DatabaseConfig.id, BackupExecution.status == RunStatus.COMPLETED)
        .order_by(BackupExecution.created_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = []
    configs = select(DatabaseConfig, last).where(DatabaseConfig.enabled).order_by(DatabaseConfig.name)
    for config, good in await session.execute(configs):
        if config.id not in limits:
            continue
        limit, since = limits[config.id]
        if now - max(good or since, since) > limit:
            found.append(Overdue(config.id, config.name, limit, good))
    return found


def interval(schedule: BackupSchedule) -> timedelta | None:
    """Return how often a schedule runs; of an own cron expression the distance of its two known slots."""
    if schedule.type in _INTERVALS:
        return _INTERVALS[schedule.type]
    if schedule.next_run_at and schedule.last_slot and schedule.next_run_at > schedule.last_slot:
        return schedule.next_run_at - schedule.last_slot
    return None


async def _limits(session: AsyncSession, live: LiveSettings) -> dict[str, tuple[timedelta, datetime]]:
    """Return the longest time without a good backup of each database, and from when it counts at the earliest."""
    limits: dict[str, tuple[timedelta, datetime]] = {}
    if live.overdue_hours:
        hours = timedelta(hours=live.overdue_hours)
        for config_id, created in await session.execute(select(DatabaseConfig.id, DatabaseConfig.created_at)):
            limits[config_id] = (hours, created)
    for schedule in await session.scalars(select(BackupSchedule).where(BackupSchedule.enabled)):
        often = interval(schedule)
        if often is None:
            continue
        limit = often * live.overdue_factor
        known = limits.get(schedule.database_id)
        if known is None or limit < known[0]:
            limits[schedule.database_id] = (limit, schedule.created_at)
    return limits
