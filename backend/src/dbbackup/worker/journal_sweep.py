"""Undoes what the journal says of runs that are over."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Collection
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import CompoundSelect, delete, select, union_all

from dbbackup.core.errors import AppError, ConflictError, NotFoundError, ObjectLockedError, S3UnreachableError
from dbbackup.core.journal import JournalKind
from dbbackup.db.models import RUNS, BackupCopy, BackupExecution, CopyState, DatabaseConfig, RunJournal, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.services.connections import reachable, saved_connection
from dbbackup.services.context import Context
from dbbackup.storages.base import Storage
from dbbackup.worker.container_dump import end_left
from dbbackup.worker.restore_end import look_again
from dbbackup.worker.scratch_container import remove_container

_HOLD_PAUSE = timedelta(days=1)
_log = logger.bind(category="application")


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
