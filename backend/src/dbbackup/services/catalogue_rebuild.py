"""Rebuilds the catalogue of backups from the manifests in a storage, after the loss of the SQLite file."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core.errors import AppError, IntegrityError, ObjectMissingError
from dbbackup.core.manifest import Manifest, SourceFacts
from dbbackup.core.naming import FILE_NAME, new_id
from dbbackup.db.models import BackupCopy, BackupExecution, DatabaseConfig, RunStatus, S3Config
from dbbackup.db.models.base import utc_now
from dbbackup.services.backup_results import note_result, note_stored
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.storages import LOCAL
from dbbackup.services.stored_manifests import read_manifest
from dbbackup.storages.base import Storage, StoredObject

_AT_ONCE = 16
_BYTES_AT_ONCE = 500_000
"""Manifests are small, but of thousands of tables they are not, and what is made of them takes ten times as much."""
_MAX_PROBLEMS = 100


@dataclass(slots=True)
class RebuildReport:
    """What was found in the storage and what became of it."""

    manifests: int = 0
    backups_added: int = 0
    copies_added: int = 0
    known: int = 0
    """Copies the catalogue had already."""
    instances: Counter[str] = field(default_factory=Counter)
    """Manifests by the instance that wrote them, those left out too."""
    problem_count: int = 0
    problems: list[str] = field(default_factory=list)
    """The first hundred manifests that cannot be used, each with the reason."""

    def complain(self, text: str) -> None:
        """Count a problem and keep it while there is room."""
        self.problem_count += 1
        if len(self.problems) < _MAX_PROBLEMS:
            self.problems.append(text)


@dataclass(frozen=True, slots=True)
class _Found:
    """A copy that is whole: its manifest is readable, and all parts are there with their sizes."""

    manifest: Manifest
    main: StoredObject


async def rebuild(
    ctx: Context, s3_config_id: str | None, *, instance: str | None = None, dry_run: bool = False
) -> RebuildReport:
    """Add every complete backup that lies in the storage and the catalogue does not know; removes nothing.

    `s3_config_id` None means the local disk. `instance` narrows it to one instance's backups, for buckets that
    several share. With `dry_run` nothing is written. Doing it again adds nothing.

    Raises:
        NotFoundError: there is no such S3 config.
        StorageError: the storage cannot be listed.
    """
    storage = await ctx.storages.open(s3_config_id or LOCAL)
    report = RebuildReport()
    async for keys in _manifest_keys(storage):
        report.manifests += len(keys)
        found = await asyncio.gather(*(_look(storage, key, report) for key in keys))
        wanted = [copy for copy in found if copy and instance in (None, copy.manifest.instance_id)]
        async with ctx.catalogue.transaction() as session:
            for copy in wanted:
                await _add(session, ctx, copy, s3_config_id, report)
            if dry_run:
                await session.rollback()
    return report


async def _manifest_keys(storage: Storage) -> AsyncIterator[list[str]]:
    """Yield the keys of manifests, as many at a time as are read together."""
    keys: list[str] = []
    size = 0
    async for stored in storage.list_objects():
        name = FILE_NAME.match(stored.key.rpartition("/")[2])
        if name is None or not name["rest"].endswith(manifests.SUFFIX):
            continue
        if keys and (len(keys) == _AT_ONCE or size + stored.size > _BYTES_AT_ONCE):
            yield keys
            keys, size = [], 0
        keys.append(stored.key)
        size += stored.size
    if keys:
        yield keys


async def _look(storage: Storage, key: str, report: RebuildReport) -> _Found | None:
    try:
        manifest = await read_manifest(storage, key)
        report.instances[manifest.instance_id] += 1
        folder, slash, _ = key.rpartition("/")
        parts = [await _part(storage, f"{folder}{slash}{part.file}", part.size) for part in manifest.parts]
    except AppError as error:
        report.complain(f"{key}: {error.message}")
        return None
    return _Found(manifest, parts[manifest.parts.index(manifest.main)])


async def _part(storage: Storage, key: str, size: int) -> StoredObject:
    found = await storage.stat(key)
    if found is None:
        raise ObjectMissingError(f"{key}, which belongs to the backup, is not there.")
    if found.size != size:
        raise IntegrityError(f"{key} is {found.size} bytes long, the manifest says {size}.")
    return found


async def _add(
    session: AsyncSession, ctx: Context, found: _Found, s3_config_id: str | None, report: RebuildReport
) -> None:
    manifest = found.manifest
    backup = await session.get(BackupExecution, manifest.backup_id)
    if backup is None:
        if await session.scalar(select(BackupExecution.id).where(BackupExecution.run_token == manifest.run_id)):
            report.complain(f"{found.main.key}: the catalogue has another backup with the token {manifest.run_id}.")
            return
        backup = _row(manifest, await _config_id(session, manifest.source))
        # Nobody knows any more what was pinned: what the ceiling would delete at once may have been.
        days = ctx.live.max_retention_days
        backup.pinned = days > 0 and manifest.started_at < utc_now() - timedelta(days=days)
        session.add(backup)
        report.backups_added += 1
    elif (
        backup.status != RunStatus.COMPLETED
        or backup.deleted_at is not None
        or any(copy.s3_config_id == s3_config_id for copy in backup.copies)
    ):
        # What is running closes its row itself; what failed or was deleted is being cleared away.
        report.known += 1
        return
    config = await session.get(S3Config, s3_config_id) if s3_config_id else None
    position = max((c.position for c in backup.copies), default=-1) + 1
    copy = BackupCopy(id=new_id(), position=position, s3_config_id=s3_config_id, bucket=config and config.bucket)
    note_stored(copy, found.main, manifest)
    copy.upload_completed_at = found.main.modified_at
    backup.copies.append(copy)
    report.copies_added += 1
    await session.flush()
    announce(session, ctx, "backup", backup.id, "updated")


def _row(manifest: Manifest, database_id: str | None) -> BackupExecution:
    backup = BackupExecution(
        id=manifest.backup_id,
        created_at=manifest.started_at,
        database_id=database_id,
        database_name=manifest.source.config_name,
        engine=manifest.source.engine,
        run_token=manifest.run_id,
        type=manifest.type,
        status=RunStatus.COMPLETED,
        started_at=manifest.started_at,
        compression=manifest.compression,
        compression_level=manifest.compression_level,
        encryption=manifest.encryption,
        label=manifest.label,
        options=manifest.options,
        copies=[],
    )
    note_result(backup, manifest)
    return backup


async def _config_id(session: AsyncSession, source: SourceFacts) -> str | None:
    """Find the database it is of: the very config, or one added again for the same place."""
    if await session.get(DatabaseConfig, source.config_id):
        return source.config_id
    query = select(DatabaseConfig.id).where(
        DatabaseConfig.type == source.engine,
        DatabaseConfig.host == source.host,
        DatabaseConfig.port == source.port,
        DatabaseConfig.database_name == source.database,
    )
    return (await session.scalars(query.order_by(DatabaseConfig.created_at))).first()
