"""Faults while rows go into a database that was there: it is as it was before, row for row."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator

import pytest

from tests.faults.rig import LARGE, MB, SLOW, Rig, Run
from tests.faults.waiting import until

TARGET = "being_filled"
STATE = "SELECT count(*), sum(hashtext(filling)::bigint), min(id) FROM bulk"


@pytest.fixture
def target(rig: Rig) -> Iterator[str]:
    """A database with the table and one row of its own."""
    rig.postgres.psql(f"CREATE DATABASE {TARGET}")
    rig.postgres.psql(
        "CREATE TABLE bulk (id integer PRIMARY KEY, filling text NOT NULL); INSERT INTO bulk VALUES (-1, 'mine')",
        database=TARGET,
    )
    yield TARGET
    rig.postgres.psql(f"DROP DATABASE {TARGET} WITH (FORCE)")


def state(rig: Rig) -> str:
    return rig.postgres.psql(STATE, database=TARGET)


def in_the_middle_of_the_rows(rig: Rig) -> Run:
    """Start an append over a slow wire and wait until pg_restore writes."""
    backup = rig.assert_backs_up(LARGE)
    [local] = [copy for copy in backup["copies"] if copy["storage"] == "local"]
    rig.postgres_wire.set_rate(SLOW)
    body = {
        "databaseId": backup["databaseId"],
        "backupId": backup["id"],
        "copyId": local["id"],
        "options": {"mode": "append", "existingDatabase": TARGET},
        "confirm": True,
    }
    run = Run("/restores", rig.product.call("POST", "/restores", body)["id"])
    written = (
        "SELECT coalesce(sum(tuples_processed), 0) FROM pg_stat_progress_copy"
        f" WHERE datname = '{TARGET}' AND command = 'COPY FROM'"
    )
    until(lambda: int(rig.postgres.psql(written)) > 100, "rows on their way")
    return run


def kill_the_tool(rig: Rig) -> None:
    [pid] = [pid for pid, line in rig.processes().items() if "/pg_restore " in line and "--data-only" in line]
    os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize(
    ("fault", "says"),
    [(kill_the_tool, "SIGKILL"), (lambda rig: rig.postgres_wire.drop(), "connection")],
    ids=["kill -9 of pg_restore", "the connection is cut"],
)
def test_append_when_it_is_ended_in_the_middle_then_fails_and_changes_nothing(
    rig: Rig, target: str, fault: Callable[[Rig], None], says: str
) -> None:
    before = state(rig)
    run = in_the_middle_of_the_rows(rig)
    fault(rig)
    rig.postgres_wire.heal()
    failed = rig.ended(run, "failed")
    assert says in failed["errorMessage"]
    assert state(rig) == before
    rig.assert_nothing_left()


def test_append_when_the_product_is_killed_then_nothing_is_changed_and_it_says_to_look(rig: Rig, target: str) -> None:
    before = state(rig)
    run = in_the_middle_of_the_rows(rig)
    rig.product.kill()
    until(lambda: not rig.processes(), "the end of pg_restore after its parent's", 5.0)
    rig.postgres_wire.heal()
    rig.product.restart()
    failed = rig.ended(run, "failed")
    assert failed["errorMessage"].startswith("interrupted: ")
    assert "All of them are there, or none: look before" in failed["errorMessage"]
    assert state(rig) == before
    rig.assert_nothing_left()
    rig.assert_journal_cleared()
    assert rig.postgres.psql(f"SELECT 1 FROM pg_database WHERE datname = '{target}'") == "1"


def test_append_when_nothing_goes_wrong_then_the_rows_are_beside_those_that_were_there(rig: Rig, target: str) -> None:
    run = in_the_middle_of_the_rows(rig)
    rig.postgres_wire.set_rate(100 * MB)
    rig.ended(run, "completed")
    count, _, least = state(rig).split("|")
    assert (count, least) == ("75001", "-1")
