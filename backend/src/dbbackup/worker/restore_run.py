"""Does one claimed restore: checks, creates the database or finds it there, fills it, finishes, or undoes it all."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from dbbackup.core.errors import AppError, ConflictError, RestoreError
from dbbackup.core.journal import JournalKind
from dbbackup.core.run_limits import resolve
from dbbackup.db.models import DatabaseConfig, RestoreExecution
from dbbackup.engines.modes import restore_mode, target_database
from dbbackup.pipeline.restore import RestoreJob, fill_database
from dbbackup.services.changes import announce_run
from dbbackup.services.connections import saved_connection
from dbbackup.services.context import Context
from dbbackup.services.encryption import identities
from dbbackup.services.restores import Source, run_checks, saved_source
from dbbackup.storages.offload import finish
from dbbackup.worker.run import RunTools, run_tools, say_end, set_end
from dbbackup.worker.thawing import forget_waiting, still_archived, wait_in_queue

_FINISH_GRACE = 60.0
"""Seconds that a cancelled or stopped restore has left for what follows the commit."""
_LEVELS = {"ok": "info", "warning": "warn", "error": "error"}


async def run_restore(ctx: Context, restore_id: str, *, stopping: asyncio.Event) -> None:
    """Run a claimed restore to its end and write that end down, whatever it is."""
    async with ctx.catalogue.sessions() as session:
        restore = await session.get_one(RestoreExecution, restore_id)
        config = await session.get(DatabaseConfig, restore.database_id) if restore.database_id else None
    if config is None:
        await _close(ctx, restore_id, RestoreError("The database was deleted before its restore began."), False)
        return
    secrets, limits = [saved_connection(ctx, config).password], resolve(ctx.live, config.limits)
    async with run_tools(ctx, restore, secrets, limits) as tools:
        error: BaseException | None = None
        job: RestoreJob | None = None
        waits_for: str | None = None
        try:
            source = saved_source(restore)
            waits_for = await still_archived(ctx, source, tools)
            if waits_for is None:
                await forget_waiting(ctx, restore)
                # The marker proves later that a database is ours to drop.
                job = await prepare(ctx, config, source, {**restore.options, "marker": restore.id}, tools)
                await _restore(restore, config, job, tools)
        except (Exception, asyncio.CancelledError) as failure:  # noqa: BLE001 - every end is written down
            error = failure
            say_end(tools, failure, stopping.is_set())
        # Before the job was prepared nothing was touched: there is nothing to clean up.
        cleaned = error is None or job is None or await _clean_up(job, restore, tools)
        if stopping.is_set() and isinstance(error, asyncio.CancelledError) and job is None and restore.waiting_for:
            waits_for, error = restore.waiting_for, None
        if waits_for and error is None:
            tools.log.say("info", waits_for, stage="Waiting for the archive")
        await tools.log.close()
        if waits_for and error is None:
            await wait_in_queue(ctx, restore_id, waits_for)
        else:
            await _close(ctx, restore_id, error, stopping.is_set())
        # What could not be removed now stays in the journal: the janitor tries again.
        if cleaned:
            await tools.journal.clear()


async def prepare(
    ctx: Context, config: DatabaseConfig, source: Source, options: dict[str, Any], tools: RunTools
) -> RestoreJob:
    """Check beforehand and return all that a restore needs; changes nothing. Raises RestoreError when refused."""
    engine, report = ctx.engines[config.type], tools.report
    report.progress.total_counts_written = True
    report.progress.bytes_total = source.manifest.main.size
    report.progress.tables_total = len(source.manifest.source.tables)
    report.stage("Checking beforehand")
    findings = await run_checks(ctx, config, source, options)
    for finding in findings:
        tools.log.say(_LEVELS[finding.level], finding.message, check=finding.code)
    if errors := [f.message for f in findings if f.level == "error"]:
        raise RestoreError("The restore was refused before anything was changed. " + " ".join(errors))
    target = await engine.maintenance(saved_connection(ctx, config))
    probe = await engine.probe(target)
    return RestoreJob(
        engine=engine,
        target=target,
        tools=engine.choose_tools(probe.server_version),
        manifest=source.manifest,
        storage=await ctx.storages.open(source.storage_id),
        key=source.key,
        version=source.version,
        options=options,
        workshop=tools.workshop,
        identities=await identities(ctx) if source.manifest.encryption else (),
    )


async def _restore(restore: RestoreExecution, config: DatabaseConfig, job: RestoreJob, tools: RunTools) -> None:
    if restore_mode(job.options).creates_database:
        await _make_new(restore, config, job, tools)
    else:
        await _fill_existing(restore, job, tools)
    tools.log.say("info", f"Restore completed: {restore.target_database} is ready.", stage="Completed")


async def _make_new(restore: RestoreExecution, config: DatabaseConfig, job: RestoreJob, tools: RunTools) -> None:
    engine, report = job.engine, tools.report
    report.stage("Creating the database")
    await tools.journal.note(
        JournalKind.NEW_DATABASE, databaseId=config.id, name=restore.target_database, marker=restore.id
    )
    await engine.create_database(job.target, job.manifest, job.options)
    tools.log.say("info", f"Created {restore.target_database} with the encoding and locale of the original")
    await fill_database(job, report)
    report.stage("Finishing")
    await engine.finish_database(job.target, job.manifest, job.options)


async def _fill_existing(restore: RestoreExecution, job: RestoreJob, tools: RunTools) -> None:
    """Put rows into a database that was there; nothing is journalled, since nothing of it is ours to remove."""
    name = restore.target_database
    try:
        await fill_database(job, tools.report)
    except BaseException:
        tools.log.say("info", f"Rows go into {name} by one transaction: without its end nothing there is changed.")
        raise
    tools.report.stage("Finishing")
    # The rows are there for good: a cancellation comes too late, and sequences left behind would break inserts.
    finishing = asyncio.ensure_future(job.engine.finish_database(job.target, job.manifest, job.options))
    with suppress(AppError, asyncio.CancelledError):
        await finish(finishing, _FINISH_GRACE)
    if finishing.cancelled() or (error := finishing.exception()):
        reason = "it took too long to stop" if finishing.cancelled() else str(error)
        raise RestoreError(
            f"All rows were put into {name} and stay there, but what follows failed: {reason}. Do not start this "
            f"restore again; set sequences that are behind their columns, and run ANALYZE."
        )


async def _clean_up(job: RestoreJob, restore: RestoreExecution, tools: RunTools) -> bool:
    """Drop the database this run made, and only that; tell whether nothing is left."""
    if not restore_mode(job.options).creates_database:
        return True
    return await drop_own(job, restore.id, tools, "half-filled database")


async def drop_own(job: RestoreJob, marker: str, tools: RunTools, kind: str) -> bool:
    """Drop the database that bears this run's mark, and only that; tell whether nothing is left."""
    name = target_database(job.options)
    try:
        dropped = await job.engine.drop_database(await job.engine.maintenance(job.target), name, marker)
    except ConflictError:
        # It bears no mark of this run: it was there before, or somebody made it in the same moment.
        tools.log.say("info", f"{name} was not made by this run and was left alone.")
        return True
    except AppError as error:
        tools.log.say("error", f"The {kind} {name} could not be dropped ({error.message}). It will be tried again.")
        return False
    if dropped:
        tools.log.say("info", f"The {kind} {name} was dropped.")
    return True


async def _close(ctx: Context, restore_id: str, error: BaseException | None, interrupted: bool) -> None:
    async with ctx.catalogue.transaction() as session:
        restore = await session.get_one(RestoreExecution, restore_id)
        set_end(restore, error, interrupted=interrupted)
        announce_run(session, ctx, restore)
