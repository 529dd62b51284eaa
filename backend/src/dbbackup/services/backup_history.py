"""What the whole history of backups adds up to: read once, and anew only where it changed."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, ScalarSelect, Select, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from dbbackup.db.functions import utc_day
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import remembered_apart

Conditions = list[ColumnElement[bool]]
_BACKUP = BackupExecution
_THERE = BackupCopy.state.in_((CopyState.COMPLETE, CopyState.DELETING))
_TRIED = BackupCopy.s3_config_id.is_not(None) & BackupCopy.state.not_in((CopyState.PENDING, CopyState.WRITING))
"""Copies in S3 that were made, or could not be."""
_WHOLE = case((BackupCopy.state == CopyState.FAILED, 0), else_=1)
_GONE = (BackupCopy.state == CopyState.DELETED) & _BACKUP.deleted_at.is_not(None)


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended on one day; `sized` and `timed` are how many sizes and durations were added up."""

    completed: int
    failed: int
    size: int
    sized: int
    seconds: float
    timed: int


@dataclass(frozen=True, slots=True)
class Totals:
    """How many backups there are, the bytes that lie in each place, and of the copies in S3 how many are whole."""

    backups: int
    local: int
    s3: int
    whole: int
    tried: int

    def plus(self, other: Totals) -> Totals:
        """Return the sum, figure by figure."""
        return Totals(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True, slots=True)
class History:
    """What the runs of some days say: by day of UTC what ended, and by how much what is stored grew."""

    ended: dict[str, Ended]
    grown: dict[str, int]
    totals: Totals


NOTHING = Ended(0, 0, 0, 0, 0.0, 0)


def yesterday() -> datetime:
    """Return when yesterday began, in UTC: what ended before it is taken for the past."""
    return _begin(utc_now().date() - timedelta(days=1))


async def read_history(session: AsyncSession, first: date, last: date) -> History:
    """Return what the days of the series say: those before yesterday change seldom and are remembered for longer.

    What is remembered of the past is read from the past alone, never as all less what is recent: SQLite reads each
    statement from the catalogue as it is then, and a run that ended between two of them would be missing for good.
    """
    begin, recent = _begin(first), _begin(max(first, last - timedelta(days=1)))

    async def past() -> History:
        totals = await _totals(session, [_BACKUP.completed_at < recent], _between(_BACKUP.completed_at, begin, recent))
        return History(await _ended(session, begin, recent), await _grown(session, begin, recent), totals)

    async def now() -> History:
        grown, growing = await _grown(session, recent, None), await _totals(session, [_BACKUP.completed_at.is_(None)])
        # What is there of a run that has not ended belongs to no day before today.
        today = last.isoformat()
        grown[today] = grown.get(today, 0) + growing.local + growing.s3
        since = _between(_BACKUP.completed_at, recent, None)
        # Apart from those that have not ended: SQLite would go through all of the index for an OR.
        totals = (await _totals(session, since, since)).plus(growing)
        return History(await _ended(session, recent, None), grown, totals)

    return await remembered_apart(session, ("history", begin), recent, past, now, _together)


def _together(past: History, since: History) -> History:
    grown = {day: past.grown.get(day, 0) + since.grown.get(day, 0) for day in past.grown | since.grown}
    return History(past.ended | since.ended, grown, past.totals.plus(since.totals))


async def _ended(session: AsyncSession, begin: datetime, end: datetime | None) -> dict[str, Ended]:
    day = utc_day(_BACKUP.completed_at)
    good = _BACKUP.status == RunStatus.COMPLETED
    query = (
        select(
            day,
            func.sum(case((good, 1), else_=0)),
            func.sum(case((_BACKUP.status == RunStatus.FAILED, 1), else_=0)),
            func.coalesce(func.sum(case((good, _BACKUP.size))), 0),
            func.count(case((good, _BACKUP.size))),
            func.coalesce(func.sum(case((good, _BACKUP.duration))), 0),
            func.count(case((good, _BACKUP.duration))),
        )
        .where(*_between(_BACKUP.completed_at, begin, end))
        .group_by(day)
    )
    return {
        name: Ended(int(completed), int(failed), int(size), sized, float(seconds), timed)
        for name, completed, failed, size, sized, seconds, timed in await session.execute(query)
    }


async def _grown(session: AsyncSession, begin: datetime, end: datetime | None) -> dict[str, int]:
    """Return by how much what is stored grew on each day: written, less what was deleted."""
    # Of copies that are gone, those whose end is known.
    written = _copies_by_day(_BACKUP.completed_at, _THERE | _GONE, *_between(_BACKUP.completed_at, begin, end))
    deleted = _copies_by_day(
        _BACKUP.deleted_at, _GONE, *_between(_BACKUP.deleted_at, begin, end), _BACKUP.completed_at.is_not(None)
    )
    grown: dict[str, int] = {}
    for query, sign in ((written, 1), (deleted, -1)):
        for day, size in await session.execute(query):
            grown[day] = grown.get(day, 0) + sign * int(size)
    return grown


def _copies_by_day(
    at: InstrumentedAttribute[datetime | None], which: ColumnElement[bool], *of_backups: ColumnElement[bool]
) -> Select[Any]:
    each = select(utc_day(at).label("day"), _sum_of_copies(which).label("size")).where(*of_backups).subquery()
    return select(each.c.day, func.coalesce(func.sum(each.c.size), 0)).group_by(each.c.day)


def _sum_of_copies(
    which: ColumnElement[bool], what: ColumnElement[Any] | InstrumentedAttribute[int | None] = BackupCopy.size
) -> ScalarSelect[Any]:
    # Not a join: SQLite would read the whole of each backup's row, manifest included, for each copy.
    return select(func.sum(what)).where(BackupCopy.backup_id == _BACKUP.id, which).scalar_subquery()


def _between(at: InstrumentedAttribute[datetime | None], begin: datetime, end: datetime | None) -> Conditions:
    return [at >= begin] if end is None else [at >= begin, at < end]


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


async def _totals(session: AsyncSession, which: Conditions, uploaded: Conditions | None = None) -> Totals:
    """Return the totals over some backups; uploads are those of the good ones among the second kind."""
    of_s3 = BackupCopy.s3_config_id.is_not(None)
    local, s3 = _sum_of_copies(_THERE & ~of_s3), _sum_of_copies(_THERE & of_s3)
    each = select(_BACKUP.deleted_at, local.label("local"), s3.label("s3")).where(*which).subquery()
    undeleted = func.sum(case((each.c.deleted_at.is_(None), 1), else_=0))
    stored = (await session.execute(select(undeleted, func.sum(each.c.local), func.sum(each.c.s3)))).one()
    whole = tried = 0
    if uploaded is not None:
        one, good = literal_column("1", Integer), _BACKUP.status == RunStatus.COMPLETED
        copies = select(_sum_of_copies(_TRIED, _WHOLE).label("whole"), _sum_of_copies(_TRIED, one).label("tried"))
        of_each = copies.where(good, *uploaded).subquery()
        whole, tried = (await session.execute(select(func.sum(of_each.c.whole), func.sum(of_each.c.tried)))).one()
    return Totals(*(int(value or 0) for value in (*stored, whole, tried)))
