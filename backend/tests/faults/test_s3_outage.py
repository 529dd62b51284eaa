"""The S3 server goes away in the middle of a backup: for a moment, or for good."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.faults.launch import be_impatient_with_s3, command
from tests.faults.rig import LARGE, SLOW, Rig
from tests.faults.waiting import until


def copies(seen: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {copy["storage"]: copy for copy in seen["copies"]}


def test_backup_when_the_s3_server_dies_and_comes_back_completes_everywhere(rig: Rig) -> None:
    rig.s3_wire.set_rate(SLOW)
    run = rig.back_up(rig.database_ids[LARGE])
    rig.in_the_middle(run)
    rig.seaweed.kill()
    try:
        tried = rig.s3_wire.connections
        rig.s3_wire.heal()
        until(lambda: rig.s3_wire.connections > tried, "an attempt while the server is down")
    finally:
        rig.seaweed.restart()
    done = rig.ended(run, "completed")
    assert [copy["state"] for copy in done["copies"]] == ["complete", "complete"]
    stored = rig.s3.get_object(Bucket="backups", Key=copies(done)["s3"]["key"])
    assert stored["ContentLength"] == main_size(done)
    assert sha256(stored["Body"]) == done["sha256"]
    rig.assert_nothing_left()


def test_backup_when_the_s3_server_stays_away_completes_locally_and_says_which_copy_failed(rig: Rig) -> None:
    rig.product.restart(command=command(be_impatient_with_s3))
    rig.s3_wire.set_rate(SLOW)
    run = rig.back_up(rig.database_ids[LARGE])
    rig.in_the_middle(run)
    rig.s3_wire.refuse()
    done = rig.ended(run, "completed")
    assert copies(done)["local"]["state"] == "complete"
    assert copies(done)["s3"]["state"] == "failed"
    assert "Check" in copies(done)["s3"]["error"]
    assert [line for line in rig.leftovers() if line.startswith("open upload")]

    # The server is back: the litter is removed without anybody asking, and the copy is made when asked for.
    rig.s3_wire.heal()
    rig.assert_nothing_left(patience=60.0)
    rig.product.call("POST", f"{run.path}/{run.id}/upload-to-s3", {"s3ConfigIds": [rig.s3_id]})
    done = rig.wait_for_copy(run, "s3", "complete")
    assert copies(done)["s3"]["sha256"] == done["sha256"]
    rig.assert_nothing_left()
    rig.product.restart()


def main_size(done: dict[str, Any]) -> int:
    return next(int(part["size"]) for part in done["parts"] if part["name"] == "database")


def sha256(body: Any) -> str:
    digest = hashlib.sha256()
    for chunk in body.iter_chunks(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
