"""Builds the row of a backup from what was asked for, whoever asks: a person or a schedule."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import FieldError, ValidationError
from dbbackup.core.naming import RUN_LENGTH, new_id, random_token
from dbbackup.db.models import BackupCopy, BackupExecution, BackupType, RunStatus, S3Config
from dbbackup.services.container_dumps import refuse_parallel_inside
from dbbackup.services.context import Context
from dbbackup.services.databases import get_database
from dbbackup.services.encryption import choose_encryption
from dbbackup.services.inputs import BackupInput

MANUAL_PRIORITY = 10
LEVELS = {"gzip": (1, 9), "zstd": (1, 22)}


async def prepare_backup(session: AsyncSession, ctx: Context, data: BackupInput) -> BackupExecution:
    """Return the row of a manual backup, ready to be added to the session.

    Raises:
        NotFoundError: no such database.
        ConflictError: the encryption key was never downloaded.
        ValidationError: nowhere to write to, or options that make no sense.
    """
    config = await get_database(session, data.database_id)
    options = ctx.engines[config.type].parse_dump_options({**config.dump_options, **data.options})
    refuse_parallel_inside(config, options)
    targets: list[str | None] = [None] if data.local else []
    targets += await _s3_targets(session, data)
    if not targets:
        raise ValidationError.of("local", "Choose at least one place for the backup: local disk or an S3 config.")
    _check_level(data)
    return BackupExecution(
        id=new_id(),
        database_id=config.id,
        database_name=config.name,
        engine=config.type,
        run_token=random_token(RUN_LENGTH),
        type=BackupType.MANUAL,
        status=RunStatus.QUEUED,
        priority=MANUAL_PRIORITY,
        compression=data.compression,
        compression_level=data.compression_level,
        encryption=await choose_encryption(session, data.encryption),
        label=data.label or None,
        pinned=data.pinned,
        options=options,
        copies=[BackupCopy(id=new_id(), position=n, s3_config_id=s3) for n, s3 in enumerate(targets)],
    )


async def named_or_default(session: AsyncSession, ids: list[str] | None) -> list[str]:
    """Return the named S3 configs once each, or the default one. Raises ValidationError."""
    wanted = S3Config.id.in_(ids) if ids else S3Config.is_default
    found = {c.id: c for c in await session.scalars(select(S3Config).where(wanted))}
    if not ids and not found:
        raise ValidationError.of("uploadToS3", "There is no default S3 config. Add one under Storage, or name one.")
    problems = [f"There is no S3 config {i}." for i in ids or () if i not in found]
    problems += [f"The S3 config {c.name} is disabled." for c in found.values() if not c.enabled]
    if problems:
        raise ValidationError(" ".join(problems), details=[FieldError("s3ConfigIds", p) for p in problems])
    return list(dict.fromkeys(ids or found))


async def _s3_targets(session: AsyncSession, data: BackupInput) -> list[str]:
    if data.upload_to_s3 is False:
        if data.s3_config_ids:
            raise ValidationError.of("s3ConfigIds", "S3 configs are named, but uploadToS3 is false.")
        return []
    if data.s3_config_ids or data.upload_to_s3:
        return await named_or_default(session, data.s3_config_ids)
    if data.s3_config_ids is not None:
        return []
    default = select(S3Config.id).where(S3Config.is_default, S3Config.enabled)
    return list(await session.scalars(default))


def _check_level(data: BackupInput) -> None:
    if data.compression_level is None:
        return
    if data.compression not in LEVELS:
        raise ValidationError.of("compressionLevel", "Without compression there is no level: leave it out.")
    low, high = LEVELS[data.compression]
    if not low <= data.compression_level <= high:
        raise ValidationError.of("compressionLevel", f"{data.compression} takes levels {low} to {high}.")
