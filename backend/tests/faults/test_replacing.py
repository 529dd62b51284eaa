"""kill -9 of the product while a PostgreSQL database is replaced or brought back: it is one or the other, whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.faults.launch import command, die_before_the_restores_row_is_closed, die_between_the_renames
from tests.faults.rig import LARGE, SHOP, SLOW, Rig, Run
from tests.faults.waiting import until

BULK = "SELECT count(*), sum(hashtext(filling)::bigint) FROM bulk"
MARK = "SELECT to_regclass('since_then') IS NOT NULL"


@pytest.fixture
def since(rig: Rig) -> Iterator[Rig]:
    """The rig with a table in the shop that no backup has."""
    rig.postgres.psql("CREATE TABLE since_then ()", database=SHOP)
    yield rig
    rig.reset()
    for name in rig.postgres.psql(f"SELECT datname FROM pg_database WHERE datname LIKE '{SHOP}\\_%'").splitlines():
        rig.postgres.psql(f'DROP DATABASE "{name}" WITH (FORCE)')
    rig.postgres.psql("DROP TABLE IF EXISTS since_then", database=SHOP)


def replacing(rig: Rig, database: str) -> Callable[[], Run]:
    """Make a backup, and return what begins a restore that replaces the database by it."""
    backup = rig.assert_backs_up(database)
    [local] = [copy for copy in backup["copies"] if copy["storage"] == "local"]
    body = {
        "databaseId": backup["databaseId"],
        "backupId": backup["id"],
        "copyId": local["id"],
        "options": {"mode": "replace", "existingDatabase": database, "stopConnections": True},
        "confirm": True,
        "confirmName": database,
    }
    return lambda: Run("/restores", rig.product.call("POST", "/restores", body)["id"])


def undoing(rig: Rig, done: Run) -> Callable[[], Run]:
    body = {"confirm": True, "stopConnections": True}
    return lambda: Run("/restores", rig.product.call("POST", f"{done.path}/{done.id}/undo", body)["id"])


def die_at(rig: Rig, change: Callable[[], None], begin: Callable[[], Run]) -> Run:
    """Run the program that kills itself at one point, let it get there, and start the real one again."""
    rig.product.restart(command=command(change))
    run = begin()
    until(lambda: not rig.product.running, "the product's own death")
    rig.product.restart()
    return run


def test_replace_when_killed_while_it_fills_then_the_live_one_serves_the_same_rows(rig: Rig) -> None:
    before = rig.postgres.psql(BULK, database=LARGE)
    begin = replacing(rig, LARGE)
    rig.postgres_wire.set_rate(SLOW)
    run = begin()
    rig.in_the_middle(run)
    assert any("half-filled database" in line for line in rig.leftovers())
    rig.product.kill()
    until(lambda: not rig.processes(), "the end of pg_restore after its parent's", 5.0)
    rig.postgres_wire.heal()
    rig.product.restart()
    failed = rig.ended(run, "failed")
    assert failed["errorMessage"].startswith("interrupted: ")
    assert rig.postgres.psql(BULK, database=LARGE) == before
    rig.assert_nothing_left()
    rig.assert_journal_cleared()


def test_replace_when_killed_between_the_renames_then_neither_happened(since: Rig) -> None:
    rig = since
    run = die_at(rig, die_between_the_renames, replacing_without(rig))
    failed = rig.ended(run, "failed")
    assert (failed["undoState"], failed["keptDatabase"]) == (None, None)
    assert rig.postgres.psql(MARK, database=SHOP) == "t"
    rig.assert_nothing_left()
    rig.assert_journal_cleared()


def replacing_without(rig: Rig) -> Callable[[], Run]:
    """Replace the shop by a backup from before the table came."""
    rig.postgres.psql("DROP TABLE since_then", database=SHOP)
    begin = replacing(rig, SHOP)
    rig.postgres.psql("CREATE TABLE since_then ()", database=SHOP)
    return begin


def test_replace_and_undo_when_killed_after_the_swap_then_both_are_completed_at_the_start(since: Rig) -> None:
    rig = since
    run = die_at(rig, die_before_the_restores_row_is_closed, replacing_without(rig))
    done = rig.ended(run, "completed")
    assert (done["undoState"], rig.postgres.psql(MARK, database=SHOP)) == ("available", "f")
    assert rig.postgres.psql(MARK, database=done["keptDatabase"]) == "t"
    rig.assert_journal_cleared()
    rig.assert_nothing_left()
    back = die_at(rig, die_before_the_restores_row_is_closed, undoing(rig, run))
    rig.ended(back, "completed")
    assert (rig.get(run)["undoState"], rig.postgres.psql(MARK, database=SHOP)) == ("undone", "t")
    rig.product.call("POST", f"/restores/{run.id}/release")
    until(lambda: rig.get(run)["undoState"] == "released", "the restored database let go")
    assert rig.postgres.psql(f"SELECT count(*) FROM pg_database WHERE datname LIKE '{SHOP}\\_%'") == "0"
