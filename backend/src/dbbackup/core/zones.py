"""Time zones: their names, and the stretches of time in which a zone's offset stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dbbackup.core.errors import ValidationError

SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)
_YEARS_AHEAD = 51
_NO_ZONES = {"posix", "right", "posixrules", "localtime"}
"""Files beside the zones that can be read as one: copies of them, some of which count leap seconds."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time with one offset; `earlier` is the offset before it. Long ones are cut at the years' ends."""

    start: datetime
    end: datetime
    offset: timedelta
    earlier: timedelta

    def wall(self, moment: datetime) -> datetime:
        """Return what the clock shows (naive) by this segment's offset."""
        return (moment + self.offset).replace(tzinfo=None)

    def earlier_wall(self, moment: datetime) -> datetime:
        """Return what the clock would show (naive) had it not been changed."""
        return (moment + self.earlier).replace(tzinfo=None)

    @property
    def skips(self) -> bool:
        """Whether the clock was set forward at its start."""
        return self.offset > self.earlier


def zone_named(name: str, field: str = "timezone") -> ZoneInfo:
    """Return the zone. Raises ValidationError for the field."""
    try:
        if name.partition("/")[0] not in _NO_ZONES:
            return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        # Not a name, not a file of the right kind, or none at all: the same to whoever typed it.
        pass
    raise ValidationError.of(field, f"There is no time zone {name!r}. Use a name such as Europe/Berlin or UTC.")


def segments(zone: ZoneInfo, moment: datetime) -> Iterator[Segment]:
    """Yield the segment that holds the moment and those that follow, for about fifty years."""
    for year in range(moment.year, moment.year + _YEARS_AHEAD):
        for segment in _segments_of(zone, year):
            if segment.end > moment:
                yield segment


@lru_cache(maxsize=20_000)
def _segments_of(zone: ZoneInfo, year: int) -> tuple[Segment, ...]:
    """Return a year's segments. Offsets last for more than a day, in every zone: so looking at each day finds all."""
    day, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    found, begin, offset, earlier = [], day, _offset(zone, day), _offset(zone, day - SECOND)
    while day < end:
        following = min(day + _DAY, end - SECOND)
        if (changed := _offset(zone, following)) != offset:
            at = _change(zone, day, following)
            found.append(Segment(begin, at, offset, earlier))
            begin, earlier, offset = at, offset, changed
        day += _DAY
    return (*found, Segment(begin, end, offset, earlier))


def _change(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the first second with the offset that `high` has; there is one change in between."""
    wanted = _offset(zone, high)
    while high - low > SECOND:
        middle = (low + (high - low) // 2).replace(microsecond=0)
        low, high = (low, middle) if _offset(zone, middle) == wanted else (middle, high)
    return high


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
