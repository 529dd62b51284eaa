"""A storage that fails on purpose, around a real one; for tests only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from dbbackup.core.errors import S3UnreachableError
from dbbackup.storages.base import Archived, CheckStep, Note, Storage, StoredObject, Stream, WriteOptions


@dataclass
class Faults:
    """What goes wrong; chunks count from 1, None means never.

    `short_write` stores all but the last byte of each chunk and says so by the size only,
    `disappears` removes the object right after it was stored, `slow` waits so many seconds a chunk.
    """

    write_fails_at: int | None = None
    read_fails_at: int | None = None
    short_write: bool = False
    disappears: bool = False
    slow: float = 0.0


class FaultyStorage:
    """Passes everything on, with the faults that are set at the time."""

    def __init__(self, inner: Storage, faults: Faults | None = None) -> None:
        self.inner = inner
        self.faults = faults or Faults()

    @property
    def id(self) -> str:
        return self.inner.id

    async def write(self, key: str, stream: Stream, options: WriteOptions) -> StoredObject:
        stored = await self.inner.write(key, self._spoil(stream, self.faults.write_fails_at), options)
        if self.faults.disappears:
            await self.inner.delete(key)
        return stored

    async def read(self, key: str, offset: int = 0, version: str | None = None) -> AsyncIterator[bytes]:
        inner = self.inner.read(key, offset, version)
        try:
            async for chunk in self._count(inner, self.faults.read_fails_at):
                yield chunk
        finally:
            await inner.aclose()  # type: ignore[attr-defined]

    async def stat(self, key: str, version: str | None = None) -> StoredObject | None:
        return await self.inner.stat(key, version)

    def list_objects(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        return self.inner.list_objects(prefix)

    async def delete(self, key: str, version: str | None = None) -> None:
        await self.inner.delete(key, version)

    async def thaw(self, key: str, version: str | None = None, *, ask: bool = True) -> Archived | None:
        return await self.inner.thaw(key, version, ask=ask)

    async def discard(self, key: str) -> int:
        return await self.inner.discard(key)

    async def check(self, note: Note | None = None) -> list[CheckStep]:
        return await self.inner.check(note)

    async def free_space(self) -> int | None:
        return await self.inner.free_space()

    async def close(self) -> None:
        await self.inner.close()

    async def _spoil(self, stream: Stream, fails_at: int | None) -> Stream:
        async for chunk in self._count(stream, fails_at):
            yield chunk[:-1] if self.faults.short_write else chunk

    async def _count(self, stream: Stream, fails_at: int | None) -> Stream:
        number = 0
        async for chunk in stream:
            number += 1
            if number == fails_at:
                raise S3UnreachableError("The storage went away (on purpose).")
            await asyncio.sleep(self.faults.slow)
            yield chunk
