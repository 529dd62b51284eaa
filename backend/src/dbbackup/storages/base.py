"""The contract every storage keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import msgspec

Stream = AsyncIterator[bytes]
Note = Callable[[str], Awaitable[None]]
"""Told the key of what is about to be stored."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One stored object; size in bytes; `version` and `etag` where the storage has them.

    `locked_until` is the date before which object lock forbids its removal, as far as it was asked for.
    """

    key: str
    size: int
    modified_at: datetime
    etag: str | None = None
    version: str | None = None
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What a writer knows beforehand.

    `expected_size` (bytes) plans the parts; it may be wrong in both directions. `on_progress` is
    called with the number of bytes safely handed over so far. `metadata` and `tags` are kept
    beside the object where the storage can. An object that must be readable at once is not
    `archivable`: it is never put into an archive class. One that is not `lockable` is never locked
    against deletion by us.
    """

    expected_size: int | None = None
    on_progress: Callable[[int], None] | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/octet-stream"
    archivable: bool = True
    lockable: bool = True


class CheckStep(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One step of a storage's test, its result and what to do when it failed; time in ms."""

    name: str
    ok: bool
    message: str
    duration_ms: float


@dataclass(frozen=True, slots=True)
class Archived:
    """An object that lies in an archive: `asked` tells whether its way back had been asked for before."""

    storage_class: str
    asked: bool


class Storage(Protocol):
    """A place that keeps objects under keys (`a/b/c.dump.gz`, no leading slash, no `..`)."""

    @property
    def id(self) -> str:
        """`local`, or the id of the S3 config."""
        ...

    async def write(self, key: str, stream: Stream, options: WriteOptions) -> StoredObject:
        """Store the stream under the key.

        The object becomes visible only if the stream ended normally and size and checksum were
        confirmed. If the stream raises, or the task is cancelled, nothing is visible under the
        key, what was begun is undone, and the error goes on. Raises StorageError (S3Error) when
        the storage failed, ConflictError when the key is taken. After a crash `discard(key)`
        undoes what was begun.
        """
        ...

    def read(self, key: str, offset: int = 0, version: str | None = None) -> Stream:
        """Yield the object's bytes from the offset; a broken connection is resumed where it broke.

        Raises ObjectMissingError, StorageError. Never ends early without an error: the bytes
        yielded are exactly size minus offset. Leaves nothing open when closed early.
        """
        ...

    async def stat(self, key: str, version: str | None = None) -> StoredObject | None:
        """Return what is stored under the key, None when nothing is. Raises StorageError."""
        ...

    def list_objects(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Yield every object whose key starts with the prefix, each once, paging as it goes.

        In key order, as far as an S3 service keeps it (SeaweedFS lists folder by folder). Raises StorageError.
        """
        ...

    async def delete(self, key: str, version: str | None = None) -> None:
        """Remove the object; removing what is not there is no error.

        Raises ObjectLockedError when it may not be removed yet, StorageError.
        """
        ...

    async def thaw(self, key: str, version: str | None = None, *, ask: bool = True) -> Archived | None:
        """Ask for an archived object to be made readable; None when it is in no archive now.

        To be called again until it returns None, which may take days. Without `ask` it only looks.
        Raises StorageError.
        """
        ...

    async def discard(self, key: str) -> int:
        """Undo what an interrupted `write` of this very key left; return how many things.

        Removes partial files and aborts open multipart uploads of exactly this key; a complete
        object under the key stays.
        """
        ...

    async def check(self, note: Note | None = None) -> list[CheckStep]:
        """Try every operation the backup needs on a throwaway object; report each step.

        Never raises for the storage's failure: that is what the steps tell. Leaves nothing behind, unless it is
        killed: `note` is told each key in a bucket before anything is put there.
        """
        ...

    async def free_space(self) -> int | None:
        """Return the bytes that can still be written, None where that has no meaning."""
        ...

    async def close(self) -> None:
        """Give back connections. The storage is not used afterwards."""
        ...


OpenStorage = Callable[[str], Awaitable[Storage]]
"""Opens the storage of that id (`local`, or the id of an S3 config)."""
