"""Another try for runs of schedules: what counts as an attempt, what is the end, and what a crash leaves."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError, RunStalledError
from dbbackup.core.journal import JournalKind
from dbbackup.core.live_settings import LiveSettings
from dbbackup.core.progress import RunProgress
from dbbackup.db.models import BackupExecution, BackupSchedule, RunJournal, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.services.context import Context
from dbbackup.worker.janitor import reconcile
from dbbackup.worker.journal import CatalogueJournal
from dbbackup.worker.retry import MOST_CRASHES, plan_again, queue_again
from dbbackup.worker.stall import ended_when_stalled
from dbbackup.worker.worker import Worker
from devtools.servers import PostgresServer
from tests.api.support import locked, make_database
from tests.unit.worker.rows import backup, database, save
from tests.unit.worker.test_worker import ended, until


async def scheduled(ctx: Context, config: Any = None, **changes: Any) -> BackupExecution:
    """Return a running backup of a schedule that grants two retries."""
    config = config or database(ctx)
    schedule = BackupSchedule(
        database_id=config.id,
        type="daily",
        cron_expression="0 2 * * *",
        timezone="UTC",
        options={},
        blackout=[],
        retry_limit=2,
        retry_delay=60,
        retry_max_delay=90,
    )
    await save(ctx, config)
    await save(ctx, schedule)
    run = backup(
        config, **{"status": RunStatus.RUNNING, "schedule_id": schedule.id, "started_at": utc_now(), **changes}
    )
    await save(ctx, run)
    return run


async def load(ctx: Context, run: BackupExecution) -> BackupExecution:
    async with ctx.catalogue.sessions() as session:
        return await session.get_one(BackupExecution, run.id)


@pytest.mark.parametrize(
    ("error", "changes", "again"),
    [
        (DatabaseUnreachableError("x"), {}, True),
        (DatabaseUnreachableError("x"), {"attempt": 3}, False),
        (DatabaseError("wrong password"), {}, False),
        (ValueError("a fault"), {}, False),
        (asyncio.CancelledError(), {}, False),
        (DatabaseUnreachableError("x"), {"cancel_requested": True}, False),
        (DatabaseUnreachableError("x"), {"schedule_id": None}, False),
    ],
)
async def test_plan_when_a_run_failed_then_again_only_if_it_can_heal(
    ctx: Context, error: BaseException, changes: dict[str, Any], again: bool
) -> None:
    run = await scheduled(ctx, **changes)
    plan = await plan_again(ctx, run.id, error, stopping=False)
    assert (plan is not None) is again
    if plan:
        assert plan.not_before is not None
        assert timedelta(seconds=40) < plan.not_before - utc_now() <= timedelta(seconds=60)
        assert plan.announcement.startswith("Attempt 1 of 3 failed; the next one begins in")


async def test_plan_when_the_program_stops_then_again_and_it_is_no_attempt(ctx: Context) -> None:
    run = await scheduled(ctx)
    plan = await plan_again(ctx, run.id, asyncio.CancelledError(), stopping=True)
    assert plan is not None
    await queue_again(ctx, run.id, plan)
    seen = await load(ctx, run)
    assert (seen.status, seen.attempt, seen.not_before) == ("queued", 1, None)


async def test_queue_again_when_a_run_left_things_then_they_are_not_the_next_attempts(ctx: Context) -> None:
    run = await scheduled(ctx)
    journal = CatalogueJournal(ctx.catalogue, run.id)
    await journal.note(JournalKind.WORK_FOLDER, path="/nowhere")
    await journal.note(JournalKind.STORAGE_WRITE, storageId="local", key="shop/2026/11/half.dump")
    plan = await plan_again(ctx, run.id, DatabaseUnreachableError("It did not answer."), stopping=False)
    assert plan is not None
    await queue_again(ctx, run.id, plan)
    await queue_again(ctx, run.id, plan)  # it is queued already: nothing happens
    seen = await load(ctx, run)
    assert (seen.status, seen.attempt, seen.started_at) == ("queued", 2, None)
    assert (seen.error_code, seen.error_message) == ("DATABASE_ERROR", "It did not answer.")
    assert seen.run_token != run.run_token
    assert [copy.state for copy in seen.copies] == ["pending"]
    async with ctx.catalogue.sessions() as session:
        [entry] = await session.scalars(select(RunJournal))
    assert entry.kind == JournalKind.STORAGE_WRITE
    assert entry.execution_id != run.id


async def test_queue_again_when_somebody_cancels_in_between_then_cancelled(ctx: Context) -> None:
    run = await scheduled(ctx)
    plan = await plan_again(ctx, run.id, DatabaseUnreachableError("x"), stopping=False)
    assert plan is not None
    async with ctx.catalogue.transaction() as session:
        (await session.get_one(BackupExecution, run.id)).cancel_requested = True
    await queue_again(ctx, run.id, plan)
    seen = await load(ctx, run)
    assert (seen.status, [copy.state for copy in seen.copies]) == ("cancelled", ["failed"])


async def test_start_when_a_run_was_cut_off_then_again_and_set_aside_after_three_crashes(ctx: Context) -> None:
    run, by_hand = await scheduled(ctx), backup(None, RunStatus.RUNNING)
    await save(ctx, by_hand)
    for crash in range(1, MOST_CRASHES):
        await reconcile(ctx)
        seen = await load(ctx, run)
        assert (seen.status, seen.interruptions, seen.attempt) == ("queued", crash, 1)
        async with ctx.catalogue.transaction() as session:
            (await session.get_one(BackupExecution, run.id)).status = RunStatus.RUNNING
    await reconcile(ctx)
    seen = await load(ctx, run)
    assert (seen.status, seen.interruptions) == ("failed", MOST_CRASHES)
    assert (seen.error_message or "").startswith(
        "interrupted: the program ended 3 times while this was running, so it is"
    )
    manual = await load(ctx, by_hand)
    assert (manual.status, manual.error_message) == (
        "failed",
        "interrupted: the program ended while this was running. Start it again.",
    )


async def test_stall_when_nothing_moves_then_ended_and_when_something_does_then_not(ctx: Context) -> None:
    ctx.runtime.live = LiveSettings(stall_seconds=1)
    progress = RunProgress("backup", stage="Dumping")
    with pytest.raises(RunStalledError, match=r"Nothing has moved for 1 s \(stage: Dumping\)"):
        async with ended_when_stalled(ctx, progress):
            await asyncio.sleep(60)
    async with ended_when_stalled(ctx, progress):
        for _ in range(8):
            await asyncio.sleep(0.25)
            progress.bytes_read += 1
    with pytest.raises(TimeoutError, match="mine"):
        async with ended_when_stalled(ctx, progress):
            raise TimeoutError("mine")


async def test_run_when_the_dump_stands_still_then_it_fails_and_leaves_no_process(
    ctx: Context, postgres: PostgresServer
) -> None:
    ctx.runtime.live = LiveSettings(stall_seconds=2)
    name = make_database(postgres)
    config = database(ctx, postgres, name)
    await save(ctx, config)
    run = backup(config)
    await save(ctx, run)
    worker = Worker(ctx)
    with locked(postgres, name):
        await worker.start()
        seen = await ended(ctx, BackupExecution, run.id)
    assert (seen.status, seen.error_code) == ("failed", "BACKUP_ERROR")
    assert "Nothing has moved for 2 s" in seen.error_message
    await worker.stop()


async def test_stop_when_a_scheduled_run_outlives_the_grace_then_it_is_queued_again(
    ctx: Context, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    run = await scheduled(ctx, database(ctx, postgres, name), status=RunStatus.QUEUED)
    worker = Worker(ctx)
    with locked(postgres, name):
        await worker.start()
        await until(lambda: any(p.stage == "Dumping" for p in ctx.runtime.progress.values()))
        await worker.stop()
    seen = await load(ctx, run)
    assert (seen.status, seen.attempt, seen.interruptions) == ("queued", 1, 0)
    again = Worker(ctx)
    await again.start()
    assert (await ended(ctx, BackupExecution, run.id)).status == "completed"
    await again.stop()
