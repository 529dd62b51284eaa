"""What a schedule will do: its next runs, in words, and what a person might not expect of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dbbackup.core.schedule import Timetable, jitter_of
from dbbackup.db.models import BackupSchedule
from dbbackup.services.schedules import timetable_of

_AHEAD = timedelta(days=366)
_SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True)
class NextRun:
    """A slot in the schedule's zone, and when its backup starts: later by its jitter."""

    slot: datetime
    starts_at: datetime


def next_runs(schedule: BackupSchedule, now: datetime, count: int) -> list[NextRun]:
    """Return the next runs of a saved schedule as if it were enabled."""
    times = timetable_of(schedule)
    return [
        NextRun(
            slot.astimezone(times.zone), (slot + jitter_of(schedule.id, slot, schedule.jitter)).astimezone(times.zone)
        )
        for slot in times.upcoming(now, count)
    ]


def warnings(times: Timetable, now: datetime) -> list[str]:
    """Return what a person might not expect within the next year."""
    found = []
    if (lost := times.in_blackout(now, now + _AHEAD)) > 0:
        found.append(f"{_counted(lost)} of the next year fall into blackout windows and are left out.")
    for local, slot in times.skipped(now, now + _AHEAD):
        shown = slot.astimezone(times.zone)
        found.append(f"The clock skips {local:%H:%M} on {local:%-d %B %Y}: it runs at {shown:%H:%M} that day.")
    if (last := _last_day(times.cron.expression)) > _SHORTEST_MONTH:
        found.append(f"Months without a day {last} are left out. For the last day of each month use L.")
    return found


def _counted(slots: int) -> str:
    return "One run" if slots == 1 else f"{slots} runs" if slots < 1000 else "1000 runs or more"


def _last_day(expression: str) -> int:
    """Return the day of the month if it is a single number and the only rule for the day, else 0."""
    _, _, day, month, weekday = expression.split()
    return int(day) if day.isdecimal() and month == "*" and weekday in ("*", "?") else 0
