"""Databases that have had no good backup for longer than their schedules or the settings promise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.live_settings import LiveSettings
from dbbackup.core.spans import Span, fine_spans
from dbbackup.db.functions import unindexed
from dbbackup.db.models import BackupExecution, BackupSchedule, DatabaseConfig, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import one_by_one, remembered_apart, within

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
    newest = await _newest_good(session)
    found = []
    configs = select(DatabaseConfig).where(DatabaseConfig.enabled).order_by(DatabaseConfig.name)
    for config in await session.scalars(configs):
        if config.id not in limits:
            continue
        limit, since = limits[config.id]
        good = newest.get(config.id)
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


async def _newest_good(session: AsyncSession) -> dict[str | None, datetime]:
    """Return when the last backup of each database completed."""
    ended = BackupExecution.completed_at

    async def newest(span: Span) -> dict[str | None, datetime]:
        # The index of ends is the one to take.
        database_id, status = unindexed(BackupExecution.database_id), unindexed(BackupExecution.status)
        query = select(database_id, func.max(ended)).where(status == RunStatus.COMPLETED, within(ended, span)[0])
        found = await session.execute(query.group_by(database_id))
        return {database_id: last for database_id, last in found if last}

    # The later span wins.
    return reduce(or_, await remembered_apart(session, "newest good", fine_spans(utc_now()), one_by_one(newest)))


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
