"""Claims queued runs: at most N at once, never two on one database, manual before scheduled."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.db.models import RUNS, BackupExecution, RestoreExecution, Run, RunStatus, Verification
from dbbackup.db.models.base import utc_now
from dbbackup.services.changes import announce_run
from dbbackup.services.context import Context

R = TypeVar("R", BackupExecution, RestoreExecution, Verification)


async def claim(ctx: Context, limit: int) -> list[Run]:
    """Turn queued runs into running ones as long as there is room; return what was claimed.

    Restores go first: somebody is waiting for them. Verifications go last: a proof can wait for a backup.
    """
    claimed: list[Run] = []
    async with ctx.catalogue.transaction() as session:
        room = limit - await _running(session)
        while room > 0:
            run = (
                await _claim_one(session, RestoreExecution)
                or await _claim_one(session, BackupExecution)
                or await _claim_one(session, Verification)
            )
            if run is None:
                break
            claimed.append(run)
            announce_run(session, ctx, run)
            room -= 1
    return claimed


async def _running(session: AsyncSession) -> int:
    count = 0
    for model in RUNS:
        query = select(func.count()).select_from(model).where(model.status == RunStatus.RUNNING)
        count += await session.scalar(query) or 0
    return count


async def _claim_one(session: AsyncSession, model: type[R]) -> R | None:
    """One statement chooses and takes: two workers can never take the same run."""
    busy = [
        select(kind.database_id).where(kind.status == RunStatus.RUNNING, kind.database_id.is_not(None)) for kind in RUNS
    ]
    free = or_(model.database_id.is_(None), and_(*(model.database_id.not_in(ids) for ids in busy)))
    order = [model.created_at, model.id]
    chosen = select(model.id).where(model.status == RunStatus.QUEUED, free)
    if model is BackupExecution or model is RestoreExecution:
        due = or_(model.not_before.is_(None), model.not_before <= utc_now())
        chosen = chosen.where(due)
    if model is BackupExecution:
        chosen = chosen.order_by(BackupExecution.priority.desc())
    chosen = chosen.order_by(*order).limit(1)
    statement = (
        update(model)
        .where(model.id == chosen.scalar_subquery(), model.status == RunStatus.QUEUED)
        .values(status=RunStatus.RUNNING, started_at=utc_now())
        .returning(model.id)
    )
    run_id = await session.scalar(statement)
    return await session.get(model, run_id, populate_existing=True) if run_id else None
