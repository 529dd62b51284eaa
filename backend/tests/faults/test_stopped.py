"""SIGTERM under three running backups: they end within the grace time or are marked, and nothing stays behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.rig import LARGE, SLOW, Rig, Run
from tests.faults.waiting import until


@pytest.fixture
def three(rig: Rig) -> Iterator[list[str]]:
    """Three saved databases whose backups may run at the same time."""
    more = [rig.add_database(LARGE, name=f"{LARGE} {number}") for number in (2, 3)]
    yield [rig.database_ids[LARGE], *more]
    rig.product.restart()
    for database in more:
        rig.product.call("DELETE", f"/databases/{database}")


def three_in_the_middle(rig: Rig, databases: list[str]) -> list[Run]:
    rig.s3_wire.set_rate(SLOW)
    runs = [rig.back_up(database) for database in databases]
    for run in runs:
        rig.in_the_middle(run)
    assert sum("/pg_dump " in line for line in rig.processes().values()) == 3
    return runs


def test_term_when_three_backups_run_and_end_in_time_then_all_are_completed(rig: Rig, three: list[str]) -> None:
    rig.product.restart(extra={"STOP_GRACE_SECONDS": "120"})
    runs = three_in_the_middle(rig, three)
    rig.product.terminate()
    until(lambda: "Waiting up to 120 s for 3 runs" in rig.product.log, "the stop to wait for three runs")
    assert rig.product.running
    rig.s3_wire.heal()
    until(lambda: not rig.product.running, "the end of the product")
    assert rig.processes() == {}
    rig.assert_nothing_left()
    rig.product.restart()
    for run in runs:
        assert [copy["state"] for copy in rig.ended(run, "completed")["copies"]] == ["complete", "complete"]
    rig.assert_journal_cleared()


def test_term_when_three_backups_do_not_end_in_time_then_they_are_interrupted_and_nothing_stays(
    rig: Rig, three: list[str]
) -> None:
    rig.product.restart(extra={"STOP_GRACE_SECONDS": "1"})
    runs = three_in_the_middle(rig, three)
    rig.product.terminate()
    until(lambda: not rig.product.running, "the end of the product")
    # Before anything is started again: the stop itself has put all in order.
    assert rig.processes() == {}
    rig.assert_nothing_left()
    rig.s3_wire.heal()
    rig.product.restart()
    for run in runs:
        failed = rig.ended(run, "failed")
        assert failed["errorMessage"].startswith("interrupted: ")
        assert all(copy["state"] == "failed" for copy in failed["copies"])
    rig.assert_journal_cleared()
    rig.assert_backs_up(LARGE)
