"""No secret is shown anywhere while the product works and fails."""

from __future__ import annotations

from pathlib import Path

from tests.faults import secrets_seen
from tests.faults.rig import LARGE, MB, SHOP, SLOW, Rig
from tests.faults.waiting import until


def assert_hidden_from_neighbours(rig: Rig, tool: str) -> None:
    """The running tools are given what they need in their environment, and nothing more."""
    secrets = {rig.postgres.password, rig.seaweed.secret_key, rig.encryption_key}
    assert secrets_seen.in_command_lines(*secrets) == []
    pids = [pid for pid, line in rig.processes().items() if f"/{tool} " in line]
    assert pids, f"{tool} does not run: {rig.processes()}"
    for pid in pids:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert rig.postgres.password.encode() in environment  # this check can fail
        assert rig.seaweed.secret_key.encode() not in environment
        assert rig.encryption_key.encode() not in environment


def test_secrets_when_runs_work_fail_and_are_cancelled_are_shown_nowhere(rig: Rig) -> None:
    backup = rig.assert_backs_up(LARGE)
    rig.s3_wire.set_rate(SLOW)
    run = rig.back_up(rig.database_ids[LARGE])
    rig.in_the_middle(run)
    assert_hidden_from_neighbours(rig, "pg_dump")
    rig.product.call("POST", f"{run.path}/{run.id}/cancel")
    rig.ended(run, "cancelled")

    run = rig.restore(backup, "s3", "slowly")
    rig.wait_for(run, lambda seen: seen["progress"] and seen["progress"]["bytesRead"] > 3 * MB, "its middle")
    assert_hidden_from_neighbours(rig, "pg_restore")
    rig.product.call("POST", f"{run.path}/{run.id}/cancel")
    rig.ended(run, "cancelled")
    rig.s3_wire.heal()
    rig.assert_nothing_left()

    rig.tools.misbehave("exit 3")
    rig.ended(rig.back_up(rig.database_ids[SHOP]), "failed")
    assert rig.secrets_seen() == []


def test_search_for_secrets_when_one_was_logged_finds_it(rig: Rig) -> None:
    with (rig.home / "product.log").open("a") as log:
        log.write(rig.seaweed.secret_key)
        log.flush()
    try:
        assert rig.secrets_seen() == ["the S3 secret key in the log"]
    finally:
        path = rig.home / "product.log"
        path.write_text(path.read_text().replace(rig.seaweed.secret_key, ""))
    until(lambda: rig.secrets_seen() == [], "the log as it was")
