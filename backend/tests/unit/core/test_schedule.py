"""Slots across changes of the clock, decisions about what has passed, jitter and waits; zones by simulation."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbbackup.core.blackout import parse as windows
from dbbackup.core.cron import Cron, parse
from dbbackup.core.errors import ValidationError
from dbbackup.core.schedule import Timetable, decide, jitter_of, retry_delay
from dbbackup.core.zones import zone_named
from devtools.schedule_simulation import CASES, behaviours, oracle, simulate

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def table(expression: str, zone: str = "Europe/Berlin", *blackout: dict[str, Any]) -> Timetable:
    return Timetable(parse(expression), ZoneInfo(zone), windows(blackout, ZoneInfo(zone)))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(times: Timetable, moment: str, count: int) -> list[str]:
    """Return the next slots as the clock on the wall shows them."""
    return [f"{slot.astimezone(times.zone):%d %H:%M%z}" for slot in times.upcoming(utc(moment), count)]


@pytest.mark.parametrize(
    ("expression", "zone", "moment", "expected"),
    [
        # The hour that does not exist runs once, as much later as the clock is set forward.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00", ["28 02:30+0100", "29 03:30+0200", "30 02:30+0200"]),
        ("0 2 * * *", "Australia/Lord_Howe", "2026-10-02T20:00", ["04 02:30+1100", "05 02:00+1100"]),
        ("30 0 * * *", "America/Havana", "2026-03-07T12:00", ["08 01:30-0400", "09 00:30-0400"]),
        # What falls together runs once.
        ("0 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00", ["29 03:00+0200", "30 02:00+0200"]),
        # The hour that comes twice runs once.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["25 02:30+0200", "26 02:30+0100"]),
        ("0,30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", ["25 02:00+0200", "25 02:30+0200", "26 02:00+0100"]),
        ("30 23 * * *", "Atlantic/Azores", "2026-10-24T12:00", ["24 23:30+0000", "25 23:30-0100"]),
        # Interval schedules follow elapsed time.
        ("0 * * * *", "Europe/Berlin", "2026-10-24T23:30", ["25 02:00+0200", "25 02:00+0100", "25 03:00+0100"]),
        ("0 * * * *", "Europe/Berlin", "2026-03-28T23:30", ["29 01:00+0100", "29 03:00+0200"]),
        ("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:10", ["25 02:30+0200", "25 02:00+0100", "25 02:30+0100"]),
        # A day that does not exist.
        ("0 2 * * *", "Pacific/Apia", "2011-12-29T00:00", ["29 02:00-1000", "31 02:00+1400", "01 02:00+1400"]),
        ("0 2 29 2 *", "UTC", "2026-01-01T00:00", ["29 02:00+0000", "29 02:00+0000"]),
    ],
)
def test_upcoming_when_the_clock_changes_then_every_slot_once(
    expression: str, zone: str, moment: str, expected: list[str]
) -> None:
    assert shown(table(expression, zone), moment, len(expected)) == expected


def test_next_after_when_the_moment_is_a_slot_or_within_a_second_of_it_then_the_right_one() -> None:
    times, slot = table("0 2 * * *", "UTC"), utc("2026-05-01T02:00")
    assert times.next_after(slot) == slot + DAY
    assert times.next_after(slot + timedelta(microseconds=1)) == slot + DAY
    assert times.next_after(slot - timedelta(microseconds=1)) == slot


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.expression)
def test_slots_when_a_restless_clock_lives_through_a_year_then_each_exactly_once(case: Any) -> None:
    """A sample; `make schedule-long` simulates ten years in all zones."""
    chance = random.Random(f"today is {datetime.now(UTC):%Y-%j}")
    zones = ["Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca", "America/Havana"]
    quick = case.expression != "*/15 * * * *"
    begin = datetime(chance.randrange(2026, 2036), 1, 1, tzinfo=UTC)
    for name in chance.sample(zones, 2 if quick else 1):
        outcome = simulate(case, ZoneInfo(name), begin, begin + DAY * (366 if quick else 130), seed=begin.year)
        assert (outcome.lost, outcome.surplus) == ((), ()), outcome
        assert outcome.slots > 0


@pytest.mark.parametrize(
    ("zone", "begin"),
    [
        ("Pacific/Apia", "2011-12-20T00:00"),
        ("Europe/Moscow", "2014-10-20T00:00"),
        ("Asia/Pyongyang", "2015-08-10T00:00"),
        ("America/Caracas", "2016-04-25T00:00"),
        ("Europe/Istanbul", "2016-09-01T00:00"),
    ],
)
def test_slots_when_a_zone_changed_its_mind_then_each_exactly_once(zone: str, begin: str) -> None:
    for case in CASES:
        outcome = simulate(case, ZoneInfo(zone), utc(begin), utc(begin) + 20 * DAY)
        assert (outcome.lost, outcome.surplus) == ((), ()), outcome


def test_oracle_when_a_slot_is_lost_then_the_simulation_says_so() -> None:
    begin = utc("2026-03-20T00:00")
    daily = next(case for case in CASES if case.expression == "30 2 * * *")
    assert utc("2026-03-29T01:30") in oracle(daily, ZoneInfo("Europe/Berlin"), begin, begin + 20 * DAY)
    assert len(behaviours(begin, begin + 30 * DAY)) > 20


def test_zone_named_when_there_is_none_then_refused() -> None:
    for name in ("Mars/Base", "../etc/passwd", "", "zone.tab", "America", "right/UTC", "localtime", "a\0b"):
        with pytest.raises(ValidationError) as caught:
            zone_named(name)
        assert [detail.field for detail in caught.value.details] == ["timezone"]


def test_blackout_when_slots_fall_into_it_then_they_are_left_out() -> None:
    times = table("0 * * * *", "Europe/Berlin", {"start": "22:00", "end": "06:00"})
    assert shown(times, "2026-05-01T18:30", 3) == ["01 21:00+0200", "02 06:00+0200", "02 07:00+0200"]
    assert times.in_blackout(utc("2026-05-01T00:00"), utc("2026-05-02T00:00")) == 8
    assert table("0 * * * *").in_blackout(utc("2026-05-01T00:00"), utc("2026-05-02T00:00")) == 0
    assert table("* * * * *", "UTC", {"start": "00:00", "end": "23:00"}).in_blackout(
        utc("2026-05-01T00:00"), utc("2027-05-02T00:00")
    ) == 1000  # fmt: skip


def test_blackout_when_it_holds_every_slot_then_there_is_no_next_one() -> None:
    times = table("30 2 * * *", "UTC", {"start": "02:00", "end": "03:00"})
    assert times.next_after(utc("2026-05-01T00:00")) is None
    assert times.upcoming(utc("2026-05-01T00:00"), 5) == []
    assert times.due(utc("2026-05-01T00:00"), utc("2027-05-01T00:00")) == (None, 0)


def test_next_after_when_the_days_never_come_then_none() -> None:
    never = Timetable(Cron("0 0 31 2 *", (0,), (0,)), ZoneInfo("UTC"))
    assert never.next_after(utc("2026-05-01T00:00")) is None
    assert never.due(utc("2000-05-01T00:00"), utc("2026-05-01T00:00")) == (None, 0)
    assert list(never.skipped(utc("2026-05-01T00:00"), utc("2090-05-01T00:00"))) == []


def test_skipped_when_the_clock_jumps_over_a_time_then_the_time_and_its_slot() -> None:
    year = (utc("2026-01-01T00:00"), utc("2027-01-01T00:00"))
    assert list(table("30 2 * * *").skipped(*year)) == [(datetime(2026, 3, 29, 2, 30), utc("2026-03-29T01:30"))]
    assert list(table("30 4 * * *").skipped(*year)) == []
    assert list(table("*/30 * * * *").skipped(*year)) == []


def test_decide_when_one_slot_has_come_then_it_runs() -> None:
    times = table("0 2 * * *", "UTC")
    decision = decide(times, utc("2026-05-01T02:00"), utc("2026-05-02T02:00"), catch_up=False)
    assert (decision.run, decision.late, decision.missed) == (utc("2026-05-02T02:00"), False, 0)
    assert (decision.handled, decision.following) == (utc("2026-05-02T02:00"), utc("2026-05-03T02:00"))
    assert decide(times, decision.handled, decision.handled, catch_up=True).run is None


def test_decide_when_days_have_passed_then_one_run_at_most() -> None:
    times, handled, now = table("0 2 * * *", "UTC"), utc("2026-05-01T02:00"), utc("2026-05-05T01:00")
    caught = decide(times, handled, now, catch_up=True)
    assert (caught.run, caught.late, caught.missed) == (utc("2026-05-04T02:00"), True, 2)
    assert caught.newest_missed == utc("2026-05-03T02:00")
    left = decide(times, handled, now, catch_up=False)
    assert (left.run, left.missed, left.newest_missed) == (None, 3, utc("2026-05-04T02:00"))


def test_decide_when_the_newest_slot_is_fresh_then_it_runs_even_without_catching_up() -> None:
    decision = decide(table("* * * * *"), utc("2026-05-01T02:00"), utc("2026-05-01T02:03:30"), catch_up=False)
    assert (decision.run, decision.missed, decision.late) == (utc("2026-05-01T02:03"), 2, False)


@pytest.mark.parametrize("expression", ["* * * * *", "0 2 * * *", "0 4 1 * *", "0 0 29 2 *"])
def test_decide_when_the_clock_jumps_by_years_then_one_run_and_no_walk_through_them(expression: str) -> None:
    # A walk through ten million slots would meet the time limit of the tests.
    decision = decide(table(expression), utc("2026-05-01T02:00"), utc("2046-05-01T01:30"), catch_up=True)
    assert decision.run is not None
    assert decision.run > utc("2044-01-01T00:00")
    assert 1 < decision.missed <= 1000


def test_decide_when_the_clock_is_set_back_by_years_then_it_goes_on_from_there() -> None:
    times = table("0 2 * * *", "UTC")
    decision = decide(times, utc("2046-05-01T02:00"), utc("2026-05-01T12:00"), catch_up=True)
    assert (decision.run, decision.missed) == (None, 0)
    assert (decision.handled, decision.following) == (utc("2026-05-01T12:00"), utc("2026-05-02T02:00"))


@given(
    handled=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    passed=st.timedeltas(timedelta(0), timedelta(days=40)),
    expression=st.sampled_from(["0 * * * *", "0 2 * * *", "0 3 * * 0", "*/30 1-3 * * *"]),
    catch_up=st.booleans(),
)
def test_decide_whatever_has_passed_then_every_slot_is_run_or_missed(
    handled: datetime, passed: timedelta, expression: str, catch_up: bool
) -> None:
    times, now = table(expression), handled + passed
    slots, slot = [], times.next_after(handled)
    while slot and slot <= now:
        slots.append(slot)
        slot = times.next_after(slot)
    decision = decide(times, handled, now, catch_up=catch_up)
    assert decision.missed + (decision.run is not None) == min(len(slots), 1000)
    assert decision.run in (None, *slots[-1:])
    assert decision.following == slot


def test_jitter_when_asked_again_then_the_same_and_spread_over_schedules() -> None:
    slot = utc("2026-05-01T02:00")
    delays = [jitter_of(f"schedule {n}", slot, 600) for n in range(300)]
    assert delays == [jitter_of(f"schedule {n}", slot.astimezone(ZoneInfo("Asia/Tokyo")), 600) for n in range(300)]
    assert min(delays) < timedelta(seconds=60)
    assert timedelta(seconds=540) < max(delays) <= timedelta(seconds=600)
    assert len(set(delays)) > 150
    assert jitter_of("schedule", slot, 0) == timedelta(0)


def test_retry_delay_when_attempts_fail_then_doubled_to_the_bound_and_spread_downwards() -> None:
    assert [retry_delay(n, 60, 3600, 0).total_seconds() for n in (1, 2, 3, 7, 5000)] == [60, 120, 240, 3600, 3600]
    assert retry_delay(1, 60, 3600, 1) == timedelta(seconds=45)
    assert retry_delay(1, 1, 1, 1) == timedelta(seconds=1)
