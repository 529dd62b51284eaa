"""Reads one object as a stream that resumes where a connection broke."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from isal import isal_zlib

from dbbackup.core.errors import AppError, ConflictError, S3Error, S3UnreachableError
from dbbackup.storages.keys import check_offset
from dbbackup.storages.s3_client import S3Client
from dbbackup.storages.s3_errors import to_error
from dbbackup.storages.s3_parts import crc32_base64

CHUNK = 1 << 20


async def read_object(
    client: S3Client, full_key: str, key: str, offset: int, version: str | None
) -> AsyncGenerator[bytes, None]:
    """Yield the object from the offset in chunks of 1 MiB.

    Raises ObjectMissingError, S3Error; ValidationError when the offset lies behind the end. When
    the service keeps a checksum of the whole object and all of it is read, the checksum is
    compared at the end.
    """
    place: dict[str, Any] = {"Bucket": client.settings.bucket, "Key": full_key, **client.settings.customer()}
    if version:
        place["VersionId"] = version
    head = await client.call("reading", lambda api: api.head_object(**place, ChecksumMode="ENABLED"))
    size = head["ContentLength"]
    check_offset(offset, size, key)
    if head.get("VersionId"):
        place["VersionId"] = head["VersionId"]
    expected = head.get("ChecksumCRC32", "-") if offset == 0 else "-"
    reader = _Reader(client, place | {"IfMatch": head["ETag"]}, key, offset, size)
    checksum = 0
    try:
        while reader.position < size:
            chunk = await client.retrying(reader.next_chunk)
            checksum = isal_zlib.crc32(chunk, checksum)
            if reader.position == size and "-" not in expected and crc32_base64(checksum) != expected:
                raise S3Error(f"{key} arrived with another checksum than the service keeps for it.")
            yield chunk
    finally:
        reader.close()


class _Reader:
    """An open answer and the position in the object; opened again after a fault."""

    def __init__(self, client: S3Client, arguments: dict[str, Any], key: str, position: int, size: int) -> None:
        self.position = position
        self._client = client
        self._arguments = arguments
        self._key = key
        self._size = size
        self._body: Any = None

    async def next_chunk(self) -> bytes:
        """Return the next 1 MiB, or what is left; after an error the next call goes on at the same place."""
        try:
            chunk = await self._take(min(CHUNK, self._size - self.position))
        except BaseException as error:
            self.close()
            if isinstance(error, ConflictError):
                raise S3Error(f"{self._key} was replaced while it was read. Start again.") from error
            if isinstance(error, AppError) or not isinstance(error, Exception):
                raise
            raise to_error(error, self._client.settings, "reading") from error
        self.position += len(chunk)
        return chunk

    def close(self) -> None:
        """Drop the connection unless the answer was read to its end."""
        if self._body is not None:
            self._body.close()
            self._body = None

    async def _take(self, wanted: int) -> bytes:
        if self._body is None:
            self._body = await self._open()
        pieces: list[bytes] = []
        async with asyncio.timeout(self._client.patience.stall) as limit:
            while wanted:
                piece = await self._body.read(wanted)
                if not piece:
                    raise S3UnreachableError(f"The answer with {self._key} ended early.")
                wanted -= len(piece)
                pieces.append(piece)
                limit.reschedule(asyncio.get_running_loop().time() + self._client.patience.stall)
        return b"".join(pieces)

    async def _open(self) -> Any:
        """Ask for the rest of the object."""
        start = self.position
        answer = await self._client.once(
            "reading", lambda api: api.get_object(**self._arguments, Range=f"bytes={start}-")
        )
        if start and not answer.get("ContentRange", "").startswith(f"bytes {start}-"):
            answer["Body"].close()
            raise S3Error(f"The service does not read from an offset: {self._key} cannot be resumed.")
        return answer["Body"]
