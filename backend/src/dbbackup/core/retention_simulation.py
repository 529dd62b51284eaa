"""What a policy would keep in the months to come of a schedule's backups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from dbbackup.core.retention import kept_places, plan
from dbbackup.core.retention_values import Backup, Decision, Policy, Rule

POINTS = 120
"""How often the simulation looks: enough for a curve, few enough to be quick."""


@dataclass(frozen=True, slots=True)
class Point:
    """How many backups there would be at a moment, and what they would take together (bytes)."""

    at: datetime
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """The curve until `end`, and the backups that would be there then, newest first."""

    end: datetime
    points: list[Point]
    last: list[Decision]


def simulate(
    policy: Policy, slots: Sequence[datetime], end: datetime, *, size: int, zone: tzinfo, ceiling: int
) -> Simulation:
    """Let every slot, in order, become a backup of that size, and apply the policy until `end`.

    What is deleted by then does not depend on how often the policy is applied: a backup that a later pass would keep
    is kept by every earlier one. So it is enough to apply it at each point.
    """
    if not slots:
        return Simulation(end, [], [])
    rule, start = Rule(policy, zone), slots[0]
    kept: list[Backup] = []
    points, made = [], 0
    for step in range(1, POINTS + 1):
        now = start + (end - start) * step / POINTS
        while made < len(slots) and slots[made] <= now:
            kept.insert(0, Backup(id=f"{made:06}", at=slots[made], size=size))
            made += 1
        kept = [kept[place] for place in kept_places(rule, kept, now, ceiling)]
        points.append(Point(now, len(kept), len(kept) * size))
    return Simulation(end, points, [d for d in plan(kept, [rule], end, ceiling) if d.keep])
