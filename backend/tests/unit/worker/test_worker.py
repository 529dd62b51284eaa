"""The background loops: they outlive faults, runs always get an end, a stop waits and then marks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text

from dbbackup.core.live_settings import LiveSettings
from dbbackup.db.models import BackupExecution, RestoreExecution, RunStatus
from dbbackup.services.context import Context
from dbbackup.worker.janitor import settle
from dbbackup.worker.worker import Worker
from devtools.servers import PostgresServer
from tests.api.support import locked, make_database
from tests.unit.worker.rows import backup, database, restore, save


async def until(condition: Callable[[], Any], patience: float = 20.0) -> None:
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(0.02)


async def load(ctx: Context, model: type[Any], run_id: str) -> Any:
    async with ctx.catalogue.sessions() as session:
        return await session.get_one(model, run_id)


async def ended(ctx: Context, model: type[Any], run_id: str) -> Any:
    async with asyncio.timeout(20):
        while (run := await load(ctx, model, run_id)).status in (RunStatus.QUEUED, RunStatus.RUNNING):
            await asyncio.sleep(0.02)
    return run


async def rename(ctx: Context, old: str, new: str) -> None:
    async with ctx.catalogue.transaction() as session:
        await session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


async def test_loops_when_a_step_fails_then_health_shows_it_until_it_works_again(ctx: Context) -> None:
    worker = Worker(ctx)
    await worker.start()
    await until(lambda: not ctx.runtime.wake.is_set())
    await rename(ctx, "run_journal", "hidden")
    ctx.runtime.sweep.set()
    await until(lambda: "sweeper" in ctx.runtime.failures)
    assert "run_journal" in ctx.runtime.failures["sweeper"]
    assert "queue" not in ctx.runtime.failures
    await rename(ctx, "hidden", "run_journal")
    await asyncio.sleep(1.2)
    ctx.runtime.sweep.set()
    await until(lambda: not ctx.runtime.failures)
    await worker.stop()


async def test_run_when_its_database_was_deleted_then_it_fails_with_the_reason(ctx: Context) -> None:
    made, wanted = backup(None), restore(None)
    await save(ctx, made, wanted)
    worker = Worker(ctx)
    await worker.start()
    assert "deleted before its backup" in (await ended(ctx, BackupExecution, made.id)).error_message
    assert "deleted before its restore" in (await ended(ctx, RestoreExecution, wanted.id)).error_message
    await worker.stop()


async def test_run_when_a_fault_of_the_program_breaks_it_then_it_still_gets_an_end(ctx: Context) -> None:
    broken = database(ctx)
    # Sealed for another row: the password cannot be opened, and the run fails before it has a log.
    broken.password_sealed = database(ctx).password_sealed or "v1:AAAA"
    await save(ctx, broken)
    made, wanted = backup(broken), restore(broken)
    await save(ctx, made, wanted)
    worker = Worker(ctx)
    await worker.start()
    run = await ended(ctx, BackupExecution, made.id)
    assert (run.status, run.error_code) == (RunStatus.FAILED, "INTERNAL_ERROR")
    assert run.copies[0].state == "failed"
    assert (await ended(ctx, RestoreExecution, wanted.id)).status == RunStatus.FAILED
    await worker.stop()


async def test_run_when_its_end_cannot_be_written_then_that_is_tried_until_it_can(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    async def full(*arguments: Any, **named: Any) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OSError("database or disk is full")
        await settle(*arguments, **named)

    monkeypatch.setattr("dbbackup.worker.worker.settle", full)
    monkeypatch.setattr("dbbackup.worker.run.END_RETRY_SECONDS", 0.3)
    broken = database(ctx)
    broken.password_sealed = "v1:AAAA"
    await save(ctx, broken)
    made = backup(broken)
    await save(ctx, made)
    worker = Worker(ctx)
    await worker.start()
    await until(lambda: f"run {made.id}" in ctx.runtime.failures)
    async with ctx.catalogue.transaction() as session:
        (await session.get_one(BackupExecution, made.id)).cancel_requested = True
    ctx.runtime.wake.set()
    assert (await ended(ctx, BackupExecution, made.id)).status == RunStatus.FAILED
    await until(lambda: not ctx.runtime.failures)
    assert tries == 3
    await worker.stop()


async def test_run_when_its_end_cannot_be_written_then_a_stop_does_not_wait_for_it(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any, **__: Any) -> None:
        raise OSError("database or disk is full")

    monkeypatch.setattr("dbbackup.worker.worker.settle", full)
    broken = database(ctx)
    broken.password_sealed = "v1:AAAA"
    await save(ctx, broken)
    made = backup(broken)
    await save(ctx, made)
    worker = Worker(ctx)
    await worker.start()
    await until(lambda: f"run {made.id}" in ctx.runtime.failures)
    async with asyncio.timeout(60):
        await worker.stop()
    assert (await load(ctx, BackupExecution, made.id)).status == RunStatus.RUNNING


async def test_restore_when_its_row_is_nonsense_then_failed_with_a_stack_and_nothing_dropped(ctx: Context) -> None:
    config = database(ctx)
    await save(ctx, config)
    wanted = restore(config)
    await save(ctx, wanted)
    worker = Worker(ctx)
    await worker.start()
    run = await ended(ctx, RestoreExecution, wanted.id)
    assert (run.status, run.error_code) == (RunStatus.FAILED, "INTERNAL_ERROR")
    assert "ValidationError" in run.error_stack
    await worker.stop()


async def test_stop_when_a_run_outlives_the_grace_then_it_is_marked_as_interrupted(
    ctx: Context, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    config = database(ctx, postgres, name)
    await save(ctx, config)
    first = backup(config)
    await save(ctx, first)
    worker = Worker(ctx)
    with locked(postgres, name):
        await worker.start()
        await until(lambda: any(p.stage == "Dumping" for p in ctx.runtime.progress.values()))
        await worker.stop()
    run = await load(ctx, BackupExecution, first.id)
    assert (run.status, run.error_code) == (RunStatus.FAILED, "INTERNAL_ERROR")
    assert run.error_message.startswith("interrupted")
    assert run.copies[0].state == "failed"


async def test_stop_when_the_run_was_cancelled_by_somebody_then_it_says_cancelled(
    ctx: Context, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    config = database(ctx, postgres, name)
    await save(ctx, config)
    first = backup(config)
    await save(ctx, first)
    worker = Worker(ctx)
    with locked(postgres, name):
        await worker.start()
        await until(lambda: any(p.stage == "Dumping" for p in ctx.runtime.progress.values()))
        async with ctx.catalogue.transaction() as session:
            (await session.get_one(BackupExecution, first.id)).cancel_requested = True
        await worker.stop()
    assert (await load(ctx, BackupExecution, first.id)).status == RunStatus.CANCELLED


async def test_stop_when_the_wake_up_comes_in_the_same_moment_then_the_loops_still_end(ctx: Context) -> None:
    for _ in range(20):
        worker = Worker(ctx)
        await worker.start()
        await until(lambda: not ctx.runtime.wake.is_set())
        await asyncio.sleep(0.02)
        ctx.runtime.wake.set()
        async with asyncio.timeout(60):
            await worker.stop()


async def test_begin_when_many_wait_then_one_after_another_and_all_of_them(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[float] = []
    held = asyncio.Event()

    async def run(*_: Any, **__: Any) -> None:
        begun.append(asyncio.get_running_loop().time())
        await held.wait()

    monkeypatch.setattr("dbbackup.worker.worker.run_backup", run)
    monkeypatch.setattr("dbbackup.worker.worker.BETWEEN_SECONDS", 0.4)
    ctx.runtime.live = LiveSettings(max_concurrent=3)
    waiting = [database(ctx) for _ in range(3)]
    await save(ctx, *waiting)
    await save(ctx, *(backup(config) for config in waiting))
    worker = Worker(ctx)
    await worker.start()
    await until(lambda: len(begun) == 3)
    assert [later - earlier > 0.3 for earlier, later in pairwise(begun)] == [True, True]
    held.set()
    await worker.stop()


async def test_sweep_when_a_run_begins_then_nothing_is_swept_and_when_it_ends_then_it_is(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = 0
    held = asyncio.Event()

    async def run(*_: Any, **__: Any) -> None:
        await held.wait()

    async def sweep(_: Context, *, at_work: Collection[str]) -> None:
        nonlocal swept
        swept += 1
        seen.append(set(at_work))

    seen: list[set[str]] = []
    monkeypatch.setattr("dbbackup.worker.worker.run_backup", run)
    monkeypatch.setattr("dbbackup.worker.worker.retry_journal", sweep)
    worker = Worker(ctx)
    await worker.start()
    await until(lambda: swept == 1 and not ctx.runtime.wake.is_set())
    config = database(ctx)
    await save(ctx, config)
    made = backup(config)
    await save(ctx, made)
    ctx.runtime.wake.set()
    await until(lambda: worker._runs)
    await asyncio.sleep(0.3)
    assert swept == 1
    ctx.runtime.sweep.set()
    await until(lambda: swept == 2)
    assert seen[-1] == {made.id}
    held.set()
    await until(lambda: swept == 3)
    assert seen[-1] == set()
    await worker.stop()
