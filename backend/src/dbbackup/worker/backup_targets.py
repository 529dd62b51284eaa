"""Where a backup goes, looked at before it begins: how much it will be, and whether each place would take it."""

from __future__ import annotations

from sqlalchemy import select

from dbbackup.core.errors import AppError, StorageError
from dbbackup.core.journal import JournalKind
from dbbackup.core.naming import storage_folder
from dbbackup.core.run_limits import bytes_per_second, resolve
from dbbackup.core.sizes import human_size
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, DatabaseConfig, RunStatus, S3Config
from dbbackup.db.models.base import utc_now
from dbbackup.engines.values import Survey
from dbbackup.pipeline.backup_job import Target
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.run_notifications import notify_copy
from dbbackup.storages.throttle import RateLimit, ThrottledStorage
from dbbackup.worker.run import RunTools

_ASSUMED_RATIO = 2
"""Text compresses at least so much; used only until there is a backup to compare with."""


async def expected_size(ctx: Context, backup: BackupExecution, survey: Survey) -> int:
    """Estimate the stored size from the last good backup, else from the database's size. Bytes."""
    last = (
        select(BackupExecution.size)
        .where(
            BackupExecution.database_id == backup.database_id,
            BackupExecution.status == RunStatus.COMPLETED,
            BackupExecution.compression == backup.compression,
        )
        .order_by(BackupExecution.id.desc())
        .limit(1)
    )
    async with ctx.catalogue.sessions() as session:
        size = await session.scalar(last)
    if size:
        return size + size // 10
    return survey.size if backup.compression == "none" else survey.size // _ASSUMED_RATIO


async def check_targets(
    ctx: Context, backup: BackupExecution, config: DatabaseConfig, expected: int, tools: RunTools
) -> list[Target]:
    """Check every destination; one that fails is marked and left out, all failing ends the run."""
    targets, errors = [], []
    for copy in backup.copies:
        folder = storage_folder(config.slug, backup.started_at or utc_now())
        try:
            target = await _check_target(ctx, copy, config, folder, expected, tools)
        except AppError as error:
            errors.append(error)
            tools.log.say("error", error.message)
            await _set_copy(ctx, copy.id, state=CopyState.FAILED, error_message=error.message)
        else:
            targets.append(target)
            await _set_copy(ctx, copy.id, state=CopyState.WRITING, upload_started_at=utc_now())
    if not targets:
        whole = errors[0] if len(errors) == 1 else StorageError(" ".join(e.message for e in errors))
        whole.retryable = any(error.retryable for error in errors)
        raise whole
    return targets


async def _check_target(
    ctx: Context, copy: BackupCopy, database: DatabaseConfig, folder: str, expected: int, tools: RunTools
) -> Target:
    storage = await ctx.storages.open(copy.storage_id)
    if copy.s3_config_id is None:
        free = await storage.free_space() or 0
        if free < expected:
            raise StorageError(
                f"Local disk: about {human_size(expected)} are needed, {human_size(free)} are free."
                " Free some space or back up to S3 only."
            )
        tools.log.say("info", f"Local disk: {human_size(free)} free, about {human_size(expected)} needed")
        return Target(copy.id, storage, folder)
    async with ctx.catalogue.sessions() as session:
        config = await session.get_one(S3Config, copy.s3_config_id)

    async def note(key: str) -> None:
        await tools.journal.note(JournalKind.STORAGE_WRITE, storageId=storage.id, key=key)

    steps = await storage.check(note)
    # It has tidied up after itself; who may not write there could not do it a second time either.
    await tools.journal.clear(storage_id=storage.id)
    for step in steps:
        if not step.ok:
            raise StorageError(f"S3 config {config.name}, {step.name}: {step.message}")
    tools.log.say("info", f"S3 config {config.name}: the bucket {config.bucket} is reachable and writable")
    await _set_copy(ctx, copy.id, bucket=config.bucket)
    limit = RateLimit(lambda: bytes_per_second(resolve(ctx.live, database.limits).upload_limit))
    return Target(copy.id, ThrottledStorage(storage, up=[limit]), folder)


async def _set_copy(ctx: Context, copy_id: str, **values: object) -> None:
    async with ctx.catalogue.transaction() as session:
        copy = await session.get_one(BackupCopy, copy_id)
        for name, value in values.items():
            setattr(copy, name, value)
        await notify_copy(session, ctx, copy)
        announce(session, ctx, "backup", copy.backup_id, "updated")
