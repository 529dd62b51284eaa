"""The local storage: objects are files below one folder."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import TypeVar

from dbbackup.core.errors import ConflictError, ObjectMissingError, StorageError, ValidationError
from dbbackup.storages import local_files as files
from dbbackup.storages.base import Archived, CheckStep, Note, StoredObject, Stream, WriteOptions
from dbbackup.storages.keys import check_key, check_offset
from dbbackup.storages.offload import in_thread
from dbbackup.storages.steps import Step, run_steps

T = TypeVar("T")
PARTIAL_FOLDER = ".partial"
CHUNK = 1 << 20
WRITEBACK_WINDOW = 16 << 20
LIST_PAGE = 500
_PUBLISH_ATTEMPTS = 5


class LocalStorage:
    """Keeps objects as files (0600) in folders (0700) below `root`, which is created when missing.

    Unfinished files live in `{root}/.partial`, on the same file system, under a name made from
    the key: `discard` finds them from the key alone and no listing ever shows them.
    `shred` overwrites files before they are deleted.
    """

    id = "local"

    def __init__(self, root: Path, *, shred: bool = False) -> None:
        self._root = Path(os.path.realpath(root))
        self._partials = self._root / PARTIAL_FOLDER
        self._shred = shred

    async def write(self, key: str, stream: Stream, options: WriteOptions) -> StoredObject:
        """Store the stream under the key; see `Storage.write`."""
        final = self._path(key)
        if await self.stat(key) is not None:
            raise ConflictError(f"{final} exists already; nothing is overwritten.")
        path = self._new_partial(key)
        published: list[os.stat_result] = []
        try:
            try:
                written = await self._fill(path, stream, options)
                publish = partial(self._publish, path, final, written)
                await self._blocking(lambda: published.append(publish()), final, "publishing")
            finally:
                await self._blocking(lambda: files.remove(path, self._shred), path, "removing")
        except asyncio.CancelledError:
            # A thread goes on when its caller is cancelled, and the caller may be cancelled after the
            # publishing too: what was published is nobody's then.
            if published:
                await self._blocking(lambda: self._unpublish(final, published[0]), final, "removing")
            raise
        return _stored(key, published[0])

    async def read(self, key: str, offset: int = 0, version: str | None = None) -> AsyncIterator[bytes]:
        """Yield the file from the offset in chunks of 1 MiB; see `Storage.read`. Versions are not kept."""
        path = self._path(key)
        async with self._opened(lambda: _open_for_reading(path), path, "reading") as fd:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)
            size = os.fstat(fd).st_size
            check_offset(offset, size, key)
            while offset < size:
                chunk = await self._blocking(partial(os.pread, fd, min(CHUNK, size - offset), offset), path, "reading")
                if not chunk:
                    raise StorageError(f"{path} shrank from {size} to {offset} bytes while it was read.")
                offset += len(chunk)
                yield chunk

    async def stat(self, key: str, version: str | None = None) -> StoredObject | None:
        """Return what is stored under the key, None when nothing is; see `Storage.stat`."""
        path = self._path(key)
        stats = await self._blocking(lambda: _stat(path), path, "reading")
        return None if stats is None else _stored(key, stats)

    async def list_objects(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Yield the objects whose key starts with the prefix, in key order; see `Storage.list_objects`."""
        found = files.walk(self._root, prefix, hidden=PARTIAL_FOLDER + "/")
        while page := await self._blocking(lambda: list(islice(found, LIST_PAGE)), self._root, "listing"):
            for key, stats in page:
                yield _stored(key, stats)

    async def delete(self, key: str, version: str | None = None) -> None:
        """Remove the file and the folders that are empty then; see `Storage.delete`."""
        path = self._path(key)

        def remove() -> None:
            files.refuse_symlinks(path)
            with suppress(NotADirectoryError):
                files.remove(path, self._shred)
            files.remove_empty_folders(path.parent, self._root)

        await self._blocking(remove, path, "deleting")

    async def thaw(self, key: str, version: str | None = None, *, ask: bool = True) -> Archived | None:
        """Return None: there is no archive on a disk; see `Storage.thaw`."""
        return None

    async def discard(self, key: str) -> int:
        """Remove the partial files of this key and return how many; see `Storage.discard`."""
        self._path(key)

        def remove() -> int:
            partials = list(self._partials.glob(f"{_partial_stem(key)}-*"))
            for path in partials:
                files.remove(path, self._shred)
            return len(partials)

        return await self._blocking(remove, self._partials, "clearing")

    async def check(self, note: Note | None = None) -> list[CheckStep]:
        """Try every operation on a throwaway file; see `Storage.check`."""
        key = f".check-{secrets.token_hex(8)}"
        probe = os.urandom(1024)

        async def source() -> Stream:
            yield probe

        async def space() -> str:
            return f"{await self.free_space()} bytes are free."

        async def put() -> str:
            await self.write(key, source(), WriteOptions())
            return "A file was written, synced and published."

        async def read_back() -> str:
            if b"".join([chunk async for chunk in self.read(key)]) != probe:
                raise StorageError(f"{self._root} gave back other bytes than were written: check the disk.")
            return "The file was read back unchanged."

        async def delete() -> str:
            await self.delete(key)
            return "The file was deleted."

        return await run_steps(
            [
                Step("reach", space),
                Step("put", put, ("reach",)),
                Step("readBack", read_back, ("put",)),
                Step("delete", delete, ("put",)),
            ]
        )

    async def free_space(self) -> int | None:
        """Return the bytes that can still be written below the root."""

        def free() -> int:
            files.make_folders(self._root)
            stats = os.statvfs(self._root)
            return stats.f_bavail * stats.f_frsize

        return await self._blocking(free, self._root, "measuring")

    async def close(self) -> None:
        """Do nothing: no file stays open between calls."""

    def _path(self, key: str) -> Path:
        """Return the file of the key; raise ValidationError for keys that are not ours to keep."""
        if check_key(key).split("/")[0] == PARTIAL_FOLDER:
            raise ValidationError.of("key", f"Keys below {PARTIAL_FOLDER}/ are reserved.")
        return self._root / key

    def _new_partial(self, key: str) -> Path:
        return self._partials / f"{_partial_stem(key)}-{secrets.token_hex(4)}"

    async def _fill(self, path: Path, stream: Stream, options: WriteOptions) -> int:
        """Write the stream to the partial file and sync it; return the bytes written."""
        async with self._opened(lambda: self._create(path), path, "creating") as fd:
            return await self._filled(fd, path, stream, options)

    async def _filled(self, fd: int, path: Path, stream: Stream, options: WriteOptions) -> int:
        written = flushed = 0

        def put(chunk: bytes) -> int:
            files.write_all(fd, chunk)
            if written + len(chunk) - flushed < WRITEBACK_WINDOW:
                return flushed
            files.start_writeback(fd, flushed, written + len(chunk) - flushed)
            return written + len(chunk)

        async for chunk in stream:
            left = (options.expected_size or 0) - written
            flushed = await self._blocking(partial(put, chunk), path, "writing", left)
            written += len(chunk)
            if options.on_progress:
                options.on_progress(written)
        await self._blocking(lambda: os.fsync(fd), path, "syncing")
        return written

    def _create(self, path: Path) -> int:
        files.make_folders(self._partials)
        files.refuse_symlinks(path)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, files.FILE_MODE)

    def _publish(self, path: Path, final: Path, written: int) -> os.stat_result:
        """Confirm the size and give the file its name; undone when that cannot be made durable."""
        stats = path.stat()
        if stats.st_size != written:
            raise StorageError(f"{path} has {stats.st_size} bytes, {written} were written: check the disk.")
        try:
            attempts = _PUBLISH_ATTEMPTS
            while True:
                try:
                    files.make_folders(final.parent)
                    files.refuse_symlinks(final)
                    files.publish(path, final)
                    break
                except FileNotFoundError:
                    # Another deletion took the folder away as empty in between: make it again.
                    attempts -= 1
                    if not attempts or not path.exists():
                        raise
        except OSError:
            with suppress(OSError):
                _take_back(final, stats)
            raise
        finally:
            files.remove_empty_folders(final.parent, self._root)
        return stats

    def _unpublish(self, final: Path, stats: os.stat_result) -> None:
        _take_back(final, stats)
        files.remove_empty_folders(final.parent, self._root)

    @asynccontextmanager
    async def _opened(self, opening: Callable[[], int], path: Path, doing: str) -> AsyncIterator[int]:
        """Give a descriptor and close it, also when the caller is cancelled while a thread opens it."""
        opened: list[int] = []
        try:
            # Not by its result: who is cancelled meanwhile gets none.
            await self._blocking(lambda: opened.append(opening()), path, doing)
            yield opened[0]
        finally:
            for fd in opened:
                os.close(fd)

    async def _blocking(self, call: Callable[[], T], path: Path, doing: str, needed: int | None = None) -> T:
        """Run the call in a thread; an OSError becomes a StorageError."""
        try:
            return await in_thread(call)
        except OSError as error:
            raise files.storage_error(error, path, doing, needed) from error


def _partial_stem(key: str) -> str:
    """Return how the partial files of a key begin; a hash, because a key may be longer than a name."""
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _open_for_reading(path: Path) -> int:
    """Return a descriptor of the regular file; raise ObjectMissingError when there is none."""
    if _stat(path) is not None:
        with suppress(FileNotFoundError):
            return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    raise ObjectMissingError(f"{path} is not there (any more).")


def _stat(path: Path) -> os.stat_result | None:
    """Return the status of the regular file, None when there is none."""
    files.refuse_symlinks(path)
    try:
        stats = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stats if S_ISREG(stats.st_mode) else None


def _stored(key: str, stats: os.stat_result) -> StoredObject:
    return StoredObject(key, stats.st_size, datetime.fromtimestamp(stats.st_mtime, UTC))


def _take_back(final: Path, stats: os.stat_result) -> None:
    """Remove the file if it is the one that was written, not somebody else's of that name."""
    if os.path.samestat(final.stat(), stats):
        final.unlink()
