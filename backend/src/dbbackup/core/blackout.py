"""Blackout windows: times of the week in which no scheduled backup starts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dbbackup.core.errors import ValidationError
from dbbackup.core.zones import zone_named

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_MIDNIGHT = "24:00"
_DAY_MINUTES = 24 * 60
_MOST_WINDOWS_IN_A_ROW = 500


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to before `end` (minutes of the day) on the days it begins on (0 is Monday)."""

    days: frozenset[int]
    start: int
    end: int
    zone: ZoneInfo

    def until(self, moment: datetime) -> datetime | None:
        """Return the window's end in UTC if it covers the moment."""
        local = moment.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        if local.weekday() in self.days and self.start <= minute < self._length:
            return self._at(local, self._length)
        # One that goes over midnight belongs to the day it began on.
        if (local.weekday() - 1) % 7 in self.days and minute < self._length - _DAY_MINUTES:
            return self._at(local, self._length - _DAY_MINUTES)
        return None

    @property
    def _length(self) -> int:
        """The end, in minutes from the midnight before the start."""
        return self.end if self.end > self.start else self.end + _DAY_MINUTES

    def _at(self, local: datetime, minutes: int) -> datetime:
        midnight = datetime(local.year, local.month, local.day)
        # Where the end comes twice its second coming is meant: nothing starts in between.
        return (midnight + timedelta(minutes=minutes)).replace(tzinfo=self.zone, fold=1).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Blackout:
    """All windows of a schedule."""

    windows: tuple[Window, ...] = ()

    def covers(self, moment: datetime) -> bool:
        """Tell whether a window covers the moment."""
        return any(window.until(moment) for window in self.windows)

    def end(self, moment: datetime) -> datetime:
        """Return the first moment from this one on that no window covers.

        Windows that leave no time at all end nowhere: then the last end that was looked at.
        """
        for _ in range(_MOST_WINDOWS_IN_A_ROW):
            ends = [end for window in self.windows if (end := window.until(moment))]
            if not ends:
                break
            moment = max(ends)
        return moment


NO_BLACKOUT = Blackout()


def parse(windows: Sequence[dict[str, Any]], zone: ZoneInfo) -> Blackout:
    """Build the windows from `{days, start, end, timezone}`; without days every day, without timezone the schedule's.

    Raises:
        ValidationError: for the field `blackout`, naming window and reason.
    """
    return Blackout(tuple(_window(number, window, zone) for number, window in enumerate(windows, start=1)))


def _window(number: int, window: dict[str, Any], zone: ZoneInfo) -> Window:
    unknown = [day for day in window.get("days") or () if day not in DAYS]
    if unknown:
        raise _error(number, f"{unknown[0]!r} is not a day: use {', '.join(DAYS)}.")
    start, end = (_minutes(number, window[name]) for name in ("start", "end"))
    if start == end:
        raise _error(number, "start and end are the same. For a whole day use 00:00 and 24:00.")
    if window["start"] == _MIDNIGHT:
        raise _error(number, "it cannot start at 24:00: use 00:00 of the next day.")
    return Window(
        days=frozenset(DAYS.index(day) for day in window.get("days") or DAYS),
        start=start,
        end=end,
        zone=zone_named(window["timezone"], "blackout") if window.get("timezone") else zone,
    )


def _minutes(number: int, text: str) -> int:
    if text == _MIDNIGHT:
        return _DAY_MINUTES
    match = _TIME.fullmatch(text)
    if match is None:
        raise _error(number, f"{text!r} is not a time such as 22:30.")
    return int(match[1]) * 60 + int(match[2])


def _error(number: int, reason: str) -> ValidationError:
    return ValidationError.of("blackout", f"Blackout window {number}: {reason}")
