"""A hundred schedules at 02:00 with room for three, and the product killed twice in between."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from devtools.product import Product
from devtools.servers import PostgresServer
from tests.faults.catalogue import rows
from tests.faults.launch import command, tell_the_time_of_the_test
from tests.faults.waiting import until

SCHEDULES = 100
ROOM = 3


def test_schedules_when_all_are_due_at_once_and_the_product_is_killed_twice_then_each_runs_exactly_once(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    postgres.psql("CREATE DATABASE tiny")
    with Product.start(tmp_path / "product") as product:
        for number in range(SCHEDULES):
            form = {
                "name": f"Tiny {number}",
                "type": "postgresql",
                "host": postgres.host,
                "port": postgres.port,
                "database": "tiny",
                "username": postgres.superuser,
                "password": postgres.password,
            }
            database = product.call("POST", "/databases", form, force="true")
            product.call("POST", "/schedules", {"databaseId": database["id"], "type": "daily"})
        two = two_o_clock()
        two_seconds_before = {"TEST_CLOCK_AHEAD": str((two - datetime.now(UTC)).total_seconds() - 2)}
        launched = command(tell_the_time_of_the_test)
        product.restart(command=launched, extra=two_seconds_before)
        most = 0
        for killed_at in (20, 60, SCHEDULES):
            most = max(most, watch(product.home, killed_at))
            if killed_at < SCHEDULES:
                product.kill()
                product.restart(command=launched, extra=two_seconds_before)
        assert most == ROOM
    made = rows(product.home, "SELECT schedule_id, slot, status, interruptions FROM backup_execution")
    assert len(made) == SCHEDULES
    assert len({schedule for schedule, *_ in made}) == SCHEDULES
    assert {(str(slot)[:19], status) for _, slot, status, _ in made} == {(f"{two:%Y-%m-%d %H:%M:%S}", "completed")}
    assert 1 <= sum(interruptions for *_, interruptions in made) <= 2 * ROOM
    assert overlaps(product.home) <= ROOM
    assert len(list((product.home / "backups").rglob("*.dump.gz"))) == SCHEDULES
    assert len(list((product.home / "backups").rglob("*.dump.gz.json"))) == SCHEDULES
    # One that was killed between its manifest and its row is completed by the janitor, without this line.
    said = rows(product.home, "SELECT execution_id FROM execution_log WHERE message LIKE 'Backup completed%'")
    assert len(said) == len(set(said)) >= SCHEDULES - 2 * ROOM
    postgres.psql("DROP DATABASE tiny")


def two_o_clock() -> datetime:
    """Return the next 02:00 that lies well ahead, so that no real slot comes in between."""
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return tomorrow.replace(hour=2, minute=0, second=0, microsecond=0)


def watch(home: Path, wanted: int) -> int:
    """Wait until so many are completed; return how many were seen running at once at most."""
    most = 0

    def look() -> bool:
        nonlocal most
        states = dict(rows(home, "SELECT status, count(*) FROM backup_execution GROUP BY status"))
        most = max(most, states.get("running", 0))
        assert "failed" not in states, states
        return int(states.get("completed", 0)) >= wanted

    until(look, f"{wanted} completed backups", 300.0)
    return most


def overlaps(home: Path) -> int:
    """Return how many runs went on at the same time at most, by their own times."""
    spans = rows(home, "SELECT started_at, completed_at FROM backup_execution")
    moments = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    now = most = 0
    for _, change in moments:
        now += change
        most = max(most, now)
    return most
