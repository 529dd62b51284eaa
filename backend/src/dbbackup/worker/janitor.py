"""Puts in order what a crash left behind: processes, files, uploads, databases, rows."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from loguru import logger
from sqlalchemy import CompoundSelect, delete, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import AppError, ConflictError, NotFoundError, ObjectLockedError, S3UnreachableError
from dbbackup.core.journal import JournalKind
from dbbackup.core.manifest import SUFFIX, Manifest
from dbbackup.db.models import (
    RUNS,
    BackupCopy,
    BackupExecution,
    CopyState,
    DatabaseConfig,
    RestoreExecution,
    Run,
    RunJournal,
    RunStatus,
    Verification,
)
from dbbackup.db.models.base import utc_now
from dbbackup.pipeline.gpg import sweep_homes
from dbbackup.pipeline.process import OWNER_VARIABLE
from dbbackup.services.backup_results import note_result, note_stored
from dbbackup.services.changes import announce_run
from dbbackup.services.connections import reachable, saved_connection
from dbbackup.services.context import Context
from dbbackup.services.run_notifications import notify_run_end
from dbbackup.services.stored_manifests import read_manifest
from dbbackup.storages.base import Storage, StoredObject
from dbbackup.worker.container_dump import end_left
from dbbackup.worker.restore_end import InterruptedRunError, cut_off, look_again, settle_restore
from dbbackup.worker.retry import queue_after_crash
from dbbackup.worker.run import INTERRUPTED, set_end
from dbbackup.worker.scratch_container import remove_container
from dbbackup.worker.thawing import wait_in_queue

R = TypeVar("R", BackupExecution, RestoreExecution, Verification)

_START_SECONDS = 15.0
"""The start waits no longer for a storage or server that is down: whoever watches the program would end it again."""

_HOLD_PAUSE = timedelta(days=1)
_log = logger.bind(category="application")


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


async def retry_journal(ctx: Context, *, at_work: Collection[str] = ()) -> None:
    """Clean up after every journal entry of a run that is neither running nor, in this process, `at_work` still."""
    async with ctx.catalogue.sessions() as session:
        query = select(RunJournal).where(RunJournal.execution_id.not_in(_unfinished()))
        entries = list(await session.scalars(query.order_by(RunJournal.id)))
    silent = set[str]()
    for entry in entries:
        if entry.execution_id in at_work or _is_early(entry):
            continue
        if entry.facts.get("storageId") in silent:
            continue
        try:
            await _clean(ctx, entry)
        except S3UnreachableError as error:
            # The others there would only wait in vain, each for minutes, and hold up what is swept after them.
            silent.add(str(entry.facts.get("storageId")))
            _log.warning("{} {} cannot be cleaned up yet: {}", entry.kind, entry.facts, error.message)
        except ObjectLockedError as error:
            _log.warning("{} cannot be removed yet and is tried again then: {}", entry.facts["key"], error.message)
            await _put_off(ctx, entry, error.until or utc_now() + _HOLD_PAUSE)
        except AppError as error:
            _log.warning("{} {} cannot be cleaned up yet: {}", entry.kind, entry.facts, error.message)
        else:
            async with ctx.catalogue.transaction() as session:
                # The run itself may have cleared it in the meantime: then there is nothing to delete.
                await session.execute(delete(RunJournal).where(RunJournal.id == entry.id))


def _unfinished() -> CompoundSelect[tuple[str]]:
    """Select the ids of all runs that are running, and of backups of which a copy is being made."""
    running = [select(model.id).where(model.status == RunStatus.RUNNING) for model in RUNS]
    return union_all(*running, select(BackupCopy.backup_id).where(BackupCopy.state == CopyState.WRITING))


def _is_early(entry: RunJournal) -> bool:
    """Object lock forbids the removal before that date: to try would only fill the log."""
    return "notBefore" in entry.facts and datetime.fromisoformat(entry.facts["notBefore"]) > utc_now()


async def _put_off(ctx: Context, entry: RunJournal, until: datetime) -> None:
    async with ctx.catalogue.transaction() as session:
        row = await session.get(RunJournal, entry.id)
        if row is not None:
            row.facts = {**row.facts, "notBefore": until.isoformat()}


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


async def _clean(ctx: Context, entry: RunJournal) -> None:
    """Undo what the entry announced, unless it belongs to a complete copy. Raises AppError when it cannot."""
    facts = entry.facts
    match entry.kind:
        case JournalKind.WORK_FOLDER:
            await asyncio.to_thread(shutil.rmtree, facts["path"], ignore_errors=True)
        case JournalKind.STORAGE_WRITE:
            try:
                storage = await ctx.storages.open(facts["storageId"])
            except NotFoundError:
                _log.warning("{} may still be in its bucket: the S3 config was deleted", facts["key"])
                return
            await storage.discard(facts["key"])
            if not await _is_kept(ctx, entry.execution_id, storage, facts["key"]) and await _stands(ctx, entry):
                await storage.delete(facts["key"])
        case JournalKind.NEW_DATABASE:
            await _drop(ctx, facts)
        case JournalKind.SCRATCH_CONTAINER:
            await _remove(ctx, entry)
        case JournalKind.CONTAINER_EXEC:
            await end_left(ctx, entry)
        case JournalKind.SWAP:
            await look_again(ctx, entry)
        case JournalKind.PUT_BACK:
            # The restore's own end has queued the run that puts it back, and that one is tried until it works.
            pass


async def _is_kept(ctx: Context, backup_id: str, storage: Storage, key: str) -> bool:
    async with ctx.catalogue.sessions() as session:
        backup = await session.get(BackupExecution, backup_id)
    folder = key.rpartition("/")[0]
    return backup is not None and any(
        copy.storage_id == storage.id
        and copy.state in (CopyState.COMPLETE, CopyState.DAMAGED)
        and (copy.key or "").rpartition("/")[0] == folder
        for copy in backup.copies
    )


async def _stands(ctx: Context, entry: RunJournal) -> bool:
    """Tell whether the entry is still there, asked last of all before a file is deleted.

    A run that ended well since the entries were read has cleared it, and its files stay, whatever its row says now.
    """
    async with ctx.catalogue.sessions() as session:
        return await session.get(RunJournal, entry.id) is not None


async def _drop(ctx: Context, facts: dict[str, str]) -> None:
    async with ctx.catalogue.sessions() as session:
        config = await session.get(DatabaseConfig, facts["databaseId"])
    if config is None:
        _log.warning("{} may still be on its server: its configuration was deleted", facts["name"])
        return
    engine = ctx.engines[config.type]
    try:
        target = await engine.maintenance(await reachable(ctx, saved_connection(ctx, config)))
        dropped = await engine.drop_database(target, facts["name"], facts["marker"])
    except ConflictError:
        # It bears no mark of that run: finished, or never ours. Nothing to clean up.
        return
    if dropped:
        _log.info("The half-filled database {} was dropped", facts["name"])


async def _remove(ctx: Context, entry: RunJournal) -> None:
    name, host = entry.facts["name"], entry.facts["host"]
    if host != ctx.settings.docker_host:
        _log.warning("The container {} may still be at {}: DOCKER_HOST names another engine now", name, host)
    elif await remove_container(ctx, name, entry.execution_id):
        _log.info("The container {} was removed, with its data", name)


async def _reset_copies(ctx: Context) -> None:
    """A copy that was being made later is to be made again."""
    async with ctx.catalogue.transaction() as session:
        for copy in await session.scalars(select(BackupCopy).where(BackupCopy.state == CopyState.WRITING)):
            copy.state, copy.error_message = CopyState.PENDING, f"{INTERRUPTED}: it will be made again."
