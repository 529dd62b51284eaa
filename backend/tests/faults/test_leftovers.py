"""The check for leftovers is itself able to fail: each kind of litter is seen."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.faults import catalogue
from tests.faults.rig import BUCKET, SHOP, Rig
from tests.faults.waiting import until


@contextmanager
def stray_file(rig: Rig) -> Iterator[None]:
    path = rig.home / "backups" / "stray.dump"
    path.write_bytes(b"x")
    yield
    path.unlink()


@contextmanager
def partial_file(rig: Rig) -> Iterator[None]:
    path = rig.home / "backups" / ".partial" / "0123-ab"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    yield
    path.unlink()


@contextmanager
def work_folder(rig: Rig) -> Iterator[None]:
    path = rig.home / "backups" / ".work" / "some-run"
    path.mkdir(parents=True)
    yield
    path.rmdir()


@contextmanager
def stray_object(rig: Rig) -> Iterator[None]:
    rig.s3.put_object(Bucket=BUCKET, Key="stray.dump", Body=b"x")
    yield
    rig.s3.delete_object(Bucket=BUCKET, Key="stray.dump")


@contextmanager
def open_upload(rig: Rig) -> Iterator[None]:
    upload = rig.s3.create_multipart_upload(Bucket=BUCKET, Key="stray.dump")
    yield
    rig.s3.abort_multipart_upload(Bucket=BUCKET, Key="stray.dump", UploadId=upload["UploadId"])


@contextmanager
def orphan(rig: Rig) -> Iterator[None]:
    mark = {"DBBACKUP_OWNER": f"{catalogue.instance_id(rig.home)}:some-run"}
    with subprocess.Popen(["sleep", "60"], env={**os.environ, **mark}) as process:
        yield
        process.kill()


@contextmanager
def half_filled_database(rig: Rig) -> Iterator[None]:
    rig.postgres.psql("CREATE DATABASE litter")
    rig.postgres.psql("COMMENT ON DATABASE litter IS 'dbbackup:some-run'")
    yield
    rig.postgres.psql("DROP DATABASE litter")


@contextmanager
def lost_file(rig: Rig) -> Iterator[None]:
    backup = rig.assert_backs_up(SHOP)
    path = rig.home / "backups" / (backup["copies"][0]["key"] + ".json")
    manifest = path.read_bytes()
    path.unlink()
    yield
    path.write_bytes(manifest)


@contextmanager
def lost_object(rig: Rig) -> Iterator[None]:
    place = {"Bucket": BUCKET, "Key": rig.assert_backs_up(SHOP)["copies"][1]["key"]}
    content = rig.s3.get_object(**place)["Body"].read()
    rig.s3.delete_object(**place)
    yield
    rig.s3.put_object(**place, Body=content)


@pytest.mark.parametrize(
    ("litter", "complaint"),
    [
        (stray_file, "file: stray.dump"),
        (partial_file, "file: .partial/0123-ab"),
        (work_folder, "work folder: some-run"),
        (stray_object, "object: stray.dump"),
        (open_upload, "open upload: stray.dump"),
        (orphan, "process: sleep 60"),
        (half_filled_database, "half-filled database: litter"),
        (lost_file, "missing file: shop/"),
        (lost_object, "missing object: shop/"),
    ],
)
def test_leftovers_when_something_was_left_complains(
    rig: Rig, litter: Callable[[Rig], AbstractContextManager[None]], complaint: str
) -> None:
    with litter(rig):
        # The folder of a run that was needed for it goes just after the run's end.
        until(lambda: len(rig.leftovers()) == 1, "one complaint")
        found = rig.leftovers()
    assert found[0].startswith(complaint)
    rig.assert_nothing_left()
