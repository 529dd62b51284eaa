"""Figures over all runs: totals, rates, and series by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, distinct, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from dbbackup.db.functions import utc_day
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    BackupSchedule,
    CopyState,
    DatabaseConfig,
    RestoreExecution,
    RunStatus,
    Verification,
)
from dbbackup.db.models.base import utc_now

PROVEN_LEVEL = 3
_WRITTEN = (CopyState.COMPLETE, CopyState.DELETING)
_BACKUP = BackupExecution
_GONE = (BackupCopy.state == CopyState.DELETED) & _BACKUP.deleted_at.is_not(None)


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
    first = now.date() - timedelta(days=days - 1)
    series = await _days(session, first, now.date())
    completed, failed = sum(d.completed for d in series), sum(d.failed for d in series)
    recent = await _ended_since(session, now - timedelta(days=1))
    durations, sizes = await _means(session, first)
    stored = await _stored(session)
    uploads = await _uploads(session, first)
    databases, protected, proven = await _protection(session)
    schedules, next_run_at = await _schedules(session)
    return Statistics(
        backups=await _count(session, select(_BACKUP.id).where(_BACKUP.deleted_at.is_(None))),
        completed_24h=recent.get(RunStatus.COMPLETED, 0),
        failed_24h=recent.get(RunStatus.FAILED, 0),
        restores=await _count(session, select(RestoreExecution.id)),
        stored_local=stored.get("local", 0),
        stored_s3=stored.get("s3", 0),
        databases=databases,
        protected=protected,
        proven=proven,
        success_rate=completed / (completed + failed) if completed + failed else None,
        mean_duration=durations,
        mean_size=sizes,
        upload_success_rate=uploads,
        active_schedules=schedules,
        next_run_at=next_run_at,
        days=series,
    )


async def _days(session: AsyncSession, first: date, last: date) -> list[Day]:
    """Days on which nothing ended are there, too: a chart must not close the gap."""
    ended = {row.day: row for row in await _rows(session, _ended_by_day(first))}
    grown = {row.day: int(row.size) for row in await _rows(session, _written_by_day())}
    for gone in await _rows(session, _deleted_by_day()):
        grown[gone.day] = grown.get(gone.day, 0) - int(gone.size)
    stored = sum(size for day, size in grown.items() if day < first.isoformat())
    series = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        stored += grown.get(day.isoformat(), 0)
        row = ended.get(day.isoformat())
        series.append(
            Day(
                date=day,
                completed=row.completed if row else 0,
                failed=row.failed if row else 0,
                size=int(row.size or 0) if row else 0,
                mean_duration=row.duration if row else None,
                stored=stored,
            )
        )
    return series


def _ended_by_day(first: date) -> Select[Any]:
    day = utc_day(_BACKUP.completed_at)
    good = _BACKUP.status == RunStatus.COMPLETED
    return (
        select(
            day.label("day"),
            func.sum(case((good, 1), else_=0)).label("completed"),
            func.sum(case((_BACKUP.status == RunStatus.FAILED, 1), else_=0)).label("failed"),
            func.sum(case((good, _BACKUP.size), else_=0)).label("size"),
            func.avg(case((good, _BACKUP.duration))).label("duration"),
        )
        .where(_BACKUP.completed_at >= _begin(first))
        .group_by(day)
    )


def _written_by_day() -> Select[Any]:
    """What was ever written, by the day its backup ended; of copies that are gone those whose end is known."""
    return _copies_by_day(_BACKUP.completed_at, BackupCopy.state.in_(_WRITTEN) | _GONE)


def _deleted_by_day() -> Select[Any]:
    """What was deleted together with its backup, by the day of that."""
    return _copies_by_day(_BACKUP.deleted_at, _GONE, _BACKUP.completed_at.is_not(None), _BACKUP.deleted_at.is_not(None))


def _copies_by_day(
    at: InstrumentedAttribute[datetime | None], which: ColumnElement[bool], *of_backups: ColumnElement[bool]
) -> Select[Any]:
    # Not a join: SQLite would read the whole of each backup's row, manifest included, for each copy.
    lies = select(func.sum(BackupCopy.size)).where(BackupCopy.backup_id == _BACKUP.id, which).scalar_subquery()
    each = select(utc_day(at).label("day"), lies.label("size")).where(*of_backups).subquery()
    return select(each.c.day, func.coalesce(func.sum(each.c.size), 0).label("size")).group_by(each.c.day)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


async def _rows(session: AsyncSession, query: Select[Any]) -> Sequence[Row[Any]]:
    return [row for row in (await session.execute(query)).all() if row.day is not None]


async def _ended_since(session: AsyncSession, since: datetime) -> dict[str, int]:
    statuses = (RunStatus.COMPLETED, RunStatus.FAILED)
    # Not grouped by the status: SQLite would then go through all of the history in that order.
    sums = [func.sum(case((_BACKUP.status == status, 1), else_=0)) for status in statuses]
    counts = (await session.execute(select(*sums).where(_BACKUP.completed_at >= since))).one()
    return {status: int(count or 0) for status, count in zip(statuses, counts, strict=True)}


async def _means(session: AsyncSession, first: date) -> tuple[float | None, float | None]:
    query = select(func.avg(_BACKUP.duration), func.avg(_BACKUP.size)).where(
        _BACKUP.status == RunStatus.COMPLETED, _BACKUP.completed_at >= _begin(first)
    )
    duration, size = (await session.execute(query)).one()
    return (None if duration is None else float(duration)), (None if size is None else float(size))


async def _stored(session: AsyncSession) -> dict[str, int]:
    where = case((BackupCopy.s3_config_id.is_(None), "local"), else_="s3").label("place")
    query = select(where, func.sum(BackupCopy.size)).where(BackupCopy.state.in_(_WRITTEN)).group_by(where)
    return {place: int(size or 0) for place, size in await session.execute(query)}


async def _uploads(session: AsyncSession, first: date) -> float | None:
    """Return the share of S3 copies that are whole among those that ended."""
    done = case((BackupCopy.state == CopyState.FAILED, 0), else_=1)
    recent = exists().where(
        _BACKUP.id == BackupCopy.backup_id,
        _BACKUP.status == RunStatus.COMPLETED,
        _BACKUP.completed_at >= _begin(first),
    )
    query = select(func.avg(done)).where(
        BackupCopy.s3_config_id.is_not(None),
        BackupCopy.state.not_in((CopyState.PENDING, CopyState.WRITING)),
        recent,
    )
    share = await session.scalar(query)
    return None if share is None else float(share)


async def _protection(session: AsyncSession) -> tuple[int, int, int]:
    """Count enabled databases, those with a good backup, and those with a proven one."""
    enabled = select(DatabaseConfig.id).where(DatabaseConfig.enabled)
    good = select(distinct(_BACKUP.database_id)).where(
        _BACKUP.status == RunStatus.COMPLETED, _BACKUP.deleted_at.is_(None), _BACKUP.database_id.in_(enabled)
    )
    proven = select(distinct(Verification.database_id)).where(
        Verification.status == RunStatus.COMPLETED,
        Verification.level >= PROVEN_LEVEL,
        Verification.database_id.in_(enabled),
    )
    return await _count(session, enabled), await _count(session, good), await _count(session, proven)


async def _schedules(session: AsyncSession) -> tuple[int, datetime | None]:
    query = select(func.count(), func.min(BackupSchedule.next_run_at)).where(BackupSchedule.enabled)
    count, next_run_at = (await session.execute(query)).one()
    return count, next_run_at


async def _count(session: AsyncSession, query: Select[Any]) -> int:
    return await session.scalar(select(func.count()).select_from(query.subquery())) or 0
