"""kill -9 of the product while retention deletes a backup: nothing is half deleted in the end, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.faults import catalogue, leftovers
from tests.faults.launch import (
    command,
    die_after_a_manifest_was_deleted,
    die_between_two_copies,
    die_while_retention_marks,
)
from tests.faults.rig import BUCKET, SHOP, Rig
from tests.faults.waiting import until

CLEANUP = {"task": "cleanup"}


@pytest.mark.parametrize(
    "death",
    [
        die_while_retention_marks,
        die_after_a_manifest_was_deleted,
        die_between_two_copies,
    ],
)
def test_retention_when_killed_between_its_steps_goes_on_after_a_restart(rig: Rig, death: Callable[[], None]) -> None:
    old, new = rig.assert_backs_up(SHOP), rig.assert_backs_up(SHOP)
    # Beyond the ceiling, which no policy is needed for.
    catalogue.backdate(rig.home, old["id"], 400)
    rig.product.restart(command=command(death))
    try:
        rig.product.call("POST", "/system/maintenance", CLEANUP)
    except httpx.TransportError as error:
        print(f"\nOBSERVED {type(error).__name__}")
    until(lambda: not rig.product.running, "the product's own death")
    assert files_of(rig, old["fileName"])

    rig.product.restart()
    listed = [backup["id"] for backup in rig.product.call("GET", "/backups", limit=200)]
    # Marked as a whole or not at all.
    assert (old["id"] in listed) is (death is die_while_retention_marks)
    rig.product.call("POST", "/system/maintenance", CLEANUP)
    until(lambda: not files_of(rig, old["fileName"]), "the end of the old backup's files")
    until(lambda: not rig.product.call("GET", "/backups", undeleted="true"), "the end of the deletion")
    assert len(files_of(rig, new["fileName"])) == 4
    rig.assert_nothing_left()
    [seen] = [b for b in rig.product.call("GET", "/backups", limit=200) if b["id"] == new["id"]]
    assert [copy["state"] for copy in seen["copies"]] == ["complete", "complete"]


def files_of(rig: Rig, name: str) -> list[str]:
    """Return the main files and manifests of a backup, on disk and in S3."""
    on_disk = [str(path) for path in (rig.home / "backups").rglob(f"{name}*")]
    return on_disk + [key for key in leftovers.objects(rig.s3, BUCKET) if name in key]
