"""What S3Storage takes back when a write fails or is cancelled."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from dbbackup.core.errors import S3Error, S3UnreachableError
from dbbackup.storages.base import Stream, WriteOptions
from dbbackup.storages.s3 import S3Storage
from tests.contract.storage_suite import MiB
from tests.unit.storages.fake_s3 import FakeS3, changed, failing, lost, passing, silent
from tests.unit.storages.s3_helpers import DEAD, MULTI, put


async def test_part_that_fails_for_good_stops_the_stream_and_aborts(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Part", failing(403, "AccessDenied"))
    pulled = 0

    async def endless() -> Stream:
        nonlocal pulled
        while True:
            pulled += 1
            await asyncio.sleep(0)
            yield bytes(MiB)

    with pytest.raises(S3Error, match="AccessDenied"):
        await storage.write("k", endless(), WriteOptions())
    assert pulled < 100
    assert (fake.objects, fake.uploads) == ({}, {})


async def test_creation_whose_answer_is_lost_leaves_no_upload(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Create", lost(fake), *DEAD[:2])
    with pytest.raises(S3UnreachableError):
        await put(storage, MULTI)
    assert fake.uploads == {}


async def test_creation_repeated_leaves_only_the_object(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Create", lost(fake))
    await put(storage, MULTI)
    assert fake.uploads == {}


async def test_creation_repeated_and_tidying_fails_is_still_a_success(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Create", lost(fake))
    fake.spoil("Uploads", *DEAD)
    await put(storage, MULTI)
    assert len(fake.uploads) == 1
    assert await storage.discard("k") == 1


async def test_abort_that_fails_for_good_keeps_the_first_error_and_discard_mends(
    fake: FakeS3, storage: S3Storage
) -> None:
    fake.spoil("Part", failing(403, "AccessDenied"))
    fake.spoil("Abort", *DEAD)
    with pytest.raises(S3Error, match="AccessDenied"):
        await put(storage, MULTI)
    assert len(fake.uploads) == 1
    assert await storage.discard("k") == 1
    assert fake.uploads == {}


async def test_undo_has_a_time_limit(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Part", failing(403, "AccessDenied"))
    fake.spoil("Abort", *[silent()] * 3)
    async with asyncio.timeout(60):
        with pytest.raises(S3Error, match="AccessDenied"):
            await put(storage, MULTI)


@pytest.mark.parametrize(("operation", "size"), [("Put", 10), ("Complete", MULTI)])
async def test_cancelled_during_the_commit_the_object_is_taken_back(
    fake: FakeS3, storage: S3Storage, operation: str, size: int
) -> None:
    reached = asyncio.Event()

    async def slow(request: web.Request) -> None:
        reached.set()
        await asyncio.sleep(0.2)

    fake.spoil(operation, slow)
    write = asyncio.create_task(put(storage, size))
    await reached.wait()
    write.cancel()
    with pytest.raises(asyncio.CancelledError):
        await write
    assert (fake.objects, fake.uploads) == ({}, {})
    assert "Delete" in fake.log


async def test_cancelled_twice_during_a_creation_the_upload_is_aborted(fake: FakeS3, storage: S3Storage) -> None:
    reached = asyncio.Event()

    async def slow(request: web.Request) -> None:
        reached.set()
        await asyncio.sleep(0.3)

    fake.spoil("Create", slow)
    fake.spoil("Abort", slow)
    write = asyncio.create_task(put(storage, MULTI))
    await reached.wait()
    write.cancel()
    await asyncio.sleep(0.4)
    write.cancel()
    with pytest.raises(asyncio.CancelledError):
        await write
    assert fake.log.count("Abort") == 1
    assert fake.uploads == {}


async def test_object_with_a_version_is_taken_back_by_its_version(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil(
        "Head", passing, changed(fake, x_amz_version_id="v1", ETag='"other"'), changed(fake, x_amz_version_id="v1")
    )
    with pytest.raises(S3Error):
        await put(storage)
    assert next(request for request in fake.requests if request.method == "DELETE").query["versionId"] == "v1"
