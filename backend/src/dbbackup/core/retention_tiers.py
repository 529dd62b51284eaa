"""Hours, days, weeks, months and years of a time zone: which one a moment is in, and when it ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

Tier = Literal["hourly", "daily", "weekly", "monthly", "yearly"]
TIERS: tuple[Tier, ...] = ("hourly", "daily", "weekly", "monthly", "yearly")
UNITS: dict[Tier, str] = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month", "yearly": "year"}
_HOUR = 3600
_MONTHS = 12
_WEEK = 7


def bucket(tier: Tier, local: datetime) -> int:
    """Return the number of the bucket that a moment in its zone's time is in; later buckets have greater numbers.

    An hour is known by the moment it began, so the hour that comes twice in autumn is two hours, and the one
    that does not exist in spring is none. Days, weeks (Monday to Sunday), months and years are those of the calendar.
    """
    match tier:
        case "hourly":
            return int(local.timestamp() // 1) - local.minute * 60 - local.second
        case "daily":
            return local.toordinal()
        case "weekly":
            # The first of January of year 1, day 1, was a Monday.
            return (local.toordinal() - 1) // _WEEK
        case "monthly":
            return local.year * _MONTHS + local.month - 1
        case _:
            return local.year


def oldest_kept(tier: Tier, local_now: datetime, count: int) -> int:
    """Return the number of the first of the last `count` buckets, the one that goes on now included."""
    return bucket(tier, local_now) - (count - 1) * (_HOUR if tier == "hourly" else 1)


def leaves_window(tier: Tier, number: int, count: int, zone: tzinfo) -> datetime | None:
    """Return when a bucket stops being one of the last `count`; None when that is beyond the calendar."""
    if tier == "hourly":
        return datetime.fromtimestamp(number, UTC) + timedelta(hours=count)
    try:
        return datetime.combine(_first_day(tier, number + count), time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def label(tier: Tier, number: int, zone: tzinfo) -> str:
    """Return the bucket in words, as they follow `the last backup of the`."""
    if tier == "hourly":
        return f"hour {datetime.fromtimestamp(number, zone):%Y-%m-%d %H:%M %Z}"
    first = _first_day(tier, number)
    match tier:
        case "daily":
            return f"day {first}"
        case "weekly":
            return f"week ending Sunday {first + timedelta(days=_WEEK - 1)}"
        case "monthly":
            return f"month {first:%Y-%m}"
        case _:
            return f"year {first.year}"


def _first_day(tier: Tier, number: int) -> date:
    match tier:
        case "weekly":
            return date.fromordinal(number * _WEEK + 1)
        case "monthly":
            return date(number // _MONTHS, number % _MONTHS + 1, 1)
        case "yearly":
            return date(number, 1, 1)
        case _:
            return date.fromordinal(number)
