"""The list of restores: filtered, sorted, in pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from dbbackup.db.models import RestoreExecution
from dbbackup.services.backup_list import in_utc

_SORTS = {
    "createdAt": RestoreExecution.created_at,
    "targetDatabase": func.lower(RestoreExecution.target_database),
    "status": RestoreExecution.status,
    "duration": RestoreExecution.duration,
}


@dataclass(frozen=True, slots=True)
class RestoreFilter:
    """What a list is narrowed to; None means all."""

    database_id: str | None = None
    status: str | None = None
    start: datetime | None = None
    end: datetime | None = None


async def list_restores(
    session: AsyncSession, wanted: RestoreFilter, *, sort: str, page: int, limit: int
) -> tuple[list[RestoreExecution], int]:
    """Return one page and the number of all that match; `sort` is a field, `-` before it descends."""
    query = select(RestoreExecution).options(defer(RestoreExecution.error_stack, raiseload=True))
    if wanted.database_id:
        query = query.where(RestoreExecution.database_id == wanted.database_id)
    if wanted.status:
        query = query.where(RestoreExecution.status == wanted.status)
    if wanted.start:
        query = query.where(RestoreExecution.created_at >= in_utc(wanted.start))
    if wanted.end:
        query = query.where(RestoreExecution.created_at < in_utc(wanted.end))
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    column = _SORTS[sort.removeprefix("-")]
    order = column.desc().nulls_last() if sort.startswith("-") else column.asc().nulls_last()
    # The id breaks ties, so that no row is on two pages.
    ordered = query.order_by(order, RestoreExecution.id.desc())
    return list(await session.scalars(ordered.limit(limit).offset((page - 1) * limit))), total
