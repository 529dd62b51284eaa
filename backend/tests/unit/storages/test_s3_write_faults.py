"""What S3Storage does when a write is answered wrongly, late, or not at all."""

from __future__ import annotations

import base64
import hashlib
import zlib

import pytest
from aiohttp import web

from dbbackup.core.errors import ConflictError, S3Error, S3UnreachableError
from dbbackup.storages.base import WriteOptions
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_parts import crc32_base64
from tests.contract.storage_suite import MiB, chunks, content
from tests.unit.storages.fake_s3 import FakeS3, changed, failing, lost, passing, text
from tests.unit.storages.s3_helpers import DEAD, MULTI, make, put


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
