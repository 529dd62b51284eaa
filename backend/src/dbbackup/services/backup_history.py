"""What the whole history of backups adds up to: read once, and anew only where it changed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache, partial, reduce
from itertools import chain
from operator import add
from typing import Any, NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    CompoundSelect,
    Float,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    null,
    outerjoin,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.spans import QUARTER, Span, spans_of_quarters
from dbbackup.db.functions import unindexed, utc_day, utc_quarter
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import between, remembered, remembered_apart

_BACKUP = BackupExecution
_THERE = (CopyState.COMPLETE, CopyState.DELETING)
_UNTRIED = (CopyState.PENDING, CopyState.WRITING)
_AT_ONCE = 4
"""So many spans in one query. It is kept, and one of eight takes half a megabyte; seldom are there more than two."""
_NO_RUN = (cast(null(), String), cast(null(), Boolean))
_NO_PLACE = (cast(null(), String), cast(null(), String))
_NO_SUMS = (cast(null(), Integer), cast(null(), Float), cast(null(), Integer))
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
        # Not `update`, which asks of each what it is: there are hundreds of spans.
        for status, many in other.statuses.items():
            self.statuses[status] += many
        for place, many in other.copies.items():
            self.copies[place] += many
        for place, size in other.sizes.items():
            self.sizes[place] += size
        for day, ended in other.ended.items():
            self.ended[day] = self.ended[day].plus(ended) if day in self.ended else ended
        for day, uploads in other.uploads.items():
            self.uploads[day] = self.uploads[day].plus(uploads) if day in self.uploads else uploads
        for day, size in other.grown.items():
            self.grown[day] = self.grown.get(day, 0) + size


async def read_history(session: AsyncSession) -> History:
    """Return what all backups say. It is shared: nobody may change it."""

    async def add_up() -> History:
        together, spans = History(), spans_of_quarters(utc_now())
        for part in await remembered_apart(session, "history in parts", spans, partial(_read, session)):
            together.add(part)
        return together

    return await remembered(session, "history", add_up)


async def _read(session: AsyncSession, spans: Sequence[Span]) -> list[History]:
    found = {span: History() for span in spans}
    joined = list(_joined(spans))
    for first in range(0, len(joined), _AT_ONCE):
        some = joined[first : first + _AT_ONCE]
        parts = [([part.begin or _LONG_AGO for part in of], [found[part] for part in of]) for _, of in some]
        query = _query(tuple(_Shape(whole.begin is None, whole.end is None, whole.of_days) for whole, _ in some))
        bounds = {f"{name}{n}": getattr(whole, name) for n, (whole, _) in enumerate(some) for name in ("begin", "end")}
        for row in map(_Row._make, await session.execute(query, bounds)):
            _ADD[row.kind](_part_of(*parts[row.whole], row.time), row)
    return list(found.values())


def _part_of(begins: Sequence[datetime], parts: Sequence[History], time: str | None) -> History:
    if time is None:  # has not ended
        return parts[-1]
    day, _, quarter = time.partition(" ")
    begin = datetime.fromisoformat(day).replace(tzinfo=UTC) + QUARTER * int(quarter or 0)
    return parts[bisect_right(begins, begin) - 1]


def _joined(spans: Sequence[Span]) -> Iterator[tuple[Span, list[Span]]]:
    """Yield spans that follow each other as one, with what it is made of: those of whole days, and the others."""
    parts: list[Span] = []
    for span in spans:
        if parts and not (parts[-1].end == span.begin and parts[-1].of_days == span.of_days):
            yield Span(parts[0].begin, parts[-1].end), parts
            parts = []
        parts.append(span)
    if parts:
        yield Span(parts[0].begin, parts[-1].end), parts


class _Shape(NamedTuple):
    """What a query about a span depends on beside its bounds."""

    is_first: bool
    is_last: bool
    of_days: bool


class _Row(NamedTuple):
    """What is grouped of one span, by days or by quarters of them; what a kind does not know is None."""

    kind: str
    whole: int
    time: str | None
    status: str | None
    is_deleted: bool | None
    config: str | None
    state: str | None
    many: int
    size: int | None
    sized: int | None
    seconds: float | None
    timed: int | None

    @property
    def day(self) -> str | None:
        """The day of `time`."""
        return self.time and self.time[:10]


@lru_cache(16)
def _query(shapes: tuple[_Shape, ...]) -> CompoundSelect[Any]:
    """Return one query about all: each has its way to another thread and back, and this is of one moment.

    It is made once for the same shapes, as that takes longer than SQLite does; `begin0`, `end0` and so on are bound.
    """
    return union_all(*chain.from_iterable(_selects(*numbered) for numbered in enumerate(shapes)))


def _selects(number: int, shape: _Shape) -> Iterator[Select[Any]]:
    ended, deleted = _BACKUP.completed_at, _BACKUP.deleted_at
    begin = None if shape.is_first else bindparam(f"begin{number}", type_=ended.type)
    end = None if shape.is_last else bindparam(f"end{number}", type_=ended.type)
    grouped = utc_day if shape.of_days else utc_quarter
    for when in between(ended, begin, end):
        yield _runs(number, when, grouped(ended))
        yield _copies(number, when, grouped(ended))
    yield _deleted(number, between(deleted, begin, end)[0], grouped(deleted))


def _runs(whole: int, when: ColumnElement[bool], time: ColumnElement[str]) -> Select[Any]:
    by = (time, unindexed(_BACKUP.status), _BACKUP.deleted_at.is_not(None))
    of_size, of_duration = _BACKUP.size, _BACKUP.duration
    sums = (func.count(), func.sum(of_size), func.count(of_size), func.sum(of_duration), func.count(of_duration))
    columns: list[ColumnElement[Any]] = [literal("runs"), literal(whole), *by, *_NO_PLACE, *sums]
    return select(*columns).where(when).group_by(*by)


def _copies(whole: int, when: ColumnElement[bool], time: ColumnElement[str]) -> Select[Any]:
    run = (time, unindexed(_BACKUP.status), _BACKUP.deleted_at.is_not(None))
    by = (*run, BackupCopy.s3_config_id, BackupCopy.state)
    # An outer join, so that SQLite begins with the few runs; else it reads all of a run's row for each copy.
    copies = outerjoin(_BACKUP, BackupCopy, BackupCopy.backup_id == _BACKUP.id)
    query = select(literal("copies"), literal(whole), *by, func.count(), func.sum(BackupCopy.size), *_NO_SUMS)
    return query.select_from(copies).where(when).group_by(*by)


def _deleted(whole: int, when: ColumnElement[bool], time: ColumnElement[str]) -> Select[Any]:
    """Return what was deleted then, by the time of its deletion."""
    gone = (BackupCopy.backup_id == _BACKUP.id) & (BackupCopy.state == CopyState.DELETED)
    # Not a join: SQLite would read the whole of each backup's row, manifest included, for each copy.
    size = select(func.sum(BackupCopy.size)).where(gone).scalar_subquery()
    of_ended = (when, _BACKUP.deleted_at.is_not(None), _BACKUP.completed_at.is_not(None))
    each = select(time.label("time"), size.label("size")).where(*of_ended).subquery()
    columns = (each.c.time, *_NO_RUN, *_NO_PLACE, func.count(), func.sum(each.c.size), *_NO_SUMS)
    return select(literal("deleted"), literal(whole), *columns).group_by(each.c.time)


def _add_runs(part: History, row: _Row) -> None:
    day, status = row.day, row.status or ""
    part.statuses[status] += row.many
    part.backups += 0 if row.is_deleted else row.many
    if day and status == RunStatus.COMPLETED:
        ended = Ended(
            row.many, 0, int(row.size or 0), int(row.sized or 0), float(row.seconds or 0), int(row.timed or 0)
        )
        part.ended[day] = part.ended.get(day, Ended()).plus(ended)
    elif day and status == RunStatus.FAILED:
        part.ended[day] = part.ended.get(day, Ended()).plus(Ended(failed=row.many))


def _add_copies(part: History, row: _Row) -> None:
    if row.state is None:  # a run without copies
        return
    day, config, state, size = row.day, row.config, row.state, int(row.size or 0)
    part.copies[config, state] += row.many
    part.sizes[config, state] += size
    # Of copies that are gone, those whose end is known.
    if state in _THERE or (day and row.is_deleted and state == CopyState.DELETED):
        part.grown[day] = part.grown.get(day, 0) + size
    if config and row.status == RunStatus.COMPLETED and state not in _UNTRIED:
        uploads = Uploads(row.many if state != CopyState.FAILED else 0, row.many)
        part.uploads[day] = part.uploads.get(day, Uploads()).plus(uploads)


def _take_deleted(part: History, row: _Row) -> None:
    part.grown[row.day] = part.grown.get(row.day, 0) - int(row.size or 0)


_ADD: dict[str, Callable[[History, _Row], None]] = {"runs": _add_runs, "copies": _add_copies, "deleted": _take_deleted}
