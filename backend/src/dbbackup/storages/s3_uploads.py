"""Open multipart uploads of a bucket: found, listed, aborted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dbbackup.storages.s3_client import S3Client
from dbbackup.storages.s3_errors import UploadGoneError

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client as S3Api
    from types_aiobotocore_s3.type_defs import ListMultipartUploadsOutputTypeDef


LIST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """A multipart upload that is neither completed nor aborted."""

    key: str
    upload_id: str
    started_at: datetime


async def open_uploads(client: S3Client, prefix: str) -> AsyncIterator[OpenUpload]:
    """Yield the open uploads whose whole key starts with the prefix, paging as it goes.

    MinIO answers only for a prefix that is a whole key: there a shorter one yields nothing.
    """
    marker: dict[str, Any] = {}
    while True:

        async def page(api: S3Api, marker: dict[str, Any] = marker) -> ListMultipartUploadsOutputTypeDef:
            bucket = client.settings.bucket
            return await api.list_multipart_uploads(Bucket=bucket, Prefix=prefix, MaxUploads=LIST_PAGE, **marker)

        answer = await client.call("listing open uploads", page)
        for upload in answer.get("Uploads", []):
            yield OpenUpload(upload["Key"], upload["UploadId"], upload["Initiated"])
        if not answer.get("IsTruncated"):
            return
        # SeaweedFS pages by upload id alone and gives no next key.
        markers = {"KeyMarker": answer.get("NextKeyMarker"), "UploadIdMarker": answer.get("NextUploadIdMarker")}
        marker = {name: value for name, value in markers.items() if value}


async def abort_upload(client: S3Client, key: str, upload_id: str) -> None:
    """Abort the upload; one that is gone already is no error."""
    try:
        await client.call(
            "aborting an upload",
            lambda api: api.abort_multipart_upload(Bucket=client.settings.bucket, Key=key, UploadId=upload_id),
        )
    except UploadGoneError:
        return


async def abort_uploads(client: S3Client, key: str) -> int:
    """Abort every open upload of exactly this whole key; return how many there were."""
    found = [upload async for upload in open_uploads(client, key) if upload.key == key]
    for upload in found:
        await abort_upload(client, key, upload.upload_id)
    return len(found)
