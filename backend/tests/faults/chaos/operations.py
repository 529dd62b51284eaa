"""What the product is doing when a fault strikes: one function an operation, listed at the end."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.faults import catalogue
from tests.faults.chaos.world import EXISTING, SOURCES, World
from tests.faults.waiting import until

FINAL = ("completed", "failed", "cancelled")
PACES = (None, None, 6_000_000, 2_500_000)
"""Bytes a second to and from S3: some operations are slowed so that faults meet them while bytes flow."""


@dataclass(frozen=True)
class Ticket:
    """One operation going on. `state` returns its status, `judge` what is wrong now that it ended with that status."""

    name: str
    source: str
    id: str
    state: Callable[[], str]
    judge: Callable[[str], list[str]] = lambda status: []

    @property
    def over(self) -> bool:
        """Tell whether it has ended."""
        return self.state() in FINAL


def backup(world: World) -> Ticket:
    """Back up a database to disk, S3 or both."""
    source = world.random.choice(SOURCES)
    local, s3 = world.random.choice([(True, True), (True, True), (False, True), (True, False)])
    _pace(world)
    return _backup(world, source, local=local, s3=s3, compression=world.random.choice(["none", "gzip", "zstd"]))


def upload_later(world: World) -> Ticket:
    """Copy a backup that lies on disk to S3."""
    done = finished(_backup(world, world.random.choice(SOURCES), local=True, s3=False, compression="none"))
    world.s3_wire.set_rate(world.random.choice(PACES[2:]))
    world.call("POST", f"/backups/{done.id}/upload-to-s3", {"s3ConfigIds": [world.s3_id]})

    def state() -> str:
        [(copy,)] = world.query(
            "SELECT state FROM backup_copy WHERE backup_id = ? AND s3_config_id IS NOT NULL", done.id
        )
        return "completed" if copy == "complete" else "running"

    return Ticket("upload", done.source, done.id, state)


def delete(world: World) -> Ticket:
    """Delete a backup everywhere."""
    done = finished(_backup(world, "lines", local=True, s3=True))
    world.call("DELETE", f"/backups/{done.id}")

    def state() -> str:
        left = "SELECT id FROM backup_copy WHERE backup_id = ? AND state != 'deleted'"
        return "running" if world.query(left, done.id) else "completed"

    return Ticket("delete", done.source, done.id, state)


def retention(world: World) -> Ticket:
    """Let retention delete the older of a database's backups, made older than the ceiling allows."""
    old, new = [finished(_backup(world, "lines", local=True, s3=True)).id for _ in range(2)]
    catalogue.backdate(world.home, old, 400)
    world.call("POST", "/system/maintenance", {"task": "cleanup"})
    left = "SELECT copy.id FROM backup_copy copy WHERE copy.backup_id = ? AND copy.state != 'deleted'"

    def judge(status: str) -> list[str]:
        both = "SELECT deleted_at, deleted_by FROM backup_execution WHERE id IN (?, ?) ORDER BY id"
        marked = world.query(both, old, new)
        return [] if marked == [(marked[0][0], "retention"), (None, None)] else [f"retention marked {marked}"]

    def state() -> str:
        return "running" if world.query(left, old) else "completed"

    return Ticket("retention", "lines", new, state, judge)


def restore(world: World) -> Ticket:
    """Restore a backup into a new database."""
    chosen = choose_copy(world, SOURCES)
    _pace(world)
    return restore_copy(world, chosen)


def fill_existing(world: World) -> Ticket:
    """Add the rows of a backup to a database that was there."""
    chosen = choose_copy(world, ("lines",))
    _pace(world)
    return fill_from(world, chosen)


def verify(world: World) -> Ticket:
    """Verify a copy, to any level."""
    chosen = choose_copy(world, SOURCES)
    _pace(world)
    return verify_copy(world, chosen, world.random.choice([1, 2, 3, 3]))


OPERATIONS: tuple[Callable[[World], Ticket], ...] = (
    backup,
    backup,
    upload_later,
    delete,
    retention,
    restore,
    fill_existing,
    verify,
)


@dataclass(frozen=True)
class Chosen:
    """A complete copy of a backup; `keys` by file are those of its storage."""

    backup_id: str
    copy_id: str
    source: str
    storage: str
    files: dict[str, str]
    """By key: the SHA-256 the manifest names."""


def known_copies(world: World) -> list[Chosen]:
    """Return every copy that the catalogue calls complete, with what its files must hash to."""
    query = """
        SELECT backup.id, copy.id, backup.database_name, copy.s3_config_id, copy.key, backup.manifest
        FROM backup_copy copy JOIN backup_execution backup ON backup.id = copy.backup_id
        WHERE copy.state = 'complete' AND backup.deleted_at IS NULL ORDER BY copy.id
    """
    found = []
    for backup_id, copy_id, source, s3, key, manifest in world.query(query):
        folder = key.rpartition("/")[0]
        files = {f"{folder}/{part['file']}": part["sha256"] for part in _json(manifest)["parts"]}
        found.append(Chosen(backup_id, copy_id, source, "s3" if s3 else "local", files))
    return found


def choose_copy(world: World, sources: tuple[str, ...]) -> Chosen:
    """Return a good copy of one of the sources; one is made when there is none."""
    source = world.random.choice(sources)
    good = [c for c in known_copies(world) if c.copy_id not in world.spoilt and c.source == source]
    if not good:
        finished(_backup(world, source, local=True, s3=True))
        good = [c for c in known_copies(world) if c.copy_id not in world.spoilt and c.source == source]
    return world.random.choice(good)


def restore_copy(world: World, chosen: Chosen) -> Ticket:
    """Restore this copy into a new database."""
    name = f"restored_{secrets.token_hex(4)}"
    ticket = _restore(world, chosen, {"newDatabase": name})

    def judge(status: str) -> list[str]:
        there = name in world.databases()
        if status != "completed" and not there:
            return []
        if not there:
            return [f"the restore completed without the database {name}"]
        # Killed between its last statement and its record, a restore counts as cut off; its database is whole then.
        same = _same_rows(world, chosen.source, name)
        world.drop(chosen.source, name)
        return [] if same else [f"the database of a restore of {chosen.source} that {status} has other rows"]

    return Ticket("restore", chosen.source, ticket, _status(world, "restore_execution", ticket), judge)


def fill_from(world: World, chosen: Chosen) -> Ticket:
    """Add this copy's rows to the existing database."""
    ticket = _restore(world, chosen, {"mode": "append", "existingDatabase": EXISTING})

    def judge(status: str) -> list[str]:
        rows, before = world.rows("lines", EXISTING), world.expected[EXISTING]
        count = int(rows.split("|")[0])
        if rows == before:
            return ["the restore completed, but no row was added"] if status == "completed" else []
        world.postgres.psql("DELETE FROM line WHERE n > 0", database=EXISTING)
        wrong = count != int(world.expected["lines"].split("|")[0]) + 1 or world.rows("lines", EXISTING) != before
        # One that was cut off may have committed at the last moment, which its message says; half of it may not.
        return [f"the existing database has {count} rows after a restore that {status}"] if wrong else []

    return Ticket("fill", chosen.source, ticket, _status(world, "restore_execution", ticket), judge)


def verify_copy(world: World, chosen: Chosen, level: int) -> Ticket:
    """Verify this copy."""
    body = {"level": level, "copyId": chosen.copy_id}
    begun = world.call("POST", f"/backups/{chosen.backup_id}/verify", body)["id"]
    return Ticket("verify", chosen.source, begun, _status(world, "verification", begun))


def follow_up(world: World, source: str) -> Ticket:
    """The backup after the fault, which must succeed."""
    return _backup(world, source, local=True, s3=True)


def finished(ticket: Ticket) -> Ticket:
    """Wait for an operation that nothing disturbs. Raises AssertionError unless it completes."""
    until(lambda: ticket.over, f"{ticket.name} of {ticket.source} to end")
    assert ticket.state() == "completed", f"undisturbed, {ticket.name} of {ticket.source} {ticket.state()}"
    return ticket


def _backup(world: World, source: str, *, local: bool, s3: bool, compression: str = "gzip") -> Ticket:
    body = {
        "databaseId": world.database_ids[source],
        "local": local,
        "uploadToS3": s3,
        **({"s3ConfigIds": [world.s3_id]} if s3 else {}),
        "compression": compression,
    }
    begun = world.call("POST", "/backups", body)["id"]
    return Ticket("backup", source, begun, _status(world, "backup_execution", begun))


def _restore(world: World, chosen: Chosen, options: dict[str, Any]) -> str:
    body = {
        "databaseId": world.database_ids[chosen.source],
        "backupId": chosen.backup_id,
        "copyId": chosen.copy_id,
        "options": options,
        "confirm": True,
    }
    return str(world.call("POST", "/restores", body)["id"])


def _same_rows(world: World, source: str, database: str) -> bool:
    try:
        return world.rows(source, database) == world.expected[source]
    except RuntimeError:
        return False  # half-filled: not even the tables are there


def _status(world: World, table: str, run_id: str) -> Callable[[], str]:
    def state() -> str:
        [(status,)] = world.query(f"SELECT status FROM {table} WHERE id = ?", run_id)
        return str(status)

    return state


def _pace(world: World) -> None:
    world.s3_wire.set_rate(world.random.choice(PACES))


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
