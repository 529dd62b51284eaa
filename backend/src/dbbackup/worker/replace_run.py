"""The restores that put a backup in the place of what is there, each with its way back."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace

from dbbackup.core.errors import AppError, ConflictError, DatabaseError, RestoreError
from dbbackup.core.journal import JournalKind
from dbbackup.db.models import RestoreExecution
from dbbackup.engines.modes import as_new_database
from dbbackup.engines.replacing import Swap, Swapping
from dbbackup.engines.values import Connection
from dbbackup.pipeline.fill import fill_database
from dbbackup.pipeline.restore import RestoreJob, prove
from dbbackup.services.connections import saved_connection
from dbbackup.storages.offload import finish
from dbbackup.worker.restore_checks import check_restored
from dbbackup.worker.restore_work import RestoreWork, reconnected

_NAME_BYTES = 63
_TOKEN = 8


async def swap_in(work: RestoreWork, job: RestoreJob, swapping: Swapping) -> None:
    """Restore into a database beside the live one, check it, and let the two change places."""
    restore, tools, live = work.restore, work.tools, work.restore.target_database
    shadow = replace(job, options=as_new_database(job.options, beside(live, "restoring", restore.id)))
    name = shadow.options["newDatabase"]
    tools.report.stage("Creating the database")
    await tools.journal.note(JournalKind.NEW_DATABASE, databaseId=work.config.id, name=name, marker=restore.id)
    work.own = shadow
    await job.engine.create_database(shadow.target, job.manifest, shadow.options)
    tools.log.say("info", f"Created {name} beside {live}, with the encoding and locale of the original")
    await fill_database(shadow, tools.report)
    checks, lost = await check_restored(shadow, name, tools)
    work.note_checks(checks)
    if lost:
        raise RestoreError(f"What was restored is not what was backed up, so {live} was left as it is. {lost}")
    tools.report.stage("Finishing")
    await swapping.prepare(shadow.target, job.manifest, name, live)
    new = not await swapping.exists(shadow.target, live)
    swap = Swap(live, name, beside(live, "replaced", restore.id), restore.id, new)
    await _change_places(work, swapping, shadow.target, swap, stop=job.options["stopConnections"])
    work.own = None
    said = f"{live} is the restored database now."
    tools.log.say("info", said if new else f"{said} The old one is kept as {swap.kept}.")


async def swap_back(work: RestoreWork) -> None:
    """Let the database that a restore replaced take its place again; the restored one is kept aside."""
    async with work.ctx.catalogue.sessions() as session:
        original = await session.get(RestoreExecution, work.restore.undo_of_id or "")
    engine = work.ctx.engines[work.config.type]
    if original is None or original.kept_database is None or engine.swapping is None:
        raise ConflictError("What was kept for undoing this restore is gone.")
    live = original.target_database
    target = await engine.maintenance(saved_connection(work.ctx, work.config))
    swap = Swap(live, original.kept_database, beside(live, "undone", work.restore.id), original.id)
    await _change_places(work, engine.swapping, target, swap, stop=work.restore.options["stopConnections"])
    work.tools.log.say("info", f"{live} is the old database again. What was restored is kept as {swap.kept}.")


async def replace_in_place(work: RestoreWork, job: RestoreJob, *, saved: bool) -> None:
    """Drop the database and make it anew; whatever fails from there on, the safety backup is put back."""
    tools, name, in_place = work.tools, work.restore.target_database, job.engine.in_place
    if in_place is None:
        raise ConflictError(f"{job.engine.type} does not replace a database in place.")
    await prove(job, tools.report)
    await _begin_in_place(work, saved=saved)
    tools.report.stage("Dropping the old database")
    await in_place.make_room(job.target, name)
    anew = replace(await reconnected(job), options=as_new_database(job.options, name))
    tools.report.stage("Creating the database")
    await job.engine.create_database(anew.target, job.manifest, anew.options)
    await fill_database(anew, tools.report)
    await _check_in_place(work, anew, name)
    tools.report.stage("Finishing")
    await job.engine.finish_database(anew.target, job.manifest, anew.options)
    work.in_place = False


async def clean_in_place(work: RestoreWork, job: RestoreJob, *, saved: bool) -> None:
    """Drop and make anew what the backup holds; whatever fails from there on, the safety backup is put back."""
    tools, name, in_place = work.tools, work.restore.target_database, job.engine.in_place
    if in_place is None:
        raise ConflictError(f"{job.engine.type} does not restore in place.")
    await prove(job, tools.report)
    await _begin_in_place(work, saved=saved)
    if job.options["stopConnections"]:
        await in_place.end_connections(job.target, name)
    await fill_database(job, tools.report)
    await _check_in_place(work, job, name)
    tools.report.stage("Finishing")
    await job.engine.finish_database(job.target, job.manifest, job.options)
    work.in_place = False


def beside(live: str, word: str, run_id: str) -> str:
    """Return a name for a database beside `live` that nobody else uses, cut so that it is one."""
    ending = f"_{word}_{run_id.replace('-', '')[-_TOKEN:]}"
    kept = live.encode()[: _NAME_BYTES - len(ending)].decode("utf-8", "ignore")
    return kept + ending


async def _begin_in_place(work: RestoreWork, *, saved: bool) -> None:
    """From here on the live database is changed: written down first, so that even a crash puts it back."""
    if saved or work.restore.options.get("putBack"):
        await work.tools.journal.note(JournalKind.PUT_BACK, name=work.restore.target_database)
    work.in_place = True


async def _check_in_place(work: RestoreWork, job: RestoreJob, name: str) -> None:
    checks, lost = await check_restored(job, name, work.tools)
    work.note_checks(checks)
    if lost:
        raise RestoreError(f"What was restored into {name} is not what was backed up. {lost}")


async def _change_places(work: RestoreWork, swapping: Swapping, target: Connection, swap: Swap, *, stop: bool) -> None:
    """Swap, and know afterwards whether that happened, whatever came between."""
    tools = work.tools
    tools.report.stage("Swapping")
    await tools.journal.note(JournalKind.SWAP, databaseId=work.config.id, **asdict(swap))
    changing = asyncio.ensure_future(swapping.swap(target, swap, stop_connections=stop))
    try:
        await finish(changing)
    except asyncio.CancelledError:
        # One transaction: it is done or it is not. Once it is, a cancellation comes too late.
        if changing.cancelled() or changing.exception():
            raise
    except DatabaseError as error:
        # The connection may have broken after the commit.
        try:
            happened = await swapping.swapped(target, swap)
        except AppError:
            work.uncertain = True
            raise RestoreError(
                f"{error.message} Whether {swap.live} was swapped cannot be told before the server answers again; "
                "this is looked at until it is known."
            ) from error
        if not happened:
            raise
    work.swapped = swap
