"""Measures what planning 10,000 backups and simulating a year of hourly ones costs: CPU time, medians of five."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dbbackup.core.retention import plan
from dbbackup.core.retention_simulation import simulate
from dbbackup.core.retention_values import Backup, Policy, Rule

NOW = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
POLICIES = (
    Policy("tiered", "tiered", keep={"hourly": 24, "daily": 7, "weekly": 4, "monthly": 12, "yearly": 5}, min_keep=1),
    Policy("age", "age", max_age_days=365),
    Policy("hybrid", "hybrid", max_age_days=365, max_count=5000, max_total_size=10**12),
)


def main() -> int:
    """Print a line for each kind of policy; return 0."""
    backups = [Backup(f"{n:06}", NOW - timedelta(hours=n), 10**6) for n in range(10_000)]
    slots, end = [NOW + timedelta(hours=n) for n in range(8760)], NOW + timedelta(days=365)
    print("\nRetention                 10,000 planned    a year of hours simulated")
    for policy in POLICIES:
        rule = Rule(policy, ZONE)
        planned = _seconds(lambda rule=rule: plan(backups, [rule], NOW, 3650))  # type: ignore[misc]
        ahead = _seconds(lambda policy=policy: simulate(policy, slots, end, size=1, zone=ZONE, ceiling=3650))  # type: ignore[misc]
        print(f"  {policy.name:<22}{planned:>14.3f} s{ahead:>22.3f} s")
    return 0


def _seconds(work: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
