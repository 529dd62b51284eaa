from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dbbackup.core.retention import plan
from dbbackup.core.retention_simulation import POINTS, simulate
from dbbackup.core.retention_values import Backup, Policy, Rule

START = datetime(2026, 3, 1, 3, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "policy",
    [
        Policy("T", "tiered", keep={"hourly": 3, "daily": 2, "weekly": 2, "monthly": 2}, min_keep=2),
        Policy("A", "age", max_age_days=5),
        Policy("H", "hybrid", max_age_days=9, max_count=12),
        Policy("S", "size", max_total_size=40),
    ],
)
def test_simulate_when_compared_with_a_pass_after_every_backup_then_the_same(policy: Policy) -> None:
    slots = [START + timedelta(hours=5 * n) for n in range(120)]
    end = START + timedelta(days=30)
    found = simulate(policy, slots, end, size=4, zone=BERLIN, ceiling=20)
    kept: list[Backup] = []
    rule = Rule(policy, BERLIN)
    points = iter(found.points)
    point = next(points)
    for number, slot in enumerate(slots):
        while point.at < slot:
            now_kept = [d for d in plan(kept, [rule], point.at, 20) if d.keep]
            assert (point.count, point.size) == (len(now_kept), 4 * len(now_kept))
            point = next(points)
        kept.append(Backup(f"{number:06}", slot, 4))
        kept = [d.backup for d in plan(kept, [rule], slot, 20) if d.keep]
    assert [d.backup for d in found.last] == [d.backup for d in plan(kept, [rule], end, 20) if d.keep]
    assert len(found.points) == POINTS
    assert found.points[-1].at == found.end == end


def test_simulate_when_the_schedule_never_runs_then_nothing() -> None:
    found = simulate(Policy("A", "age", max_age_days=5), [], START, size=1, zone=UTC, ceiling=0)
    assert (found.points, found.last) == ([], [])
