"""Restores of archived backups: asked for, put back into the queue, looked at again until they can be read."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from dbbackup.db.models import RestoreExecution, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.services.changes import announce_run
from dbbackup.services.context import Context
from dbbackup.services.restore_sources import Source
from dbbackup.worker.restore_end import end_restore
from dbbackup.worker.run import RunTools

LOOK_AGAIN = timedelta(minutes=10)
_USUAL = {"GLACIER": "3 to 5 hours", "DEEP_ARCHIVE": "up to 12 hours"}


async def still_archived(ctx: Context, source: Source, tools: RunTools) -> str | None:
    """Ask for every archived file of the backup; return what is waited for, None when all can be read.

    Raises:
        StorageError: the storage cannot be asked, or refuses.
    """
    storage = await ctx.storages.open(source.storage_id)
    waiting: list[str] = []
    for part in source.manifest.parts:
        version = source.version if part.name == "database" else None
        archived = await storage.thaw(source.sibling(part.file), version)
        if archived is None:
            continue
        verb = "is on its way out of" if archived.asked else "was asked for from"
        tools.log.say("info", f"{part.file} {verb} the archive ({archived.storage_class})")
        waiting.append(archived.storage_class)
    if not waiting:
        return None
    usual = _USUAL.get(waiting[0], "some hours")
    return f"The backup is being brought back from the archive ({waiting[0]}); this usually takes {usual}."


async def forget_waiting(ctx: Context, restore: RestoreExecution) -> None:
    """Note that the wait is over: from here on an interruption is one of the restore itself."""
    if restore.waiting_for is None:
        return
    async with ctx.catalogue.transaction() as session:
        row = await session.get_one(RestoreExecution, restore.id)
        row.waiting_for = row.not_before = None
    restore.waiting_for = None


async def wait_in_queue(ctx: Context, restore_id: str, waits_for: str) -> None:
    """Put a claimed restore back: nothing was touched, and waiting must not hold a place for days."""
    async with ctx.catalogue.transaction() as session:
        restore = await session.get_one(RestoreExecution, restore_id)
        if not restore.cancel_requested:
            restore.not_before, restore.waiting_for = utc_now() + LOOK_AGAIN, waits_for
            restore.status, restore.started_at = RunStatus.QUEUED, None
            announce_run(session, ctx, restore)
            return
    await end_restore(ctx, restore_id, asyncio.CancelledError(), interrupted=False)
