"""Claiming: the limit, one run a database, restores first, manual before scheduled."""

from __future__ import annotations

from sqlalchemy import update

from dbbackup.core.events import ExecutionEvent
from dbbackup.db.models import BackupExecution, RunStatus
from dbbackup.services.context import Context
from dbbackup.worker.queue import claim
from tests.unit.worker.rows import Heard, backup, database, restore, save


async def test_claim_when_more_is_queued_than_allowed_then_only_the_limit_in_order(ctx: Context) -> None:
    configs = [database(ctx) for _ in range(4)]
    await save(ctx, *configs)
    runs = [backup(config) for config in configs]
    await save(ctx, *runs)
    claimed = await claim(ctx, 3)
    assert [run.id for run in claimed] == [run.id for run in runs[:3]]
    assert all(run.status == RunStatus.RUNNING and run.started_at for run in claimed)
    assert await claim(ctx, 3) == []
    assert isinstance(ctx.events, Heard)
    told = [m for m in ctx.events.messages if isinstance(m, ExecutionEvent)]
    assert [(m.id, m.status) for m in told] == [(run.id, "running") for run in runs[:3]]


async def test_claim_when_a_database_is_busy_then_its_other_runs_wait(ctx: Context) -> None:
    busy, free = database(ctx), database(ctx)
    await save(ctx, busy, free)
    first, second, third = backup(busy), backup(busy), backup(free)
    await save(ctx, first, second, third, restore(busy))
    claimed = await claim(ctx, 10)
    assert [type(run).__name__ for run in claimed] == ["RestoreExecution", "BackupExecution"]
    assert claimed[1].id == third.id
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(BackupExecution).values(status=RunStatus.COMPLETED).where(
            BackupExecution.id == third.id))  # fmt: skip
    assert await claim(ctx, 10) == []


async def test_claim_when_manual_and_scheduled_wait_then_manual_goes_first(ctx: Context) -> None:
    one, two = database(ctx), database(ctx)
    await save(ctx, one, two)
    scheduled, manual = backup(one, type="daily", priority=0), backup(two, priority=10)
    await save(ctx, scheduled, manual)
    assert [run.id for run in await claim(ctx, 1)] == [manual.id]


async def test_claim_when_the_database_was_deleted_then_the_run_is_still_claimed(ctx: Context) -> None:
    await save(ctx, backup(None), restore(None))
    assert len(await claim(ctx, 10)) == 2
