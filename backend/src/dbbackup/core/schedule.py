"""Slots: the moments a schedule means, right across changes of the clock, with blackout windows, jitter and retries.

A schedule whose hour field names hours is bound to the wall clock: each local time it names is one slot, read as RFC
5545 (3.3.5) reads local times: one that comes twice means its first coming, and one that the clock skips is as much
later as the clock is set forward. A schedule of every hour follows elapsed time: it is due whenever the clock shows a
time that fits, the repeated hour included.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dbbackup.core.blackout import NO_BLACKOUT, Blackout
from dbbackup.core.cron import Cron
from dbbackup.core.zones import SECOND, Segment, segments

_DAY = timedelta(days=1)
_LOOK_BACK = (timedelta(hours=1), _DAY, timedelta(days=32), timedelta(days=400), timedelta(days=366 * 9))
_MOST_BLACKED_OUT = 400
_MOST_COUNTED = 1000
ON_TIME = timedelta(minutes=5)
"""A slot that is not older was not missed: a restart or a busy moment may take so long."""
_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True)
class Timetable:
    """When a schedule is due. Moments that go in are aware; those that come out are in UTC."""

    cron: Cron
    zone: ZoneInfo
    blackout: Blackout = NO_BLACKOUT

    def next_after(self, moment: datetime) -> datetime | None:
        """Return the first slot after the moment; None when all lie in blackout windows or none is left."""
        slot = self._next(moment)
        for _ in range(_MOST_BLACKED_OUT):
            if slot is None or not self.blackout.covers(slot):
                return slot
            # A window may hold a day full of slots: go on at its end.
            slot = self._next(self.blackout.end(slot) - SECOND)
        return None

    def upcoming(self, moment: datetime, count: int) -> list[datetime]:
        """Return the next slots after the moment, at most `count`."""
        found: list[datetime] = []
        while len(found) < count and (slot := self.next_after(found[-1] if found else moment)):
            found.append(slot)
        return found

    def due(self, after: datetime, until: datetime) -> tuple[datetime | None, int]:
        """Return the newest slot in (after, until] and how many there are, counted up to 1000.

        Cheap for any distance: a clock that jumps by years costs no walk through them.
        """
        newest = self._newest(after, until)
        if newest is None:
            return None, 0
        count, slot = 1, self.next_after(after)
        while slot and slot < newest and count < _MOST_COUNTED:
            count, slot = count + 1, self.next_after(slot)
        return newest, count

    def newest_before(self, slot: datetime, after: datetime) -> datetime | None:
        """Return the slot before this one, if it lies after the other moment."""
        return self._newest(after, slot - SECOND)

    def in_blackout(self, moment: datetime, until: datetime) -> int:
        """Return how many slots in (moment, until] fall away because of blackout windows, counted up to 1000."""
        count, slot = 0, self._next(moment) if self.blackout.windows else None
        while slot and slot <= until and count < _MOST_COUNTED:
            count, slot = count + self.blackout.covers(slot), self._next(slot)
        return count

    def skipped(self, moment: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield local times (naive) in between that the clock skips, each with the slot that stands for it."""
        for segment in segments(self.zone, moment.astimezone(UTC)):
            if segment.start > until:
                return
            if segment.start > moment and (local := _skipped(self.cron, segment, segment.start)):
                yield local, _moment(local, segment.earlier)

    def _next(self, moment: datetime) -> datetime | None:
        """Return the first slot after the moment, in a blackout window or not."""
        begin = moment.astimezone(UTC).replace(microsecond=0) + SECOND
        for segment in segments(self.zone, begin):
            if slot := _first(self.cron, segment, max(begin, segment.start)):
                return slot
        return None

    def _newest(self, after: datetime, until: datetime) -> datetime | None:
        for window in _LOOK_BACK:
            start = max(after, until - window)
            newest, slot = None, self.next_after(start)
            while slot and slot <= until:
                newest, slot = slot, self.next_after(slot)
            if newest or start == after:
                return newest
        return None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done for a schedule now."""

    run: datetime | None
    """The slot to make a run for: one at most, however many have passed."""
    late: bool
    """Whether that slot was missed and is caught up with."""
    missed: int
    """So many slots came and get no run, counted up to 1000."""
    newest_missed: datetime | None
    handled: datetime
    """Every slot up to this moment is dealt with."""
    following: datetime | None
    """The next slot."""


def decide(timetable: Timetable, handled: datetime, now: datetime, *, catch_up: bool) -> Decision:
    """Decide on the slots since `handled`, whatever the clock has done in between.

    A clock that was set back lies before `handled`: then the slots from now on count again, and the catalogue knows
    which of them had their run.
    """
    handled = min(handled, now)
    newest, count = timetable.due(handled, now)
    following = timetable.next_after(now)
    if newest is None:
        return Decision(None, False, 0, None, handled, following)
    late = now - newest > ON_TIME
    if late and not catch_up:
        return Decision(None, True, count, newest, now, following)
    before = timetable.newest_before(newest, handled) if count > 1 else None
    return Decision(newest, late, count - 1, before, now, following)


def jitter_of(schedule_id: str, slot: datetime, most: int) -> timedelta:
    """Return the delay of a slot, 0 to `most` seconds: always the same for one slot, spread over schedules."""
    text = f"{schedule_id} {slot.astimezone(UTC).isoformat()}".encode()
    number = int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
    return timedelta(seconds=number % (most + 1))


def retry_delay(attempt: int, first: int, most: int, spread: float) -> timedelta:
    """Return the wait after a failed attempt (from 1): `first` seconds, doubled each time, `most` at most.

    `spread` is a random number from 0 to 1; it takes away up to a quarter, so that what failed together does not come
    back together.
    """
    seconds = min(most, first * 2 ** min(attempt - 1, _MOST_DOUBLINGS))
    return timedelta(seconds=max(1.0, seconds * (1 - spread / 4)))


def _first(cron: Cron, segment: Segment, begin: datetime) -> datetime | None:
    """Return the first slot of a segment from `begin` on."""
    candidates = []
    wall = segment.wall(begin)
    if not cron.every_hour:
        # What the clock had shown before it was set back has had its slot.
        wall = max(wall, segment.earlier_wall(segment.start))
        if local := _skipped(cron, segment, begin):
            candidates.append(_moment(local, segment.earlier))
    if (local := _local(cron, wall)) and (slot := _moment(local, segment.offset)) < segment.end:
        candidates.append(slot)
    return min(candidates, default=None)


def _skipped(cron: Cron, segment: Segment, begin: datetime) -> datetime | None:
    """Return the first local time skipped at the segment's start whose slot is not before `begin`."""
    if cron.every_hour or not segment.skips:
        return None
    local = _local(cron, segment.earlier_wall(begin))
    return local if local and local < segment.wall(segment.start) else None


def _local(cron: Cron, wall: datetime) -> datetime | None:
    """Return the first wall-clock time (naive) from `wall` on that the expression names."""
    day = cron.next_day(wall.date())
    if day == wall.date():
        for hour in cron.hours:
            if hour >= wall.hour:
                for minute in cron.minutes:
                    if (found := datetime.combine(day, time(hour, minute))) >= wall:
                        return found
        day = cron.next_day(day + _DAY)
    return datetime.combine(day, time(cron.hours[0], cron.minutes[0])) if day else None


def _moment(local: datetime, offset: timedelta) -> datetime:
    return (local - offset).replace(tzinfo=UTC)
