"""Plans against an independent oracle, and what each reason says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dbbackup.core import retention
from dbbackup.core.retention import kept_places, plan
from dbbackup.core.retention_tiers import TIERS, Tier, bucket
from dbbackup.core.retention_values import FOREVER, Backup, Busy, Decision, Policy, Rule
from tests.unit.core import retention_oracle

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
STANDARD = Policy("Standard", "tiered", "p1", keep={"hourly": 24, "daily": 7, "weekly": 4, "monthly": 12})
ZONES = sorted(name for name in available_timezones() if "/" in name or name == "UTC")
_TRANSITIONS = [
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
    ("America/St_Johns", datetime(2010, 11, 7, 2, 31, tzinfo=UTC)),
    ("Africa/Casablanca", datetime(2026, 2, 15, 2, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 10, 25, 1, tzinfo=UTC)),
]


def day(days: float, **more: Any) -> Backup:
    """Return a backup made so many days before NOW."""
    return Backup(id=f"{days:09.3f}", at=NOW - timedelta(days=days), size=more.pop("size", 10), **more)


def decide(backups: list[Backup], *policies: Policy, now: datetime = NOW, ceiling: int = 365) -> dict[str, Decision]:
    decisions = plan(backups, [Rule(policy, BERLIN) for policy in policies], now, ceiling)
    return {decision.backup.id: decision for decision in decisions}


def kinds(decision: Decision) -> list[str]:
    return [reason.kind for reason in decision.reasons]


@st.composite
def moments(draw: st.DrawFn) -> tuple[ZoneInfo, datetime]:
    """Draw a zone and a now, half of them around a change of the clocks."""
    if draw(st.booleans()):
        name, around = draw(st.sampled_from(_TRANSITIONS))
        return ZoneInfo(name), around + timedelta(minutes=draw(st.integers(-300, 3000)))
    anytime = st.datetimes(datetime(1995, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
    return ZoneInfo(draw(st.sampled_from(ZONES))), draw(anytime)


policies = st.builds(
    Policy,
    name=st.just("P"),
    strategy=st.sampled_from(["tiered", "tiered", "age", "size", "hybrid"]),
    id=st.sampled_from(["p1", "p2"]),
    keep=st.fixed_dictionaries({tier: st.integers(0, 5) for tier in TIERS}),
    max_count=st.none() | st.integers(1, 6),
    max_total_size=st.none() | st.integers(1, 60),
    max_age_days=st.none() | st.integers(1, 40),
    min_keep=st.integers(0, 3),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Backup], list[Rule], datetime, int]:
    zone, now = draw(moments())
    minutes = st.integers(0, 300) | st.integers(0, 5_000) | st.integers(0, 900_000)
    ages = draw(st.lists(minutes, max_size=25))
    uses: list[Busy | None] = [None, None, None, None, "restore", "verification", "upload"]
    rare = st.sampled_from([False, False, False, False, True])
    backups = [
        Backup(
            id=f"{number:02}",
            at=now - timedelta(minutes=age),
            size=draw(st.integers(1, 20)),
            content=draw(st.sampled_from(["", "", "", "schema"])),
            own_policy=draw(st.sampled_from([None, None, None, "p1", "p2", FOREVER])),
            forever=draw(rare),
            pinned=draw(rare),
            proven=draw(rare),
            busy=draw(st.sampled_from(uses)),
        )
        for number, age in enumerate(ages)
    ]
    rules = [Rule(draw(policies), zone, own=draw(rare)) for _ in range(draw(st.integers(0, 3)))]
    return backups, rules, now, draw(st.sampled_from([0, 1, 30, 365]))


@settings(max_examples=250, deadline=None)
@given(cases())
def test_plan_when_anything_is_drawn_then_it_keeps_what_the_oracle_keeps(
    case: tuple[list[Backup], list[Rule], datetime, int],
) -> None:
    backups, rules, now, ceiling = case
    decisions = plan(backups, rules, now, ceiling)
    assert {d.backup.id for d in decisions if d.keep} == retention_oracle.kept(backups, rules, now, ceiling)
    assert all(d.reasons for d in decisions)
    assert [d.backup for d in decisions] == sorted(backups, key=lambda b: (b.at, b.id), reverse=True)
    assert all(d.until > now for d in decisions if d.keep and d.until)
    for asked in decisions[:: max(1, len(decisions) // 3)]:
        assert plan(backups, rules, now, ceiling, only=asked.backup.id) == [asked]


@settings(max_examples=60, deadline=None)
@given(policies, st.lists(st.integers(1, 400_000), max_size=30), st.sampled_from([0, 30, 365]))
def test_plan_when_applied_again_and_again_then_the_end_is_the_same_as_at_once(
    policy: Policy, minutes: list[int], ceiling: int
) -> None:
    made = [
        Backup(id=f"{number:02}", at=NOW - timedelta(minutes=age), size=5)
        for number, age in enumerate(sorted(minutes, reverse=True))
    ]
    rule, kept = Rule(policy, BERLIN), list[Backup]()
    for backup in made:
        kept = [d.backup for d in plan([*kept, backup], [rule], backup.at, ceiling) if d.keep]
    step_by_step = [d.backup.id for d in plan(kept, [rule], NOW, ceiling) if d.keep]
    assert step_by_step == [d.backup.id for d in plan(made, [rule], NOW, ceiling) if d.keep]
    newest_first = sorted(made, key=lambda b: (b.at, b.id), reverse=True)
    quick = [newest_first[place].id for place in kept_places(rule, newest_first, NOW, ceiling)]
    assert quick == step_by_step


def test_plan_when_tiered_then_one_backup_serves_several_tiers_and_every_bucket_is_named() -> None:
    found = decide([day(0.01), day(0.02), day(1), day(40), day(400)], STANDARD, ceiling=0)
    newest = found["00000.010"]
    assert kinds(newest) == ["newest", "hourly", "daily", "weekly", "monthly"]
    assert [r.text for r in newest.reasons[1:]] == [
        "Standard: the last backup of the hour 2026-11-25 13:00 CET, within the last 24 hours.",
        "Standard: the last backup of the day 2026-11-25, within the last 7 days.",
        "Standard: the last backup of the week ending Sunday 2026-11-29, within the last 4 weeks.",
        "Standard: the last backup of the month 2026-11, within the last 12 months.",
    ]
    assert [r.until for r in newest.reasons] == [
        None,
        datetime(2026, 11, 26, 12, tzinfo=UTC),
        datetime(2026, 12, 1, 23, tzinfo=UTC),
        datetime(2026, 12, 20, 23, tzinfo=UTC),
        datetime(2027, 10, 31, 23, tzinfo=UTC),
    ]
    assert newest.until == datetime(2027, 10, 31, 23, tzinfo=UTC)
    assert [b for b, d in found.items() if not d.keep] == ["00000.020", "00400.000"]
    assert found["00400.000"].reasons[0].text == (
        "Standard: it is not the last backup of an hour, day, week, month or year that is kept."
    )


def test_plan_when_a_tier_is_one_then_it_is_the_one_that_goes_on_now() -> None:
    yearly = Policy("Y", "tiered", keep={"yearly": 1})
    found = decide([day(1), day(200)], yearly)
    assert found["00001.000"].reasons[1].text == "Y: the last backup of the year 2026, within this year."
    assert not found["00200.000"].keep


def test_plan_when_the_window_outlasts_the_calendar_then_its_end_is_not_told() -> None:
    far = datetime(9990, 5, 1, tzinfo=UTC)
    [decision] = plan([Backup("1", far, 1)], [Rule(Policy("Y", "tiered", keep={"yearly": 50}), UTC)], far, 0)
    assert decision.keep
    assert decision.until is None


@pytest.mark.parametrize(
    ("policy", "kept", "why"),
    [
        (Policy("P", "age", max_age_days=10), [1, 9, 10], "P: it is older than 10 days."),
        (
            Policy("P", "size", max_total_size=25),
            [1, 9],
            "P: with it and all newer ones there would be more",
        ),
        (Policy("P", "hybrid", max_count=3), [1, 9, 10], "P: there are 3 newer ones."),
        (Policy("P", "hybrid", max_count=3, max_age_days=9), [1, 9], "P: it is older than 9 days."),
        (Policy("P", "hybrid", max_total_size=10, min_keep=4), [1, 9, 10, 20], "P: with it"),
    ],
)
def test_plan_when_limited_then_what_is_beyond_goes_and_says_which_limit(
    policy: Policy, kept: list[float], why: str
) -> None:
    found = decide([day(1), day(9), day(10), day(20), day(30)], policy)
    assert [d.backup for d in found.values() if d.keep] == [day(n) for n in kept]
    assert found["00030.000"].reasons[0].text.startswith(why)


def test_plan_when_the_end_is_known_then_it_is_told_and_otherwise_not() -> None:
    age, size = Policy("A", "age", max_age_days=10), Policy("S", "size", max_total_size=1000)
    assert decide([day(1)], age)["00001.000"].until == NOW + timedelta(days=9)
    assert decide([day(1)], size, ceiling=0)["00001.000"].until is None
    assert decide([day(1)], size)["00001.000"].until == NOW + timedelta(days=364)
    assert decide([day(1)], age, size)["00001.000"].until == NOW + timedelta(days=364)
    assert decide([day(1, pinned=True)], age)["00001.000"].until is None
    minimum = Policy("M", "age", max_age_days=1, min_keep=2)
    assert decide([day(5)], minimum, ceiling=0)["00005.000"].until is None


def test_plan_when_older_than_the_ceiling_then_only_pins_use_newest_and_proven_stand_above_it() -> None:
    forever = Policy("Y", "tiered", keep={"yearly": 10}, min_keep=100)
    old = [day(400), day(401, pinned=True), day(402, busy="restore"), day(403, proven=True), day(404)]
    found = decide([*old, day(800)], forever)
    assert [kinds(d) for d in found.values()] == [
        ["newest"],
        ["pinned"],
        ["busy"],
        ["proven"],
        ["ceiling"],
        ["ceiling"],
    ]
    assert "365 days" in found["00800.000"].reasons[0].text
    assert "MAX_BACKUP_RETENTION_DAYS" in found["00800.000"].reasons[0].text
    assert all(d.keep for d in decide([*old, day(800)], forever, ceiling=0).values())
    assert found["00401.000"].until is None


def test_reasons_when_the_policy_has_no_name_then_they_stand_alone() -> None:
    [newest, gone] = decide([day(1), day(9)], Policy("", "age", max_age_days=5, min_keep=1)).values()
    assert [r.text for r in newest.reasons[1:]] == ["It is within the limits.", "The newest one, which is always kept."]
    assert [(r.text, r.policy) for r in gone.reasons] == [("It is older than 5 days.", None)]


@pytest.mark.parametrize("busy", ["restore", "verification", "upload"])
def test_plan_when_in_use_then_kept(busy: Busy) -> None:
    [_, used] = decide([day(0), day(5, busy=busy)], Policy("A", "age", max_age_days=1)).values()
    assert used.keep
    assert kinds(used) == ["busy"]


def test_plan_when_a_partial_backup_is_newer_then_the_whole_ones_keep_their_places() -> None:
    partial = day(0.01, content='{"schemaOnly": true}', proven=True)
    whole, older = day(0.02, proven=True), day(0.03)
    found = decide([partial, whole, older], Policy("D", "tiered", keep={"daily": 1}))
    assert kinds(found[partial.id]) == ["newest", "proven", "daily"]
    assert kinds(found[whole.id]) == ["newest", "proven", "daily"]
    assert "newest good whole backup" in found[whole.id].reasons[0].text
    assert not found[older.id].keep


def test_plan_when_nothing_judges_it_then_kept_for_ever_and_the_reason_says_whose_wish_that_is() -> None:
    age = Policy("A", "age", "p1", max_age_days=1)
    backups = [day(0), day(3, forever=True), day(4, own_policy=FOREVER), day(5, own_policy="p1"), day(6)]
    decisions = plan(backups, [Rule(age, BERLIN)], NOW, 0)
    assert [d.keep for d in decisions] == [True, True, True, True, False]
    assert "Its schedule has no retention policy" in decisions[1].reasons[0].text
    assert "made to be kept for ever" in decisions[2].reasons[0].text
    assert "No policy judges it" in decisions[3].reasons[0].text
    own = plan(backups, [Rule(age, BERLIN, own=True)], NOW, 0)
    assert [d.backup.id for d in own if not d.keep] == ["00005.000"]


def test_plan_when_a_backup_lies_ahead_of_the_clock_then_it_is_kept() -> None:
    found = decide([day(-3), day(0), day(5)], Policy("D", "tiered", keep={"daily": 2}))
    assert [d.keep for d in found.values()] == [True, True, False]


def test_bucket_when_the_hour_comes_twice_then_it_is_two_hours_of_one_day() -> None:
    first = datetime(2026, 10, 25, 0, 40, tzinfo=UTC).astimezone(BERLIN)
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC).astimezone(BERLIN)
    assert (first.hour, second.hour) == (2, 2)
    assert bucket("hourly", first) != bucket("hourly", second)
    tiers: list[Tier] = ["daily", "weekly", "monthly", "yearly"]
    assert [bucket(tier, first) for tier in tiers] == [bucket(tier, second) for tier in tiers]


def test_plan_of_ten_thousand_backups_turns_each_into_its_zones_time_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not timed, counted: the time of day in a zone is what costs; see `make bench` for the seconds."""
    calls = 0

    def counting(tier: Tier, local: datetime) -> int:
        nonlocal calls
        calls += 1
        return bucket(tier, local)

    monkeypatch.setattr(retention, "bucket", counting)
    backups = [Backup(id=f"{n:05}", at=NOW - timedelta(hours=n), size=1) for n in range(10_000)]
    decisions = plan(backups, [Rule(STANDARD, BERLIN)], NOW, 365)
    assert calls == 4 * len(backups)
    assert sum(d.keep for d in decisions) == 24 + 5 + 2 + 11
