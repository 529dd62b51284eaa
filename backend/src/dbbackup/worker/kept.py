"""Drops what restores kept for their undoing, when it was let go or its time is over."""

from __future__ import annotations

from loguru import logger
from sqlalchemy import select

from dbbackup.core.errors import AppError, ConflictError
from dbbackup.db.models import DatabaseConfig, RestoreExecution, UndoState
from dbbackup.db.models.base import utc_now
from dbbackup.services.changes import announce
from dbbackup.services.connections import saved_connection
from dbbackup.services.context import Context
from dbbackup.services.restore_undo import active_undo
from dbbackup.services.safety_backups import let_go

_log = logger.bind(category="restore")


async def release_kept(ctx: Context) -> None:
    """Let go what is due, then drop what was let go. What cannot be dropped now is tried again."""
    async with ctx.catalogue.transaction() as session:
        due = select(RestoreExecution).where(
            RestoreExecution.undo_state.in_((UndoState.AVAILABLE, UndoState.UNDONE)),
            RestoreExecution.kept_until <= utc_now(),
        )
        for restore in await session.scalars(due):
            if not await active_undo(session, restore.id):
                restore.undo_state = UndoState.RELEASING
                announce(session, ctx, "restore", restore.id, "updated")
    async with ctx.catalogue.sessions() as session:
        query = select(RestoreExecution).where(RestoreExecution.undo_state == UndoState.RELEASING)
        releasing = list(await session.scalars(query))
    for restore in releasing:
        try:
            await _drop(ctx, restore)
        except AppError as error:
            _log.warning("{} cannot be dropped yet: {}", restore.kept_database, error.message)
            continue
        async with ctx.catalogue.transaction() as session:
            row = await session.get_one(RestoreExecution, restore.id)
            row.undo_state, row.kept_until = UndoState.RELEASED, None
            await let_go(session, ctx, row)
            announce(session, ctx, "restore", row.id, "updated")


async def _drop(ctx: Context, restore: RestoreExecution) -> None:
    """Drop the kept database by its mark. Raises AppError when the server cannot be asked."""
    if restore.kept_database is None:
        return
    async with ctx.catalogue.sessions() as session:
        config = await session.get(DatabaseConfig, restore.database_id) if restore.database_id else None
    swapping = ctx.engines[config.type].swapping if config else None
    if config is None or swapping is None:
        _log.warning("{} may still be on its server: its configuration was deleted", restore.kept_database)
        return
    try:
        await swapping.drop_kept(saved_connection(ctx, config), restore.kept_database, restore.id)
    except ConflictError:
        _log.warning("{} bears no mark of its restore any more and was left alone", restore.kept_database)
    else:
        _log.info("The database {}, kept by a restore, was dropped", restore.kept_database)
