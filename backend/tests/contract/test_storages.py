"""The conformance suite against every storage."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dbbackup.core.errors import ConflictError, S3UnreachableError
from dbbackup.core.secret import Secret
from dbbackup.storages import local, s3, s3_uploads
from dbbackup.storages.base import StoredObject, WriteOptions
from dbbackup.storages.throttle import RateLimit, ThrottledStorage
from tests.contract.faulty import Faults, FaultyStorage
from tests.contract.storage_fixtures import (
    local_subject,
    s3_settings,
    s3_settings_in_shared_bucket,
    s3_subject,
    seaweed,
)
from tests.contract.storage_suite import MiB, StorageContract, Subject, chunks, content, gather, write_at_once


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (local, s3, s3_uploads):
        monkeypatch.setattr(module, "LIST_PAGE", 2)


class TestLocalStorage(StorageContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        return local_subject(tmp_path / "root")


class TestS3Storage(StorageContract):
    @pytest.fixture
    async def subject(self) -> AsyncIterator[Subject]:
        subject = s3_subject(s3_settings_in_shared_bucket())
        yield subject
        await subject.storage.close()


class TestThrottledStorage(StorageContract):
    """Under a limit so wide that the suite is as fast as ever, every chunk still goes its way in pieces."""

    @pytest.fixture
    async def subject(self, tmp_path: Path) -> AsyncIterator[Subject]:
        subject = local_subject(tmp_path / "root")
        wide = RateLimit(lambda: 1e12)
        subject.storage = ThrottledStorage(subject.storage, up=[wide], down=[wide])
        yield subject
        await subject.storage.close()


class TestS3StorageWithCustomerKey(StorageContract):
    """SSE-C in a bucket with versions: the key goes with every request, and undoing leaves no version."""

    @pytest.fixture
    async def subject(self) -> AsyncIterator[Subject]:
        key = Secret(b64encode(os.urandom(32)).decode())
        settings = s3_settings_in_shared_bucket(versions=True, sse="SSE-C", customer_key=key, delete_versions=True)
        subject = s3_subject(settings)
        yield subject
        await subject.storage.close()

    @pytest.mark.parametrize("parts", [0, 1])
    async def test_write_of_one_key_twice_at_once_lets_one_win(self, subject: Subject, parts: int) -> None:
        """On versions SeaweedFS now and then lets two in: each is a version of its own then, and whole."""
        size = parts * subject.part + 1000
        written = await write_at_once(subject, size)
        winners = {mark: result for mark, result in written.items() if isinstance(result, StoredObject)}
        assert winners
        assert all(isinstance(written[mark], ConflictError) for mark in written.keys() - winners.keys()), written
        for mark, stored in winners.items():
            assert await gather(subject.storage.read("race", 0, stored.version)) == mark + bytes(size)
        assert await subject.leftovers() == []


class TestS3StorageWithKmsKey:
    """SSE-KMS, with keys of SeaweedFS's own key service: no other was to be had. The suite at large is the same."""

    @pytest.mark.parametrize("parts", [0, 2])
    async def test_write_is_sealed_with_the_named_key_and_read_back(self, parts: int) -> None:
        settings = s3_settings_in_shared_bucket(sse="SSE-KMS", kms_key="a-key-of-ours")
        subject = s3_subject(settings)
        size = parts * subject.part + 1000
        stored = await subject.storage.write("sealed", chunks(size), WriteOptions())
        assert stored.size == size
        assert await gather(subject.storage.read("sealed")) == await content(size)
        assert await gather(subject.storage.read("sealed", size - 7)) == (await content(size))[-7:]
        found = seaweed().client().head_object(Bucket=settings.bucket, Key=f"{settings.prefix}/sealed")
        assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", "a-key-of-ours")
        assert all(step.ok for step in await subject.storage.check())
        assert await subject.leftovers() == []
        await subject.storage.close()


class TestFaultyStorageWithoutFaults(StorageContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> Subject:
        subject = local_subject(tmp_path / "root")
        subject.storage = FaultyStorage(subject.storage)
        return subject


class TestFaultyStorage:
    """The wrapper does what its users rely on, and the storages under it keep their promise."""

    @pytest.fixture(params=["local", "s3"])
    async def subject(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
        subject = local_subject(tmp_path) if request.param == "local" else s3_subject(s3_settings())
        subject.storage = FaultyStorage(subject.storage)
        yield subject
        await subject.storage.close()

    def _faults(self, subject: Subject) -> Faults:
        assert isinstance(subject.storage, FaultyStorage)
        return subject.storage.faults

    @pytest.mark.parametrize("number", [1, 2, 20])
    async def test_write_that_fails_at_a_chunk_leaves_nothing(self, subject: Subject, number: int) -> None:
        self._faults(subject).write_fails_at = number
        with pytest.raises(S3UnreachableError):
            await subject.storage.write("k", chunks(20 * MiB), WriteOptions())
        assert await subject.storage.stat("k") is None
        assert await subject.leftovers() == []

    async def test_short_write_is_seen_by_its_size(self, subject: Subject) -> None:
        self._faults(subject).short_write = True
        stored = await subject.storage.write("k", chunks(3 * MiB), WriteOptions())
        assert stored.size == 3 * MiB - 3

    async def test_object_that_disappears_is_gone(self, subject: Subject) -> None:
        self._faults(subject).disappears = True
        await subject.storage.write("k", chunks(10), WriteOptions())
        assert await subject.storage.stat("k") is None

    async def test_slow_storage_stores_all(self, subject: Subject) -> None:
        self._faults(subject).slow = 0.01
        await subject.storage.write("k", chunks(3 * MiB), WriteOptions())
        assert await gather(subject.storage.read("k")) == await content(3 * MiB)

    async def test_read_that_fails_raises(self, subject: Subject) -> None:
        await subject.storage.write("k", chunks(3 * MiB), WriteOptions())
        self._faults(subject).read_fails_at = 2
        with pytest.raises(S3UnreachableError):
            await gather(subject.storage.read("k"))
