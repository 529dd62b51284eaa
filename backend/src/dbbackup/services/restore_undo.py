"""Restores that are taken back, and what they kept for that let go."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import ConflictError, ValidationError
from dbbackup.core.naming import new_id
from dbbackup.db.models import BackupExecution, DatabaseConfig, RestoreExecution, RunStatus, UndoState
from dbbackup.db.models.backup_execution import FINAL
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import after_commit
from dbbackup.engines.modes import RestoreMode
from dbbackup.engines.replacing import Swap
from dbbackup.services.changes import announce, announce_run
from dbbackup.services.context import Context
from dbbackup.services.downloads import backup_manifest, choose_copy
from dbbackup.services.inputs import UndoInput
from dbbackup.services.restore_options import parse_options
from dbbackup.services.restore_sources import Source, source_manifest
from dbbackup.services.restores import get_restore, new_restore

SWAP_BACK = "swapBack"
"""The option of a restore that reads no backup: it lets two databases change places."""
PUT_BACK = "putBack"
"""The option of a restore that is tried until it works."""


async def undo_restore(
    session: AsyncSession, ctx: Context, restore_id: str, data: UndoInput, actor: str
) -> RestoreExecution:
    """Queue the run that takes a restore back; asked again meanwhile, return the same run.

    Raises:
        ValidationError: it is not confirmed.
        ConflictError: there is nothing to undo, or no way back any more.
    """
    restore = await get_restore(session, restore_id)
    if not data.confirm:
        raise ValidationError.of("confirm", "This changes a database: send confirm: true to go on.")
    if going_on := await active_undo(session, restore.id):
        return going_on
    _check_undoable(restore)
    config = await session.get(DatabaseConfig, restore.database_id) if restore.database_id else None
    if config is None or config.database_name != restore.target_database:
        raise ConflictError("The entry under Databases by which the server is reached was deleted or changed.")
    if restore.kept_database is not None:
        undo = await _swap_back(session, restore, data, actor)
    else:
        undo = await from_safety_backup(session, ctx, config, restore, actor)
        undo.options = {**undo.options, "safetyBackup": True, "stopConnections": data.stop_connections}
    # The key lets one run at a time have it: a double click makes one.
    undo.idempotency_key = f"undo:{restore.id}"
    ended = update(RestoreExecution).where(
        RestoreExecution.idempotency_key == undo.idempotency_key, RestoreExecution.status.in_(FINAL)
    )
    await session.execute(ended.values(idempotency_key=None))
    try:
        async with session.begin_nested():
            session.add(undo)
    except IntegrityError:
        if going_on := await active_undo(session, restore.id):
            return going_on
        raise
    announce_run(session, ctx, undo)
    return undo


async def release_restore(session: AsyncSession, ctx: Context, restore_id: str) -> RestoreExecution:
    """Let go what a restore keeps for its undoing; the worker drops it.

    Raises:
        ConflictError: nothing is kept, or it is being undone.
    """
    restore = await get_restore(session, restore_id)
    if restore.undo_state not in (UndoState.AVAILABLE, UndoState.UNDONE):
        raise ConflictError("This restore keeps nothing: there is nothing to let go.")
    if await active_undo(session, restore.id):
        raise ConflictError("This restore is being undone. Wait for the end of that.")
    restore.undo_state = UndoState.RELEASING
    await session.flush()
    announce(session, ctx, "restore", restore.id, "updated")
    after_commit(session, ctx.runtime.sweep.set)
    return restore


async def active_undo(session: AsyncSession, restore_id: str) -> RestoreExecution | None:
    """Return the run that takes a restore back and has not ended."""
    query = select(RestoreExecution).where(
        RestoreExecution.undo_of_id == restore_id, RestoreExecution.status.not_in(FINAL)
    )
    return await session.scalar(query.limit(1))


async def last_undos(session: AsyncSession, restore_ids: list[str]) -> dict[str, str]:
    """Return the newest run that takes each restore back, by the restore's id."""
    query = select(RestoreExecution.undo_of_id, RestoreExecution.id).where(RestoreExecution.undo_of_id.in_(restore_ids))
    return {of: id_ for of, id_ in (await session.execute(query.order_by(RestoreExecution.id))) if of}


async def from_safety_backup(
    session: AsyncSession, ctx: Context, config: DatabaseConfig, restore: RestoreExecution, actor: str
) -> RestoreExecution:
    """Return a restore of the safety backup over what is there, not yet in the catalogue. Raises ConflictError."""
    backup = await session.get(BackupExecution, restore.safety_backup_id) if restore.safety_backup_id else None
    if backup is None or backup.deleted_at is not None:
        raise ConflictError("The safety backup of this restore was deleted: there is no way back.")
    copy, manifest = choose_copy(backup, None), backup_manifest(backup)
    raw = {"mode": RestoreMode.REPLACE.value, "existingDatabase": restore.target_database, "safetyBackup": False}
    source = Source(manifest, copy.storage_id, copy.key or "", copy.version, copy.bucket, backup.id)
    undo = new_restore(config, source, parse_options(ctx, config, source, raw), actor)
    undo.undo_of_id = restore.id
    return undo


def note_swapped(ctx: Context, restore: RestoreExecution, swap: Swap) -> None:
    """Write down in the restore that its databases have changed places, and how long the old one is kept."""
    restore.undo_state = None if swap.new else UndoState.AVAILABLE
    restore.kept_database = None if swap.new else swap.kept
    restore.kept_until = None if swap.new else utc_now() + timedelta(days=ctx.live.keep_replaced_days)


def note_undone(ctx: Context, restore: RestoreExecution, kept: str | None) -> None:
    """Write down that a restore was taken back; `kept` is what had been restored, aside under that name."""
    restore.undo_state = UndoState.UNDONE
    restore.kept_database = kept
    restore.kept_until = utc_now() + timedelta(days=ctx.live.keep_replaced_days)


def _check_undoable(restore: RestoreExecution) -> None:
    if restore.undo_state == UndoState.AVAILABLE:
        return
    if restore.undo_state == UndoState.UNDONE:
        raise ConflictError("This restore was undone already.")
    if restore.undo_state is not None:
        raise ConflictError("What was kept for undoing this restore was let go.")
    raise ConflictError("There is nothing to undo: this restore replaced nothing, or did not succeed.")


async def _swap_back(session: AsyncSession, restore: RestoreExecution, data: UndoInput, actor: str) -> RestoreExecution:
    same = ("database_id", "database_name", "target_database", "backup_id", "source_type", "source_s3_config_id")
    more = ("source_bucket", "source_key", "source_version", "source_name")
    return RestoreExecution(
        id=new_id(),
        **{name: getattr(restore, name) for name in (*same, *more)},
        manifest=await source_manifest(session, restore.id),
        options={
            "mode": RestoreMode.REPLACE.value,
            "existingDatabase": restore.target_database,
            "stopConnections": data.stop_connections,
            SWAP_BACK: True,
        },
        status=RunStatus.QUEUED,
        started_by=actor,
        confirmed_by=actor,
        undo_of_id=restore.id,
    )
