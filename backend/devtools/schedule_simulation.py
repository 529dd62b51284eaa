"""Simulates years of schedules in every time zone and holds each slot against a naive oracle.

    python -m devtools.schedule_simulation [YEARS [FIRST_YEAR]]

The clock is simulated: it wakes the scheduler's decision at each coming slot, a little late, sometimes in between, and
is sometimes set back. Every slot that the oracle names must be run exactly once, and nothing else.

Zones with the same offsets throughout the years behave the same, so each behaviour is simulated once; the output names
both numbers.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from dbbackup.core.cron import parse
from dbbackup.core.schedule import Timetable, decide

DAY = timedelta(days=1)
# Modern offsets are multiples of a quarter of an hour, so looking at each quarter meets every hourly slot.
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class Case:
    """An expression, and the same by hand for the oracle: hours None means that it runs every hour."""

    expression: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...] | None
    weekdays: tuple[int, ...] = tuple(range(7))
    days: tuple[int, ...] = tuple(range(1, 32))

    def has(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day.day in self.days


CASES = (
    Case("0 * * * *", (0,), None),
    Case("*/15 * * * *", (0, 15, 30, 45), None),
    Case("0 2 * * *", (0,), (2,)),
    Case("30 2 * * *", (30,), (2,)),
    Case("45 1 * * *", (45,), (1,)),
    Case("0 0 * * *", (0,), (0,)),
    Case("30 23 * * *", (30,), (23,)),
    Case("0,30 1-3 * * *", (0, 30), (1, 2, 3)),
    Case("0 */2 * * *", (0,), tuple(range(0, 24, 2))),
    Case("0 3 * * 0", (0,), (3,), weekdays=(6,)),
    Case("0 4 1 * *", (0,), (4,), days=(1,)),
    Case("15 2 29 * *", (15,), (2,), days=(29,)),
)


@dataclass(frozen=True)
class Outcome:
    """What one simulation did, and the first slots that were wrong."""

    zone: str
    expression: str
    slots: int
    wakes: int
    lost: tuple[datetime, ...]
    surplus: tuple[datetime, ...]


def oracle(case: Case, zone: ZoneInfo, begin: datetime, end: datetime) -> set[datetime]:
    """Return the slots in (begin, end], found the slow way."""
    if case.hours is None:
        return {
            moment for moment, local in _quarters(zone, begin, end) if local.minute in case.minutes and case.has(local)
        }
    found, day = set(), begin.date() - 2 * DAY
    while day <= end.date() + 2 * DAY:
        if case.has(day):
            for hour in case.hours:
                for minute in case.minutes:
                    # PEP 495: without a fold a doubled time is its first coming, a skipped one is read by the offset
                    # before, as RFC 5545 wants it.
                    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                    found.add(local.astimezone(UTC))
        day += DAY
    return {moment for moment in found if begin < moment <= end}


def simulate(case: Case, zone: ZoneInfo, begin: datetime, end: datetime, seed: int = 0) -> Outcome:
    """Let the scheduler's decision live from `begin` to `end` under a restless clock."""
    chance = random.Random(f"{seed} {case.expression} {zone.key}")
    times = Timetable(parse(case.expression), zone)
    ran: dict[datetime, int] = {}
    handled, now, wakes, set_back = begin, begin, 0, 0
    coming = times.next_after(now)
    while now < end:
        before, now = now, _wake(chance, now, coming, end)
        wakes += 1
        set_back = wakes if now < before else set_back
        decision = decide(times, handled, now, catch_up=True)
        if decision.run in ran and set_back <= ran[decision.run]:
            raise AssertionError(f"{zone.key} {case.expression}: {decision.run} came again at {now}")
        if decision.missed:
            raise AssertionError(f"{zone.key} {case.expression}: {decision.missed} slots were missed at {now}")
        if decision.run:
            # After a clock set back a slot may come again: the catalogue's unique(schedule, slot) refuses it.
            ran.setdefault(decision.run, wakes)
        handled, coming = decision.handled, decision.following
    expected = oracle(case, zone, begin, end)
    done = {slot for slot in ran if begin < slot <= end}
    return Outcome(
        zone.key,
        case.expression,
        len(expected),
        wakes,
        tuple(sorted(expected - done)[:3]),
        tuple(sorted(done - expected)[:3]),
    )


def behaviours(begin: datetime, end: datetime) -> dict[tuple[tuple[int, timedelta | None], ...], list[str]]:
    """Return all zones of the tz database by their changes of offset, seen at every quarter of an hour near one."""
    groups: dict[tuple[tuple[int, timedelta | None], ...], list[str]] = defaultdict(list)
    for name in sorted(available_timezones()):
        groups[tuple(_changes(ZoneInfo(name), begin, end))].append(name)
    return groups


def main(years: int = 10, first: int = 2026) -> int:
    """Simulate all; 1 when a slot was lost or came twice."""
    begin, end = datetime(first, 1, 1, tzinfo=UTC), datetime(first + years, 1, 1, tzinfo=UTC)
    started = time.monotonic()
    groups = behaviours(begin, end)
    zones = sum(map(len, groups.values()))
    print(
        f"{zones} time zones with {len(groups)} different behaviours, {years} years from {first},"
        f" {len(CASES)} schedules"
    )
    totals: dict[str, list[int]] = {case.expression: [0, 0, 0] for case in CASES}
    wrong = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        tasks = [pool.submit(_simulate_zone, names[0], begin, end) for names in groups.values()]
        for number, task in enumerate(tasks, start=1):
            for outcome in task.result():
                row = totals[outcome.expression]
                row[0], row[1], row[2] = row[0] + 1, row[1] + outcome.slots, row[2] + outcome.wakes
                if outcome.lost or outcome.surplus:
                    wrong.append(outcome)
            if number % 20 == 0:
                print(f"  {number} of {len(tasks)} behaviours, {time.monotonic() - started:.0f} s", flush=True)
    for expression, (count, slots, wakes) in totals.items():
        print(f"{expression:<16} {count:4} behaviours {slots:11,} slots {wakes:11,} wakes")
    slots = sum(row[1] for row in totals.values())
    print(f"{slots:,} slots, each exactly once" if not wrong else f"{len(wrong)} simulations went wrong")
    for outcome in wrong[:20]:
        print(f"  {outcome}")
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if wrong else 0


def _simulate_zone(name: str, begin: datetime, end: datetime) -> list[Outcome]:
    return [simulate(case, ZoneInfo(name), begin, end) for case in CASES]


def _wake(chance: random.Random, now: datetime, coming: datetime | None, end: datetime) -> datetime:
    """Return when the clock is looked at next, never so late that a second slot could have come."""
    target = coming or end
    event = chance.random()
    if event < 0.02:  # a change of some schedule wakes the scheduler between two slots
        return now + (target - now) * chance.random()
    if event < 0.03:  # the clock is set back a little
        return now - timedelta(seconds=chance.randrange(1, 7200))
    return target + timedelta(seconds=chance.randrange(0, 20), microseconds=chance.randrange(1_000_000))


def _quarters(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    moment = begin + QUARTER
    while moment <= end:
        yield moment, moment.astimezone(zone)
        moment += QUARTER


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterable[tuple[int, timedelta | None]]:
    offset, moment = None, begin - 2 * DAY
    while moment <= end + 2 * DAY:
        if (new := moment.astimezone(zone).utcoffset()) != offset:
            if offset is not None:
                low = moment - DAY
                while low.astimezone(zone).utcoffset() == offset:
                    low += QUARTER
                yield int(low.timestamp()), new
            else:
                yield 0, new
            offset = new
        moment += DAY


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
