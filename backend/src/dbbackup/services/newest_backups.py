"""The newest backup of each database or schedule, found by one look into an index for each."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only, raiseload

from dbbackup.db.models import BackupExecution, BackupSchedule, DatabaseConfig

SHOWN = (
    BackupExecution.database_id,
    BackupExecution.schedule_id,
    BackupExecution.slot,
    BackupExecution.status,
    BackupExecution.created_at,
    BackupExecution.started_at,
    BackupExecution.completed_at,
    BackupExecution.duration,
    BackupExecution.size,
    BackupExecution.error_message,
)
"""What is read of each: half the time of a list of a hundred databases went into columns that it does not show."""


async def newest_of_databases(
    session: AsyncSession, ids: Sequence[str], *conditions: ColumnElement[bool]
) -> dict[str, BackupExecution]:
    """Return the newest backup of each database that is not deleted and fulfils the conditions, by database.

    It comes with what lists show of it only: see SHOWN.
    """
    found = await _newest(session, DatabaseConfig, BackupExecution.database_id == DatabaseConfig.id, ids, conditions)
    return {backup.database_id: backup for backup in found if backup.database_id}


async def newest_of_schedules(session: AsyncSession, ids: Sequence[str]) -> dict[str, BackupExecution]:
    """Return the newest run of each schedule that is not deleted, by schedule, with SHOWN only."""
    found = await _newest(session, BackupSchedule, BackupExecution.schedule_id == BackupSchedule.id, ids, ())
    return {run.schedule_id: run for run in found if run.schedule_id}


async def _newest(
    session: AsyncSession,
    parent: type[DatabaseConfig | BackupSchedule],
    belongs: ColumnElement[bool],
    ids: Sequence[str],
    conditions: Sequence[ColumnElement[bool]],
) -> Sequence[BackupExecution]:
    # Ids are UUIDv7 and so sort by time: the greatest is the newest. A GROUP BY would read the whole history.
    newest = (
        select(func.max(BackupExecution.id))
        .where(belongs, BackupExecution.deleted_at.is_(None), *conditions)
        .correlate(parent)
        .scalar_subquery()
    )
    query = select(BackupExecution).where(BackupExecution.id.in_(select(newest).where(parent.id.in_(ids))))
    return (
        await session.scalars(query.options(load_only(*SHOWN, raiseload=True), raiseload(BackupExecution.copies)))
    ).all()
