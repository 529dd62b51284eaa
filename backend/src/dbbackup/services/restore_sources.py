"""Where a restore's bytes come from: a backup's copy, a bucket, an upload, a script."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core.errors import NotFoundError, ValidationError
from dbbackup.core.manifest import Manifest
from dbbackup.db.models import DatabaseConfig, RestoreExecution, RestoreUpload, S3Config
from dbbackup.db.models.base import JsonDict
from dbbackup.services.backups import get_backup
from dbbackup.services.context import Context
from dbbackup.services.downloads import backup_manifest, choose_copy
from dbbackup.services.inputs import RestorePlanInput, RestoreSource
from dbbackup.services.storages import LOCAL, UPLOADS
from dbbackup.services.stored_manifests import read_manifest
from dbbackup.services.upload_files import key_of
from dbbackup.services.upload_sources import ready_upload, upload_manifest
from dbbackup.services.uploads import store_script


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes of a restore come from; `key` is the main file's."""

    manifest: Manifest
    storage_id: str
    key: str
    version: str | None
    bucket: str | None
    backup_id: str | None
    signed: Manifest | None = None
    """The manifest as it is signed, where `manifest` was narrowed to chosen objects."""

    @property
    def type(self) -> str:
        """Return `local`, `s3` or `upload`."""
        return {LOCAL: "local", UPLOADS: "upload"}.get(self.storage_id, "s3")

    @property
    def is_foreign(self) -> bool:
        """Tell whether it came in from outside, and may hold anything."""
        return self.storage_id == UPLOADS

    def sibling(self, file: str) -> str:
        """Return the key of another file of the same copy."""
        folder, slash, _ = self.key.rpartition("/")
        return f"{folder}{slash}{file}"


async def find_source(
    session: AsyncSession, ctx: Context, data: RestorePlanInput, config: DatabaseConfig | None, actor: str
) -> Source:
    """Return where to restore from; `config` is the target, as far as it is known.

    Raises:
        ValidationError: neither or both of `backupId` and `source` are given, or the source cannot be restored.
        NotFoundError, ConflictError: the backup or copy does not exist or is not complete.
        ObjectMissingError, IntegrityError: no manifest lies beside the S3 object, or it cannot be read.
    """
    if (data.backup_id is None) == (data.source is None):
        raise ValidationError.of("backupId", "Give either backupId or source.")
    if data.source is not None:
        return await _other_source(session, ctx, data.source, config, actor)
    backup = await get_backup(session, data.backup_id or "")
    copy = choose_copy(backup, data.copy_id)
    return Source(backup_manifest(backup), copy.storage_id, copy.key or "", copy.version, copy.bucket, backup.id)


async def source_manifest(session: AsyncSession, restore_id: str) -> JsonDict:
    """Return the manifest that a restore was given, which its record does not bring along."""
    wanted = select(RestoreExecution.manifest).where(RestoreExecution.id == restore_id)
    return (await session.execute(wanted)).scalar_one()


async def saved_source(session: AsyncSession, restore: RestoreExecution) -> Source:
    """Return the source a queued restore was given."""
    return Source(
        manifests.from_dict(await source_manifest(session, restore.id)),
        UPLOADS if restore.source_type == "upload" else restore.source_s3_config_id or LOCAL,
        restore.source_key,
        restore.source_version,
        restore.source_bucket,
        restore.backup_id,
    )


async def _other_source(
    session: AsyncSession, ctx: Context, source: RestoreSource, config: DatabaseConfig | None, actor: str
) -> Source:
    in_bucket = source.s3_config_id is not None or source.key is not None
    if [in_bucket, source.upload_id is not None, source.script is not None].count(True) != 1:
        raise ValidationError.of("source", "Give one source: s3ConfigId and key, or uploadId, or script.")
    if source.upload_id is not None:
        return _upload_source(await ready_upload(session, source.upload_id), config)
    if source.script is not None:
        return _upload_source(await store_script(session, ctx, source.script, actor), config)
    if source.s3_config_id is None or source.key is None:
        raise ValidationError.of("source", "An object in a bucket needs both s3ConfigId and key.")
    return await _browsed_source(session, ctx, source.s3_config_id, source.key)


def _upload_source(upload: RestoreUpload, config: DatabaseConfig | None) -> Source:
    return Source(upload_manifest(upload, config), UPLOADS, key_of(upload.id), None, None, None)


async def _browsed_source(session: AsyncSession, ctx: Context, config_id: str, found: str) -> Source:
    config = await session.get(S3Config, config_id)
    if config is None:
        raise NotFoundError(f"There is no S3 config {config_id}.")
    storage = await ctx.storages.open(config.id)
    key = found if found.endswith(manifests.SUFFIX) else found + manifests.SUFFIX
    manifest = await read_manifest(storage, key)
    folder, slash, _ = key.rpartition("/")
    return Source(manifest, config.id, f"{folder}{slash}{manifest.main.file}", None, config.bucket, None)
