"""Deleting an object with all its versions."""

from __future__ import annotations

import pytest

from dbbackup.core.errors import S3Error
from dbbackup.storages.base import WriteOptions
from dbbackup.storages.s3 import S3Storage
from tests.contract.storage_suite import chunks
from tests.unit.storages.fake_s3 import FakeS3, failing, text
from tests.unit.storages.s3_helpers import make, put

_VERSION = "<{0}><Key>{1}</Key><VersionId>{2}</VersionId></{0}>"
_FIRST = (
    "<R>"
    + _VERSION.format("Version", "k", "v3")
    + _VERSION.format("DeleteMarker", "k", "v2")
    + _VERSION.format("Version", "k.json", "w1")
    + "<IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>v2</NextVersionIdMarker></R>"
)
_LAST = "<R>" + _VERSION.format("Version", "k", "v1") + "<IsTruncated>false</IsTruncated></R>"


@pytest.fixture
async def thorough(fake: FakeS3) -> S3Storage:
    return make(fake, delete_versions=True)


def deleted(fake: FakeS3) -> list[str | None]:
    return [r.query.get("versionId") for r in fake.requests if r.method == "DELETE"]


async def test_delete_when_told_so_then_every_version_and_marker_of_that_key_alone(
    fake: FakeS3, thorough: S3Storage
) -> None:
    fake.spoil("Versions", text(_FIRST), text(_LAST))
    fake.spoil("Delete", text("", status=204), failing(404, "NoSuchVersion"), text("", status=204))
    await thorough.delete("k")
    assert deleted(fake) == ["v3", "v2", "v1"]
    second = [r for r in fake.requests if r.method == "GET"][1]
    assert (second.query["key-marker"], second.query["version-id-marker"]) == ("k", "v2")
    await thorough.close()


async def test_delete_when_a_version_is_locked_then_the_error_says_so_and_the_rest_stays(
    fake: FakeS3, thorough: S3Storage
) -> None:
    fake.spoil("Versions", text(_LAST))
    fake.spoil("Delete", failing(403, "AccessDenied", "object is WORM protected"))
    with pytest.raises(S3Error, match="AccessDenied"):
        await thorough.delete("k")
    await thorough.close()


async def test_delete_when_the_service_lists_no_version_then_the_object_is_deleted_plainly(
    fake: FakeS3, thorough: S3Storage
) -> None:
    await put(thorough)
    # The client asks again when an answer is late: more of them than one.
    fake.spoil("Versions", *[text("<R><IsTruncated>false</IsTruncated></R>")] * 3)
    await thorough.delete("k")
    assert fake.objects == {}
    assert deleted(fake) == [None]
    await thorough.close()


async def test_delete_when_nothing_is_left_then_no_request_makes_a_delete_marker(
    fake: FakeS3, thorough: S3Storage
) -> None:
    fake.spoil("Versions", text("<R><IsTruncated>false</IsTruncated></R>"))
    await thorough.delete("k")
    assert deleted(fake) == []
    await thorough.close()


async def test_delete_when_one_version_is_named_then_only_that_one(fake: FakeS3, thorough: S3Storage) -> None:
    fake.spoil("Delete", text("", status=204))
    await thorough.delete("k", version="v1")
    assert deleted(fake) == ["v1"]
    assert "Versions" not in fake.log
    await thorough.write("other", chunks(3), WriteOptions())
    await thorough.close()
