"""All versions of one object in a versioned bucket: found and deleted, delete markers too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbbackup.core.errors import ObjectMissingError
from dbbackup.storages.s3_client import S3Client

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client as S3Api
    from types_aiobotocore_s3.type_defs import ListObjectVersionsOutputTypeDef


async def delete_versions(client: S3Client, key: str) -> int:
    """Delete every version and delete marker of exactly this whole key; return how many there were.

    Needs the permissions s3:ListBucketVersions and s3:DeleteObjectVersion. Raises S3Error when the service refuses,
    as it does while an object lock holds; what was deleted before stays deleted, and a repetition goes on from there.
    """
    found = 0
    marker: dict[str, Any] = {}
    while True:

        async def page(api: S3Api, marker: dict[str, Any] = marker) -> ListObjectVersionsOutputTypeDef:
            return await api.list_object_versions(Bucket=client.settings.bucket, Prefix=key, **marker)

        answer = await client.call("listing versions", page)
        entries = [*answer.get("Versions", []), *answer.get("DeleteMarkers", [])]
        for version in [entry["VersionId"] for entry in entries if entry["Key"] == key]:
            await _delete(client, key, version)
            found += 1
        if not answer.get("IsTruncated"):
            return found
        markers = {"KeyMarker": answer.get("NextKeyMarker"), "VersionIdMarker": answer.get("NextVersionIdMarker")}
        marker = {name: value for name, value in markers.items() if value}


async def _delete(client: S3Client, key: str, version: str) -> None:
    try:
        await client.call(
            "deleting a version",
            lambda api: api.delete_object(Bucket=client.settings.bucket, Key=key, VersionId=version),
        )
    except ObjectMissingError:
        return
