"""The requests that make one object: put, or create, parts and complete; then confirm, or undo."""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from dbbackup.core.errors import ConflictError, ObjectMissingError, S3Error
from dbbackup.storages.base import StoredObject, WriteOptions
from dbbackup.storages.s3_client import S3Client
from dbbackup.storages.s3_errors import UploadGoneError
from dbbackup.storages.s3_parts import Part, PartBody, Sums, crc32_base64
from dbbackup.storages.s3_settings import ARCHIVE_CLASSES
from dbbackup.storages.s3_uploads import abort_upload, abort_uploads
from dbbackup.storages.s3_versions import head_of, locked_until, remove, remove_version

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client as S3Api

_WRITE_ID = "dbbackup-write-id"
_ENCRYPTIONS = {"SSE-S3": "AES256", "SSE-KMS": "aws:kms"}


class S3Object:
    """One object being written under its whole key.

    Every write marks its object with a random id in the metadata: when an answer was lost, that
    id alone tells whether the object under the key is ours.
    """

    def __init__(self, client: S3Client, key: str, options: WriteOptions) -> None:
        self._client = client
        self._key = key
        self._options = options
        self._profile = client.settings.profile()
        self._write_id = secrets.token_hex(8)
        self._upload_id: str | None = None
        self._creations = 0
        self._committing = False
        self._checksum_type: str | None = None
        self._parts: dict[int, tuple[str, Sums]] = {}

    async def put(self, part: Part, sums: Sums) -> dict[str, Any]:
        """Store a whole object in one request and return the answer."""

        async def request(api: S3Api, body: PartBody) -> Any:
            arguments = self._place | self._description() | self._condition() | self._sum(sums)
            return await api.put_object(Body=body, **arguments)

        return await self._commit(lambda: self._send("uploading", part, request))

    async def create(self) -> None:
        """Begin a multipart upload."""
        checksum: dict[str, Any] = {}
        if self._profile.checksum == "crc32":
            # Not the default type: only a checksum of the whole object tells that all parts are in place.
            checksum = {"ChecksumAlgorithm": "CRC32", "ChecksumType": "FULL_OBJECT"}

        async def request(api: S3Api) -> Any:
            self._creations += 1
            return await api.create_multipart_upload(**self._place, **self._description(), **checksum)

        answer = await self._client.call("beginning an upload", request)
        self._upload_id = answer["UploadId"]
        if answer.get("ChecksumAlgorithm") == "CRC32":
            self._checksum_type = answer.get("ChecksumType", "COMPOSITE")

    async def send_part(self, number: int, part: Part, sums: Sums) -> None:
        """Upload one part."""

        async def request(api: S3Api, body: PartBody) -> Any:
            arguments = self._place | self._customer | self._sum(sums)
            arguments |= {"UploadId": self._upload_id, "PartNumber": number}
            return await api.upload_part(Body=body, **arguments)

        answer = await self._send(f"uploading part {number}", part, request)
        self._parts[number] = (answer["ETag"], sums)

    async def complete(self, whole: int) -> dict[str, Any]:
        """Make the object out of its parts; `whole` is the CRC32 of all bytes. Returns the answer."""
        parts: list[dict[str, Any]] = []
        for number, (etag, sums) in sorted(self._parts.items()):
            checksum = {"ChecksumCRC32": sums.crc32_base64} if self._checksum_type else {}
            parts.append({"PartNumber": number, "ETag": etag, **checksum})
        arguments = self._place | self._customer | self._condition() | {"UploadId": self._upload_id}
        arguments |= {"MultipartUpload": {"Parts": parts}}
        if self._checksum_type == "FULL_OBJECT":
            arguments |= {"ChecksumCRC32": crc32_base64(whole), "ChecksumType": "FULL_OBJECT"}

        async def request(api: S3Api) -> Any:
            return await api.complete_multipart_upload(**arguments)

        limit = self._client.patience.complete
        return await self._commit(lambda: self._client.call("completing the upload", request, limit=limit))

    async def confirm(self, answer: dict[str, Any], size: int, whole: int, key: str) -> StoredObject:
        """Ask for the object and compare size, mark and checksum; raise S3Error when one differs.

        Services that keep no checksum answer with the ETag of the completion, which is made of
        the parts' own.
        """
        version = {"VersionId": answer["VersionId"]} if answer.get("VersionId") else {}
        head = await self._head(**version)
        if head is None:
            raise S3Error(f"{key} is not there although the service said it was stored. Run it again.")
        if head["Metadata"].get(_WRITE_ID, self._write_id) != self._write_id:
            raise ConflictError(f"Another write stored {key} at the same time.")
        found = head.get("ChecksumCRC32")
        if found is not None:
            same = found == (self._composite() if "-" in found else crc32_base64(whole))
        else:
            same = head["ETag"] == answer.get("ETag", head["ETag"])
        if head["ContentLength"] != size or not same:
            raise S3Error(
                f"The service stored {head['ContentLength']} bytes of {key}, {size} were sent, "
                f"checksum {'equal' if same else 'different'}. Run it again."
            )
        version_id = answer.get("VersionId", head.get("VersionId"))
        return StoredObject(key, size, head["LastModified"], head["ETag"].strip('"'), version_id, locked_until(head))

    async def undo(self) -> None:
        """Take back what was begun: the open upload, and the object if it became visible after all."""
        if self._upload_id is not None:
            await abort_upload(self._client, self._key, self._upload_id)
        await self.tidy()
        if self._committing:
            head = await self._head()
            if head is not None and head["Metadata"].get(_WRITE_ID) == self._write_id:
                if head.get("VersionId"):
                    await remove_version(self._client, self._key, head["VersionId"])
                else:
                    await remove(self._client, self._key, None)

    async def tidy(self) -> None:
        """Abort uploads whose creation was answered too late for us to learn their ids."""
        if self._creations > (0 if self._upload_id is None else 1):
            await abort_uploads(self._client, self._key)

    @property
    def _bucket(self) -> str:
        return self._client.settings.bucket

    @property
    def _place(self) -> dict[str, Any]:
        return {"Bucket": self._bucket, "Key": self._key}

    @property
    def _customer(self) -> dict[str, Any]:
        return self._client.settings.customer()

    def _condition(self) -> dict[str, Any]:
        return {"IfNoneMatch": "*"} if self._profile.conditional_writes else {}

    def _sum(self, sums: Sums) -> dict[str, Any]:
        return {"ContentMD5": sums.md5} if self._profile.checksum == "md5" else {"ChecksumCRC32": sums.crc32_base64}

    def _composite(self) -> str:
        """Return the checksum of checksums that services give which do not know full-object ones."""
        sums = [self._parts[number][1].crc32.to_bytes(4, "big") for number in sorted(self._parts)]
        return f"{crc32_base64(zlib.crc32(b''.join(sums)))}-{len(sums)}"

    def _description(self) -> dict[str, Any]:
        """Return what is said about the object when it is begun."""
        settings, options = self._client.settings, self._options
        # Metadata travel in headers: ASCII only.
        metadata = {name: text if text.isascii() else quote(text) for name, text in options.metadata.items()}
        described: dict[str, Any] = {
            "ContentType": options.content_type,
            "Metadata": metadata | {_WRITE_ID: self._write_id},
        }
        if options.tags and settings.tag_objects:
            described["Tagging"] = urlencode(options.tags)
        if settings.storage_class and (options.archivable or settings.storage_class not in ARCHIVE_CLASSES):
            described["StorageClass"] = settings.storage_class
        if settings.sse in _ENCRYPTIONS:
            described["ServerSideEncryption"] = _ENCRYPTIONS[settings.sse]
        if settings.sse == "SSE-KMS" and settings.kms_key:
            described["SSEKMSKeyId"] = settings.kms_key
        if settings.lock_mode and settings.lock_for and options.lockable:
            described["ObjectLockMode"] = settings.lock_mode
            described["ObjectLockRetainUntilDate"] = datetime.now(UTC) + settings.lock_for
        return described | self._customer

    async def _send(self, action: str, part: Part, request: Callable[[S3Api, PartBody], Awaitable[Any]]) -> Any:
        """Send a body; an attempt ends when nothing moved for the stall time."""
        body = PartBody(part)
        limit = self._client.patience.stall
        return await self._client.call(action, lambda api: request(api, body), limit=limit, progress=lambda: body.sent)

    async def _commit(self, send: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
        """Run the request that makes the object visible.

        A repeated one may be refused because the first, whose answer was lost, had succeeded:
        then the key is taken, or the upload gone, and the object bears our mark.
        """
        self._committing = True
        try:
            return await send()
        except (ConflictError, UploadGoneError, ObjectMissingError):
            head = await self._head()
            if head is None or head["Metadata"].get(_WRITE_ID) != self._write_id:
                raise
            return {"VersionId": head["VersionId"]} if head.get("VersionId") else {}

    async def _head(self, **version: Any) -> Any:
        """Return what the service says about the key, None when nothing is there."""
        return await head_of(self._client, self._key, ChecksumMode="ENABLED", **version)
