"""The test of an S3 storage: every operation a backup needs, on throwaway objects."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from dbbackup.core.errors import AppError, ObjectLockedError, S3Error
from dbbackup.storages.base import CheckStep, Note, Stream, WriteOptions
from dbbackup.storages.s3_features import lock_feature, tag_feature, version_feature
from dbbackup.storages.s3_object import S3Object
from dbbackup.storages.s3_parts import MemoryPart
from dbbackup.storages.s3_versions import hide
from dbbackup.storages.steps import Step, run_steps

if TYPE_CHECKING:
    from dbbackup.storages.s3 import S3Storage

_PROBE = WriteOptions(tags={"dbbackup": "check"}, archivable=False, lockable=False)


class S3Check:
    """One run of the test on a storage whose patience is short."""

    def __init__(self, storage: S3Storage, note: Note | None = None) -> None:
        self._storage = storage
        self._note = note
        self._client = storage.client
        token = secrets.token_hex(8)
        self._keys = [f".dbbackup-check/{token}-{name}" for name in ("object", "multipart")]
        self._probe = os.urandom(1024)
        self._listing: AppError | None = None

    async def run(self) -> list[CheckStep]:
        """Return the result of each step; leaves nothing behind that the key may delete."""
        return await run_steps(
            [
                Step("reach", self._reach),
                Step("list", self._list, ("reach",)),
                Step("versions", lambda: version_feature(self._client), ("reach",)),
                Step("objectLock", lambda: lock_feature(self._client), ("reach",)),
                Step("put", self._put, ("reach",)),
                Step("tags", lambda: tag_feature(self._client, self._storage.full_key(self._keys[0])), ("put",)),
                Step("readBack", self._read_back, ("put",)),
                Step("multipart", self._multipart, ("put",)),
                Step("delete", self._delete, ("put",)),
            ]
        )

    async def _reach(self) -> str:
        """Ask for one entry. "Access denied" still says that endpoint, bucket and keys are right."""
        settings = self._client.settings
        try:
            await self._client.call(
                "listing",
                lambda api: api.list_objects_v2(Bucket=settings.bucket, Prefix=settings.folder, MaxKeys=1),
            )
        except AppError as error:
            if "(AccessDenied)" not in error.message:
                raise
            self._listing = error
        return f"{settings.host} answers and knows the bucket {settings.bucket}."

    async def _list(self) -> str:
        if self._listing is not None:
            raise S3Error("The key may not list the bucket: allow s3:ListBucket.") from self._listing
        return "Objects can be listed."

    async def _put(self) -> str:
        if self._note:
            for key in self._keys:
                await self._note(key)
        await self._storage.write(self._keys[0], self._source(), _PROBE)
        encryption = self._client.settings.sse
        return f"An object was stored{f' with {encryption}' if encryption != 'none' else ''} and confirmed."

    async def _read_back(self) -> str:
        if b"".join([chunk async for chunk in self._storage.read(self._keys[0])]) != self._probe:
            raise S3Error("The service gave back other bytes than were stored: do not use it for backups.")
        return "The object was read back unchanged."

    async def _multipart(self) -> str:
        """Complete one upload, and abort another the way the clean-up after a crash does."""
        full_key = self._storage.full_key(self._keys[1])
        abandoned = S3Object(self._client, full_key, _PROBE)
        await abandoned.create()
        if await self._storage.discard(self._keys[1]) == 0:
            raise S3Error(
                "The service does not list open uploads (s3:ListBucketMultipartUploads): uploads cut off by a "
                "crash will stay. Give the bucket a rule that aborts them after some days."
            )
        upload = S3Object(self._client, full_key, _PROBE)
        try:
            part = MemoryPart(lambda: None)
            await part.append(memoryview(self._probe))
            sums = await part.seal(0, self._client.settings.profile().checksum)
            await upload.create()
            await upload.send_part(1, part, sums)
            answer = await upload.complete(sums.whole)
            await upload.confirm(answer, part.size, sums.whole, self._keys[1])
        finally:
            try:
                await upload.undo()
            except ObjectLockedError:
                await hide(self._client, full_key)
        return "A multipart upload was completed, another one aborted."

    async def _delete(self) -> str:
        stored = await self._storage.stat(self._keys[0])
        try:
            await self._storage.delete(self._keys[0], stored.version if stored else None)
        except ObjectLockedError as error:
            await hide(self._client, self._storage.full_key(self._keys[0]))
            return f"The bucket locks what is stored: objects can be removed later only. {error.message}"
        return "The object was deleted."

    async def _source(self) -> Stream:
        yield self._probe
