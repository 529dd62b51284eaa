"""Claims queued runs: at most N at once, never two on one database, manual first, none before its time, proofs last."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.db.models import BackupExecution, BackupSchedule, RestoreExecution, Run, RunStatus, Verification
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import UNENDED
from dbbackup.services.changes import announce_run
from dbbackup.services.context import Context
from dbbackup.services.schedules import blackout_end

_WORK = (RestoreExecution, BackupExecution)
R = TypeVar("R", BackupExecution, RestoreExecution, Verification)


async def claim(ctx: Context, limit: int, *, most: float = math.inf) -> list[Run]:
    """Turn queued runs, `most` of them, into running ones as long as there is room; return what was claimed.

    Restores go first: somebody is waiting for them. Verifications take only a place that nothing else wants, and
    hold neither a place nor their database against a backup or restore that comes later: they read copies, and
    restore into databases of their own.
    """
    claimed: list[Run] = []
    async with ctx.catalogue.transaction() as session:
        queued = await _count(session, RunStatus.QUEUED)
        if not any(queued.values()):
            return claimed
        await _hold_back(session, ctx)
        running = await _count(session, RunStatus.RUNNING)
        while len(claimed) < most and (run := await _claim_next(session, limit, queued, running)):
            queued[type(run)] -= 1
            running[type(run)] += 1
            claimed.append(run)
            announce_run(session, ctx, run)
    return claimed


async def next_start(ctx: Context) -> float:
    """Return the seconds until the next queued backup may start that has to wait for its time; infinite without one."""
    now = utc_now()
    waiting = select(func.min(BackupExecution.not_before)).where(
        BackupExecution.status == RunStatus.QUEUED, BackupExecution.not_before > now
    )
    async with ctx.catalogue.sessions() as session:
        first = await session.scalar(waiting)
    return (first - now).total_seconds() if first else math.inf


async def _hold_back(session: AsyncSession, ctx: Context) -> None:
    """Let what a schedule made wait for the end of its blackout window, however long it has queued before."""
    now = utc_now()
    ready = or_(BackupExecution.not_before.is_(None), BackupExecution.not_before <= now)
    query = (
        select(BackupExecution, BackupSchedule)
        .join(BackupSchedule, BackupSchedule.id == BackupExecution.schedule_id)
        .where(BackupExecution.status == RunStatus.QUEUED, BackupExecution.slot.is_not(None), ready)
    )
    for backup, schedule in await session.execute(query):
        if (end := blackout_end(schedule, now)) > now:
            backup.not_before = end
            announce_run(session, ctx, backup)
    await session.flush()


async def _count(session: AsyncSession, status: RunStatus) -> dict[type[Run], int]:
    """Return how many runs of each kind have this status."""
    kinds = (*_WORK, Verification)
    counts = [select(func.count()).where(kind.status == status).scalar_subquery() for kind in kinds]
    return dict(zip(kinds, (await session.execute(select(*counts))).one(), strict=True))


async def _claim_next(
    session: AsyncSession, limit: int, queued: Mapping[type[Run], int], running: Mapping[type[Run], int]
) -> Run | None:
    working = sum(running[kind] for kind in _WORK)
    run: Run | None = None
    if working < limit:
        run = await _claim_one(session, RestoreExecution) if queued[RestoreExecution] else None
        run = run or (await _claim_one(session, BackupExecution) if queued[BackupExecution] else None)
    if run is None and queued[Verification] and working + running[Verification] < limit:
        run = await _claim_one(session, Verification)
    return run


async def _claim_one(session: AsyncSession, model: type[R]) -> R | None:
    """One statement chooses and takes: two workers can never take the same run.

    It is sent only when there is something to take: what writes has to wait for its turn, and lets others wait.
    """
    # A proof waits for the database's other runs, and for those that could start now; they do not wait for it.
    busy = [
        select(kind.database_id).where(
            or_(kind.status == RunStatus.RUNNING, _could_start(kind))
            if model is Verification
            else kind.status == RunStatus.RUNNING,
            kind.database_id.is_not(None),
        )
        for kind in _WORK
    ]
    if model is Verification:
        busy.append(
            select(Verification.database_id).where(
                Verification.status == RunStatus.RUNNING, Verification.database_id.is_not(None)
            )
        )
    # A database that is to be put back is not whole: nothing else is done with it before, least of all a backup.
    broken = select(RestoreExecution.database_id).where(
        RestoreExecution.status == RunStatus.QUEUED, RestoreExecution.database_id.is_not(None), _puts_back()
    )
    busy += [broken] if model is not RestoreExecution else []
    free = or_(model.database_id.is_(None), and_(*(model.database_id.not_in(ids) for ids in busy)))
    order = [model.created_at, model.id]
    chosen = select(model.id).where(model.status == RunStatus.QUEUED, free)
    if model is BackupExecution:
        ready = or_(BackupExecution.not_before.is_(None), BackupExecution.not_before <= utc_now())
        chosen = chosen.where(ready).order_by(BackupExecution.priority.desc())
    if model is RestoreExecution:
        waits = RestoreExecution.not_before
        chosen = chosen.where(or_(waits.is_(None), waits <= utc_now()))
        # What puts a database back goes first.
        chosen = chosen.order_by(_puts_back().desc())
    chosen = chosen.order_by(*order).limit(1)
    if await session.scalar(chosen) is None:
        return None
    statement = (
        update(model)
        .where(model.id == chosen.scalar_subquery(), model.status == RunStatus.QUEUED)
        .values(status=RunStatus.RUNNING, started_at=utc_now(), error_code=None, error_message=None, error_stack=None)
        .returning(model.id)
        .execution_options(**{UNENDED: True})
    )
    run_id = await session.scalar(statement)
    return await session.get(model, run_id, populate_existing=True) if run_id else None


def _could_start(kind: type[BackupExecution] | type[RestoreExecution]) -> ColumnElement[bool]:
    return and_(kind.status == RunStatus.QUEUED, or_(kind.not_before.is_(None), kind.not_before <= utc_now()))


def _puts_back() -> ColumnElement[bool]:
    put_back: ColumnElement[bool] = RestoreExecution.options["putBack"].as_boolean().is_(True)
    return put_back
