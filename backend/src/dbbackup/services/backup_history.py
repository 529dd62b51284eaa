"""What the whole history of backups adds up to: read once, and anew only where it changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import partial, reduce
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, ScalarSelect, Select, case, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from dbbackup.core.spans import Span, fine_spans
from dbbackup.db.functions import utc_day
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import remembered_apart, within

Conditions = list[ColumnElement[bool]]
_BACKUP = BackupExecution
_THERE = BackupCopy.state.in_((CopyState.COMPLETE, CopyState.DELETING))
_TRIED = BackupCopy.s3_config_id.is_not(None) & BackupCopy.state.not_in((CopyState.PENDING, CopyState.WRITING))
"""Copies in S3 that were made, or could not be."""
_WHOLE = case((BackupCopy.state == CopyState.FAILED, 0), else_=1)
_GONE = (BackupCopy.state == CopyState.DELETED) & _BACKUP.deleted_at.is_not(None)


class Ended(NamedTuple):
    """What ended on one day; `sized` and `timed` are how many sizes and durations were added up."""

    completed: int
    failed: int
    size: int
    sized: int
    seconds: float
    timed: int

    def plus(self, other: Ended) -> Ended:
        """Return the sum, figure by figure."""
        return Ended(*map(add, self, other))


class Totals(NamedTuple):
    """How many backups there are, the bytes that lie in each place, and of the copies in S3 how many are whole."""

    backups: int
    local: int
    s3: int
    whole: int
    tried: int

    def plus(self, other: Totals) -> Totals:
        """Return the sum, figure by figure."""
        return Totals(*map(add, self, other))


@dataclass(frozen=True, slots=True)
class History:
    """What the runs of some days say: by day of UTC what ended, and by how much what is stored grew."""

    ended: dict[str, Ended]
    grown: dict[str, int]
    totals: Totals


NOTHING = Ended(0, 0, 0, 0, 0.0, 0)


async def read_history(session: AsyncSession, first: date, last: date) -> History:
    """Return what the days of the series say."""
    begin = datetime.combine(first, time(), UTC)
    read = partial(_read, session, begin, last.isoformat())
    parts = await remembered_apart(session, ("history", begin), fine_spans(utc_now()), read)
    together = History({}, {}, Totals(0, 0, 0, 0, 0))
    ended, grown = together.ended, together.grown
    for part in parts:
        for day, of_day in part.ended.items():
            ended[day] = ended.get(day, NOTHING).plus(of_day)
        for day, size in part.grown.items():
            grown[day] = grown.get(day, 0) + size
    return replace(together, totals=reduce(Totals.plus, (part.totals for part in parts)))


async def _read(session: AsyncSession, begin: datetime, today: str, span: Span) -> History:
    of_all, shown = within(_BACKUP.completed_at, span), span.since(begin)
    if shown is None:
        return History({}, {}, await _totals(session, of_all))
    since = within(_BACKUP.completed_at, shown)[:1]
    # Apart from those that have not ended: SQLite would go through all of the index for an OR.
    totals = await _totals(session, of_all[:1], since)
    grown = await _grown(session, shown)
    for unended in of_all[1:]:
        # What is there of a run that has not ended belongs to no day before today.
        growing = await _totals(session, [unended])
        grown[today] = grown.get(today, 0) + growing.local + growing.s3
        totals = totals.plus(growing)
    return History(await _ended(session, since), grown, totals)


async def _ended(session: AsyncSession, which: Conditions) -> dict[str, Ended]:
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
        .where(*which)
        .group_by(day)
    )
    return {
        name: Ended(int(completed), int(failed), int(size), sized, float(seconds), timed)
        for name, completed, failed, size, sized, seconds, timed in await session.execute(query)
    }


async def _grown(session: AsyncSession, span: Span) -> dict[str, int]:
    """Return by how much what is stored grew on each day: written, less what was deleted."""
    # Of copies that are gone, those whose end is known.
    written = _copies_by_day(_BACKUP.completed_at, _THERE | _GONE, within(_BACKUP.completed_at, span)[0])
    then = within(_BACKUP.deleted_at, span)[0]
    deleted = _copies_by_day(_BACKUP.deleted_at, _GONE, then, _BACKUP.completed_at.is_not(None))
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
