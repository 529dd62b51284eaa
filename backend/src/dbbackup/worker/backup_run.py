"""Does one claimed backup: checks beforehand, the pipeline, the end in the catalogue."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

from loguru import logger
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.age_keys import parse_recipient
from dbbackup.core.errors import AppError, BackupError, DatabaseError, StorageError
from dbbackup.core.journal import JournalKind
from dbbackup.core.manifest import SourceFacts
from dbbackup.core.naming import backup_stem, storage_folder
from dbbackup.core.run_limits import bytes_per_second, resolve
from dbbackup.core.sizes import human_size
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    CopyState,
    DatabaseConfig,
    EncryptionKey,
    KeyKind,
    RunStatus,
    S3Config,
)
from dbbackup.db.models.base import utc_now
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Connection, Probe, Survey, ToolInfo
from dbbackup.pipeline.backup import BackupJob, BackupResult, Target, back_up
from dbbackup.services.anomalies import look_back
from dbbackup.services.backup_results import note_result, note_stored
from dbbackup.services.changes import announce, announce_run, run_kind
from dbbackup.services.cleanup import retain
from dbbackup.services.connections import reachable, saved_connection
from dbbackup.services.container_dumps import refuse_parallel_inside
from dbbackup.services.context import Context
from dbbackup.services.encryption import gpg_recipients, recipient_keys
from dbbackup.services.execution_logs import add_lines
from dbbackup.services.judged_backups import owner_of
from dbbackup.services.run_notifications import notify_copy, notify_run_end
from dbbackup.services.verifications import queue_due
from dbbackup.storages.base import StoredObject
from dbbackup.storages.throttle import RateLimit, ThrottledStorage
from dbbackup.worker.container_dump import in_container
from dbbackup.worker.object_tags import object_tags
from dbbackup.worker.retry import Again, plan_again, queue_again
from dbbackup.worker.run import RunTools, insist, run_tools, say_end, set_end
from dbbackup.worker.stall import ended_when_stalled

_ASSUMED_RATIO = 2
"""Text compresses at least so much; used only until there is a backup to compare with."""


async def run_backup(ctx: Context, backup_id: str, *, stopping: asyncio.Event) -> None:
    """Run a claimed backup to its end and write that end down, whatever it is."""
    async with ctx.catalogue.sessions() as session:
        backup = await session.get_one(BackupExecution, backup_id)
        config = await session.get(DatabaseConfig, backup.database_id) if backup.database_id else None
    if config is None:
        await _close(ctx, backup_id, None, BackupError("The database was deleted before its backup began."), False)
        return
    connection = saved_connection(ctx, config)
    async with run_tools(ctx, backup, [connection.password], resolve(ctx.live, config.limits)) as tools:
        result: BackupResult | None = None
        error: BaseException | None = None
        again: Again | None = None
        try:
            async with ended_when_stalled(ctx, tools.report.progress):
                result = await _back_up(ctx, backup, config, connection, tools)
        except (Exception, asyncio.CancelledError) as failure:  # noqa: BLE001 - every end is written down
            error = failure
            again = await plan_again(ctx, backup_id, failure, stopping=stopping.is_set())
            say_end(tools, failure, stopping.is_set())
            if again:
                tools.log.say("warn", again.announcement)
        else:
            tools.log.say("info", f"Backup completed: {human_size(result.manifest.size)} stored.", stage="Completed")

        async def end() -> None:
            await tools.log.close()
            if again is None:
                await _close(ctx, backup_id, result, error, stopping.is_set())

        await insist(ctx, backup_id, stopping, end)
        if result:
            await _look_back(ctx, backup_id)
        if result and all(isinstance(outcome, StoredObject) for outcome in result.copies.values()):
            await tools.journal.clear()
        # Otherwise the entries stay: the janitor makes sure that nothing was left behind.
    if again:
        # Only now: the next attempt uses the same folder.
        await queue_again(ctx, backup_id, again)


async def _look_back(ctx: Context, backup_id: str) -> None:
    """What follows a completed backup; nothing of it may touch the backup itself."""
    try:
        async with ctx.catalogue.transaction() as session:
            backup = await session.get_one(BackupExecution, backup_id)
            await look_back(session, ctx, backup)
            await queue_due(session, ctx, backup)
    except Exception as error:  # noqa: BLE001 - the backup is complete whatever happens here
        logger.bind(category="backup").opt(exception=error).error("What follows backup {} failed", backup_id)


async def _back_up(
    ctx: Context, backup: BackupExecution, config: DatabaseConfig, connection: Connection, tools: RunTools
) -> BackupResult:
    engine = ctx.engines[config.type]
    tools.report.stage("Checking beforehand")
    refuse_parallel_inside(config, backup.options)
    probe = await _check_source(ctx, config, connection, tools)
    inside = await in_container(ctx, config, connection, tools, probe.server_version)
    chosen = (inside.here or inside.tools) if inside else _choose_tools(engine, probe, tools)
    keys = await _choose_keys(ctx, backup, tools)
    is_openpgp = backup.encryption == KeyKind.OPENPGP
    async with AsyncExitStack() as stack:
        # Without rows to count there is no need to tie the dump to a snapshot of ours.
        seconds = 0 if backup.options.get("schemaOnly") else ctx.live.count_seconds
        jobs = backup.options.get("jobs", 1)
        reading = await stack.enter_async_context(engine.reading(connection)) if seconds or jobs > 1 else None
        survey = await (reading.survey() if reading else engine.survey(connection))
        divisible = await reading.divisible() if reading and jobs > 1 else None
        expected = await _expected_size(ctx, backup, survey)
        targets = await _check_targets(ctx, backup, config, expected, tools)
        tools.report.progress.bytes_total = survey.size
        tools.report.progress.tables_total = len(survey.tables)
        started = backup.started_at or utc_now()
        job = BackupJob(
            backup_id=backup.id,
            instance_id=ctx.instance_id,
            run_token=backup.run_token,
            type=backup.type,
            label=backup.label,
            stem=backup_stem(config.slug, backup.type, started, ctx.instance_id, backup.run_token),
            compression=backup.compression,
            compression_level=backup.compression_level,
            options=backup.options,
            engine=engine,
            connection=connection,
            tools=chosen,
            source=_source_facts(config, survey),
            targets=targets,
            workshop=tools.workshop,
            started_at=started,
            expected_size=expected,
            recipients=[] if is_openpgp else [parse_recipient(key.recipient) for key in keys],
            openpgp=gpg_recipients(ctx, keys, tools.workshop) if is_openpgp else None,
            reading=reading,
            divisible=divisible,
            count_seconds=seconds,
            hash_rows=ctx.live.hash_rows,
            signing_key=ctx.signing_key,
            tags=await object_tags(ctx, backup, config.slug, started),
            stall_seconds=ctx.live.storage_stall_seconds,
            read_rate=lambda: bytes_per_second(resolve(ctx.live, config.limits).read_limit),
        )
        if inside:
            job = replace(job, parts=inside.parts, carry=inside.carry)
        return await back_up(job, tools.report)


async def _check_source(ctx: Context, config: DatabaseConfig, connection: Connection, tools: RunTools) -> Probe:
    probe = await ctx.engines[config.type].probe(await reachable(ctx, connection))
    tls = f", TLS {probe.tls_version}" if probe.tls else ", not encrypted"
    tools.log.say("info", f"Connected to {probe.flavour} {probe.server_version} as {connection.username}{tls}")
    tools.log.say("info", "No other run of this database is going on")
    if not probe.can_dump:
        raise DatabaseError("The role may not read everything. " + " ".join(probe.missing_privileges))
    tools.log.say("info", "The role may read everything that is to be dumped")
    return probe


def _choose_tools(engine: Engine, probe: Probe, tools: RunTools) -> ToolInfo:
    """Choose among the tools that are installed here, and say which. Raises ToolMissingError."""
    chosen = engine.choose_tools(probe.server_version)
    tools.log.say("info", f"Client tools {chosen.version} from {chosen.folder}")
    if chosen.note:
        tools.log.say("warn", chosen.note)
    return chosen


async def _choose_keys(ctx: Context, backup: BackupExecution, tools: RunTools) -> list[EncryptionKey]:
    """Take the keys that are active now: the key may have been changed while the run was queued."""
    if backup.encryption is None:
        return []
    async with ctx.catalogue.transaction() as session:
        keys = await recipient_keys(session, backup.encryption)
        row = await session.get_one(BackupExecution, backup.id)
        # From now on none of them can be deleted.
        row.recipients = [key.recipient for key in keys]
    tools.log.say("info", "Encrypting to " + " and ".join(f"{key.name} ({key.recipient})" for key in keys))
    return keys


async def _expected_size(ctx: Context, backup: BackupExecution, survey: Survey) -> int:
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


async def _check_targets(
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


def _source_facts(config: DatabaseConfig, survey: Survey) -> SourceFacts:
    return SourceFacts(
        config_id=config.id,
        config_name=config.name,
        slug=config.slug,
        engine=config.type,
        server_version=survey.server_version,
        host=config.host,
        port=config.port,
        database=config.database_name,
        size=survey.size,
        tables=survey.tables,
        roles=survey.roles,
        extensions=survey.extensions,
        properties=survey.properties,
    )


async def _close(
    ctx: Context, backup_id: str, result: BackupResult | None, error: BaseException | None, interrupted: bool
) -> None:
    async with ctx.catalogue.transaction() as session:
        backup = await session.get_one(BackupExecution, backup_id)
        set_end(backup, error, interrupted=interrupted)
        if backup.status == RunStatus.FAILED and backup.attempt > 1:
            backup.error_message = f"{backup.error_message} This was the last of {backup.attempt} attempts."
        if result is None:
            for copy in backup.copies:
                if copy.state in (CopyState.PENDING, CopyState.WRITING):
                    copy.state, copy.error_message = CopyState.FAILED, backup.error_message
        else:
            note_result(backup, result.manifest)
            for copy in backup.copies:
                outcome = result.copies.get(copy.id)
                if isinstance(outcome, StoredObject):
                    note_stored(copy, outcome, result.manifest)
                elif outcome is not None:
                    copy.state, copy.error_message = CopyState.FAILED, outcome.message
                if outcome is not None:
                    await notify_copy(session, ctx, copy)
            await _retain(session, ctx, backup)
        await notify_run_end(session, ctx, backup)
        announce_run(session, ctx, backup)


async def _retain(session: AsyncSession, ctx: Context, backup: BackupExecution) -> None:
    """Apply retention to the database, now that there is one backup more; say in the run's log what it deletes.

    In the transaction that ends the run: its log is whole when it ends. The run ends well whatever comes of this.
    """
    await session.flush()
    try:
        async with session.begin_nested():
            gone = await retain(session, ctx, owner_of(backup), utc_now())
            lines = [("info", f"Deletes {old.file_name}: {old.deleted_reason}") for old in gone]
    except AppError as error:
        lines = [("warn", error.message)]
    except Exception as error:  # noqa: BLE001 - the cleanup job tries again, and shows what keeps failing
        logger.bind(category="backup").opt(exception=error).error("Retention after backup {} failed", backup.id)
        lines = [("warn", f"Retention failed ({type(error).__name__}): the cleanup job will try again.")]
    await add_lines(session, ctx.events, backup.id, run_kind(backup), lines, stage="Retention")
