"""Tries faults one after another, each at a random point of a random operation, and keeps the score."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.faults import catalogue, leftovers
from tests.faults.chaos.faults import CORRUPTIONS, DISK_FAULTS, FAULTS, corrupted
from tests.faults.chaos.invariants import broken
from tests.faults.chaos.operations import OPERATIONS, Ticket
from tests.faults.chaos.world import World
from tests.faults.waiting import until

_STAGES = {
    "Checking beforehand": "pre-checks",
    "Dumping roles": "dumping",
    "Dumping": "dumping",
    "Writing the manifest": "manifest",
    "Fetching the archive": "restoring",
    "Verifying the backup": "restoring",
    "Creating the database": "restoring",
    "Restoring": "restoring",
    "Finishing": "restoring",
}
COLUMNS = (
    *("queued", "pre-checks", "dumping", "uploading", "manifest", "restoring", "verifying", "deleting", "stored"),
    "ended",
)
_AIMS = {
    "backup": ("pre-checks", "dumping", "dumping", "uploading", "manifest", "any"),
    "restore": ("pre-checks", "restoring", "restoring", "any"),
    "fill": ("pre-checks", "restoring", "restoring", "any"),
}


_USUAL = {"backup": 0.8, "upload": 0.3, "delete": 0.05, "retention": 0.05, "restore": 0.8, "fill": 0.8, "verify": 0.8}
"""Seconds within which a fault strikes that is not aimed."""


@dataclass
class Score:
    """How many faults of each kind struck at which stage, and what they broke."""

    tried: Counter[tuple[str, str]] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=Counter)
    breaks: list[str] = field(default_factory=list)

    def table(self) -> str:
        """Return the score as text."""
        kinds = sorted({kind for kind, _ in self.tried})
        used = [c for c in COLUMNS if any(self.tried[kind, c] for kind in kinds)]
        lines = ["".join([f"{'fault':24}", *(f"{c:>12}" for c in used), f"{'all':>7}"])]
        for kind in kinds:
            cells = [self.tried[kind, c] for c in used]
            lines.append("".join([f"{kind:24}", *(f"{n or '':>12}" for n in cells), f"{sum(cells):>7}"]))
        sums = [sum(self.tried[kind, c] for kind in kinds) for c in used]
        lines.append("".join([f"{'all':24}", *(f"{n:>12}" for n in sums), f"{sum(sums):>7}"]))
        told = ", ".join(f"{count} {name}" for name, count in sorted(self.operations.items()))
        return "\n".join([*lines, f"operations: {told}", f"faults that broke an invariant: {len(self.breaks)}"])


def run(
    world: World,
    faults: int,
    *,
    disks: bool,
    patience: float,
    only: str | None = None,
    operation: str | None = None,
    say: Callable[[str], None],
) -> Score:
    """Try so many faults; stops early when one broke something, since what follows would only repeat it."""
    score = Score()
    kinds = [only] if only else [*FAULTS, *(DISK_FAULTS if disks else ()), *CORRUPTIONS]
    operations = [o for o in OPERATIONS if operation in (None, o.__name__)]
    deck: list[str] = []
    for number in range(1, faults + 1):
        if not deck:
            deck = world.random.sample(kinds, len(kinds))
        kind = deck.pop()
        began = time.monotonic()
        ticket, stage, problems = _corrupt(world, kind) if kind in CORRUPTIONS else _strike(world, kind, operations)
        world.recover()
        world.wait_ready()
        problems += broken(world, ticket, patience)
        score.tried[kind, stage] += 1
        score.operations[ticket.name] += 1
        took = time.monotonic() - began
        say(f"{number:4} {kind:24} {stage:11} {ticket.name} of {ticket.source} {ticket.state()} ({took:.1f} s)")
        if problems:
            text = f"fault {number}, {kind} at {stage} of {ticket.name} of {ticket.source}: " + "; ".join(problems)
            score.breaks.append(text)
            say(f"BROKEN: {text}")
            break
    return score


def _strike(world: World, kind: str, operations: Sequence[Callable[[World], Ticket]]) -> tuple[Ticket, str, list[str]]:
    ticket = world.random.choice(operations)(world)
    aim = world.random.choice(_AIMS.get(ticket.name, ("any",)))
    if aim == "any":
        time.sleep(world.random.uniform(0, _USUAL[ticket.name]))
    else:
        _wait_for(world, ticket, aim)
        time.sleep(world.random.choice([0, world.random.uniform(0, 0.3)]))
    if kind == "kill -9 tool":
        until(lambda: ticket.over or leftovers.processes(catalogue.instance_id(world.home)), "a tool to kill")
    stage = stage_of(world, ticket)
    {**FAULTS, **DISK_FAULTS}[kind](world)
    # What lasts, lasts for a moment, or until the operation has ended of it.
    deadline = time.monotonic() + world.random.choice([0.1, 0.5, 1.5])
    while not ticket.over and time.monotonic() < deadline and world.product.running:
        time.sleep(0.02)
    return ticket, stage, []


def _corrupt(world: World, kind: str) -> tuple[Ticket, str, list[str]]:
    ticket, copy = corrupted(world, CORRUPTIONS[kind])
    until(lambda: ticket.over, f"{ticket.name} of an altered backup to end")
    status = ticket.state()
    problems = [] if status == "failed" else [f"{ticket.name} of an altered copy {status}"]
    world.call("DELETE", f"/backups/{copy.backup_id}")
    return ticket, "stored", problems


def _wait_for(world: World, ticket: Ticket, aim: str) -> None:
    """Wait until the operation is at the stage, or over it."""
    order = COLUMNS.index
    until(lambda: ticket.over or order(stage_of(world, ticket)) >= order(aim), f"{ticket.name} to be at {aim}")


def stage_of(world: World, ticket: Ticket) -> str:
    """Return where the operation is now, by its log in the catalogue."""
    if ticket.over:
        return "ended"
    if ticket.name in ("upload", "delete", "retention"):
        return "uploading" if ticket.name == "upload" else "deleting"
    query = """
        SELECT metadata ->> 'stage' FROM execution_log
        WHERE execution_id = ? AND metadata ->> 'stage' IS NOT NULL ORDER BY id DESC LIMIT 1
    """
    found = world.query(query, ticket.id)
    if not found:
        return "queued"
    if ticket.name == "verify":
        return "verifying"
    stage = _STAGES.get(found[0][0], "ended")
    if stage == "dumping" and not leftovers.processes(catalogue.instance_id(world.home)):
        # The tool has ended, what it wrote is still on its way.
        return "uploading"
    return stage
