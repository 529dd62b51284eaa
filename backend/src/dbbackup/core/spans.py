"""Spans of time into which a long history is cut, so that a change of it makes few of them untrue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise

_WEEKS = 8
"""What ended more weeks ago changes seldom: hardly any retention deletes something every day that is older."""
_YEAR = 53
"""The weeks of a year, and what of them is missing in 52."""
_DECADE = 130
"""Months."""
_MONTH = timedelta(weeks=4)
_MONTHS = datetime(2024, 1, 1)
QUARTER = timedelta(hours=6)
"""Of a day."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `begin` on until before `end`. Without an end it holds what has not ended, too."""

    begin: datetime | None
    end: datetime | None

    def holds(self, moment: datetime | None) -> bool:
        """Tell whether what ended then belongs here; None: it has not ended."""
        if moment is None:
            return self.end is None
        return (self.begin is None or self.begin <= moment) and (self.end is None or moment < self.end)

    @property
    def of_days(self) -> bool:
        """Whether it begins and ends with a day."""
        bounds = [self.end, *([self.begin] if self.begin else [])]
        return all(bound is not None and bound.time() == time() for bound in bounds)


EVERYTHING = Span(None, None)


def fine_spans(now: datetime) -> list[Span]:
    """Return spans that follow each other, the oldest first: of months, of weeks, of this week's days, of hours."""
    week = _week(now)
    begin = week - timedelta(weeks=_WEEKS)
    # Months of four weeks, counted from a day that stays, as the weeks move on.
    first = begin - (begin - _MONTHS.replace(tzinfo=now.tzinfo)) % _MONTH
    months = [first - _MONTH * count for count in range(_YEAR // 4, -1, -1)]
    return _between(
        [*months, *_weeks(week, (week - first).days // 7 - 1), *_days(week, _today(now)), *_quarters(_today(now), now)]
    )


def spans_of_quarters(now: datetime) -> list[Span]:
    """Return many more of them: of the weeks of a year, of the quarters of the days of the last weeks."""
    begin = _week(now) - timedelta(weeks=_WEEKS)
    return _between([*_weeks(begin, _YEAR - _WEEKS), *_quarters(begin, now)])


def spans_of_days(now: datetime) -> list[Span]:
    """Return such that none holds very much of a long history: of the months of ten years, weeks of a year, days."""
    begin = _week(now) - timedelta(weeks=_WEEKS)
    year = begin - timedelta(weeks=_YEAR - _WEEKS)
    first = year - (year - _MONTHS.replace(tzinfo=now.tzinfo)) % _MONTH
    months = [first - _MONTH * count for count in range(_DECADE - 1, -1, -1)]
    return _between([*months, *_weeks(begin, (begin - first).days // 7 - 1), *_days(begin, _today(now)), _today(now)])


def coarse_spans(now: datetime) -> list[Span]:
    """Return what ended before yesterday, and all else."""
    return _between([_today(now) - timedelta(days=1)])


def _today(now: datetime) -> datetime:
    return datetime.combine(now.date(), time(), now.tzinfo)


def _week(now: datetime) -> datetime:
    return _today(now) - timedelta(days=now.weekday())


def _weeks(end: datetime, many: int) -> list[datetime]:
    return [end - timedelta(weeks=count) for count in range(many, 0, -1)]


def _days(begin: datetime, end: datetime) -> list[datetime]:
    return [begin + timedelta(days=count) for count in range((end - begin).days)]


def _quarters(begin: datetime, now: datetime) -> list[datetime]:
    return [begin + QUARTER * count for count in range((now - begin) // QUARTER + 1)]


def _between(bounds: list[datetime]) -> list[Span]:
    return [Span(begin, end) for begin, end in pairwise([None, *bounds, None])]
