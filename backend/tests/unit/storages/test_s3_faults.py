"""What S3Storage does when a service answers wrongly, late, or not at all."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import zlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from dbbackup.core.errors import ConflictError, ObjectMissingError, S3Error, S3UnreachableError
from dbbackup.core.secret import Secret
from dbbackup.storages.base import Stream, WriteOptions
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_client import Patience
from dbbackup.storages.s3_parts import crc32_base64
from dbbackup.storages.s3_settings import S3Settings
from tests.contract.storage_suite import MiB, chunks, content, gather
from tests.unit.storages.fake_s3 import FakeS3, changed, failing, fake_s3, lost, passing, silent, text

PATIENCE = Patience(
    attempts=3, wait_initial=0.01, wait_max=0.02, wait_jitter=0.01, connect=1, answer=0.5, complete=1, stall=0.5
)
MULTI = 8 * MiB + 10
DEAD = [failing(503, "SlowDown")] * 3


@pytest.fixture
async def fake() -> AsyncIterator[FakeS3]:
    async with fake_s3() as server:
        yield server


@pytest.fixture
async def storage(fake: FakeS3) -> AsyncIterator[S3Storage]:
    storage = make(fake)
    yield storage
    await storage.close()


def make(fake: FakeS3, **changes: object) -> S3Storage:
    settings = S3Settings(
        id="fake",
        bucket="b",
        access_key=Secret("AKIDEXAMPLE"),
        secret_key=Secret("top-secret-key"),
        endpoint=fake.endpoint,
        path_style=True,
        allow_http=True,
    )
    return S3Storage(replace(settings, **changes), patience=PATIENCE)  # type: ignore[arg-type]


async def put(storage: S3Storage, size: int = 10, key: str = "k") -> None:
    stored = await storage.write(key, chunks(size), WriteOptions())
    assert stored.size == size


@pytest.mark.parametrize("operation", ["Head", "Put", "List"])
@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "SomethingNew"])
async def test_a_passing_fault_is_tried_again(fake: FakeS3, storage: S3Storage, operation: str, code: str) -> None:
    fake.spoil(operation, failing(503, code), failing(500, code))
    await put(storage)
    assert fake.objects["k"].data == await content(10)


@pytest.mark.parametrize("operation", ["Create", "Part", "Complete", "Abort"])
async def test_a_passing_fault_of_a_multipart_upload_is_tried_again(
    fake: FakeS3, storage: S3Storage, operation: str
) -> None:
    fake.spoil(operation, failing(503, "SlowDown"), lost(fake))
    await put(storage, MULTI)
    assert fake.objects["k"].data == await content(MULTI)
    assert fake.uploads == {}


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket", "InvalidStorageClass", "NotImplemented"])
async def test_a_lasting_fault_is_not_tried_again(fake: FakeS3, storage: S3Storage, code: str) -> None:
    fake.spoil("Put", failing(501 if code == "NotImplemented" else 403, code))
    with pytest.raises(S3Error, match=code):
        await put(storage)
    assert fake.log.count("Put") == 1
    assert fake.objects == {}


async def test_put_whose_answer_is_lost_is_recognised_as_ours(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Put", lost(fake))
    await put(storage)
    assert fake.log.count("Put") == 2


async def test_complete_whose_answer_is_lost_is_recognised_as_ours(fake: FakeS3, storage: S3Storage) -> None:
    async def version(request: web.Request) -> web.StreamResponse | None:
        return await changed(fake, x_amz_version_id="v7")(request)

    fake.spoil("Complete", lost(fake))
    fake.spoil("Head", passing, version, version)
    stored = await storage.write("k", chunks(MULTI), WriteOptions())
    assert stored.version == "v7"
    assert fake.uploads == {}


async def test_complete_with_an_error_in_a_200_answer_is_a_failure(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Complete", *[text("<Error><Code>InternalError</Code><Message>no</Message></Error>")] * 3)
    with pytest.raises(S3UnreachableError):
        await put(storage, MULTI)
    assert (fake.objects, fake.uploads) == ({}, {})
    assert fake.log.count("Complete") == 3


async def test_complete_that_fails_though_it_succeeded_is_undone(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Complete", lost(fake), *DEAD[:2])
    with pytest.raises(S3UnreachableError):
        await put(storage, MULTI)
    assert (fake.objects, fake.uploads) == ({}, {})


async def test_object_of_somebody_else_under_the_key_stays(fake: FakeS3, storage: S3Storage) -> None:
    async def overtaken(request: web.Request) -> None:
        await put(other)

    other = make(fake)
    fake.spoil("Put", overtaken)
    with pytest.raises(ConflictError):
        await put(storage)
    assert "k" in fake.objects
    await other.close()


async def test_write_without_conditional_writes_notices_that_it_was_overtaken(fake: FakeS3) -> None:
    async def overtaken(request: web.Request) -> None:
        if len(fake.objects) == 1:
            fake.objects["k"].headers["x-amz-meta-dbbackup-write-id"] = "another"

    storage = make(fake, conditional_writes=False)
    fake.spoil("Head", passing, overtaken)
    with pytest.raises(ConflictError, match="at the same time"):
        await put(storage)
    assert "k" in fake.objects
    await storage.close()


async def test_object_that_is_not_there_after_success_is_an_error(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Head", passing, failing(404, "NoSuchKey"))
    with pytest.raises(S3Error, match="not there although"):
        await put(storage)
    assert fake.objects == {}


@pytest.mark.parametrize(
    "headers",
    [{"Content_Length": "9"}, {"ETag": '"other"'}, {"x_amz_checksum_crc32": "AAAAAA=="}],
)
async def test_object_that_differs_from_what_was_sent_is_removed(
    fake: FakeS3, storage: S3Storage, headers: dict[str, str]
) -> None:
    fake.spoil("Head", passing, changed(fake, **headers))
    with pytest.raises(S3Error, match="bytes of k"):
        await put(storage)
    assert fake.objects == {}


@pytest.mark.parametrize("composite", [True, False])
async def test_checksum_of_checksums_is_compared(fake: FakeS3, storage: S3Storage, composite: bool) -> None:
    data = await content(MULTI)
    sums = [zlib.crc32(data[: 8 * MiB]), zlib.crc32(data[8 * MiB :])]
    total = zlib.crc32(b"".join(value.to_bytes(4, "big") for value in sums))
    right = f"{crc32_base64(total)}-2" if composite else crc32_base64(zlib.crc32(data))
    fake.spoil("Head", passing, changed(fake, x_amz_checksum_crc32=right))
    await put(storage, MULTI)


async def test_service_that_echoes_an_algorithm_without_type_is_told_the_parts_sums(
    fake: FakeS3, storage: S3Storage
) -> None:
    fake.spoil("Create", changed(fake, x_amz_checksum_algorithm="CRC32"))
    bodies: list[str] = []

    async def keep(request: web.Request) -> None:
        bodies.append(await request.text())

    fake.spoil("Complete", keep)
    await put(storage, MULTI)
    assert bodies[0].count("<ChecksumCRC32>") == 2


async def test_md5_is_sent_where_crc32_is_not_known(fake: FakeS3) -> None:
    storage = make(fake, checksum="md5")
    await put(storage)
    sent = next(request for request in fake.requests if request.method == "PUT")
    assert sent.headers["Content-MD5"] == base64.b64encode(hashlib.md5(await content(10)).digest()).decode()
    assert "x-amz-checksum-crc32" not in sent.headers
    await put(storage, MULTI, "multi")
    assert fake.objects["multi"].data == await content(MULTI)
    await storage.close()


async def test_encryption_class_tags_and_metadata_are_sent(fake: FakeS3) -> None:
    storage = make(fake, sse="SSE-KMS", kms_key="the-key", storage_class="STANDARD_IA")
    options = WriteOptions(metadata={"name": "Bücher", "plain": "x"}, tags={"a b": "c&d"})
    await storage.write("k", chunks(10), options)
    headers = next(request for request in fake.requests if request.method == "PUT").headers
    assert headers["x-amz-server-side-encryption"] == "aws:kms"
    assert headers["x-amz-server-side-encryption-aws-kms-key-id"] == "the-key"
    assert headers["x-amz-storage-class"] == "STANDARD_IA"
    assert headers["x-amz-tagging"] == "a+b=c%26d"
    assert headers["x-amz-meta-name"] == "B%C3%BCcher"
    await storage.close()


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
    async with asyncio.timeout(3):
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
