"""Puts in order what a crash left behind: processes, files, uploads, databases, rows."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from loguru import logger
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import AppError
from dbbackup.core.manifest import SUFFIX, Manifest
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    CopyState,
    RestoreExecution,
    Run,
    RunJournal,
    RunStatus,
    Verification,
)
from dbbackup.pipeline.gpg import sweep_homes
from dbbackup.pipeline.process import OWNER_VARIABLE
from dbbackup.services.backup_results import note_result, note_stored
from dbbackup.services.changes import announce_run
from dbbackup.services.context import Context
from dbbackup.services.run_notifications import notify_run_end
from dbbackup.services.stored_manifests import read_manifest
from dbbackup.storages.base import StoredObject
from dbbackup.worker.journal_sweep import retry_journal
from dbbackup.worker.restore_end import InterruptedRunError, cut_off, settle_restore
from dbbackup.worker.retry import queue_after_crash
from dbbackup.worker.run import INTERRUPTED, set_end
from dbbackup.worker.thawing import wait_in_queue

R = TypeVar("R", BackupExecution, RestoreExecution, Verification)
_log = logger.bind(category="application")
_START_SECONDS = 15.0
"""The start waits no longer for a storage or server that is down: whoever watches the program would end it again."""


async def reconcile(ctx: Context) -> None:
    """Put everything in order before the first run is claimed.

    What cannot be reached now (a bucket, a database server) stays in the journal for `retry_journal`.
    """
    ended = await asyncio.to_thread(end_orphans, ctx.instance_id)
    if ended:
        _log.warning("{} processes of an earlier life were ended", ended)
    await asyncio.to_thread(sweep_homes, ctx.instance_id, ctx.settings.work_path)
    await asyncio.to_thread(_empty_work_folder, ctx.settings.work_path, ctx.settings.uploads_path)
    async with ctx.catalogue.sessions() as session:
        backups = await _running(session, BackupExecution)
        restores = await _running(session, RestoreExecution)
        verifications = await _running(session, Verification)
    for backup in backups:
        if not await _complete_backup(ctx, backup.id) and (reason := await queue_after_crash(ctx, backup)):
            await _fail(ctx, BackupExecution, backup.id, InterruptedRunError(f"{INTERRUPTED}: {reason}"), False)
    error = InterruptedRunError(f"{INTERRUPTED}: the program ended while this was running. Start it again.")
    for verification in verifications:
        await settle(ctx, verification, error)
    for restore in restores:
        if restore.waiting_for:
            await wait_in_queue(ctx, restore.id, restore.waiting_for)
        else:
            await settle(ctx, restore, cut_off(restore) or error)
    with suppress(TimeoutError):
        async with asyncio.timeout(_START_SECONDS):
            await retry_journal(ctx)
    await _reset_copies(ctx)


async def settle(ctx: Context, run: Run, error: BaseException, *, interrupted: bool = False) -> None:
    """End a run that could not write its own end: complete if its manifest was written, else with the error."""
    if isinstance(run, RestoreExecution):
        await settle_restore(ctx, run, error, interrupted=interrupted)
    elif isinstance(run, Verification):
        await _fail(ctx, Verification, run.id, error, interrupted)
    elif not await _complete_backup(ctx, run.id):
        await _fail(ctx, BackupExecution, run.id, error, interrupted)


def end_orphans(instance_id: str) -> int:
    """Kill processes that an earlier process of this instance started; return how many.

    They are known by the variable in their environment, so a recycled process id cannot be hit.
    """
    mark, count = f"{OWNER_VARIABLE}={instance_id}:".encode(), 0
    for entry in Path("/proc").glob("[0-9]*"):
        # Processes end while we look, and those of other users cannot be read: neither is ours.
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes():
                os.kill(int(entry.name), signal.SIGKILL)
                count += 1
    return count


async def _running(session: AsyncSession, model: type[R]) -> list[R]:
    return list(await session.scalars(select(model).where(model.status == RunStatus.RUNNING)))


def _empty_work_folder(folder: Path, uploads: Path) -> None:
    """Everything in it but uploads belongs to runs, and none is going on yet."""
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry != uploads:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)


async def _complete_backup(ctx: Context, backup_id: str) -> bool:
    """Complete a running backup whose manifest was written; tell whether it was."""
    found: dict[str, tuple[Manifest, StoredObject]] = {}
    async with ctx.catalogue.sessions() as session:
        backup = await session.get_one(BackupExecution, backup_id)
        entries = await _entries(session, backup_id)
    for copy in backup.copies:
        try:
            async with asyncio.timeout(_START_SECONDS):
                proof = await _proof(ctx, copy, entries)
        except (AppError, TimeoutError) as error:
            _log.warning("The copy on {} cannot be looked at: {}", copy.storage_id, error)
            continue
        if proof:
            found[copy.id] = proof
    if not found or backup.status != RunStatus.RUNNING:
        return False
    async with ctx.catalogue.transaction() as session:
        backup = await session.get_one(BackupExecution, backup_id)
        manifest = next(iter(found.values()))[0]
        set_end(backup, None)
        note_result(backup, manifest)
        for copy in backup.copies:
            if copy.id in found:
                note_stored(copy, found[copy.id][1], manifest)
            else:
                copy.state, copy.error_message = CopyState.FAILED, f"{INTERRUPTED}: it will be made again."
        await notify_run_end(session, ctx, backup)
        announce_run(session, ctx, backup)
    _log.info("Backup {} was complete when it was cut off: its record was closed", backup_id)
    return True


async def _proof(ctx: Context, copy: BackupCopy, entries: Sequence[RunJournal]) -> tuple[Manifest, StoredObject] | None:
    """Return manifest and main file of a copy whose manifest and parts are all there with their sizes."""
    storage = await ctx.storages.open(copy.storage_id)
    keys = [e.facts["key"] for e in entries if e.facts.get("storageId") == copy.storage_id]
    key = next((k for k in keys if k.endswith(SUFFIX)), None)
    if key is None or await storage.stat(key) is None:
        return None
    manifest = await read_manifest(storage, key)
    main: StoredObject | None = None
    for part in manifest.parts:
        stored = await storage.stat(f"{key.rpartition('/')[0]}/{part.file}")
        if stored is None or stored.size != part.size:
            return None
        main = stored if part.name == "database" else main
    return (manifest, main) if main else None


async def _fail(ctx: Context, model: type[R], run_id: str, error: BaseException, interrupted: bool) -> None:
    async with ctx.catalogue.transaction() as session:
        run = await session.get_one(model, run_id)
        if run.status != RunStatus.RUNNING:
            return
        set_end(run, error, interrupted=interrupted)
        if isinstance(run, BackupExecution):
            for copy in run.copies:
                copy.state, copy.error_message = CopyState.FAILED, run.error_message
        await notify_run_end(session, ctx, run)
        announce_run(session, ctx, run)
    _log.warning("Run {} was cut off: it is marked as {}", run_id, run.status)


async def _entries(session: AsyncSession, execution_id: str) -> list[RunJournal]:
    query = select(RunJournal).where(RunJournal.execution_id == execution_id).order_by(RunJournal.id)
    return list(await session.scalars(query))


async def _reset_copies(ctx: Context) -> None:
    """A copy that was being made later is to be made again."""
    async with ctx.catalogue.transaction() as session:
        for copy in await session.scalars(select(BackupCopy).where(BackupCopy.state == CopyState.WRITING)):
            copy.state, copy.error_message = CopyState.PENDING, f"{INTERRUPTED}: it will be made again."
