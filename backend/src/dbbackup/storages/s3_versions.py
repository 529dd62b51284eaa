"""Removes objects from buckets with versions and locks: one version, all of them, or a mark over the newest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dbbackup.core.errors import AppError, ObjectLockedError, ObjectMissingError, S3Error
from dbbackup.storages.s3_client import S3Client

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client as S3Api
    from types_aiobotocore_s3.type_defs import ListObjectVersionsOutputTypeDef

LIST_PAGE = 1000


async def remove(client: S3Client, key: str, version: str | None) -> None:
    """Remove what lies under the whole key: exactly the version, or what the settings say.

    Without a version: all versions and marks when `delete_versions` is set, which needs the permissions
    s3:ListBucketVersions and s3:DeleteObjectVersion; what was removed before an error stays removed, and a repetition
    goes on from there. Otherwise the object; a bucket with versions then keeps it behind a mark. What is locked is
    not hidden either: it would be paid for unseen.

    Raises:
        ObjectLockedError, S3Error.
    """
    if version is not None:
        await remove_version(client, key, version)
    elif client.settings.delete_versions:
        found = 0
        async for each in _versions(client, key):
            await remove_version(client, key, each)
            found += 1
        if not found:
            # A service may list no versions of what it has.
            await _remove_newest(client, key)
    else:
        await _remove_newest(client, key)


async def remove_version(client: S3Client, key: str, version: str) -> None:
    """Remove exactly one version. Raises ObjectLockedError, S3Error."""
    try:
        await _delete(client, key, VersionId=version)
    except S3Error:
        # "Access denied" is all a service says of a lock: ask whether it is one.
        try:
            head = await head_of(client, key, VersionId=version)
        except AppError:
            head = None
        if head is not None:
            refuse_locked(head, key)
        raise


async def hide(client: S3Client, key: str) -> None:
    """Lay a mark over the object: what is locked is out of sight at least. Raises S3Error."""
    await _delete(client, key)


async def head_of(client: S3Client, key: str, **more: Any) -> Any:
    """Return what the service says about the object, None when there is none. Raises S3Error."""
    place = {"Bucket": client.settings.bucket, "Key": key, **more, **client.settings.customer()}
    try:
        return await client.call("looking up an object", lambda api: api.head_object(**place))
    except ObjectMissingError:
        return None


def locked_until(head: Any) -> datetime | None:
    """Return the date before which the object may not be removed, when that lies ahead."""
    until: datetime | None = head.get("ObjectLockRetainUntilDate")
    return until if until is not None and until > datetime.now(UTC) else None


def refuse_locked(head: Any, key: str) -> None:
    """Raise ObjectLockedError when the object is under retention or a legal hold."""
    if until := locked_until(head):
        stamp = until.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        raise ObjectLockedError(f"{key} is locked by the bucket's object lock until {stamp}.", until=until)
    if head.get("ObjectLockLegalHoldStatus") == "ON":
        raise ObjectLockedError(f"{key} is under a legal hold. It can be removed when somebody ends the hold.")


async def _remove_newest(client: S3Client, key: str) -> None:
    head = await head_of(client, key)
    # Where nothing is left, deleting again would only make a new mark.
    if head is not None:
        refuse_locked(head, key)
        await _delete(client, key)


async def _delete(client: S3Client, key: str, **version: Any) -> None:
    bucket = client.settings.bucket
    try:
        await client.call("deleting", lambda api: api.delete_object(Bucket=bucket, Key=key, **version))
    except ObjectMissingError:
        return


async def _versions(client: S3Client, key: str) -> AsyncIterator[str]:
    """Yield the ids of all versions and marks of exactly this key; `null` is that of a bucket without versions."""
    marker: dict[str, Any] = {}
    while True:

        async def page(api: S3Api, marker: dict[str, Any] = marker) -> ListObjectVersionsOutputTypeDef:
            bucket = client.settings.bucket
            return await api.list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=LIST_PAGE, **marker)

        answer = await client.call("listing versions", page)
        for found in [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]:
            if found["Key"] == key:
                yield found["VersionId"]
        if not answer.get("IsTruncated"):
            return
        markers = {"KeyMarker": answer.get("NextKeyMarker"), "VersionIdMarker": answer.get("NextVersionIdMarker")}
        marker = {name: value for name, value in markers.items() if value}
