"""Restores: find the source, check beforehand, queue, list, cancel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core.errors import IntegrityError, NotFoundError, ObjectMissingError, ValidationError
from dbbackup.core.manifest import Manifest
from dbbackup.core.naming import new_id
from dbbackup.core.sizes import human_size
from dbbackup.db.models import DatabaseConfig, RestoreExecution, RunStatus, S3Config
from dbbackup.engines.modes import target_database
from dbbackup.engines.values import Finding
from dbbackup.services.backups import get_backup, request_cancel
from dbbackup.services.changes import announce_run
from dbbackup.services.connections import saved_connection
from dbbackup.services.context import Context
from dbbackup.services.databases import get_database
from dbbackup.services.downloads import backup_manifest, choose_copy
from dbbackup.services.encryption import check_key
from dbbackup.services.inputs import RestoreInput, RestorePlanInput, S3ObjectSource
from dbbackup.storages.base import Storage

_MAX_MANIFEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes of a restore come from; `key` is the main file's."""

    manifest: Manifest
    storage_id: str
    key: str
    version: str | None
    bucket: str | None
    backup_id: str | None

    @property
    def type(self) -> str:
        """Return `local` or `s3`."""
        return "local" if self.storage_id == "local" else "s3"

    def sibling(self, file: str) -> str:
        """Return the key of another file of the same copy."""
        folder, slash, _ = self.key.rpartition("/")
        return f"{folder}{slash}{file}"


async def preflight(session: AsyncSession, ctx: Context, data: RestorePlanInput) -> tuple[Source, list[Finding]]:
    """Check that the restore can work; changes nothing.

    Raises:
        NotFoundError, ConflictError, ValidationError: the request makes no sense as it stands.
        DatabaseError, StorageError: the target or the source cannot be asked.
    """
    config = await get_database(session, data.database_id)
    source = await find_source(session, ctx, data)
    options = _options(ctx, config, source.manifest, data.options)
    return source, await run_checks(ctx, config, source, options)


async def run_checks(ctx: Context, config: DatabaseConfig, source: Source, options: dict[str, Any]) -> list[Finding]:
    """Check source, target and disk; the worker calls it again right before it starts."""
    engine = ctx.engines[config.type]
    findings = await _source_findings(ctx, source)
    if engine.wants_file(options):
        findings.append(await _spool_finding(ctx, source.manifest))
    target = await engine.maintenance(saved_connection(ctx, config))
    if target.database != config.database_name:
        text = f"{config.database_name} cannot be connected to: the server is reached through {target.database}."
        findings.append(Finding("warning", "database-gone", text))
    return findings + await engine.preflight(target, source.manifest, options)


async def queue_restore(session: AsyncSession, ctx: Context, data: RestoreInput, actor: str) -> RestoreExecution:
    """Put a restore into the queue.

    Raises:
        ValidationError: it is not confirmed, or options make no sense.
        NotFoundError, ConflictError: as `preflight`.
    """
    if not data.confirm:
        raise ValidationError.of("confirm", "A restore changes a database server: send confirm: true to go on.")
    config = await get_database(session, data.database_id)
    source = await find_source(session, ctx, data)
    options = _options(ctx, config, source.manifest, data.options)
    restore = RestoreExecution(
        id=new_id(),
        database_id=config.id,
        database_name=config.name,
        target_database=target_database(options),
        backup_id=source.backup_id,
        source_type=source.type,
        source_s3_config_id=None if source.storage_id == "local" else source.storage_id,
        source_bucket=source.bucket,
        source_key=source.key,
        source_version=source.version,
        manifest=manifests.to_dict(source.manifest),
        options=options,
        status=RunStatus.QUEUED,
        started_by=actor,
        confirmed_by=actor,
    )
    session.add(restore)
    await session.flush()
    announce_run(session, ctx, restore)
    return restore


async def get_restore(session: AsyncSession, restore_id: str) -> RestoreExecution:
    """Return a restore. Raises NotFoundError."""
    restore = await session.get(RestoreExecution, restore_id)
    if restore is None:
        raise NotFoundError(f"There is no restore {restore_id}.")
    return restore


async def list_restores(
    session: AsyncSession, *, database_id: str | None, status: str | None, page: int, limit: int
) -> tuple[list[RestoreExecution], int]:
    """Return one page, newest first, and the number of all that match."""
    query = select(RestoreExecution)
    if database_id:
        query = query.where(RestoreExecution.database_id == database_id)
    if status:
        query = query.where(RestoreExecution.status == status)
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    ordered = query.order_by(RestoreExecution.created_at.desc(), RestoreExecution.id.desc())
    return list(await session.scalars(ordered.limit(limit).offset((page - 1) * limit))), total


async def queue_positions(session: AsyncSession) -> dict[str, int]:
    """Return the place of every queued restore, from 1."""
    order = (RestoreExecution.created_at, RestoreExecution.id)
    queued = select(RestoreExecution.id).where(RestoreExecution.status == RunStatus.QUEUED).order_by(*order)
    return {id_: place for place, id_ in enumerate(await session.scalars(queued), start=1)}


async def cancel_restore(session: AsyncSession, ctx: Context, restore_id: str) -> RestoreExecution:
    """Cancel at once what is queued; ask the worker to stop what is running. Raises ConflictError."""
    restore = await get_restore(session, restore_id)
    request_cancel(session, ctx, restore)
    await session.flush()
    return restore


async def find_source(session: AsyncSession, ctx: Context, data: RestorePlanInput) -> Source:
    """Return where to restore from.

    Raises:
        ValidationError: neither or both of `backupId` and `source` are given.
        NotFoundError, ConflictError: the backup or copy does not exist or is not complete.
        ObjectMissingError, IntegrityError: no manifest lies beside the S3 object, or it cannot be read.
    """
    if (data.backup_id is None) == (data.source is None):
        raise ValidationError.of("backupId", "Give either backupId or source.")
    if data.source is not None:
        return await _browsed_source(session, ctx, data.source)
    backup = await get_backup(session, data.backup_id or "")
    copy = choose_copy(backup, data.copy_id)
    return Source(backup_manifest(backup), copy.storage_id, copy.key or "", copy.version, copy.bucket, backup.id)


def saved_source(restore: RestoreExecution) -> Source:
    """Return the source a queued restore was given."""
    return Source(
        manifests.from_dict(restore.manifest),
        restore.source_s3_config_id or "local",
        restore.source_key,
        restore.source_version,
        restore.source_bucket,
        restore.backup_id,
    )


async def _browsed_source(session: AsyncSession, ctx: Context, source: S3ObjectSource) -> Source:
    config = await session.get(S3Config, source.s3_config_id)
    if config is None:
        raise NotFoundError(f"There is no S3 config {source.s3_config_id}.")
    storage = await ctx.storages.open(config.id)
    key = source.key if source.key.endswith(manifests.SUFFIX) else source.key + manifests.SUFFIX
    manifest = await read_manifest(storage, key)
    folder, slash, _ = key.rpartition("/")
    return Source(manifest, config.id, f"{folder}{slash}{manifest.main.file}", None, config.bucket, None)


async def read_manifest(storage: Storage, key: str) -> Manifest:
    """Read and check a manifest. Raises ObjectMissingError, IntegrityError, StorageError."""
    found = await storage.stat(key)
    if found is None:
        raise ObjectMissingError(f"There is no manifest {key}: without it the file is not a backup of this product.")
    if found.size > _MAX_MANIFEST:
        raise IntegrityError(f"{key} is {found.size} bytes long: that is no manifest.")
    data = b"".join([chunk async for chunk in storage.read(key, 0, found.version)])
    try:
        return manifests.decode(data)
    except ValueError as error:
        raise IntegrityError(f"{key} is not a manifest this version can read: {error}") from error


def _options(ctx: Context, config: DatabaseConfig, manifest: Manifest, raw: dict[str, Any]) -> dict[str, Any]:
    engine = ctx.engines[config.type]
    if manifest.source.engine not in engine.restores:
        raise ValidationError.of(
            "databaseId",
            f"This backup is of {manifest.source.engine}; {config.name} is {config.type}, which can be given backups"
            f" of {' and '.join(sorted(engine.restores))} only. Choose a server of a kind that fits.",
        )
    return engine.parse_restore_options(raw)


async def _source_findings(ctx: Context, source: Source) -> list[Finding]:
    storage = await ctx.storages.open(source.storage_id)
    findings = []
    for part in source.manifest.parts:
        version = source.version if part.name == "database" else None
        found = await storage.stat(source.sibling(part.file), version)
        if found is None:
            findings.append(Finding("error", "source-missing", f"{part.file} is no longer in the storage."))
        elif found.size != part.size:
            text = f"{part.file} is {found.size} bytes long, the manifest says {part.size}: it was altered or cut."
            findings.append(Finding("error", "source-size", text))
    if findings:
        return findings
    if warning := await _archive_finding(storage, source):
        return [warning]
    versions = [source.version if part.name == "database" else None for part in source.manifest.parts]
    files = [storage.read(source.sibling(p.file), 0, v) for p, v in zip(source.manifest.parts, versions, strict=True)]
    there = Finding("ok", "source", "All files of the backup are there and have the right size.")
    return [there, *await check_key(ctx, source.manifest, files)]


async def _archive_finding(storage: Storage, source: Source) -> Finding | None:
    """Archived files cannot be looked into: whether the key fits is seen when they are back."""
    archived = await storage.thaw(source.key, source.version, ask=False)
    if archived is None:
        return None
    text = f"The backup lies in an archive ({archived.storage_class}). The restore asks for it first and begins when"
    return Finding("warning", "archived", text + " it is back, hours later; it can be cancelled meanwhile.")


async def _spool_finding(ctx: Context, manifest: Manifest) -> Finding:
    free = await ctx.storages.local.free_space() or 0
    needed = manifest.main.plain_size
    text = f"This restore reads from a file: {human_size(needed)} are needed for it, {human_size(free)} are free."
    if free < needed:
        return Finding("error", "spool-space", text + " Free some space; one job into a new database needs none.")
    return Finding("ok", "spool-space", text)
