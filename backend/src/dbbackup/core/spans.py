"""Spans of time into which a long history is cut, so that a change of it makes few of them untrue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import pairwise

_WEEKS = 8
"""What ended more weeks ago is one span: hardly any retention deletes something every day that is older."""
_HOURS = 6


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

    def since(self, begin: datetime) -> Span | None:
        """Return what of the span is not before this moment."""
        if self.end is not None and self.end <= begin:
            return None
        return self if self.begin is not None and self.begin >= begin else Span(begin, self.end)


EVERYTHING = Span(None, None)


def fine_spans(now: datetime) -> list[Span]:
    """Return spans that follow each other, the oldest first: of weeks, of the days of this week, of hours of today."""
    today = datetime.combine(now.date(), time(), now.tzinfo)
    week = today - timedelta(days=today.weekday())
    weeks = [week - timedelta(weeks=count) for count in range(_WEEKS, 0, -1)]
    days = [week + timedelta(days=count) for count in range(today.weekday())]
    hours = [today + timedelta(hours=hour) for hour in range(0, now.hour + 1, _HOURS)]
    return _between([*weeks, *days, *hours])


def coarse_spans(now: datetime) -> list[Span]:
    """Return what ended before yesterday, and all else."""
    return _between([datetime.combine(now.date(), time(), now.tzinfo) - timedelta(days=1)])


def _between(bounds: list[datetime]) -> list[Span]:
    return [Span(begin, end) for begin, end in pairwise([None, *bounds, None])]
