"""A full disk under BACKUP_STORAGE_PATH, which is a tmpfs of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.product import SERVE, Product
from tests.faults.leftovers import leftovers
from tests.faults.rig import LARGE, Rig
from tests.faults.waiting import until

# In COPY's text a bytea is twice as long as in the table: the estimate, the database's size, is too low.
HEX = "hex_twice_as_long"
_HEX_SQL = """
CREATE TABLE bytes (content bytea);
INSERT INTO bytes SELECT decode(repeat(md5(n::text), 60), 'hex') FROM generate_series(1, 25000) n;
"""
_MOUNT = 'mkdir -p "$1" && mount -t tmpfs -o "size=$2,mode=700" none "$1" && shift 2 && exec "$@"'


def unshare() -> list[str] | None:
    """Return what gives a child its own mounts, which end with it; None where that is not allowed."""
    for users in ([], ["--user", "--map-root-user"]):
        prefix = ["unshare", *users, "--mount", "--propagation", "private"]
        trial = [*prefix, "sh", "-c", _MOUNT, "sh", "/tmp", "1m", "true"]
        if shutil.which("unshare") and subprocess.run(trial, capture_output=True, check=False).returncode == 0:
            return prefix
    return None


class FullDisk:
    """A second product on the rig's servers, whose storage has hardly more room than HEX needs by the estimate."""

    def __init__(self, rig: Rig, home: Path, prefix: list[str]) -> None:
        size = int(rig.postgres.psql(f"SELECT pg_database_size('{HEX}')")) + 2_000_000
        storage = str(home / "backups")
        command = [*prefix, "sh", "-c", _MOUNT, "sh", storage, str(size), *SERVE]
        environment = {"CLIENT_PATH": rig.product.environment["CLIENT_PATH"]}
        self.product = Product.start(home, extra=environment, command=command)
        # Only the product sees its mounts; we look through its eyes.
        self.storage = Path(f"/proc/{self.product.pid}/root{storage}")
        self.rig = Rig(**{**vars(rig), "product": self.product})
        self.bucket = rig.seaweed.create_bucket("full-disk")
        self.rig.s3_id = self.rig.add_s3_config("Bucket", bucket=self.bucket)
        self.rig.database_ids = {name: self.rig.add_database(name) for name in (HEX, LARGE)}

    def assert_nothing_left(self) -> None:
        until(lambda: not self.leftovers(), f"nothing left, but there is {self.leftovers()}", 15)

    def leftovers(self) -> list[str]:
        return leftovers(self.product.home, self.rig.s3, self.bucket, self.rig.postgres, self.storage)


@pytest.fixture
def full_disk(rig: Rig, tmp_path: Path) -> Iterator[FullDisk]:
    prefix = unshare()
    if prefix is None:
        pytest.skip("this user may not mount a tmpfs, not even in namespaces of its own")
    rig.postgres.psql(f"CREATE DATABASE {HEX}")
    rig.postgres.psql(_HEX_SQL, database=HEX)
    disk = FullDisk(rig, tmp_path / "product", prefix)
    yield disk
    disk.product.stop()
    assert not os.path.ismount(tmp_path / "product" / "backups")
    rig.postgres.psql(f"DROP DATABASE {HEX}")


def test_backup_when_the_disk_is_full_fails_there_and_says_so(full_disk: FullDisk) -> None:
    rig = full_disk.rig
    refused = rig.ended(rig.back_up(rig.database_ids[LARGE], s3ConfigIds=[]), "failed")
    assert "are needed" in refused["errorMessage"]
    assert "Free some space or back up to S3 only" in refused["errorMessage"]
    full_disk.assert_nothing_left()

    failed = rig.ended(rig.back_up(rig.database_ids[HEX], s3ConfigIds=[]), "failed")
    assert "is full while writing" in failed["errorMessage"]
    assert "Delete old backups, shorten the retention or give the volume more space" in failed["errorMessage"]
    full_disk.assert_nothing_left()

    done = rig.ended(rig.back_up(rig.database_ids[HEX]), "completed")
    assert [copy["state"] for copy in done["copies"]] == ["failed", "complete"]
    assert "is full while writing" in done["copies"][0]["error"]
    full_disk.assert_nothing_left()
