"""Archived objects and slow uploads, on the fake service: no server that can be had here keeps an archive."""

from __future__ import annotations

import pytest

from dbbackup.core.errors import ObjectLockedError, S3Error, S3UnreachableError
from dbbackup.core.secret import Secret
from dbbackup.storages.base import Archived, WriteOptions
from dbbackup.storages.s3 import S3Storage
from tests.contract.storage_suite import chunks
from tests.unit.storages.fake_s3 import FakeS3, changed, failing, lost, passing, silent, text
from tests.unit.storages.s3_helpers import DEAD, MULTI, PATIENCE, make, put

LOCKED = {"x_amz_object_lock_retain_until_date": "2999-01-01T00:00:00Z"}


@pytest.mark.parametrize("kind", ["GLACIER", "DEEP_ARCHIVE"])
async def test_archived_object_is_asked_for_once_and_read_when_it_is_back(fake: FakeS3, kind: str) -> None:
    storage = make(fake, storage_class=kind)
    await put(storage)
    assert await storage.thaw("k", ask=False) == Archived(kind, asked=False)
    assert "Restore" not in fake.log
    assert await storage.thaw("k") == Archived(kind, asked=False)
    assert await storage.thaw("k") == Archived(kind, asked=True)
    [request] = [r for r in fake.requests if "restore" in r.query]
    assert request.method == "POST"
    fake.objects["k"].headers["x-amz-restore"] = 'ongoing-request="false", expiry-date="Fri, 27 Nov 2026 00:00:00 GMT"'
    assert await storage.thaw("k") is None
    await storage.close()


async def test_archived_tier_is_asked_for_without_a_number_of_days(fake: FakeS3, storage: S3Storage) -> None:
    bodies = []

    async def keep(request: object) -> None:
        bodies.append(await request.text())  # type: ignore[attr-defined]

    await put(storage)
    fake.spoil("Head", changed(fake, x_amz_storage_class="INTELLIGENT_TIERING", x_amz_archive_status="ARCHIVE_ACCESS"))
    fake.spoil("Restore", keep)
    assert await storage.thaw("k", "version-1") == Archived("ARCHIVE_ACCESS", asked=False)
    assert "Days" not in bodies[0]
    assert fake.requests[-1].query["versionId"] == "version-1"


async def test_archived_object_that_somebody_else_asked_for_is_waited_for(fake: FakeS3) -> None:
    storage = make(fake, storage_class="GLACIER")
    await put(storage)
    fake.spoil("Restore", failing(409, "RestoreAlreadyInProgress"), failing(403, "AccessDenied"))
    assert await storage.thaw("k") == Archived("GLACIER", asked=False)
    with pytest.raises(S3Error, match="no permission"):
        await storage.thaw("k")
    await storage.close()


@pytest.mark.parametrize("size", [10, MULTI])
async def test_upload_whose_part_never_arrives_ends_in_time(fake: FakeS3, size: int) -> None:
    storage = S3Storage(make(fake).settings, patience=PATIENCE, upload_seconds=lambda: 0.3)
    fake.spoil("Put" if size == 10 else "Part", *[silent()] * 5)
    with pytest.raises(S3UnreachableError, match=r"took longer than 0 s.*s3\.uploadTimeout"):
        await put(storage, size)
    assert (fake.objects, fake.uploads) == ({}, {})
    await storage.close()


async def test_version_whose_removal_is_refused_for_another_reason_says_that(fake: FakeS3, storage: S3Storage) -> None:
    await put(storage)
    fake.spoil("Delete", *[failing(403, "AccessDenied")] * 2)
    with pytest.raises(S3Error, match="no permission") as caught:
        await storage.delete("k", "v1")
    assert not isinstance(caught.value, ObjectLockedError)
    fake.spoil("Head", *DEAD)
    with pytest.raises(S3Error, match="no permission"):
        await storage.delete("k", "v1")
    fake.spoil("Delete", failing(403, "AccessDenied"))
    fake.objects.clear()
    with pytest.raises(S3Error, match="no permission"):
        await storage.delete("k", "v1")


async def test_undoing_a_locked_object_leaves_it_and_says_so(fake: FakeS3, storage: S3Storage) -> None:
    """Its answer was lost and the object is there, but bears a lock: the caller's journal keeps it."""
    fake.spoil("Put", lost(fake), *DEAD[:2])
    fake.spoil("Head", passing, changed(fake, **LOCKED), changed(fake, **LOCKED))
    with pytest.raises(S3UnreachableError):
        await put(storage)
    assert list(fake.objects) == ["k"]
    with pytest.raises(ObjectLockedError):
        fake.spoil("Head", changed(fake, **LOCKED))
        await storage.delete("k")


async def test_all_versions_are_removed_page_by_page(fake: FakeS3) -> None:
    storage = make(fake, delete_versions=True)
    pages = (
        "<R><Version><Key>k</Key><VersionId>2</VersionId></Version><IsTruncated>true</IsTruncated>"
        "<NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>2</NextVersionIdMarker></R>",
        "<R><DeleteMarker><Key>k</Key><VersionId>1</VersionId></DeleteMarker>"
        "<Version><Key>k-other</Key><VersionId>1</VersionId></Version><IsTruncated>false</IsTruncated></R>",
    )
    fake.spoil("Versions", *(text(page) for page in pages))
    await storage.delete("k")
    asked = [request.query for request in fake.requests if "versions" in request.query]
    assert (asked[1]["key-marker"], asked[1]["version-id-marker"]) == ("k", "2")
    assert [r.query["versionId"] for r in fake.requests if r.method == "DELETE"] == ["2", "1"]
    await storage.close()


async def test_check_tells_what_the_bucket_does_not_say(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Versioning", failing(403, "AccessDenied"))
    fake.spoil("Tags", failing(403, "AccessDenied"))
    steps = {step.name: step for step in await storage.check()}
    assert steps["versions"].message.startswith("Not known")
    assert "could not be read back" in steps["tags"].message
    assert "or does not tell" in steps["objectLock"].message
    assert all(step.ok for step in steps.values())


async def test_check_notices_a_service_that_loses_tags(fake: FakeS3, storage: S3Storage) -> None:
    fake.spoil("Tags", text("<R><TagSet/></R>"))
    fake.spoil(
        "Lock", text("<R><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>1</Years></DefaultRetention></Rule></R>")
    )
    steps = {step.name: step for step in await storage.check()}
    assert not steps["tags"].ok
    assert "switch tags off" in steps["tags"].message
    assert "1 years (compliance)" in steps["objectLock"].message


async def test_customer_key_goes_with_every_request_for_an_object(fake: FakeS3) -> None:
    storage = make(fake, sse="SSE-C", customer_key=Secret("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="))
    await put(storage, MULTI)
    assert await storage.stat("k")
    _ = [chunk async for chunk in storage.read("k")]
    keyed = [r for r in fake.requests if r.method in ("HEAD", "GET", "PUT", "POST")]
    keyed = [r for r in keyed if (r.path.endswith("/k") and "uploads" not in r.query) or r.method == "POST"]
    assert len(keyed) >= 6
    assert all("x-amz-server-side-encryption-customer-key" in r.headers for r in keyed)
    fake.spoil("Head", failing(500, "Other"))
    await storage.write("other", chunks(5), WriteOptions())
    await storage.close()
