"""Reads manifests as they lie beside the files of a backup."""

from __future__ import annotations

from dbbackup.core import manifest as manifests
from dbbackup.core.errors import IntegrityError, ObjectMissingError
from dbbackup.core.manifest import Manifest
from dbbackup.storages.base import Storage

_MAX_MANIFEST = 64 * 1024 * 1024


async def read_manifest(storage: Storage, key: str) -> Manifest:
    """Read and check a manifest. Raises ObjectMissingError, IntegrityError, StorageError."""
    return parse_manifest(await read_manifest_bytes(storage, key), key)


async def read_manifest_bytes(storage: Storage, key: str) -> bytes:
    """Read a manifest as it lies there. Raises ObjectMissingError, IntegrityError (far too long), StorageError."""
    found = await storage.stat(key)
    if found is None:
        raise ObjectMissingError(f"There is no manifest {key}: without it the file is not a backup of this product.")
    if found.size > _MAX_MANIFEST:
        raise IntegrityError(f"{key} is {found.size} bytes long: that is no manifest.")
    return b"".join([chunk async for chunk in storage.read(key, 0, found.version)])


def parse_manifest(data: bytes, key: str) -> Manifest:
    """Return the manifest in these bytes. Raises IntegrityError when it is none, or its signature is wrong."""
    try:
        return manifests.decode(data)
    except ValueError as error:
        raise IntegrityError(f"{key} is not a manifest this version can read: {error}") from error
