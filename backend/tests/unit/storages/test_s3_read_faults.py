"""What S3Storage does when a look or a read is answered wrongly, late, or not at all."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from dbbackup.core.errors import ObjectMissingError, S3Error, S3UnreachableError
from dbbackup.storages.base import WriteOptions
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_parts import crc32_base64
from tests.contract.storage_suite import MiB, chunks, content, gather
from tests.unit.storages.fake_s3 import FakeS3, changed, failing, silent, text
from tests.unit.storages.s3_helpers import DEAD, MULTI, PATIENCE, make, put


async def test_service_that_does_not_answer_is_unreachable(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Head", *[silent()] * 3)
    with pytest.raises(S3UnreachableError, match="no answer in time"):
        await storage.stat("k")


async def test_service_that_takes_nothing_is_a_stall(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Part", silent())  # the body stays unread: the socket fills up
    await put(storage, MULTI)
    assert fake.log.count("Part") == 3


@pytest.mark.parametrize("body", ["<html>not S3</html", "<html></html>"])
async def test_answer_of_something_else_says_so(fake: FakeS3, storage: S3Storage, body: str) -> None:
    fake.spoil("List", text(body, 404, "text/html"))
    with pytest.raises((S3Error, ObjectMissingError)):
        await storage.stat("k")


async def test_answer_that_cannot_be_parsed_is_no_s3(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("List", text("<!doctype html><br>", kind="text/html"))
    with pytest.raises(S3Error, match="not S3's"):
        await gather_keys(storage)


async def gather_keys(storage: S3Storage) -> list[str]:
    return [found.key async for found in storage.list_objects()]


async def test_head_that_is_forbidden_is_explained_by_a_listing(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Head", failing(403, ""))
    fake.spoil("List", failing(403, "InvalidAccessKeyId"))
    with pytest.raises(S3Error, match="access key is not known"):
        await storage.stat("k")


async def test_head_that_is_forbidden_though_listing_is_allowed_stays_forbidden(
    fake: FakeS3, storage: S3Storage
) -> None:
    fake.spoil("Head", failing(403, ""))
    with pytest.raises(S3Error, match="no permission"):
        await storage.stat("k")


async def test_listing_leaves_out_folder_marks(fake: FakeS3, storage: S3Storage) -> None:
    await put(storage)
    fake.objects["folder/"] = replace(fake.objects["k"], key="folder/")
    assert await gather_keys(storage) == ["k"]


async def test_deleting_what_is_missing_is_fine_where_the_service_complains(storage: S3Storage) -> None:
    await storage.delete("nothing", "v1")


async def test_read_that_ends_early_goes_on_where_it_was(fake: FakeS3, storage: S3Storage) -> None:
    await put(storage, 5 * MiB)

    async def half(request: web.Request) -> web.StreamResponse:
        start = int(request.headers["Range"][6:-1])
        whole = fake.objects["k"].data
        answer = web.StreamResponse(
            status=206,
            headers={
                "Content-Range": f"bytes {start}-{len(whole) - 1}/{len(whole)}",
                "Content-Length": str(len(whole) - start),
            },
        )
        await answer.prepare(request)
        await answer.write(whole[start : start + MiB + 5])
        assert request.transport is not None
        request.transport.close()
        return answer

    fake.spoil("Get", *[half] * 4)
    assert await gather(storage.read("k")) == await content(5 * MiB)
    assert fake.log.count("Get") == 5


async def test_read_of_an_answer_that_is_too_short_goes_on(fake: FakeS3, storage: S3Storage) -> None:
    await put(storage, 2 * MiB)

    async def short(request: web.Request) -> web.StreamResponse:
        start = int(request.headers["Range"][6:-1])
        data = fake.objects["k"].data[start : start + MiB + 5]
        return web.Response(status=206, body=data, headers={"Content-Range": f"bytes {start}-/*"})

    fake.spoil("Get", short, short)
    assert await gather(storage.read("k")) == await content(2 * MiB)


async def test_read_that_never_gets_on_fails(fake: FakeS3, storage: S3Storage) -> None:
    await put(storage, 2 * MiB)
    fake.spoil("Get", *DEAD)
    with pytest.raises(S3UnreachableError):
        await gather(storage.read("k"))


async def test_read_of_what_was_replaced_fails(fake: FakeS3, storage: S3Storage) -> None:
    await put(storage, 2 * MiB)
    fake.spoil("Get", failing(412, "PreconditionFailed"))
    with pytest.raises(S3Error, match="replaced while it was read"):
        await gather(storage.read("k"))


async def test_read_from_a_service_without_ranges_fails(fake: FakeS3, storage: S3Storage) -> None:
    await put(storage, 2 * MiB)
    fake.spoil("Get", text("whole"))
    with pytest.raises(S3Error, match="does not read from an offset"):
        await gather(storage.read("k", 5))


async def test_read_compares_the_checksum_the_service_keeps(fake: FakeS3, storage: S3Storage) -> None:
    await put(storage, 2 * MiB)
    right = crc32_base64(zlib.crc32(await content(2 * MiB)))
    for value in (right, "AAAAAA==-2"):
        fake.spoil("Head", changed(fake, x_amz_checksum_crc32=value))
        assert await gather(storage.read("k")) == await content(2 * MiB)
    fake.spoil("Head", changed(fake, x_amz_checksum_crc32="AAAAAA=="))
    with pytest.raises(S3Error, match="another checksum"):
        await gather(storage.read("k"))


async def test_read_pins_the_version_that_was_found(fake: FakeS3, storage: S3Storage) -> None:
    await put(storage)
    fake.spoil("Head", changed(fake, x_amz_version_id="v3"))
    assert await gather(storage.read("k")) == await content(10)
    last = fake.requests[-1]
    assert (last.query["versionId"], last.headers["If-Match"]) == ("v3", '"put"')


async def test_read_that_is_silent_is_asked_again(fake: FakeS3, storage: S3Storage) -> None:
    await put(storage, MiB)

    async def stalling(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(status=206, headers={"Content-Range": "bytes 0-/*", "Content-Length": str(MiB)})
        await answer.prepare(request)
        await answer.write(b"only this")
        await asyncio.sleep(3600)
        raise AssertionError

    fake.spoil("Get", stalling)
    assert await gather(storage.read("k")) == await content(MiB)


async def test_spool_folder_that_is_gone_is_a_clear_error(fake: FakeS3, tmp_path: Path) -> None:
    storage = S3Storage(make(fake).settings, work_dir=tmp_path / "gone", patience=PATIENCE)
    with pytest.raises(Exception, match="choose another work folder"):
        await storage.write("k", chunks(10), WriteOptions(expected_size=10**12))
    await storage.close()


async def test_check_tells_apart_listing_and_reaching(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("List", failing(403, "AccessDenied"))
    steps = {step.name: step for step in await storage.check()}
    assert steps["reach"].ok
    assert "s3:ListBucket" in steps["list"].message


async def test_check_notices_other_bytes_and_uploads_that_are_not_listed(fake: FakeS3, storage: S3Storage) -> None:
    async def other(request: web.Request) -> web.StreamResponse:
        return web.Response(status=206, body=bytes(1024), headers={"Content-Range": "bytes 0-1023/1024"})

    fake.spoil("Get", other)
    fake.spoil("Uploads", text("<R><IsTruncated>false</IsTruncated></R>"))
    steps = {step.name: step for step in await storage.check()}
    assert "other bytes" in steps["readBack"].message
    assert "ListBucketMultipartUploads" in steps["multipart"].message
    assert steps["delete"].ok
    assert fake.objects == {}
