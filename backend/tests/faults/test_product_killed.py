"""kill -9 of the product at the worst moments: after a restart everything is in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from devtools.compare import compare
from devtools.servers import HttpReceiver, PostgresServer, Reply
from tests.faults import leftovers
from tests.faults.launch import (
    command,
    die_before_the_manifest,
    die_before_the_restores_row_is_closed,
    die_before_the_row_is_closed,
    die_between_the_manifests,
)
from tests.faults.rig import BUCKET, LARGE, MB, SHOP, SLOW, Rig, Run
from tests.faults.waiting import until

ORPHANS_PATIENCE = 5.0


def die_at(rig: Rig, change: Callable[[], None], begin: Callable[[], Run]) -> Run:
    """Run the program that kills itself at one point, let it get there, and start the real one again."""
    rig.product.restart(command=command(change))
    run = begin()
    until(lambda: not rig.product.running, "the product's own death")
    return run


def assert_interrupted(rig: Rig, run: Run) -> None:
    failed = rig.ended(run, "failed")
    assert failed["errorMessage"].startswith("interrupted: ")
    assert "Start it again" in failed["errorMessage"]
    assert all(copy["state"] == "failed" for copy in failed.get("copies", ()))


def test_backup_when_killed_in_the_middle_of_an_upload_is_interrupted_and_leaves_nothing(rig: Rig) -> None:
    rig.s3_wire.set_rate(SLOW)
    run = rig.back_up(rig.database_ids[LARGE])
    rig.in_the_middle(run)
    assert any("/pg_dump " in line for line in rig.processes().values())
    rig.product.kill()
    # The kernel ends pg_dump: nobody else is left who could.
    until(lambda: not rig.processes(), "the end of pg_dump after its parent's", ORPHANS_PATIENCE)
    found = "\n".join(rig.leftovers())
    assert "open upload: " in found
    assert "file: .partial/" in found
    assert "work folder: " in found
    rig.s3_wire.heal()
    rig.product.restart()
    assert_interrupted(rig, run)
    rig.assert_nothing_left()
    rig.assert_journal_cleared()
    rig.assert_backs_up(LARGE)


def test_parallel_backup_when_killed_in_the_middle_then_every_part_is_cleared_away(rig: Rig) -> None:
    rig.s3_wire.set_rate(SLOW)
    run = rig.back_up(rig.database_ids[LARGE], options={"jobs": 2})
    rig.in_the_middle(run)
    assert any("--data-only" in line for line in rig.processes().values())
    rig.product.kill()
    until(lambda: not rig.processes(), "the end of all pg_dump after their parent's", ORPHANS_PATIENCE)
    assert ".data1.dump" in "\n".join(rig.leftovers())
    rig.s3_wire.heal()
    rig.product.restart()
    assert_interrupted(rig, run)
    rig.assert_nothing_left()
    rig.assert_journal_cleared()


def test_backup_when_killed_between_upload_and_manifest_is_interrupted_and_leaves_nothing(rig: Rig) -> None:
    run = die_at(rig, die_before_the_manifest, lambda: rig.back_up(rig.database_ids[SHOP]))
    found = "\n".join(rig.leftovers())
    assert "file: shop/" in found
    assert "object: shop/" in found
    rig.product.restart()
    assert_interrupted(rig, run)
    rig.assert_nothing_left()
    rig.assert_journal_cleared()
    rig.assert_backs_up(SHOP)


def test_backup_when_killed_between_two_manifests_is_completed_with_the_whole_copy_only(rig: Rig) -> None:
    run = die_at(rig, die_between_the_manifests, lambda: rig.back_up(rig.database_ids[SHOP]))
    rig.product.restart()
    backup = rig.ended(run, "completed")
    local, s3 = backup["copies"]
    assert local["state"] == "complete"
    assert s3["state"] == "failed"
    assert "it will be made again" in s3["error"]
    rig.assert_nothing_left()
    until(lambda: not rig.journal(), "an empty journal")
    rig.product.call("POST", f"{run.path}/{run.id}/upload-to-s3", {"s3ConfigIds": [rig.s3_id]})
    backup = rig.wait_for_copy(run, "s3", "complete")
    assert backup["copies"][1]["sha256"] == local["sha256"]
    rig.assert_nothing_left()


def test_backup_when_killed_between_manifest_and_row_is_completed_and_restores(rig: Rig) -> None:
    run = die_at(rig, die_before_the_row_is_closed, lambda: rig.back_up(rig.database_ids[SHOP]))
    rig.product.restart()
    backup = rig.ended(run, "completed")
    assert [copy["state"] for copy in backup["copies"]] == ["complete", "complete"]
    for copy in backup["copies"]:
        assert copy["key"].endswith(f"/{backup['fileName']}")
        assert copy["size"] == sum(part["size"] for part in backup["parts"])
        assert copy["sha256"] == backup["sha256"] == main_part(backup)["sha256"]
    in_bucket = {key for key in leftovers.objects(rig.s3, BUCKET) if backup["fileName"] in key}
    assert in_bucket == {backup["copies"][1]["key"], backup["copies"][1]["key"] + ".json"}
    rig.assert_nothing_left()
    rig.assert_journal_cleared()
    for storage in ("local", "s3"):
        rig.ended(rig.restore(backup, storage, f"settled_{storage}"), "completed")
        result = compare(rig.postgres, SHOP, f"settled_{storage}")
        assert result.equal, result.differences
        rig.postgres.psql(f"DROP DATABASE settled_{storage}")
    rig.assert_backs_up(SHOP)


def main_part(backup: dict[str, Any]) -> dict[str, Any]:
    [main] = [part for part in backup["parts"] if part["name"] == "database"]
    found: dict[str, Any] = main
    return found


def test_restore_when_killed_in_the_middle_is_interrupted_and_its_database_dropped(rig: Rig) -> None:
    backup = rig.assert_backs_up(LARGE)
    before = rows_of_bulk(rig.postgres)
    rig.s3_wire.set_rate(SLOW)
    run = rig.restore(backup, "s3", "half_filled")
    rig.wait_for(run, lambda seen: seen["progress"] and seen["progress"]["bytesRead"] > 3 * MB, "its middle")
    rig.product.kill()
    until(lambda: not rig.processes(), "the end of pg_restore after its parent's", ORPHANS_PATIENCE)
    assert "half-filled database: half_filled" in rig.leftovers()
    rig.s3_wire.heal()
    rig.product.restart()
    assert_interrupted(rig, run)
    rig.assert_nothing_left()
    rig.assert_journal_cleared()
    assert databases(rig.postgres, "half_filled") == []
    assert rows_of_bulk(rig.postgres) == before
    rig.assert_backs_up(LARGE)


def test_verification_when_killed_in_the_middle_is_interrupted_and_its_scratch_database_dropped(rig: Rig) -> None:
    backup = rig.assert_backs_up(LARGE)
    rig.postgres_wire.set_rate(SLOW)
    begun = rig.product.call("POST", f"/backups/{backup['id']}/verify", {"level": 3})
    run = Run("/verifications", begun["id"])
    until(lambda: "half-filled database: dbbackup_verify_" in "\n".join(rig.leftovers()), "the scratch database")
    rig.product.kill()
    until(lambda: not rig.processes(), "the end of pg_restore after its parent's", ORPHANS_PATIENCE)
    assert "half-filled database: dbbackup_verify_" in "\n".join(rig.leftovers())
    rig.postgres_wire.heal()
    rig.product.restart()
    assert_interrupted(rig, run)
    rig.assert_nothing_left()
    rig.assert_journal_cleared()
    assert rig.get(Run("/backups", backup["id"]))["verifiedLevel"] == 0
    rig.assert_backs_up(LARGE)


def test_restore_when_killed_after_the_database_was_finished_keeps_it_and_nothing_is_stuck(rig: Rig) -> None:
    backup = rig.assert_backs_up(SHOP)
    run = die_at(rig, die_before_the_restores_row_is_closed, lambda: rig.restore(backup, "local", "finished"))
    rig.product.restart()
    assert_interrupted(rig, run)
    result = compare(rig.postgres, SHOP, "finished")
    assert result.equal, result.differences
    until(lambda: not rig.journal(), "an empty journal")
    rig.assert_nothing_left()
    rig.postgres.psql("DROP DATABASE finished")
    rig.assert_backs_up(SHOP)


@pytest.mark.parametrize("kind", ["backups", "restores"])
def test_stop_without_grace_under_a_run_marks_it_interrupted_and_leaves_nothing(rig: Rig, kind: str) -> None:
    backup = rig.assert_backs_up(LARGE)
    rig.product.restart(extra={"STOP_GRACE_SECONDS": "0"})
    rig.s3_wire.set_rate(SLOW)
    if kind == "backups":
        run = rig.back_up(rig.database_ids[LARGE])
        rig.in_the_middle(run)
    else:
        run = rig.restore(backup, "s3", "half_filled")
        rig.wait_for(run, lambda seen: seen["progress"] and seen["progress"]["bytesRead"] > 3 * MB, "its middle")
    rig.product.terminate()
    until(lambda: not rig.product.running, "the end of the product", 10.0)
    # Nothing is left to the next start.
    assert rig.leftovers() == []
    rig.product.restart()
    assert_interrupted(rig, run)


def test_stop_with_grace_under_a_backup_lets_it_complete(rig: Rig) -> None:
    rig.s3_wire.set_rate(20 * MB)
    run = rig.back_up(rig.database_ids[LARGE])
    rig.in_the_middle(run)
    rig.product.terminate()
    until(lambda: refuses(rig), "no new requests")
    assert rig.product.running
    rig.s3_wire.heal()
    until(lambda: not rig.product.running, "the end of the product")
    assert rig.leftovers() == []
    rig.product.restart()
    rig.ended(run, "completed")


def refuses(rig: Rig) -> bool:
    try:
        rig.product.call("GET", "/health/live")
    except httpx.TransportError:
        return True
    return False


def rows_of_bulk(postgres: PostgresServer) -> str:
    return postgres.psql("SELECT count(*), sum(hashtext(filling)::bigint) FROM bulk", database=LARGE)


def databases(postgres: PostgresServer, name: str) -> list[str]:
    return postgres.psql(f"SELECT datname FROM pg_database WHERE datname = '{name}'").splitlines()


def test_message_when_killed_while_it_is_sent_is_delivered_after_the_restart_under_the_same_id(rig: Rig) -> None:
    with HttpReceiver.start() as receiver:
        receiver.replies.append(Reply(hang=True))
        channel = add_channel(rig, receiver)
        backup = rig.ended(rig.back_up(rig.database_ids[SHOP]), "completed")
        receiver.wait(1)
        rig.product.kill()
        rig.product.restart()
        first, second = receiver.wait(2, patience=60)
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert second.json["run"] == {"kind": "backup", "id": backup["id"]}
        rig.product.call("DELETE", f"/notification-channels/{channel}")


def test_message_when_killed_before_the_row_is_closed_is_told_once_with_the_row(rig: Rig) -> None:
    with HttpReceiver.start() as receiver:
        channel = add_channel(rig, receiver)
        run = die_at(rig, die_before_the_row_is_closed, lambda: rig.back_up(rig.database_ids[SHOP]))
        assert receiver.received == []
        rig.product.restart()
        rig.ended(run, "completed")
        (message,) = receiver.wait(1, patience=60)
        assert message.json["run"] == {"kind": "backup", "id": run.id}
        rig.product.call("DELETE", f"/notification-channels/{channel}")


def add_channel(rig: Rig, receiver: HttpReceiver) -> str:
    settings = {"kind": "webhook", "url": receiver.url}
    body = {"name": receiver.url, "settings": settings, "events": ["backup.succeeded"]}
    return str(rig.product.call("POST", "/notification-channels", body)["id"])
