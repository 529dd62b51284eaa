"""Customer keys, object lock, versions and tags, on a real S3 server."""

from __future__ import annotations

import os
import secrets
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dbbackup.core.errors import ObjectLockedError, S3Error
from dbbackup.core.secret import Secret
from dbbackup.storages.base import WriteOptions
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_settings import S3Settings
from tests.contract.storage_fixtures import QUICK, s3_settings, seaweed
from tests.contract.storage_suite import MiB, chunks, content, gather

MULTI = 9 * MiB


def customer_key() -> Secret:
    return Secret(b64encode(os.urandom(32)).decode())


def make_bucket(*, versions: bool = False, lock: bool = False) -> str:
    name, client = f"b{secrets.token_hex(6)}", seaweed().client()
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
    if versions:
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
async def opened() -> AsyncIterator[Any]:
    """Opens storages and closes them."""
    storages: list[S3Storage] = []

    def open_(settings: S3Settings) -> S3Storage:
        storages.append(S3Storage(settings, patience=QUICK))
        return storages[-1]

    yield open_
    for storage in storages:
        await storage.close()


def versions_of(bucket: str) -> list[dict[str, Any]]:
    found = seaweed().client().list_object_versions(Bucket=bucket)
    return [*found.get("Versions", []), *found.get("DeleteMarkers", [])]


async def messages(storage: S3Storage) -> dict[str, str]:
    steps = await storage.check()
    assert [step.name for step in steps if not step.ok] == []
    return {step.name: step.message for step in steps}


@pytest.mark.parametrize("size", [10, MULTI])
async def test_customer_key_opens_what_it_closed_and_nothing_else_does(opened: Any, size: int) -> None:
    settings = s3_settings(sse="SSE-C", customer_key=customer_key())
    mine = opened(settings)
    await mine.write("k", chunks(size), WriteOptions())
    assert await gather(mine.read("k")) == await content(size)
    assert await gather(mine.read("k", 5)) == (await content(size))[5:]
    assert (await mine.stat("k")).size == size
    assert "with SSE-C" in (await messages(mine))["put"]

    lost = opened(replace(settings, customer_key=customer_key()))
    for reading in (gather(lost.read("k")), lost.stat("k")):
        with pytest.raises(S3Error, match="does not open with this customer key") as caught:
            await reading
        assert "without that key nobody can read it" in caught.value.message
    without = opened(replace(settings, sse="none", customer_key=None))
    for reading in (gather(without.read("k")), without.stat("k")):
        with pytest.raises(S3Error, match="stored with a customer key"):
            await reading
    assert [found.key async for found in lost.list_objects()] == ["k"]


@pytest.mark.parametrize("size", [10, MULTI])
async def test_locked_object_is_kept_until_its_date_and_the_refusal_names_it(opened: Any, size: int) -> None:
    bucket = make_bucket(lock=True)
    settings = s3_settings(bucket=bucket, lock_mode="GOVERNANCE", lock_for=timedelta(days=3), delete_versions=True)
    storage = opened(settings)
    stored = await storage.write("k", chunks(size), WriteOptions())
    until = datetime.now(UTC) + timedelta(days=3)
    assert stored.version
    assert stored.locked_until is not None
    assert abs(stored.locked_until - until) < timedelta(minutes=5)
    assert (await storage.stat("k")).locked_until == stored.locked_until
    hiding = opened(replace(settings, delete_versions=False))
    for delete in (storage.delete("k"), storage.delete("k", stored.version), hiding.delete("k")):
        with pytest.raises(ObjectLockedError, match=r"locked by the bucket's object lock until \d{4}-") as caught:
            await delete
        assert caught.value.until == stored.locked_until
    assert await gather(storage.read("k")) == await content(size)
    assert "The bucket has object lock." in (await messages(storage))["objectLock"]


async def test_legal_hold_is_named_and_its_end_sets_the_object_free(opened: Any) -> None:
    bucket = make_bucket(lock=True)
    storage = opened(s3_settings(bucket=bucket, delete_versions=True))
    stored = await storage.write("k", chunks(10), WriteOptions())
    place = {"Bucket": bucket, "Key": storage.full_key("k"), "VersionId": stored.version}
    seaweed().client().put_object_legal_hold(**place, LegalHold={"Status": "ON"})
    with pytest.raises(ObjectLockedError, match="legal hold") as caught:
        await storage.delete("k")
    assert caught.value.until is None
    seaweed().client().put_object_legal_hold(**place, LegalHold={"Status": "OFF"})
    await storage.delete("k")
    assert versions_of(bucket) == []


async def test_bucket_that_locks_everything_passes_the_test_and_says_so(opened: Any) -> None:
    bucket = make_bucket(lock=True)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}
    configuration = {"ObjectLockEnabled": "Enabled", "Rule": rule}
    seaweed().client().put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
    storage = opened(s3_settings(bucket=bucket))
    told = await messages(storage)
    assert "locks every object for 2 days (governance)" in told["objectLock"]
    assert "objects can be removed later only" in told["delete"]
    assert [found async for found in storage.list_objects()] == []
    assert (await storage.write("k", chunks(10), WriteOptions())).locked_until is not None


async def test_lock_is_refused_where_the_bucket_has_none(opened: Any) -> None:
    storage = opened(s3_settings(lock_mode="COMPLIANCE", lock_for=timedelta(days=1)))
    failed = {step.name: step.message for step in await storage.check() if not step.ok}
    assert "Use a bucket made with object lock" in failed["objectLock"]


async def test_deleting_leaves_a_mark_or_nothing_as_the_config_says(opened: Any) -> None:
    bucket = make_bucket(versions=True)
    settings = s3_settings(bucket=bucket)
    hiding, removing = opened(settings), opened(replace(settings, delete_versions=True))
    stored = await hiding.write("k", chunks(10), WriteOptions())
    await hiding.delete("k")
    await hiding.delete("k")
    assert await hiding.stat("k") is None
    assert await gather(hiding.read("k", 0, stored.version)) == await content(10)
    assert len(versions_of(bucket)) == 2
    again = await hiding.write("k", chunks(20), WriteOptions())
    await hiding.write("k2", chunks(20), WriteOptions())
    assert again.version != stored.version
    await removing.delete("k")
    assert {version["Key"] for version in versions_of(bucket)} == {hiding.full_key("k2")}
    assert "stays behind a mark" in (await messages(hiding))["versions"]
    assert "removes all of them" in (await messages(removing))["versions"]


async def test_version_is_removed_alone_and_one_that_is_gone_is_no_error(opened: Any) -> None:
    storage = opened(s3_settings(bucket=make_bucket(versions=True)))
    first = await storage.write("k", chunks(10), WriteOptions())
    await storage.delete("k")
    second = await storage.write("k", chunks(20), WriteOptions())
    await storage.delete("k", first.version)
    await storage.delete("k", first.version)
    assert (await storage.stat("k")).version == second.version


async def test_tags_lie_beside_the_object_unless_switched_off(opened: Any) -> None:
    settings = s3_settings()
    options = WriteOptions(tags={"database": "shop", "time": "2026-11-26T02:00:00Z"}, metadata={"database": "shop"})
    tagging, plain = opened(settings), opened(replace(settings, tag_objects=False))
    for storage, key, expected in ((tagging, "tagged", options.tags), (plain, "plain", {})):
        for name, size in ((key, 10), (f"{key}-multi", MULTI)):
            await storage.write(name, chunks(size), options)
            place = {"Bucket": settings.bucket, "Key": storage.full_key(name)}
            tags = seaweed().client().get_object_tagging(**place)["TagSet"]
            assert {tag["Key"]: tag["Value"] for tag in tags} == expected
            assert seaweed().client().head_object(**place)["Metadata"]["database"] == "shop"
    assert "database, type, time and schedule" in (await messages(tagging))["tags"]
    assert "switched off" in (await messages(plain))["tags"]


async def test_archive_class_is_for_what_need_not_be_read_at_once(opened: Any) -> None:
    storage = opened(s3_settings(storage_class="GLACIER"))
    await storage.write("backup", chunks(10), WriteOptions())
    await storage.write("manifest", chunks(10), WriteOptions(archivable=False))
    assert await storage.check()

    def kind(key: str) -> str:
        head = seaweed().client().head_object(Bucket=storage.settings.bucket, Key=storage.full_key(key))
        return str(head.get("StorageClass", "STANDARD"))

    assert (kind("backup"), kind("manifest")) == ("GLACIER", "STANDARD")
    # SeaweedFS keeps the class in mind, but no archive: its objects can be read at once.
    archived = await storage.thaw("backup", ask=False)
    assert archived is not None
    assert (archived.storage_class, archived.asked) == ("GLACIER", False)
