"""Figures over all runs: totals, rates, and series by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, exists, func, select
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
from dbbackup.db.remembering import remembered

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


@dataclass(frozen=True, slots=True)
class _History:
    """What all runs and their copies say; the means are of completed backups of these days."""

    days: list[Day]
    mean_duration: float | None
    mean_size: float | None
    uploads: float | None
    backups: int
    stored: dict[str, int]


async def collect(session: AsyncSession, days: int) -> Statistics:
    """Return the figures with a series of so many days, today included."""
    now = utc_now()
    first, last = now.date() - timedelta(days=days - 1), now.date()
    history = await remembered(session, ("statistics", first, last), lambda: _history(session, first, last))
    completed, failed = sum(d.completed for d in history.days), sum(d.failed for d in history.days)
    recent = await _ended_since(session, now - timedelta(days=1))
    databases, protected, proven = await _protection(session)
    schedules, next_run_at = await _schedules(session)
    return Statistics(
        backups=history.backups,
        completed_24h=recent.get(RunStatus.COMPLETED, 0),
        failed_24h=recent.get(RunStatus.FAILED, 0),
        restores=await _count(session, select(RestoreExecution.id)),
        stored_local=history.stored.get("local", 0),
        stored_s3=history.stored.get("s3", 0),
        databases=databases,
        protected=protected,
        proven=proven,
        success_rate=completed / (completed + failed) if completed + failed else None,
        mean_duration=history.mean_duration,
        mean_size=history.mean_size,
        upload_success_rate=history.uploads,
        active_schedules=schedules,
        next_run_at=next_run_at,
        days=history.days,
    )


async def _history(session: AsyncSession, first: date, last: date) -> _History:
    ended = {row.day: row for row in await session.execute(_ended_by_day(first))}
    stored = await _stored(session)
    return _History(
        days=_series(ended, await _grown(session, first, last), sum(stored.values()), first, last),
        mean_duration=_mean(sum(r.seconds or 0 for r in ended.values()), sum(r.timed for r in ended.values())),
        mean_size=_mean(sum(int(r.size or 0) for r in ended.values()), sum(r.sized for r in ended.values())),
        uploads=await _uploads(session, first),
        backups=await _count(session, select(_BACKUP.id).where(_BACKUP.deleted_at.is_(None))),
        stored=stored,
    )


def _series(ended: dict[str, Row[Any]], grown: dict[str, int], stored: int, first: date, last: date) -> list[Day]:
    """Days on which nothing ended are there, too: a chart must not close the gap.

    Counted from today, where what is stored is known, backwards: what came before the series need not be read.
    """
    series = []
    for number in range((last - first).days + 1):
        day = last - timedelta(days=number)
        row = ended.get(day.isoformat())
        series.append(
            Day(
                date=day,
                completed=row.completed if row else 0,
                failed=row.failed if row else 0,
                size=int(row.size or 0) if row else 0,
                mean_duration=_mean(row.seconds or 0, row.timed) if row else None,
                stored=stored,
            )
        )
        stored -= grown.get(day.isoformat(), 0)
    return series[::-1]


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None


def _ended_by_day(first: date) -> Select[str, Any, Any, Any, int, Any, int]:
    day = utc_day(_BACKUP.completed_at)
    good = _BACKUP.status == RunStatus.COMPLETED
    return (
        select(
            day.label("day"),
            func.sum(case((good, 1), else_=0)).label("completed"),
            func.sum(case((_BACKUP.status == RunStatus.FAILED, 1), else_=0)).label("failed"),
            func.sum(case((good, _BACKUP.size))).label("size"),
            func.count(case((good, _BACKUP.size))).label("sized"),
            func.sum(case((good, _BACKUP.duration))).label("seconds"),
            func.count(case((good, _BACKUP.duration))).label("timed"),
        )
        .where(_BACKUP.completed_at >= _begin(first))
        .group_by(day)
    )


async def _grown(session: AsyncSession, first: date, last: date) -> dict[str, int]:
    """Return by how much what is stored grew on each day: written, less what was deleted."""
    begin = _begin(first)
    # Of copies that are gone, those whose end is known.
    written = _copies_by_day(
        _BACKUP.completed_at, BackupCopy.state.in_(_WRITTEN) | _GONE, _BACKUP.completed_at >= begin
    )
    deleted = _copies_by_day(_BACKUP.deleted_at, _GONE, _BACKUP.deleted_at >= begin, _BACKUP.completed_at.is_not(None))
    # What is there of a run that has not ended belongs to no day before today.
    running = _copies_by_day(_BACKUP.completed_at, BackupCopy.state.in_(_WRITTEN), _BACKUP.completed_at.is_(None))
    grown: dict[str, int] = {}
    for query, sign in ((written, 1), (running, 1), (deleted, -1)):
        for row in await session.execute(query):
            day = row.day or last.isoformat()
            grown[day] = grown.get(day, 0) + sign * int(row.size)
    return grown


def _copies_by_day(
    at: InstrumentedAttribute[datetime | None], which: ColumnElement[bool], *of_backups: ColumnElement[bool]
) -> Select[Any]:
    # Not a join: SQLite would read the whole of each backup's row, manifest included, for each copy.
    lies = select(func.sum(BackupCopy.size)).where(BackupCopy.backup_id == _BACKUP.id, which).scalar_subquery()
    each = select(utc_day(at).label("day"), lies.label("size")).where(*of_backups).subquery()
    return select(each.c.day, func.coalesce(func.sum(each.c.size), 0).label("size")).group_by(each.c.day)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


async def _ended_since(session: AsyncSession, since: datetime) -> dict[str, int]:
    statuses = (RunStatus.COMPLETED, RunStatus.FAILED)
    # Not grouped by the status: SQLite would then go through all of the history in that order.
    sums = [func.sum(case((_BACKUP.status == status, 1), else_=0)) for status in statuses]
    counts = (await session.execute(select(*sums).where(_BACKUP.completed_at >= since))).one()
    return {status: int(count or 0) for status, count in zip(statuses, counts, strict=True)}


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
    good = select(_BACKUP.database_id).where(
        _BACKUP.status == RunStatus.COMPLETED, _BACKUP.deleted_at.is_(None), _BACKUP.database_id.in_(enabled)
    )
    proven = select(Verification.database_id).where(
        Verification.status == RunStatus.COMPLETED,
        Verification.level >= PROVEN_LEVEL,
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
