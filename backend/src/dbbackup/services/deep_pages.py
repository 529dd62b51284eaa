"""Finds where a page deep in a long history begins, without going through all that is before it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.spans import Span, spans_of_days
from dbbackup.db.models import BackupExecution
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import remembered_apart

DEEP = 20_000
"""So many entries of an index are gone through in a few milliseconds."""
_AT_ONCE = 8
"""Spans in one statement."""
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_NEVER = Span(_FIRST, _FIRST)
_MOST = 4
"""Lists whose spans are kept."""


async def skip_spans(
    session: AsyncSession, wanted: Hashable, ids: Select[Any], skipped: int, *, down: bool, database_id: str
) -> tuple[Select[Any], int]:
    """Return what is left of a list of backups after whole spans of time, and how many of that are still to be skipped.

    The list is in the order in which they were made, `down`: the newest first. What it is narrowed to, `wanted`, must
    not be whether one waits or is at work.
    """

    async def count(spans: Sequence[Span]) -> list[int]:
        counts, query = list[int](), _counts(ids, min(_AT_ONCE, len(spans)))
        for first in range(0, len(spans), _AT_ONCE):
            some = spans[first : first + _AT_ONCE]
            # What is too many of the last statement is of no time at all.
            some = [*some, *[_NEVER] * (_AT_ONCE - len(some))] if first else some
            begins = {f"begin{place}": span.begin or _FIRST for place, span in enumerate(some)}
            ends = {f"end{place}": span.end or _LAST for place, span in enumerate(some)}
            counts += (await session.execute(query, begins | ends)).one()
        return counts[: len(spans)]

    spans = spans_of_days(utc_now())
    counts = await remembered_apart(
        session, ("backups by age", wanted), spans, count, database_id=database_id, most=_MOST
    )
    passed, counted = 0, list(zip(spans, counts, strict=True))
    for span, many in reversed(counted) if down else counted:
        if passed + many > skipped:
            return _from(ids, span, down=down), skipped - passed
        passed += many
    return ids, skipped  # fewer than a moment ago


def _from(ids: Select[Any], span: Span, *, down: bool) -> Select[Any]:
    if down:
        return ids if span.end is None else ids.where(BackupExecution.created_at < span.end)
    return ids if span.begin is None else ids.where(BackupExecution.created_at >= span.begin)


def _counts(ids: Select[Any], many: int) -> Select[Any]:
    """Return one statement for so many spans, whose bounds are bound: making it takes longer than counting."""

    def within(place: int) -> ScalarSelect[int]:
        made = BackupExecution.created_at
        begin, end = (bindparam(f"{name}{place}", type_=made.type) for name in ("begin", "end"))
        return select(func.count()).select_from(ids.where(made >= begin, made < end).subquery()).scalar_subquery()

    counts: list[ColumnElement[Any]] = [within(place) for place in range(many)]
    return select(*counts)
