"""The S3 storage: objects in one bucket of Amazon S3 or a compatible service."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbbackup.core.errors import ConflictError, ObjectMissingError, S3Error
from dbbackup.net.resolve import Lookup, look_up
from dbbackup.storages.base import Archived, CheckStep, Note, StoredObject, Stream, WriteOptions
from dbbackup.storages.keys import check_key
from dbbackup.storages.s3_budget import SHARED_BUDGET, PartBudget
from dbbackup.storages.s3_check import S3Check
from dbbackup.storages.s3_client import Patience, S3Client
from dbbackup.storages.s3_read import read_object
from dbbackup.storages.s3_settings import S3Settings
from dbbackup.storages.s3_thaw import thaw
from dbbackup.storages.s3_upload import S3Upload
from dbbackup.storages.s3_uploads import OpenUpload, abort_uploads, open_uploads
from dbbackup.storages.s3_versions import locked_until, remove

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client as S3Api
    from types_aiobotocore_s3.type_defs import HeadObjectOutputTypeDef, ListObjectsV2OutputTypeDef

LIST_PAGE = 1000
UPLOAD_SECONDS = 3600.0
"""How long one part may take, tried again and again."""
_CHECK_PATIENCE = Patience(attempts=2, connect=5.0, answer=20.0, complete=60.0, stall=20.0)


class S3Storage:
    """Keeps objects under `{prefix}/{key}` of one bucket; used from one event loop.

    `work_dir` is for parts that find no memory (by default the system's temporary folder);
    `budget` is shared by all storages unless a test gives its own; `upload_seconds` returns how long one part may
    take, retries included. Opens its connections at the
    first call; `close` gives them back.
    """

    def __init__(
        self,
        settings: S3Settings,
        *,
        work_dir: Path | None = None,
        budget: PartBudget = SHARED_BUDGET,
        patience: Patience = Patience(),  # noqa: B008 - frozen
        lookup: Lookup = look_up,
        upload_seconds: Callable[[], float] = lambda: UPLOAD_SECONDS,
    ) -> None:
        self.settings = settings
        self.client = S3Client(settings, patience, lookup)
        self._work_dir = work_dir or Path(tempfile.gettempdir())
        self._budget = budget
        self._upload_seconds = upload_seconds
        self._bucket_seen = False

    @property
    def id(self) -> str:
        """Return the id of the config."""
        return self.settings.id

    async def write(self, key: str, stream: Stream, options: WriteOptions) -> StoredObject:
        """Store the stream under the key; see `Storage.write`.

        A stream that ends within its first part is one request, a longer one a multipart upload.
        Two writes of one key at the same time: the service lets one win (`If-None-Match`), or,
        where it does not know that header, the later one.
        """
        if await self.stat(key) is not None:
            raise ConflictError(f"{key} exists already at {self.settings.host}; nothing is overwritten.")
        with self._budget.lease() as lease:
            upload = S3Upload(
                self.client, lease, self._work_dir, key, self.full_key(key), options, self._upload_seconds
            )
            return await upload.run(stream)

    async def read(self, key: str, offset: int = 0, version: str | None = None) -> AsyncIterator[bytes]:
        """Yield the object from the offset in chunks of 1 MiB; see `Storage.read`."""
        async with aclosing(read_object(self.client, self.full_key(key), key, offset, version)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def stat(self, key: str, version: str | None = None) -> StoredObject | None:
        """Return what is stored under the key, None when nothing is; see `Storage.stat`."""
        place: dict[str, Any] = {"Bucket": self.settings.bucket, "Key": self.full_key(key), **self.settings.customer()}
        if version is not None:
            place["VersionId"] = version

        async def head(api: S3Api) -> HeadObjectOutputTypeDef:
            return await api.head_object(**place)

        try:
            found = await self.client.call("looking up an object", head)
        except (ObjectMissingError, S3Error) as error:
            await self._explain(error)
            return None
        return StoredObject(
            key,
            found["ContentLength"],
            found["LastModified"],
            found["ETag"].strip('"'),
            found.get("VersionId"),
            locked_until(found),
        )

    async def list_objects(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Yield the objects whose key starts with the prefix; see `Storage.list_objects`."""
        folder, token = self.settings.folder, ""
        while True:
            page = await self._page(folder + prefix, token)
            for entry in page.get("Contents", []):
                # Consoles mark folders with empty objects that end with a slash.
                if not entry["Key"].endswith("/"):
                    key = entry["Key"].removeprefix(folder)
                    yield StoredObject(key, entry["Size"], entry["LastModified"], entry["ETag"].strip('"'))
            if not page.get("IsTruncated"):
                return
            token = page["NextContinuationToken"]

    async def delete(self, key: str, version: str | None = None) -> None:
        """Remove the object; see `Storage.delete`. What a bucket with versions keeps: see `s3_versions.remove`."""
        await remove(self.client, self.full_key(key), version)

    async def thaw(self, key: str, version: str | None = None, *, ask: bool = True) -> Archived | None:
        """Ask for an archived object; see `Storage.thaw`."""
        return await thaw(self.client, self.full_key(key), version, ask=ask)

    async def discard(self, key: str) -> int:
        """Abort the open multipart uploads of exactly this key; see `Storage.discard`."""
        return await abort_uploads(self.client, self.full_key(key))

    async def open_uploads(self, prefix: str = "") -> AsyncIterator[OpenUpload]:
        """Yield the open multipart uploads whose key starts with the prefix. Raises S3Error."""
        folder = self.settings.folder
        async for upload in open_uploads(self.client, folder + prefix):
            yield OpenUpload(upload.key.removeprefix(folder), upload.upload_id, upload.started_at)

    async def list_buckets(self) -> list[str]:
        """Return the names of the buckets the key may see, sorted. Raises S3Error."""
        answer = await self.client.call("listing buckets", lambda api: api.list_buckets())
        return sorted(bucket["Name"] for bucket in answer["Buckets"])

    async def check(self, note: Note | None = None) -> list[CheckStep]:
        """Try every operation on throwaway objects; see `Storage.check`. Impatient: a person waits."""
        lookup = self.client.rules.lookup
        storage = S3Storage(self.settings, work_dir=self._work_dir, patience=_CHECK_PATIENCE, lookup=lookup)
        try:
            return await S3Check(storage, note).run()
        finally:
            await storage.close()

    async def free_space(self) -> int | None:
        """Return None: a bucket has no size."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self.client.close()

    def full_key(self, key: str) -> str:
        """Return the key as the bucket knows it; raise ValidationError for keys no storage keeps."""
        return self.settings.folder + check_key(key)

    async def _page(self, prefix: str, token: str) -> ListObjectsV2OutputTypeDef:
        arguments: dict[str, Any] = {"ContinuationToken": token} if token else {}
        return await self.client.call(
            "listing",
            lambda api: api.list_objects_v2(Bucket=self.settings.bucket, Prefix=prefix, MaxKeys=LIST_PAGE, **arguments),
        )

    async def _explain(self, error: ObjectMissingError | S3Error) -> None:
        """Return when the object is missing and nothing else is wrong; raise the real fault otherwise.

        Answers to HEAD have no text: "not found" may mean the bucket, "forbidden" a wrong key. A
        listing has one. Once the bucket was seen, "not found" is the object.
        """
        missing = isinstance(error, ObjectMissingError)
        if not error.retryable and not (missing and self._bucket_seen):
            await self._page(self.settings.folder, "")
            self._bucket_seen = True
        if not missing:
            raise error
