"""Reads stored backups: which copy, which part, which bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core.errors import ConflictError, NotFoundError, ObjectMissingError
from dbbackup.core.manifest import Manifest
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState
from dbbackup.pipeline.stream import closing
from dbbackup.services.backups import get_backup
from dbbackup.services.context import Context
from dbbackup.storages.base import Storage


@dataclass(frozen=True, slots=True)
class StoredPart:
    """One file of a backup, ready to be read; size in bytes."""

    storage: Storage
    key: str
    version: str | None
    file_name: str
    size: int

    async def read(self, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """Yield `length` bytes from `start` (all to the end when None)."""
        left = self.size - start if length is None else length
        async with closing(self.storage.read(self.key, start, self.version)) as stream:
            async for chunk in stream:
                yield chunk[:left]
                left -= len(chunk)
                if left <= 0:
                    return


async def find_part(
    session: AsyncSession, ctx: Context, backup_id: str, *, part: str, copy_id: str | None
) -> StoredPart:
    """Return a part of a backup from the named copy, else from the first complete one (local first).

    Raises:
        NotFoundError: no such backup, copy or part.
        ConflictError: the copy is not complete.
        ObjectMissingError: the file is gone from the storage.
    """
    backup = await get_backup(session, backup_id)
    copy = choose_copy(backup, copy_id)
    file = part_file(backup, part)
    storage = await ctx.storages.open(copy.storage_id)
    key = sibling(copy, file)
    found = await storage.stat(key)
    if found is None:
        raise ObjectMissingError(f"{key} is no longer in the storage. Choose another copy of this backup.")
    return StoredPart(storage, key, found.version, file, found.size)


def choose_copy(backup: BackupExecution, copy_id: str | None) -> BackupCopy:
    """Return the named copy, or the first complete one. Raises NotFoundError, ConflictError."""
    if copy_id is not None:
        copy = next((c for c in backup.copies if c.id == copy_id), None)
        if copy is None:
            raise NotFoundError(f"This backup has no copy {copy_id}.")
        if copy.state != CopyState.COMPLETE:
            raise ConflictError(f"This copy is {copy.state}, not complete. Choose another one.")
        return copy
    complete = next((c for c in backup.copies if c.state == CopyState.COMPLETE), None)
    if complete is None:
        raise ConflictError("This backup has no complete copy.")
    return complete


def backup_manifest(backup: BackupExecution) -> Manifest:
    """Return the manifest kept in the catalogue. Raises ConflictError when the backup has none."""
    if backup.manifest is None:
        raise ConflictError(f"This backup is {backup.status}: only a completed backup has something to read.")
    return manifests.from_dict(backup.manifest)


def part_file(backup: BackupExecution, part: str) -> str:
    """Return the file name of a part, or of the manifest itself. Raises NotFoundError, ConflictError."""
    manifest = backup_manifest(backup)
    if part == "manifest":
        return manifest.file_name
    facts = manifest.part(part)
    if facts is None:
        names = ", ".join([*(p.name for p in manifest.parts), "manifest"])
        raise NotFoundError(f"This backup has no part {part!r}; it has {names}.")
    return facts.file


def sibling(copy: BackupCopy, file: str) -> str:
    """Return the key of a file of this copy: all files of a copy lie in one folder."""
    folder, _, _ = (copy.key or "").rpartition("/")
    return f"{folder}/{file}"
