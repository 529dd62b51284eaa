"""Claims queued runs: at most N at once, never two on one database, manual before scheduled, proofs last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.db.models import BackupExecution, RestoreExecution, Run, RunStatus, Verification
from dbbackup.db.models.base import utc_now
from dbbackup.services.changes import announce_run
from dbbackup.services.context import Context

_WORK = (RestoreExecution, BackupExecution)
R = TypeVar("R", BackupExecution, RestoreExecution, Verification)


async def claim(ctx: Context, limit: int) -> list[Run]:
    """Turn queued runs into running ones as long as there is room; return what was claimed.

    Restores go first: somebody is waiting for them. Verifications take only a place that nothing else wants, and
    hold neither a place nor their database against a backup or restore that comes later: they read copies, and
    restore into databases of their own.
    """
    claimed: list[Run] = []
    async with ctx.catalogue.transaction() as session:
        working, proving = await _running(session, _WORK), await _running(session, (Verification,))
        while True:
            run: Run | None = None
            if working < limit:
                run = await _claim_one(session, RestoreExecution) or await _claim_one(session, BackupExecution)
                working += run is not None
            if run is None and working + proving < limit:
                run = await _claim_one(session, Verification)
                proving += run is not None
            if run is None:
                return claimed
            claimed.append(run)
            announce_run(session, ctx, run)


async def _running(session: AsyncSession, models: Iterable[type[Run]]) -> int:
    count = 0
    for model in models:
        query = select(func.count()).select_from(model).where(model.status == RunStatus.RUNNING)
        count += await session.scalar(query) or 0
    return count


async def _claim_one(session: AsyncSession, model: type[R]) -> R | None:
    """One statement chooses and takes: two workers can never take the same run."""
    # A proof waits for the database's other runs, and for those that are queued; they do not wait for it.
    states = (RunStatus.RUNNING, RunStatus.QUEUED) if model is Verification else (RunStatus.RUNNING,)
    busy = [select(kind.database_id).where(kind.status.in_(states), kind.database_id.is_not(None)) for kind in _WORK]
    if model is Verification:
        busy.append(
            select(Verification.database_id).where(
                Verification.status == RunStatus.RUNNING, Verification.database_id.is_not(None)
            )
        )
    free = or_(model.database_id.is_(None), and_(*(model.database_id.not_in(ids) for ids in busy)))
    order = [model.created_at, model.id]
    chosen = select(model.id).where(model.status == RunStatus.QUEUED, free)
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
