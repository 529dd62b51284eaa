"""Removes files of ours that no manifest speaks for: what an interrupted run left and no journal knows any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import select

from dbbackup.core.errors import AppError
from dbbackup.core.manifest import SUFFIX
from dbbackup.core.naming import FILE_NAME, RUN_LENGTH
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, RunJournal, RunStatus, S3Config
from dbbackup.services.context import Context
from dbbackup.services.storages import LOCAL
from dbbackup.storages.base import Storage, StoredObject

LEAST_AGE = timedelta(hours=24)
_MOST = 10_000
"""Files of ours without a manifest that are remembered at once; more are left for the next time."""
_ASKED_AT_ONCE = 500
"""Runs that one statement asks the catalogue about."""
_log = logger.bind(category="backup")


async def sweep_litter(ctx: Context, now: datetime) -> int:
    """Remove what lies in any storage, bears this instance's token, has no manifest and is a day old.

    Other people's files, and those of other instances in the same bucket, are never touched. Nor are those of a copy
    that the catalogue knows: where only the manifest is gone, somebody has to look. Returns the number removed.
    """
    async with ctx.catalogue.sessions() as session:
        configs = list(await session.scalars(select(S3Config.id).where(S3Config.enabled)))
    removed = 0
    for storage_id in (LOCAL, *configs):
        try:
            removed += await _sweep(ctx, await ctx.storages.open(storage_id), now)
        except AppError as error:
            _log.warning("{} could not be looked through for leftovers: {}", storage_id, error.message)
    return removed


async def _sweep(ctx: Context, storage: Storage, now: datetime) -> int:
    loose = await _without_manifest(ctx.instance_id, storage)
    old = [(run, stored) for run, stored in loose if now - stored.modified_at >= LEAST_AGE]
    kept = await _known(ctx, storage.id, sorted({run for run, _ in old}))
    removed = 0
    for stored in (stored for run, stored in old if run not in kept):
        # Looked at once more: a manifest may have come while the rest of the storage was listed.
        if await storage.stat(stored.key) is not None:
            await storage.delete(stored.key, stored.version)
            _log.info("{} was removed from {}: it has no manifest, so it is no backup", stored.key, storage.id)
            removed += 1
    return removed


async def _without_manifest(instance: str, storage: Storage) -> list[tuple[str, StoredObject]]:
    """Return this instance's files beside which no manifest of their run lies, each with the token of its run."""
    whole: set[str] = set()
    loose: dict[str, list[StoredObject]] = {}
    count = 0
    async for stored in storage.list_objects():
        name = FILE_NAME.match(stored.key.rpartition("/")[2])
        if name is None or name["instance"] != instance:
            continue
        stem = stored.key[: len(stored.key) - len(name["rest"])]
        if name["rest"].endswith(SUFFIX):
            whole.add(stem)
        if stem in whole:
            count -= len(loose.pop(stem, ()))
        elif count < _MOST:
            loose.setdefault(stem, []).append(stored)
            count += 1
    return [(stem[-RUN_LENGTH:], stored) for stem, found in loose.items() if stem not in whole for stored in found]


async def _known(ctx: Context, storage_id: str, runs: list[str]) -> set[str]:
    """Return those of the run tokens that are going on, being cleaned up, or should lie in this storage.

    Asked for these alone: hardly a file is without a manifest, and the tokens of all backups are many.
    """
    lying = (CopyState.COMPLETE, CopyState.DAMAGED, CopyState.WRITING, CopyState.DELETING)
    here = BackupCopy.s3_config_id.is_(None) if storage_id == LOCAL else BackupCopy.s3_config_id == storage_id
    copies = select(BackupCopy.backup_id).where(
        BackupCopy.backup_id == BackupExecution.id, here, BackupCopy.state.in_(lying)
    )
    journalled = select(RunJournal.execution_id).where(RunJournal.execution_id == BackupExecution.id)
    claimed = (BackupExecution.status == RunStatus.RUNNING) | copies.exists() | journalled.exists()
    known: set[str] = set()
    async with ctx.catalogue.sessions() as session:
        for first in range(0, len(runs), _ASKED_AT_ONCE):
            some = BackupExecution.run_token.in_(runs[first : first + _ASKED_AT_ONCE])
            known.update(await session.scalars(select(BackupExecution.run_token).where(some, claimed)))
    return known
