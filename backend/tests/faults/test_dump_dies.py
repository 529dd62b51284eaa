"""A dump that dies, or only says that it went well: the run fails, says why, and leaves nothing."""

from __future__ import annotations

import os
import signal

import pytest

from tests.faults.rig import LARGE, SHOP, SLOW, Rig, Run
from tests.faults.waiting import until


def begin_slowly(rig: Rig) -> Run:
    rig.s3_wire.set_rate(SLOW)
    run = rig.back_up(rig.database_ids[LARGE])
    rig.in_the_middle(run)
    assert rig.leftovers(), "nothing was under way: this is no middle"
    return run


def test_backup_when_the_server_is_killed_in_the_middle_fails_and_leaves_nothing(rig: Rig) -> None:
    run = begin_slowly(rig)
    rig.postgres.kill()
    try:
        rig.s3_wire.heal()
        failed = rig.ended(run, "failed")
    finally:
        rig.postgres.restart()
    assert "the server stopped, or something between here and there cut it" in failed["errorMessage"]
    assert {copy["state"] for copy in failed["copies"]} == {"failed"}
    rig.assert_nothing_left()
    rig.assert_backs_up(LARGE)


def test_backup_when_pg_dump_is_killed_fails_and_leaves_nothing(rig: Rig) -> None:
    run = begin_slowly(rig)
    [pid] = [pid for pid, line in rig.processes().items() if "/pg_dump " in line]
    os.kill(pid, signal.SIGKILL)
    rig.s3_wire.heal()
    failed = rig.ended(run, "failed")
    assert "pg_dump 15" in failed["errorMessage"]
    assert "SIGKILL" in failed["errorMessage"]
    rig.assert_nothing_left()
    rig.assert_backs_up(LARGE)


def test_backup_when_pg_dump_fails_after_its_last_byte_fails_and_leaves_nothing(rig: Rig) -> None:
    rig.tools.misbehave("exit 3")
    failed = rig.ended(rig.back_up(rig.database_ids[SHOP]), "failed")
    assert "exit code 3" in failed["errorMessage"]
    rig.assert_nothing_left()
    until(lambda: not rig.journal(), "an empty journal")


@pytest.mark.parametrize("missing", [1, 5000])
def test_backup_when_pg_dump_says_success_but_the_end_is_missing_fails_and_leaves_nothing(
    rig: Rig, missing: int
) -> None:
    rig.tools.misbehave(f"cut {missing}")
    failed = rig.ended(rig.back_up(rig.database_ids[SHOP]), "failed")
    assert "reported success, but its archive cannot be read to its end" in failed["errorMessage"]
    assert "run it again" in failed["errorMessage"]
    rig.assert_nothing_left()
