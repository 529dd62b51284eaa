"""Does one claimed backup: checks beforehand, the pipeline, the end in the catalogue."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace

from loguru import logger
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.age_keys import parse_recipient
from dbbackup.core.errors import AppError, BackupError, DatabaseError
from dbbackup.core.manifest import SourceFacts
from dbbackup.core.naming import backup_stem
from dbbackup.core.run_limits import bytes_per_second, resolve
from dbbackup.core.sizes import human_size
from dbbackup.db.models import BackupExecution, CopyState, DatabaseConfig, EncryptionKey, KeyKind, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Connection, Probe, Survey, ToolInfo
from dbbackup.pipeline.backup import BackupResult, back_up
from dbbackup.pipeline.backup_job import BackupJob
from dbbackup.services.anomalies import look_back
from dbbackup.services.backup_results import note_result, note_stored
from dbbackup.services.changes import announce_run, run_kind
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
from dbbackup.worker.backup_targets import check_targets, expected_size
from dbbackup.worker.container_dump import in_container
from dbbackup.worker.object_tags import object_tags
from dbbackup.worker.retry import Again, plan_again, queue_again
from dbbackup.worker.run import RunTools, insist, run_tools, say_end, set_end
from dbbackup.worker.stall import ended_when_stalled


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
        expected = await expected_size(ctx, backup, survey)
        targets = await check_targets(ctx, backup, config, expected, tools)
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
