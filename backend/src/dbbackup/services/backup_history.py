"""What the whole history of backups adds up to: read once by days, and anew only where it changed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import partial, reduce
from operator import add
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, outerjoin, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.spans import Span, spans_of_days
from dbbackup.db.functions import unindexed, utc_day
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import remembered_apart, within

_BACKUP = BackupExecution
_THERE = (CopyState.COMPLETE, CopyState.DELETING)
_UNTRIED = (CopyState.PENDING, CopyState.WRITING)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Ended(NamedTuple):
    """What ended on one day; `sized` and `timed` are how many sizes and durations were added up."""

    completed: int = 0
    failed: int = 0
    size: int = 0
    sized: int = 0
    seconds: float = 0.0
    timed: int = 0

    def plus(self, other: Ended) -> Ended:
        """Return the sum, figure by figure."""
        return Ended(*map(add, self, other))


class Uploads(NamedTuple):
    """Of the good backups that ended on one day: the copies in S3 that were tried, and of these the whole ones."""

    whole: int = 0
    tried: int = 0

    def plus(self, other: Uploads) -> Uploads:
        """Return the sum, figure by figure."""
        return Uploads(*map(add, self, other))


_OfDay = Callable[[str | None], "History"]
Place = tuple[str | None, str]
"""Where copies are: in which S3 configuration, None for the disk, and in which state."""


@dataclass(slots=True)
class History:
    """What backups say. By day of UTC: what ended, was uploaded, and by how much what is stored grew.

    What is there of a run that has not ended belongs to no day, `None`. `statuses` counts all records, `backups` those
    that are not deleted, `copies` and `sizes` the copies and their bytes.
    """

    backups: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    copies: Counter[Place] = field(default_factory=Counter)
    sizes: Counter[Place] = field(default_factory=Counter)
    ended: dict[str | None, Ended] = field(default_factory=dict)
    uploads: dict[str | None, Uploads] = field(default_factory=dict)
    grown: dict[str | None, int] = field(default_factory=dict)

    def stored(self, *, local: bool) -> int:
        """Return how many bytes lie on the disk, or in S3."""
        return sum(
            size for (config, state), size in self.sizes.items() if state in _THERE and (config is None) is local
        )

    def since(self, first: date) -> tuple[list[Ended], Uploads]:
        """Return what ended on each day from then on, and all uploads of these days."""
        begin = first.isoformat()
        ended = [values for day, values in self.ended.items() if day and day >= begin]
        uploads = (values for day, values in self.uploads.items() if day and day >= begin)
        return ended, reduce(Uploads.plus, uploads, Uploads())

    def add(self, other: History) -> None:
        """Take in what another span of time says."""
        self.backups += other.backups
        self.statuses.update(other.statuses)
        self.copies.update(other.copies)
        self.sizes.update(other.sizes)
        for day, ended in other.ended.items():
            self.ended[day] = self.ended[day].plus(ended) if day in self.ended else ended
        for day, uploads in other.uploads.items():
            self.uploads[day] = self.uploads[day].plus(uploads) if day in self.uploads else uploads
        for day, size in other.grown.items():
            self.grown[day] = self.grown.get(day, 0) + size


async def read_history(session: AsyncSession) -> History:
    """Return what all backups say."""
    together = History()
    for part in await remembered_apart(session, "history", spans_of_days(utc_now()), partial(_read, session)):
        together.add(part)
    return together


async def _read(session: AsyncSession, spans: Sequence[Span]) -> list[History]:
    found = {span: History() for span in spans}
    for whole, parts in _joined(spans):
        of = partial(_of_day, [part.begin or _LONG_AGO for part in parts], [found[part] for part in parts])
        for when in within(_BACKUP.completed_at, whole):
            await _add_runs(session, when, of)
            await _add_copies(session, when, of)
        await _take_deleted(session, within(_BACKUP.deleted_at, whole)[0], of)
    return list(found.values())


def _of_day(begins: Sequence[datetime], parts: Sequence[History], day: str | None) -> History:
    # Only whole days are joined; what belongs to no day is in a span by itself.
    if day is None or len(parts) == 1:
        return parts[0]
    return parts[bisect_right(begins, datetime.combine(date.fromisoformat(day), time(), UTC)) - 1]


def _joined(spans: Sequence[Span]) -> Iterator[tuple[Span, list[Span]]]:
    """Yield spans of whole days that follow each other as one, with what it is made of, and others by themselves."""
    parts: list[Span] = []
    for span in spans:
        if parts and not (parts[-1].end == span.begin and parts[-1].of_days and span.of_days):
            yield Span(parts[0].begin, parts[-1].end), parts
            parts = []
        parts.append(span)
    if parts:
        yield Span(parts[0].begin, parts[-1].end), parts


async def _add_runs(session: AsyncSession, when: ColumnElement[bool], of: _OfDay) -> None:
    by = (utc_day(_BACKUP.completed_at), unindexed(_BACKUP.status), _BACKUP.deleted_at.is_not(None))
    of_size, of_duration = _BACKUP.size, _BACKUP.duration
    sums = (func.sum(of_size), func.count(of_size), func.sum(of_duration), func.count(of_duration))
    query = select(*by, func.count(), *sums).where(when).group_by(*by)
    for day, status, deleted, many, size, sized, seconds, timed in await session.execute(query):
        part = of(day)
        part.statuses[status] += many
        part.backups += 0 if deleted else many
        if day and status == RunStatus.COMPLETED:
            ended = Ended(many, 0, int(size or 0), int(sized or 0), float(seconds or 0), int(timed or 0))
            part.ended[day] = part.ended.get(day, Ended()).plus(ended)
        elif day and status == RunStatus.FAILED:
            part.ended[day] = part.ended.get(day, Ended()).plus(Ended(failed=many))


async def _add_copies(session: AsyncSession, when: ColumnElement[bool], of: _OfDay) -> None:
    run = (utc_day(_BACKUP.completed_at), unindexed(_BACKUP.status), _BACKUP.deleted_at.is_not(None))
    by = (*run, BackupCopy.s3_config_id, BackupCopy.state)
    # An outer join, so that SQLite begins with the few runs; else it reads all of a run's row for each copy.
    copies = outerjoin(_BACKUP, BackupCopy, BackupCopy.backup_id == _BACKUP.id)
    query = select(*by, func.count(), func.sum(BackupCopy.size)).select_from(copies).where(when).group_by(*by)
    found = [row for row in await session.execute(query) if row[4] is not None]
    for day, status, deleted, config, state, many, size in found:
        part, bytes_ = of(day), int(size or 0)
        part.copies[config, state] += many
        part.sizes[config, state] += bytes_
        # Of copies that are gone, those whose end is known.
        if state in _THERE or (day and deleted and state == CopyState.DELETED):
            part.grown[day] = part.grown.get(day, 0) + bytes_
        if config and status == RunStatus.COMPLETED and state not in _UNTRIED:
            uploads = Uploads(many if state != CopyState.FAILED else 0, many)
            part.uploads[day] = part.uploads.get(day, Uploads()).plus(uploads)


async def _take_deleted(session: AsyncSession, when: ColumnElement[bool], of: _OfDay) -> None:
    """Take away what was deleted then, on the days of its deletion."""
    gone = (BackupCopy.backup_id == _BACKUP.id) & (BackupCopy.state == CopyState.DELETED)
    # Not a join: SQLite would read the whole of each backup's row, manifest included, for each copy.
    size = select(func.sum(BackupCopy.size)).where(gone).scalar_subquery()
    of_ended = (when, _BACKUP.deleted_at.is_not(None), _BACKUP.completed_at.is_not(None))
    each = select(utc_day(_BACKUP.deleted_at).label("day"), size.label("size")).where(*of_ended).subquery()
    query = select(each.c.day, func.coalesce(func.sum(each.c.size), 0)).group_by(each.c.day)
    for day, total in await session.execute(query):
        grown = of(day).grown
        grown[day] = grown.get(day, 0) - int(total)
