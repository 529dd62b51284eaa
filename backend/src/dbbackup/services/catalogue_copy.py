"""Copies the catalogue into the default storage: what the manifests do not hold is otherwise on one disk only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from loguru import logger
from sqlalchemy import select

from dbbackup.core.age_keys import parse_recipient
from dbbackup.core.errors import StorageError
from dbbackup.core.naming import random_token
from dbbackup.db.models import EncryptionKey, KeyKind, S3Config
from dbbackup.pipeline.compress import compressor
from dbbackup.pipeline.encrypt import encryptor
from dbbackup.pipeline.gpg import encrypted
from dbbackup.pipeline.stream import Stream, through
from dbbackup.services.catalogue_snapshot import ending_of, write_snapshot
from dbbackup.services.context import Context
from dbbackup.services.encryption import choose_encryption, gpg_recipients, recipient_keys
from dbbackup.services.storages import LOCAL
from dbbackup.storages.base import Storage, WriteOptions

_READ = 1 << 20
_ENDINGS: dict[str | None, str] = {None: "", KeyKind.AGE: ".age", KeyKind.OPENPGP: ".gpg"}


@dataclass(frozen=True, slots=True)
class CatalogueCopy:
    """A copy that was stored; size in bytes, `removed` is how many older ones went."""

    where: str
    key: str
    size: int
    removed: int


async def copy_catalogue(ctx: Context, now: datetime) -> CatalogueCopy:
    """Store a consistent copy, compressed and, where backups are, encrypted to the same keys; remove the oldest.

    Passwords in it stay sealed: it opens with this instance's ENCRYPTION_KEY only.

    Raises:
        ConflictError: the encryption key was never downloaded.
        StorageError: the storage does not take it.
        ToolMissingError, InternalError: it cannot be read (see `write_snapshot`).
    """
    async with ctx.catalogue.sessions() as session:
        config = await session.scalar(select(S3Config).where(S3Config.is_default, S3Config.enabled))
        encryption = await choose_encryption(session, None)
        keys = await recipient_keys(session, encryption) if encryption else []
    storage = await ctx.storages.open(config.id if config else LOCAL)
    where = f"the bucket {config.bucket}" if config else "the local disk"
    # A storage that does not answer is told at once: what is written to it is tried again for minutes.
    for step in await storage.check():
        if not step.ok:
            raise StorageError(f"The catalogue cannot be copied to {where}, {step.name}: {step.message}")
    folder = f"catalogue/{ctx.instance_id}/"
    # No name of a backup, so that nothing takes it for one or for what is left of one.
    key = f"{folder}catalogue-{ctx.instance_id}-{now:%Y%m%d-%H%M%S}{ending_of(ctx)}.gz{_ENDINGS[encryption]}"
    path = ctx.settings.work_path / f"catalogue-{random_token(8)}{ending_of(ctx)}"
    try:
        await write_snapshot(ctx, path)
        with ThreadPoolExecutor(1, "catalogue-copy") as executor:
            squeeze = [step for step in (compressor("gzip", None),) if step]
            stream = _sealed(ctx, through(_chunks(path), squeeze, executor), keys, executor)
            options = WriteOptions(expected_size=path.stat().st_size, archivable=False, lockable=False)
            stored = await storage.write(key, stream, options)
    finally:
        path.unlink(missing_ok=True)
    removed = await _remove_old(storage, folder, max(1, ctx.live.catalogue_copies))
    logger.bind(category="application").info("The catalogue was copied to {} as {}", where, key)
    return CatalogueCopy(where, key, stored.size, removed)


def _sealed(ctx: Context, stream: Stream, keys: Sequence[EncryptionKey], executor: Executor) -> Stream:
    if not keys:
        return stream
    if keys[0].kind == KeyKind.OPENPGP:
        return encrypted(stream, gpg_recipients(ctx, keys))
    return through(stream, [encryptor([parse_recipient(key.recipient) for key in keys])], executor)


async def _chunks(path: Path) -> Stream:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, _READ):
            yield chunk


async def _remove_old(storage: Storage, folder: str, keep: int) -> int:
    found = sorted([stored async for stored in _copies(storage, folder)])
    for key in found[:-keep]:
        await storage.delete(key)
    return len(found[:-keep])


async def _copies(storage: Storage, folder: str) -> AsyncIterator[str]:
    async for stored in storage.list_objects(folder):
        if stored.key.startswith(f"{folder}catalogue-"):
            yield stored.key
