"""Figures over all runs: totals, rates, and series by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.db.models import (
    BackupExecution,
    BackupSchedule,
    DatabaseConfig,
    RestoreExecution,
    RunStatus,
    Verification,
)
from dbbackup.db.models.base import utc_now
from dbbackup.services.backup_history import Ended, History, read_history
from dbbackup.services.verifications import RESTORES

_BACKUP = BackupExecution
FIGURES_DAYS = 365
"""What the overview asks for."""


@dataclass(frozen=True, slots=True)
class Day:
    """What ended on one day of UTC; `stored` is what lay in all storages at its end. Bytes and seconds."""

    date: date
    completed: int
    failed: int
    size: int
    mean_duration: float | None
    stored: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Totals now and a series of days, the oldest first. Sizes in bytes, times in seconds."""

    backups: int
    completed_24h: int
    failed_24h: int
    restores: int
    stored_local: int
    stored_s3: int
    databases: int
    protected: int
    """Enabled databases with a completed backup."""
    proven: int
    """Enabled databases with a backup that was restored on trial."""
    success_rate: float | None
    """Completed among all that ended, cancelled ones aside, in the days of the series; 0 to 1."""
    mean_duration: float | None
    mean_size: float | None
    upload_success_rate: float | None
    active_schedules: int
    next_run_at: datetime | None
    days: list[Day]


async def collect(session: AsyncSession, days: int) -> Statistics:
    """Return the figures with a series of so many days, today included."""
    now = utc_now()
    first, last = now.date() - timedelta(days=days - 1), now.date()
    history = await read_history(session)
    series = _series(history, first, last)
    completed, failed = sum(d.completed for d in series), sum(d.failed for d in series)
    ended, uploads = history.since(first)
    recent = await _ended_since(session, now - timedelta(days=1))
    databases, protected, proven = await _protection(session)
    schedules, next_run_at = await _schedules(session)
    return Statistics(
        backups=history.backups,
        completed_24h=recent.get(RunStatus.COMPLETED, 0),
        failed_24h=recent.get(RunStatus.FAILED, 0),
        restores=await _count(session, select(RestoreExecution.id)),
        stored_local=history.stored(local=True),
        stored_s3=history.stored(local=False),
        databases=databases,
        protected=protected,
        proven=proven,
        success_rate=completed / (completed + failed) if completed + failed else None,
        mean_duration=_mean(sum(e.seconds for e in ended), sum(e.timed for e in ended)),
        mean_size=_mean(sum(e.size for e in ended), sum(e.sized for e in ended)),
        upload_success_rate=_mean(uploads.whole, uploads.tried),
        active_schedules=schedules,
        next_run_at=next_run_at,
        days=series,
    )


def _series(history: History, first: date, last: date) -> list[Day]:
    """Days on which nothing ended are there, too: a chart must not close the gap.

    Counted from today, where what is stored is known, backwards: what came before the series need not be read.
    """
    series, stored = [], history.stored(local=True) + history.stored(local=False)
    for number in range((last - first).days + 1):
        day = last - timedelta(days=number)
        ended = history.ended.get(day.isoformat(), Ended())
        series.append(
            Day(
                date=day,
                completed=ended.completed,
                failed=ended.failed,
                size=ended.size,
                mean_duration=_mean(ended.seconds, ended.timed),
                stored=stored,
            )
        )
        stored -= history.grown.get(day.isoformat(), 0)
        if day == last:
            # What is there of a run that has not ended belongs to no day before today.
            stored -= history.grown.get(None, 0)
    return series[::-1]


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None


async def _ended_since(session: AsyncSession, since: datetime) -> dict[str, int]:
    statuses = (RunStatus.COMPLETED, RunStatus.FAILED)
    # Not grouped by the status: SQLite would then go through all of the history in that order.
    sums = [func.sum(case((_BACKUP.status == status, 1), else_=0)) for status in statuses]
    counts = (await session.execute(select(*sums).where(_BACKUP.completed_at >= since))).one()
    return {status: int(count or 0) for status, count in zip(statuses, counts, strict=True)}


async def _protection(session: AsyncSession) -> tuple[int, int, int]:
    """Count enabled databases, those with a good backup, and those with a proven one."""
    enabled = select(DatabaseConfig.id).where(DatabaseConfig.enabled)
    good = select(_BACKUP.database_id).where(
        _BACKUP.status == RunStatus.COMPLETED, _BACKUP.deleted_at.is_(None), _BACKUP.database_id.in_(enabled)
    )
    proven = select(Verification.database_id).where(
        Verification.status == RunStatus.COMPLETED,
        Verification.level >= RESTORES,
        Verification.database_id.in_(enabled),
    )
    return (
        await _count(session, enabled),
        await _count(session, good.distinct()),
        await _count(session, proven.distinct()),
    )


async def _schedules(session: AsyncSession) -> tuple[int, datetime | None]:
    query = select(func.count(), func.min(BackupSchedule.next_run_at)).where(BackupSchedule.enabled)
    count, next_run_at = (await session.execute(query)).one()
    return count, next_run_at


async def _count(session: AsyncSession, query: Select[Any]) -> int:
    return await session.scalar(select(func.count()).select_from(query.subquery())) or 0
