"""Restores: find the source, check beforehand, queue, list, cancel."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
from msgspec import structs
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError as DatabaseIntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core.errors import ConflictError, NotFoundError, ValidationError
from dbbackup.core.manifest import Manifest
from dbbackup.core.naming import new_id
from dbbackup.core.sizes import human_size
from dbbackup.db.models import DatabaseConfig, RestoreExecution, RunStatus
from dbbackup.engines.modes import restore_mode, restores_parts, target_database
from dbbackup.engines.values import Connection, Finding
from dbbackup.services.backups import request_cancel
from dbbackup.services.changes import announce_run
from dbbackup.services.connections import reachable, saved_connection
from dbbackup.services.contents import narrowed
from dbbackup.services.context import Context
from dbbackup.services.databases import get_database
from dbbackup.services.encryption import check_key
from dbbackup.services.foreign_sources import foreign_findings
from dbbackup.services.inputs import RestoreInput, RestorePlanInput
from dbbackup.services.restore_options import parse_options
from dbbackup.services.restore_sources import Source, find_source
from dbbackup.services.safety_backups import safety_findings
from dbbackup.services.signatures import signature_finding
from dbbackup.storages.base import Storage


async def preflight(
    session: AsyncSession, ctx: Context, data: RestorePlanInput, actor: str
) -> tuple[Source, list[Finding]]:
    """Check that the restore can work; changes nothing.

    Raises:
        NotFoundError, ConflictError, ValidationError: the request makes no sense as it stands.
        DatabaseError, StorageError: the target or the source cannot be asked.
    """
    config = await get_database(session, data.database_id)
    source = await find_source(session, ctx, data, config, actor)
    options = parse_options(ctx, config, source, data.options)
    chosen, findings = await narrowed(ctx, source, options)
    return source, findings + await run_checks(ctx, config, chosen, options)


async def run_checks(
    ctx: Context, config: DatabaseConfig, source: Source, options: dict[str, Any], server: Connection | None = None
) -> list[Finding]:
    """Check source, target and disk; the worker calls it again right before it starts.

    Of a source from which objects were chosen the manifest names only these (`contents.narrowed`). `server` stands in
    for the one that the database is on.
    """
    engine = ctx.engines[config.type]
    findings = await _source_findings(ctx, source)
    if source.is_foreign and all(finding.level != "error" for finding in findings):
        findings += await foreign_findings(ctx, source, engine.restore_filter(source.manifest, options))
    if engine.wants_file(options) and not restores_parts(source.manifest, options):
        findings.append(await _spool_finding(ctx, source.manifest))
    given = server or saved_connection(ctx, config)
    target = await engine.maintenance(await reachable(ctx, given))
    if target.database != given.database:
        text = f"{given.database} cannot be connected to: the server is reached through {target.database}."
        findings.append(Finding("warning", "database-gone", text))
    findings += await engine.preflight(target, source.manifest, options)
    return findings + (await safety_findings(ctx, config, options) if restore_mode(options).destroys else [])


async def queue_restore(session: AsyncSession, ctx: Context, data: RestoreInput, actor: str) -> RestoreExecution:
    """Put a restore into the queue; sent again with the same idempotency key, return the first one.

    Raises:
        ValidationError: it is not confirmed, or options make no sense.
        NotFoundError, ConflictError: as `preflight`; or the key came with another request.
    """
    digest = request_digest(data, actor)
    if data.idempotency_key and (known := await _sent_before(session, data.idempotency_key, digest)):
        return known
    if not data.confirm:
        raise ValidationError.of("confirm", "A restore changes a database server: send confirm: true to go on.")
    config = await get_database(session, data.database_id)
    source = await find_source(session, ctx, data, config, actor)
    options = parse_options(ctx, config, source, data.options)
    if restore_mode(options).destroys and data.confirm_name != target_database(options):
        text = f"This drops what is in a database: send its name ({target_database(options)}) as confirmName to go on."
        raise ValidationError.of("confirmName", text)
    restore = new_restore(config, source, options, actor)
    restore.idempotency_key = data.idempotency_key
    restore.request_sha256 = digest if data.idempotency_key else None
    try:
        async with session.begin_nested():
            session.add(restore)
    except DatabaseIntegrityError:
        # The same request in the same moment got the key: only now it is to be seen from here.
        if known := await _sent_before(session, data.idempotency_key or "", digest):
            return known
        raise
    announce_run(session, ctx, restore)
    return restore


def new_restore(config: DatabaseConfig, source: Source, options: dict[str, Any], actor: str) -> RestoreExecution:
    """Return a queued restore that is not in the catalogue yet."""
    return RestoreExecution(
        id=new_id(),
        database_id=config.id,
        database_name=config.name,
        target_database=target_database(options),
        backup_id=source.backup_id,
        source_type=source.type,
        source_s3_config_id=source.storage_id if source.type == "s3" else None,
        source_bucket=source.bucket,
        source_key=source.key,
        source_version=source.version,
        source_name=source.manifest.source.config_name,
        manifest=manifests.to_dict(source.manifest),
        options=options,
        status=RunStatus.QUEUED,
        started_by=actor,
        confirmed_by=actor,
    )


def request_digest(data: RestoreInput, actor: str) -> str:
    """Return what tells one request from another that comes with the same key."""
    body = msgspec.json.encode([actor, structs.replace(data, idempotency_key=None)], order="sorted")
    return hashlib.sha256(body).hexdigest()


async def _sent_before(session: AsyncSession, key: str, digest: str) -> RestoreExecution | None:
    """Return the restore that this request made before. Raises ConflictError."""
    found = await session.scalar(select(RestoreExecution).where(RestoreExecution.idempotency_key == key))
    if found is not None and found.request_sha256 != digest:
        raise ConflictError("This idempotency key came with another request before: send a new key with a new request.")
    return found


async def get_restore(session: AsyncSession, restore_id: str) -> RestoreExecution:
    """Return a restore. Raises NotFoundError."""
    restore = await session.get(RestoreExecution, restore_id)
    if restore is None:
        raise NotFoundError(f"There is no restore {restore_id}.")
    return restore


async def queue_positions(session: AsyncSession) -> dict[str, int]:
    """Return the place of every queued restore, from 1."""
    order = (RestoreExecution.created_at, RestoreExecution.id)
    queued = select(RestoreExecution.id).where(RestoreExecution.status == RunStatus.QUEUED).order_by(*order)
    return {id_: place for place, id_ in enumerate(await session.scalars(queued), start=1)}


async def cancel_restore(session: AsyncSession, ctx: Context, restore_id: str) -> RestoreExecution:
    """Cancel at once what is queued; ask the worker to stop what is running. Raises ConflictError."""
    restore = await get_restore(session, restore_id)
    await request_cancel(session, ctx, restore)
    await session.flush()
    return restore


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
    # The manifest given with an upload was checked as it came in; this one names only the file that was uploaded.
    signed = [] if source.is_foreign else [signature_finding(ctx, source.signed or source.manifest)]
    return [
        there,
        *signed,
        *await check_key(ctx, source.manifest, files),
    ]


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
