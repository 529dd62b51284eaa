"""What must hold after every fault, whatever it was."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults import leftovers
from tests.faults.chaos.operations import FINAL, Ticket, finished, follow_up, known_copies
from tests.faults.chaos.world import BUCKET, EXISTING, SOURCES, World, sha256
from tests.faults.waiting import until

_RUNS = ("backup_execution", "restore_execution", "verification")
_KEPT = 3


def broken(world: World, ticket: Ticket, patience: float) -> list[str]:
    """Return what does not hold now that all faults were taken back; `patience` in seconds for each wait."""
    found = _waits(lambda: ticket.over, f"{ticket.name} of {ticket.source} is still {ticket.state()}", patience)
    found += _waits(lambda: not stuck(world), "a run is stuck", patience, lambda: stuck(world))
    found += _waits(lambda: not unfinished(world), "a copy is not made again", patience, lambda: unfinished(world))
    found += _waits(lambda: not left(world), "something is left", patience, lambda: left(world))
    if ticket.over:
        found += ticket.judge(ticket.state())
    found += damaged(world)
    found += touched(world)
    if not found:
        found += next_backup(world, ticket.source)
    return found


def left(world: World) -> list[str]:
    """Return files, objects, uploads, processes and databases that nothing accounts for."""
    found = leftovers.leftovers(world.home, world.s3, BUCKET, world.postgres)
    return found + [f"half-filled database: {name}" for name in world.half_filled()]


def stuck(world: World) -> list[str]:
    """Return the runs that have not ended."""
    marks = ", ".join("?" * len(FINAL))
    return [
        f"{table} {run_id} is {status}"
        for table in _RUNS
        for run_id, status in world.query(f"SELECT id, status FROM {table} WHERE status NOT IN ({marks})", *FINAL)
    ]


def unfinished(world: World) -> list[str]:
    """Return the copies that are on their way: missing ones of good backups, and those to be deleted."""
    query = """
        SELECT copy.id, copy.state, copy.error_message FROM backup_copy copy
        JOIN backup_execution backup ON backup.id = copy.backup_id
        WHERE copy.state IN ('deleting', 'writing')
           OR (backup.status = 'completed' AND backup.deleted_at IS NULL AND copy.state IN ('pending', 'failed'))
    """
    return [f"copy {copy_id} is {state}: {error}" for copy_id, state, error in world.query(query)]


def damaged(world: World) -> list[str]:
    """Return the files of complete copies that are gone or hash to something else, unless that was done on purpose."""
    found = []
    for copy in known_copies(world):
        if copy.copy_id in world.spoilt:
            continue
        for key, expected in copy.files.items():
            data = world.stored(copy.storage, key)
            if data is None or sha256(data) != expected:
                found.append(f"{copy.storage}:{key} of a good backup is {'gone' if data is None else 'damaged'}")
    return found


def touched(world: World) -> list[str]:
    """Return the sources, and the existing target, that do not hold the rows they held in the beginning."""
    found = [f"the source {name} has other rows" for name in SOURCES if world.rows(name) != world.expected[name]]
    if world.rows("lines", EXISTING) != world.expected[EXISTING]:
        found.append("the existing database has other rows")
    return found


def next_backup(world: World, source: str) -> list[str]:
    """Return what is wrong with the next backup of the same database; older backups are deleted beyond a few."""
    try:
        finished(follow_up(world, source))
    except AssertionError as error:
        return [f"the next backup failed: {error}"]
    good = "SELECT id FROM backup_execution WHERE status = 'completed' AND deleted_at IS NULL ORDER BY id DESC"
    for (backup_id,) in world.query(good)[_KEPT:]:
        world.call("DELETE", f"/backups/{backup_id}")
    return []


def _waits(
    condition: Callable[[], bool], what: str, patience: float, details: Callable[[], list[str]] | None = None
) -> list[str]:
    try:
        until(condition, what, patience)
    except AssertionError:
        more = details() if details else []
        return [f"{what}: {'; '.join(more)}" if more else what]
    return []
