"""Does one claimed restore: checks, backs up what is to be dropped, fills a database, finishes, or undoes it all."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Any

from dbbackup.core.errors import AppError, RestoreError
from dbbackup.core.journal import JournalKind
from dbbackup.core.run_limits import resolve
from dbbackup.db.models import DatabaseConfig, RestoreExecution
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.values import Connection
from dbbackup.pipeline.fill import fill_database
from dbbackup.pipeline.restore import RestoreJob
from dbbackup.services.connections import reachable, saved_connection
from dbbackup.services.contents import narrowed
from dbbackup.services.context import Context
from dbbackup.services.encryption import private_keys
from dbbackup.services.restore_sources import Source, saved_source
from dbbackup.services.restore_undo import SWAP_BACK
from dbbackup.services.restores import run_checks
from dbbackup.storages.offload import finish
from dbbackup.worker.replace_run import clean_in_place, replace_in_place, swap_back, swap_in
from dbbackup.worker.restore_checks import check_restored
from dbbackup.worker.restore_end import end_restore
from dbbackup.worker.restore_work import RestoreWork, drop_own
from dbbackup.worker.run import RunTools, insist, run_tools, say_end
from dbbackup.worker.safety_backup import back_up_first
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
        error = RestoreError("The database was deleted before its restore began.")
        await end_restore(ctx, restore_id, error, interrupted=False)
        return
    secrets, limits = [saved_connection(ctx, config).password], resolve(ctx.live, config.limits)
    async with run_tools(ctx, restore, secrets, limits) as tools:
        work = RestoreWork(ctx, restore, config, tools, stopping)
        failure: BaseException | None = None
        try:
            await _restore(work)
        except (Exception, asyncio.CancelledError) as e:  # noqa: BLE001 - every end is written down
            failure = e
            say_end(tools, e, stopping.is_set())
        if stopping.is_set() and isinstance(failure, asyncio.CancelledError) and restore.waiting_for:
            # It had found nothing to begin with yet: the next start looks again.
            work.waits_for, failure = restore.waiting_for, None
        # Without a database of its own there is nothing to drop.
        cleaned = (
            failure is None or work.own is None or await drop_own(work.own, restore.id, tools, "half-filled database")
        )
        waits_for = work.waits_for if failure is None else None
        if waits_for:
            tools.log.say("info", waits_for, stage="Waiting for the archive")

        async def end() -> None:
            await tools.log.close()
            if waits_for:
                await wait_in_queue(ctx, restore_id, waits_for)
            else:
                await _close(work, failure)

        await insist(ctx, restore_id, stopping, end)
        # What could not be removed now stays in the journal: the janitor tries again.
        if cleaned and not work.uncertain:
            await tools.journal.clear()


async def prepare(
    ctx: Context,
    config: DatabaseConfig,
    source: Source,
    options: dict[str, Any],
    tools: RunTools,
    server: Connection | None = None,
) -> RestoreJob:
    """Check beforehand and return all that a restore needs; changes nothing. Raises RestoreError when refused.

    `server` stands in for the one that the database is on.
    """
    engine, report = ctx.engines[config.type], tools.report
    report.progress.total_counts_written = True
    report.progress.bytes_total = source.manifest.size
    report.stage("Checking beforehand")
    source, of_selection = await narrowed(ctx, source, options)
    findings = of_selection + await run_checks(ctx, config, source, options, server)
    for finding in findings:
        tools.log.say(_LEVELS[finding.level], finding.message, check=finding.code)
    if errors := [f.message for f in findings if f.level == "error"]:
        raise RestoreError("The restore was refused before anything was changed. " + " ".join(errors))
    report.progress.tables_total = len(source.manifest.source.tables)
    target = await engine.maintenance(await reachable(ctx, server or saved_connection(ctx, config)))
    probe = await engine.probe(target)
    keys = await private_keys(ctx, tools.workshop)
    return RestoreJob(
        engine=engine,
        target=target,
        tools=engine.choose_tools(probe.server_version),
        manifest=source.manifest,
        storage=await ctx.storages.open(source.storage_id),
        key=source.key,
        version=source.version,
        options={**options, **await engine.standing(target, options)},
        workshop=tools.workshop,
        identities=keys.age,
        openpgp=keys.openpgp,
    )


async def _close(work: RestoreWork, failure: BaseException | None) -> None:
    await end_restore(
        work.ctx,
        work.restore.id,
        failure,
        interrupted=work.stopping.is_set(),
        result=work.result,
        swapped=work.swapped,
        in_place=work.in_place,
        committed=work.committed,
    )


async def _restore(work: RestoreWork) -> None:
    ctx, restore, config, tools = work.ctx, work.restore, work.config, work.tools
    if restore.options.get(SWAP_BACK):
        await swap_back(work)
        return
    async with ctx.catalogue.sessions() as session:
        source = await saved_source(session, restore)
    work.waits_for = await still_archived(ctx, source, tools)
    if work.waits_for:
        return
    await forget_waiting(ctx, restore)
    # The marker proves later that a database is ours to drop.
    options = {**restore.options, "marker": restore.id}
    job = await prepare(ctx, config, source, options, tools)
    mode = restore_mode(options)
    saved = mode.destroys and await back_up_first(ctx, restore, config, job, tools, work.stopping)
    started = time.monotonic()
    if mode.creates_database:
        await _make_new(work, job)
    elif mode is RestoreMode.REPLACE and job.engine.swapping is not None:
        await swap_in(work, job, job.engine.swapping)
    elif mode is RestoreMode.REPLACE:
        await replace_in_place(work, job, saved=saved)
    elif mode is RestoreMode.CLEAN and job.engine.in_place is not None:
        await clean_in_place(work, job, saved=saved)
    else:
        await _fill_existing(work, job)
    if not mode.adds_rows and mode is not RestoreMode.SCHEMA_ONLY:
        work.result["restoreSeconds"] = time.monotonic() - started
    tools.log.say("info", f"Restore completed: {restore.target_database} is ready.", stage="Completed")


async def _make_new(work: RestoreWork, job: RestoreJob) -> None:
    restore, tools, engine, report = work.restore, work.tools, job.engine, work.tools.report
    report.stage("Creating the database")
    await tools.journal.note(
        JournalKind.NEW_DATABASE, databaseId=work.config.id, name=restore.target_database, marker=restore.id
    )
    work.own = job
    await engine.create_database(job.target, job.manifest, job.options)
    tools.log.say("info", f"Created {restore.target_database} with the encoding and locale of the original")
    await fill_database(job, report)
    checks, lost = await check_restored(job, restore.target_database, tools)
    work.note_checks(checks)
    report.stage("Finishing")
    await engine.finish_database(job.target, job.manifest, job.options)
    if lost:
        # Something is better than nothing on the worst day; but it is not called a success.
        work.own = None
        raise RestoreError(f"{restore.target_database} was made and stays, but it is not what was backed up. {lost}")


async def _fill_existing(work: RestoreWork, job: RestoreJob) -> None:
    """Change a database that was there by one transaction; nothing is journalled, since nothing is ours to remove."""
    name, tools = work.restore.target_database, work.tools
    cleans = restore_mode(job.options) is RestoreMode.CLEAN
    if cleans and job.options["stopConnections"] and job.engine.swapping is not None:
        await job.engine.swapping.end_connections(job.target, name)
    try:
        await fill_database(job, tools.report)
    except BaseException:
        tools.log.say("info", _undone(job, name))
        raise
    work.committed = True
    # It is there for good: a cancellation comes too late, and sequences left behind would break inserts.
    finishing = asyncio.ensure_future(_finish_existing(work, job, name))
    with suppress(AppError, asyncio.CancelledError):
        await finish(finishing, _FINISH_GRACE)
    if finishing.cancelled() or (error := finishing.exception()):
        reason = "it took too long to stop" if finishing.cancelled() else str(error)
        what = "Everything was made anew in" if cleans else "All rows were put into"
        hint = "run ANALYZE" if cleans else "set sequences that are behind their columns, and run ANALYZE"
        raise RestoreError(
            f"{what} {name} and stay{'s' if cleans else ''} there, but what follows failed: {reason}. Do not start "
            f"this restore again; {hint}."
        )
    if lost := finishing.result():
        raise RestoreError(f"The restore into {name} ended and stays, but that is not what was backed up. {lost}")


async def _finish_existing(work: RestoreWork, job: RestoreJob, name: str) -> str | None:
    work.tools.report.stage("Finishing")
    await job.engine.finish_database(job.target, job.manifest, job.options)
    checks, lost = await check_restored(job, name, work.tools)
    work.note_checks(checks)
    return lost


def _undone(job: RestoreJob, name: str) -> str:
    """Say what is left in a database that was there, of a restore that failed in it."""
    mode = restore_mode(job.options)
    if mode is RestoreMode.RUN_SCRIPT and job.engine.type != "postgresql":
        return f"What the script did in {name} before it failed stays: the server commits changes of tables at once."
    what = {RestoreMode.CLEAN: f"Objects of {name} are made anew", RestoreMode.RUN_SCRIPT: f"The script runs in {name}"}
    return f"{what.get(mode, f'Rows go into {name}')} by one transaction: without its end nothing there is changed."
