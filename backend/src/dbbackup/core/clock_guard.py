"""Whether the time of day can be believed: deletions go by it, and a clock can be years wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

LEAP = timedelta(days=7)
"""A clock further ahead than this of what was last seen is not believed until somebody says it is right."""
PATIENCE = timedelta(days=1)
"""After running so long with a clock far behind what was last seen, it is the old moment that was wrong."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The latest moment that was believed, and for how long the clock has been far behind it."""

    latest: datetime
    behind: timedelta = timedelta()


def leapt(now: datetime, seen: Seen) -> bool:
    """Tell whether the clock is further ahead than can be believed."""
    return now - seen.latest > LEAP


def look(now: datetime, seen: Seen, elapsed: timedelta) -> Seen:
    """Return what is known after a look at the clock, `elapsed` of the program's own time after the one before.

    A clock that leapt teaches nothing. One that fell back, as it does when a machine starts without a battery,
    makes everything look younger and harms nothing: the later moment is remembered until the clock has stayed
    behind for a day.
    """
    if leapt(now, seen):
        return seen
    if now >= seen.latest - LEAP:
        return Seen(max(now, seen.latest))
    if seen.behind + elapsed >= PATIENCE:
        return Seen(now)
    return replace(seen, behind=seen.behind + elapsed)
