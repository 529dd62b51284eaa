"""Claiming: the limit, one run a database, restores first, manual before scheduled, none before its time."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from dbbackup.core.events import ExecutionEvent
from dbbackup.db.models import BackupExecution, BackupSchedule, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.services.backups import queue_positions, request_cancel
from dbbackup.services.context import Context
from dbbackup.worker.queue import claim, next_start
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


async def test_claim_when_a_run_may_not_start_yet_then_it_waits_and_has_no_place_in_the_queue(ctx: Context) -> None:
    config = database(ctx)
    await save(ctx, config)
    now = utc_now()
    later, due = (
        backup(config, not_before=now + timedelta(minutes=5)),
        backup(config, not_before=now - timedelta(seconds=1)),
    )
    await save(ctx, later, due)
    async with ctx.catalogue.sessions() as session:
        assert await queue_positions(session) == {due.id: 1}
    assert 290 < await next_start(ctx) <= 300
    assert [run.id for run in await claim(ctx, 10)] == [due.id]
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(BackupExecution).values(status=RunStatus.COMPLETED))
    assert await next_start(ctx) == math.inf


async def test_claim_when_a_failed_attempt_is_taken_again_then_its_old_error_is_gone(ctx: Context) -> None:
    config = database(ctx)
    await save(ctx, config)
    await save(ctx, backup(config, attempt=2, error_code="DATABASE_ERROR", error_message="It did not answer."))
    [run] = await claim(ctx, 10)
    assert (run.error_code, run.error_message) == (None, None)


async def test_claim_when_a_blackout_window_is_open_then_only_what_a_person_asked_for_starts(ctx: Context) -> None:
    config, other = database(ctx), database(ctx)
    await save(ctx, config, other)
    now = utc_now()
    begin = f"{now - timedelta(hours=1):%H:00}"
    window: dict[str, Any] = {"days": [], "start": begin, "end": f"{now + timedelta(hours=2):%H:00}", "timezone": None}
    schedule = BackupSchedule(
        database_id=config.id,
        type="daily",
        cron_expression="0 2 * * *",
        timezone="UTC",
        options={},
        blackout=[window],
    )
    await save(ctx, schedule)
    by_clock = backup(config, schedule_id=schedule.id, slot=now)
    by_hand = backup(other, schedule_id=schedule.id)
    await save(ctx, by_clock, by_hand)
    assert [run.id for run in await claim(ctx, 10)] == [by_hand.id]
    assert 3500 < await next_start(ctx) <= 7200
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(BackupExecution).values(status=RunStatus.QUEUED, not_before=None))
        (await session.get_one(BackupSchedule, schedule.id)).timezone = "Mars/Base"
    assert by_clock.id in [run.id for run in await claim(ctx, 10)]


async def test_cancel_when_the_run_is_claimed_in_the_same_moment_then_the_worker_is_asked_to_stop_it(
    ctx: Context,
) -> None:
    config = database(ctx)
    await save(ctx, config)
    await save(ctx, waiting := backup(config))
    async with ctx.catalogue.transaction() as session:
        seen = await session.get_one(BackupExecution, waiting.id)
        assert seen.status == RunStatus.QUEUED
        # The request has read the row; the worker takes the run before the request writes.
        assert [run.id for run in await claim(ctx, 1)] == [waiting.id]
        await request_cancel(session, ctx, seen)
    async with ctx.catalogue.sessions() as session:
        found = await session.get_one(BackupExecution, waiting.id)
    assert (found.status, found.cancel_requested) == (RunStatus.RUNNING, True)
