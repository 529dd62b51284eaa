"""The newest backup of each database or schedule: a look into an index for each, remembered while nothing changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.db.models import BackupCopy, BackupExecution, BackupSchedule, CopyState, DatabaseConfig, RunStatus
from dbbackup.db.remembering import remembered, remembered_of_each

_Parent = type[DatabaseConfig | BackupSchedule]


class Newest(NamedTuple):
    """What lists show of a backup. Not the record: what is remembered outlives the session that it belongs to."""

    id: str
    database_id: str | None
    schedule_id: str | None
    slot: datetime | None
    status: str
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    duration: float | None
    size: int | None
    error_message: str | None


class Which(StrEnum):
    """Of which backups the newest is meant; deleted ones are never among them."""

    ANY = "any"
    COMPLETED = "completed"
    FAILED = "failed"
    GOOD = "good"
    """Completed, not damaged, and with a complete copy."""


async def newest_of_databases(session: AsyncSession, ids: Iterable[str], which: Which = Which.ANY) -> dict[str, Newest]:
    """Return the newest backup of each database, by database. What is returned is shared: nobody may change it."""
    databases = tuple(ids)

    async def read(some: Sequence[str]) -> dict[str, Newest]:
        found = await _newest(session, DatabaseConfig, some, which)
        return {run.database_id: run for run in found if run.database_id}

    return await remembered_of_each(session, ("newest of databases", which, databases), databases, read)


async def newest_of_schedules(session: AsyncSession, ids: Iterable[str]) -> dict[str, Newest]:
    """Return the newest run of each schedule, by schedule. What is returned is shared: nobody may change it."""
    schedules = tuple(ids)

    async def read() -> dict[str, Newest]:
        found = await _newest(session, BackupSchedule, schedules, Which.ANY)
        return {run.schedule_id: run for run in found if run.schedule_id}

    return await remembered(session, ("newest of schedules", schedules), read)


async def _newest(session: AsyncSession, parent: _Parent, ids: Sequence[str], which: Which) -> list[Newest]:
    return [Newest(*row) for row in await session.execute(_query(parent, which), {"ids": ids})]


@cache
def _query(parent: _Parent, which: Which) -> Select[Any]:
    """Return the query, `ids` bound. It is made once: that takes longer than SQLite does."""
    belongs = (BackupExecution.database_id if parent is DatabaseConfig else BackupExecution.schedule_id) == parent.id
    # Ids are UUIDv7 and so sort by time: the greatest is the newest. A GROUP BY would read the whole history.
    newest = (
        select(func.max(BackupExecution.id))
        .where(belongs, BackupExecution.deleted_at.is_(None), *_conditions(which))
        .correlate(parent)
        .scalar_subquery()
    )
    shown = [getattr(BackupExecution, name) for name in Newest._fields]
    wanted = select(newest).where(parent.id.in_(bindparam("ids", expanding=True)))
    return select(*shown).where(BackupExecution.id.in_(wanted))


def _conditions(which: Which) -> list[ColumnElement[bool]]:
    if which is Which.ANY:
        return []
    if which is Which.FAILED:
        return [BackupExecution.status == RunStatus.FAILED]
    completed = BackupExecution.status == RunStatus.COMPLETED
    if which is Which.COMPLETED:
        return [completed]
    whole = exists().where(BackupCopy.backup_id == BackupExecution.id, BackupCopy.state == CopyState.COMPLETE)
    return [completed, BackupExecution.damage.is_(None), whole]
