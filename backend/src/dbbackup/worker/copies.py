"""Copies after the run: made later from a complete one, and deleted; both tried again until done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from loguru import logger
from sqlalchemy import exists, or_, select

from dbbackup.core import manifest as manifests
from dbbackup.core.errors import (
    AppError,
    IntegrityError,
    ObjectLockedError,
    ObjectMissingError,
    S3Error,
    S3UnreachableError,
)
from dbbackup.core.journal import JournalKind
from dbbackup.core.manifest import Manifest
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, RunStatus, S3Config
from dbbackup.db.models.base import utc_now
from dbbackup.pipeline.meter import Verifier
from dbbackup.pipeline.stream import Stream, closing, single, through
from dbbackup.services.backup_results import note_stored
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.downloads import sibling
from dbbackup.services.occasions import notify_deletion
from dbbackup.services.row_locks import lock_backup
from dbbackup.services.run_notifications import notify_copy
from dbbackup.services.stored_manifests import parse_manifest, read_manifest_bytes
from dbbackup.storages.base import Storage, StoredObject, WriteOptions
from dbbackup.worker.journal import CatalogueJournal
from dbbackup.worker.object_tags import object_tags

MAX_REFILLS = 6
_BACKOFF = timedelta(minutes=1)
_HOLD_PAUSE = timedelta(days=1)
_WAITING = (CopyState.PENDING, CopyState.FAILED, CopyState.DAMAGED, CopyState.WRITING)
"""Nobody else makes copies: one of a completed backup that says it is being written was left so by a fault."""


async def refill_copies(ctx: Context) -> int:
    """Make every missing copy that is due from a complete one; return how many were made."""
    made = 0
    async with ctx.catalogue.sessions() as session:
        # Asked of each copy that waits, not the other way round: few do, and complete backups are many.
        complete = exists().where(
            BackupExecution.id == BackupCopy.backup_id,
            BackupExecution.status == RunStatus.COMPLETED,
            BackupExecution.deleted_at.is_(None),
        )
        enabled = select(S3Config.id).where(S3Config.enabled)
        query = select(BackupCopy).where(
            complete,
            BackupCopy.state.in_(_WAITING),
            BackupCopy.attempts < MAX_REFILLS,
            or_(
                BackupCopy.s3_config_id.is_(None),
                BackupCopy.s3_config_id.in_(enabled),
            ),
        )
        waiting = [copy for copy in await session.scalars(query) if _due(copy)]
    for copy in waiting:
        made += await _refill(ctx, copy.id)
    return made


async def delete_copies(ctx: Context) -> int:
    """Remove the files of copies that are to be deleted; return how many copies are gone."""
    async with ctx.catalogue.sessions() as session:
        query = select(BackupCopy).where(BackupCopy.state == CopyState.DELETING)
        doomed = [(copy.id, copy.backup_id, copy.storage_id) for copy in await session.scalars(query) if _due(copy)]
    gone, silent = 0, set[str]()
    for copy_id, backup_id, storage_id in doomed:
        if storage_id in silent:
            continue
        try:
            gone += await _delete(ctx, copy_id, backup_id)
        except S3UnreachableError:
            # The others there would only wait in vain, each for minutes.
            silent.add(storage_id)
    return gone


def _due(copy: BackupCopy) -> bool:
    """The first try is at once; each further one waits twice as long as the one before."""
    if copy.state == CopyState.DELETING and copy.retry_at:
        return copy.retry_at <= utc_now()
    if copy.state != CopyState.FAILED and not copy.attempts:
        return True
    return bool(utc_now() - copy.updated_at >= _BACKOFF * 2 ** min(copy.attempts, MAX_REFILLS))


async def _refill(ctx: Context, copy_id: str) -> bool:
    async with ctx.catalogue.transaction() as session:
        copy = await session.get_one(BackupCopy, copy_id)
        backup = await lock_backup(session, copy.backup_id)
        whole = next((c for c in backup.copies if c.state == CopyState.COMPLETE), None)
        known = await session.scalar(select(BackupExecution.manifest).where(BackupExecution.id == backup.id))
        if copy.state not in _WAITING or whole is None or known is None or backup.deleted_at:
            return False
        damaged = copy.state == CopyState.DAMAGED
        copy.state, copy.upload_started_at, copy.attempts = CopyState.WRITING, utc_now(), copy.attempts + 1
        config = await session.get(S3Config, copy.s3_config_id) if copy.s3_config_id else None
        announce(session, ctx, "backup", backup.id, "updated")
    manifest = manifests.from_dict(known)
    # Every storage has the same folders: keys are relative to a config's prefix.
    folder = (whole.key or "").rpartition("/")[0]
    log = logger.bind(category="s3" if config else "backup", operation=backup.id)
    journal = CatalogueJournal(ctx.catalogue, backup.id)
    try:
        if damaged:
            # What is left of it is removed only when the other one is proven to be whole.
            await _prove(ctx, manifest, whole)
        stored = await _copy_all(ctx, manifest, whole, copy, folder, journal, await _options(ctx, backup, manifest))
    except AppError as error:
        log.warning("A copy of {} could not be made: {}", backup.file_name, error.message)
        state = CopyState.DAMAGED if damaged else CopyState.FAILED
        await _set_state(ctx, copy_id, state, error.message, tell=isinstance(error, S3Error))
        return False
    async with ctx.catalogue.transaction() as session:
        row = await session.get_one(BackupCopy, copy_id)
        doomed = (await lock_backup(session, backup.id)).deleted_at is not None
        row.bucket = config.bucket if config else None
        note_stored(row, stored, manifest)
        await notify_copy(session, ctx, row)
        if doomed:
            # The backup was deleted while this copy was made: it goes the same way as the others.
            row.state, row.attempts = CopyState.DELETING, 0
        announce(session, ctx, "backup", backup.id, "updated")
    await journal.clear(storage_id=copy.storage_id)
    log.info("A copy of {} was made", backup.file_name)
    return True


async def _prove(ctx: Context, manifest: Manifest, whole: BackupCopy) -> None:
    """Read a copy to its end. Raises AppError when it is not what was written."""
    source = await ctx.storages.open(whole.storage_id)
    with ThreadPoolExecutor(1, thread_name_prefix="refill") as executor:
        for part in manifest.parts:
            verifier = Verifier(part.file, part.size, part.sha256)
            async with closing(through(source.read(sibling(whole, part.file)), [verifier], executor)) as stream:
                async for _ in stream:
                    pass


async def _copy_all(
    ctx: Context,
    manifest: Manifest,
    whole: BackupCopy,
    copy: BackupCopy,
    folder: str,
    journal: CatalogueJournal,
    options: WriteOptions,
) -> StoredObject:
    """Copy every part, verified on the way, and the manifest last; return the stored main file."""
    source, target = await ctx.storages.open(whole.storage_id), await ctx.storages.open(copy.storage_id)
    main: StoredObject | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="refill") as executor:
        for part in manifest.parts:
            verifier = Verifier(part.file, part.size, part.sha256)
            stream = through(source.read(sibling(whole, part.file)), [verifier], executor)
            described = _described(options, part.name, expected_size=part.size)
            stored = await _write(target, f"{folder}/{part.file}", stream, described, journal)
            main = stored if part.name == "database" else main
        # The very bytes: a program that writes manifests otherwise must not break their signature.
        data = await read_manifest_bytes(source, sibling(whole, manifest.file_name))
        if parse_manifest(data, manifest.file_name) != manifest:
            raise IntegrityError(f"{manifest.file_name} is not the manifest that the catalogue holds.")
        described = _described(options, "manifest", archivable=False)
        await _write(target, f"{folder}/{manifest.file_name}", single(data), described, journal)
    if main is None:
        raise ObjectMissingError("The manifest names no main file.")
    return main


async def _options(ctx: Context, backup: BackupExecution, manifest: Manifest) -> WriteOptions:
    """Return what the copy's objects are described with: the same as the run would have."""
    tags = await object_tags(ctx, backup, manifest.source.slug, manifest.started_at)
    return WriteOptions(metadata={"instance": manifest.instance_id, "run": backup.id, **tags}, tags=tags)


def _described(options: WriteOptions, part: str, **more: Any) -> WriteOptions:
    return replace(options, metadata={**options.metadata, "part": part}, **more)


async def _write(
    target: Storage, key: str, stream: Stream, options: WriteOptions, journal: CatalogueJournal
) -> StoredObject:
    """What an interrupted try left under the key has no manifest and is replaced."""
    await journal.note(JournalKind.STORAGE_WRITE, storageId=target.id, key=key)
    await target.discard(key)
    await target.delete(key)
    async with closing(stream) as chunks:
        return await target.write(key, chunks, options)


async def _delete(ctx: Context, copy_id: str, backup_id: str) -> bool:
    async with ctx.catalogue.sessions() as session:
        copy = await session.get_one(BackupCopy, copy_id)
        backup = await session.get_one(BackupExecution, backup_id)
    try:
        if copy.key and backup.manifest:
            storage = await ctx.storages.open(copy.storage_id)
            manifest = manifests.from_dict(backup.manifest)
            # The manifest first: from then on the rest is no backup any more, and a crash leaves only litter.
            for file in (manifest.file_name, *(part.file for part in manifest.parts)):
                await storage.delete(sibling(copy, file))
    except AppError as error:
        logger.bind(category="backup").warning("{} could not be deleted: {}", copy.key, error.message)
        retry_at = None
        if isinstance(error, ObjectLockedError):
            # Nothing before that date can succeed; a legal hold has none, and is asked about once a day.
            retry_at = error.until or utc_now() + _HOLD_PAUSE
        await _set_state(ctx, copy_id, CopyState.DELETING, error.message, retry_at)
        if isinstance(error, S3UnreachableError):
            raise
        return False
    await _set_state(ctx, copy_id, CopyState.DELETED, None)
    return True


async def _set_state(
    ctx: Context,
    copy_id: str,
    state: CopyState,
    message: str | None,
    retry_at: datetime | None = None,
    *,
    tell: bool = False,
) -> None:
    async with ctx.catalogue.transaction() as session:
        copy = await session.get_one(BackupCopy, copy_id)
        deleted = (await lock_backup(session, copy.backup_id)).deleted_at is not None
        if state in (CopyState.DELETING, CopyState.DELETED):
            copy.attempts += state == CopyState.DELETING
            await notify_deletion(session, ctx, copy, message)
        elif deleted:
            # What a damaged copy still holds goes as well; what was written just now is in the journal.
            state, message = CopyState.DELETING if copy.key else CopyState.DELETED, None
            copy.attempts = 0
        copy.state, copy.error_message, copy.updated_at, copy.retry_at = state, message, utc_now(), retry_at
        if tell:
            await notify_copy(session, ctx, copy)
        announce(session, ctx, "backup", copy.backup_id, "updated")
