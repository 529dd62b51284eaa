"""The moments a cron expression means, in a time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from croniter import croniter
from croniter.croniter import CroniterBadCronError, CroniterBadDateError

_FIELDS = 5


def cron_problem(expression: str) -> str | None:
    """Say what is wrong with a cron expression; None when it can be used."""
    if len(expression.split()) != _FIELDS:
        return "a cron expression has five fields: minute, hour, day of the month, month, day of the week"
    try:
        croniter(expression, datetime(2026, 1, 1, tzinfo=UTC)).get_next(datetime)
    except CroniterBadDateError:
        return "no moment ever fits it"
    except (CroniterBadCronError, ValueError, KeyError) as error:
        return str(error)
    return None


def slots_after(expression: str, zone: tzinfo, start: datetime) -> Iterator[datetime]:
    """Yield the slots after a moment, in UTC. An hour that comes twice in autumn has its slots twice."""
    found = croniter(expression, start.astimezone(zone))
    while True:
        yield found.get_next(datetime).astimezone(UTC)
