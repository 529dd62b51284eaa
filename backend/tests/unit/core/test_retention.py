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
    busy: st.SearchStrategy[Busy | None] = st.sampled_from([None, None, None, None, "restore", "verification", "upload"])
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
            busy=draw(busy),
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
