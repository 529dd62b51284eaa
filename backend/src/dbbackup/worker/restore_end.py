"""The end of a restore in the catalogue: what was kept, what is to be put back, and after a crash what had happened."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from loguru import logger
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import AppError, BackupError
from dbbackup.core.journal import JournalKind
from dbbackup.db.models import DatabaseConfig, RestoreExecution, RunJournal, RunStatus, UndoState
from dbbackup.db.models.base import utc_now
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.replacing import Swap
from dbbackup.services.changes import announce, announce_run
from dbbackup.services.connections import saved_connection
from dbbackup.services.context import Context
from dbbackup.services.restore_undo import PUT_BACK, SWAP_BACK, from_safety_backup, note_swapped, note_undone
from dbbackup.services.run_notifications import notify_run_end
from dbbackup.services.safety_backups import let_go
from dbbackup.worker.run import INTERRUPTED, set_end

_FIRST_DELAY, _LONGEST_DELAY = 10.0, 600.0
"""Seconds between two attempts to put a database back."""
_ASK_SECONDS = 15.0
_log = logger.bind(category="restore")


class InterruptedRunError(BackupError):
    """The process ended while a run was going on."""


async def end_restore(
    ctx: Context,
    restore_id: str,
    error: BaseException | None,
    *,
    interrupted: bool,
    result: dict[str, Any] | None = None,
    swapped: Swap | None = None,
    in_place: bool = False,
    committed: bool = False,
) -> None:
    """Close a running restore, in one transaction with all that follows from its end.

    `committed` tells that the target was changed, or may have been, by one transaction.
    """
    async with ctx.catalogue.transaction() as session:
        restore = await session.get_one(RestoreExecution, restore_id)
        if restore.status != RunStatus.RUNNING:
            return
        set_end(restore, error, interrupted=interrupted)
        if result is not None:
            restore.result = result
        if error is None and restore_mode(restore.options) is RestoreMode.REPLACE:
            await _supersede(session, ctx, restore)
        if swapped is not None:
            await _note_swap(session, ctx, restore, swapped)
        elif error is None:
            await _note_success(session, ctx, restore)
        elif committed:
            _keep_safety_backup(ctx, restore)
        else:
            await _note_failure(session, ctx, restore, error, in_place=in_place)
        await notify_run_end(session, ctx, restore)
        announce_run(session, ctx, restore)


async def settle_restore(ctx: Context, restore: RestoreExecution, error: BaseException, *, interrupted: bool) -> None:
    """Close a restore that could not write its own end, by what its journal and the server say."""
    async with ctx.catalogue.sessions() as session:
        query = select(RunJournal).where(RunJournal.execution_id == restore.id)
        entries = list(await session.scalars(query))
    if swap := _swap_of(entries):
        try:
            async with asyncio.timeout(_ASK_SECONDS):
                happened = await _swapped(ctx, restore, swap)
        except (AppError, TimeoutError):
            text = f"{INTERRUPTED}: the program ended while {swap.live} was swapped, and the server cannot be asked "
            error = InterruptedRunError(text + "whether that happened. This is looked at until it is known.")
        else:
            if happened:
                await end_restore(ctx, restore.id, None, interrupted=False, swapped=swap)
                _log.info("Restore {} had swapped its databases when it was cut off: its record was closed", restore.id)
                return
    began = any(entry.kind == JournalKind.PUT_BACK for entry in entries)
    # Nobody saw the end of that transaction: what it may have replaced is kept.
    unseen = cut_off(restore) is not None and not began
    await end_restore(ctx, restore.id, error, interrupted=interrupted, in_place=began, committed=unseen)


async def look_again(ctx: Context, entry: RunJournal) -> None:
    """Learn whether a swap happened that nobody saw the end of, and write it down. Raises AppError."""
    swap = _swap_of([entry])
    async with ctx.catalogue.sessions() as session:
        restore = await session.get(RestoreExecution, entry.execution_id)
    if swap is None or restore is None or restore.status == RunStatus.COMPLETED:
        return
    if not await _swapped(ctx, restore, swap):
        return
    async with ctx.catalogue.transaction() as session:
        restore = await session.get_one(RestoreExecution, entry.execution_id)
        restore.error_message = f"{restore.error_message} The swap had happened: {swap.live} is the other database now."
        await _note_swap(session, ctx, restore, swap)
        announce(session, ctx, "restore", restore.id, "updated")


async def _swapped(ctx: Context, restore: RestoreExecution, swap: Swap) -> bool:
    async with ctx.catalogue.sessions() as session:
        config = await session.get(DatabaseConfig, restore.database_id) if restore.database_id else None
    swapping = ctx.engines[config.type].swapping if config else None
    if config is None or swapping is None:
        return False
    return await swapping.swapped(saved_connection(ctx, config), swap)


def _swap_of(entries: Sequence[RunJournal]) -> Swap | None:
    facts = next((entry.facts for entry in entries if entry.kind == JournalKind.SWAP), None)
    return Swap(**{name: facts[name] for name in Swap.__dataclass_fields__}) if facts else None


async def _note_swap(session: AsyncSession, ctx: Context, restore: RestoreExecution, swap: Swap) -> None:
    if not restore.options.get(SWAP_BACK):
        note_swapped(ctx, restore, swap)
        return
    original = await session.get(RestoreExecution, restore.undo_of_id or "")
    if original is not None:
        note_undone(ctx, original, swap.kept)
        announce(session, ctx, "restore", original.id, "updated")


async def _note_success(session: AsyncSession, ctx: Context, restore: RestoreExecution) -> None:
    original = await session.get(RestoreExecution, restore.undo_of_id) if restore.undo_of_id else None
    if original is not None:
        if not restore.options.get(PUT_BACK):
            note_undone(ctx, original, None)
        await let_go(session, ctx, original)
        announce(session, ctx, "restore", original.id, "updated")
    _keep_safety_backup(ctx, restore)


def _keep_safety_backup(ctx: Context, restore: RestoreExecution) -> None:
    """Let the safety backup, if there is one, be the way back for a while."""
    if restore.safety_backup_id is not None:
        restore.undo_state = UndoState.AVAILABLE
        restore.kept_until = utc_now() + timedelta(days=ctx.live.keep_replaced_days)


async def _note_failure(
    session: AsyncSession, ctx: Context, restore: RestoreExecution, error: BaseException, *, in_place: bool
) -> None:
    if restore.options.get(PUT_BACK):
        _try_again(restore, at_once=isinstance(error, InterruptedRunError))
    elif not in_place:
        await let_go(session, ctx, restore)
    elif restore.safety_backup_id is None:
        _add(restore, f"{restore.target_database} is not whole now, and there is no safety backup of it.")
    else:
        await _put_back(session, ctx, restore)


async def _supersede(session: AsyncSession, ctx: Context, restore: RestoreExecution) -> None:
    """Give up putting back what was replaced since: it would be overwritten by something older."""
    waiting = select(RestoreExecution).where(
        RestoreExecution.database_id == restore.database_id, RestoreExecution.status == RunStatus.QUEUED
    )
    for other in await session.scalars(waiting):
        if other.options.get(PUT_BACK):
            other.status, other.completed_at = RunStatus.CANCELLED, utc_now()
            _add(other, f"{restore.target_database} was replaced by another restore meanwhile.")
            announce_run(session, ctx, other)


def _try_again(restore: RestoreExecution, *, at_once: bool) -> None:
    """Queue the run anew: a database that is not whole has nothing else to wait for."""
    name = restore.target_database
    if restore.status == RunStatus.CANCELLED or restore.database_id is None:
        _add(restore, f"{name} may not be whole: restore the safety backup, which is kept.")
        return
    delay = 0.0 if at_once else min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (restore.attempt - 1))
    restore.status, restore.completed_at, restore.started_at = RunStatus.QUEUED, None, None
    restore.attempt, restore.not_before = restore.attempt + 1, utc_now() + timedelta(seconds=delay)


async def _put_back(session: AsyncSession, ctx: Context, restore: RestoreExecution) -> None:
    """Queue the safety backup's restore in the same moment: nothing of the database runs in between."""
    config = await session.get(DatabaseConfig, restore.database_id) if restore.database_id else None
    try:
        if config is None:
            raise BackupError("The database was deleted here.")
        back = await from_safety_backup(session, ctx, config, restore, restore.started_by)
    except AppError as error:
        _add(restore, f"{restore.target_database} is not whole now, and cannot be put back: {error.message}")
        return
    back.options = {**back.options, PUT_BACK: True, "stopConnections": True}
    session.add(back)
    await session.flush()
    announce_run(session, ctx, back)
    _add(restore, f"{restore.target_database} is put back as it was, from the safety backup.")


def _add(restore: RestoreExecution, text: str) -> None:
    restore.error_message = f"{restore.error_message} {text}" if restore.error_message else text


def cut_off(restore: RestoreExecution) -> InterruptedRunError | None:
    """Return the error of a restore by one transaction that nobody saw the end of; None for the others."""
    mode = restore_mode(restore.options)
    if mode is RestoreMode.RUN_SCRIPT:
        return InterruptedRunError(
            f"{INTERRUPTED}: the program ended while a script ran in {restore.target_database}. In PostgreSQL all of "
            "it was done, or nothing; in MySQL and MariaDB a part may be: look before you start it again."
        )
    if not mode.adds_rows and mode is not RestoreMode.CLEAN:
        return None
    what = "objects were made anew in" if mode is RestoreMode.CLEAN else "rows were put into"
    return InterruptedRunError(
        f"{INTERRUPTED}: the program ended while {what} {restore.target_database} by one transaction. "
        "All of them are there, or none: look before you start it again."
    )
