"""The scheduler with a clock of the test's own: due slots, downtime, jumps of the clock, overlaps, faults."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from dbbackup.core.events import ChangeEvent
from dbbackup.core.naming import new_id
from dbbackup.core.schedule import jitter_of
from dbbackup.db.models import (
    BackupExecution,
    BackupSchedule,
    DatabaseConfig,
    NotificationChannel,
    NotificationOutbox,
    RunStatus,
)
from dbbackup.services.context import Context
from dbbackup.services.execution_logs import read_lines
from dbbackup.services.schedules import timetable_of
from dbbackup.worker.scheduler import Scheduler
from devtools.catalogue_server import ON_POSTGRESQL
from tests.unit.worker.rows import Heard, backup, database, save

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Clock:
    """Says what the test wants."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def schedule(config: DatabaseConfig, expression: str = "0 2 * * *", now: datetime = NOON, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "id": new_id(),
        "database_id": config.id,
        "type": "daily",
        "cron_expression": expression,
        "timezone": "UTC",
        "upload_to_s3": False,
        "options": {},
        "blackout": [],
        "jitter": 0,
        "enabled": True,
        "last_slot": now,
    }
    row = BackupSchedule(**values | changes)
    row.next_run_at = timetable_of(row).next_after(now)
    return row


async def set_up(ctx: Context, *expressions: str, **changes: Any) -> tuple[Scheduler, Clock, list[BackupSchedule]]:
    """Return a scheduler that has seen its schedules, its clock at noon, and the schedules of one database."""
    config = database(ctx)
    await save(ctx, config)
    rows = [schedule(config, expression, **changes) for expression in expressions or ("0 2 * * *",)]
    await save(ctx, *rows)
    clock = Clock()
    scheduler = Scheduler(ctx, clock)
    await scheduler.tick()
    return scheduler, clock, rows


async def runs(ctx: Context) -> list[BackupExecution]:
    async with ctx.catalogue.sessions() as session:
        return list(await session.scalars(select(BackupExecution).order_by(BackupExecution.id)))


async def load(ctx: Context, row: BackupSchedule) -> BackupSchedule:
    async with ctx.catalogue.sessions() as session:
        return await session.get_one(BackupSchedule, row.id)


async def end_all(ctx: Context) -> None:
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(BackupExecution).values(status=RunStatus.COMPLETED))


def told(ctx: Context, action: str) -> list[str]:
    assert isinstance(ctx.events, Heard)
    return [m.id for m in ctx.events.messages if isinstance(m, ChangeEvent) and m.action == action]


async def test_tick_when_a_slot_has_come_then_one_queued_run_and_the_wait_is_until_the_next(ctx: Context) -> None:
    scheduler, clock, [row] = await set_up(ctx, retention_policy_id=None, compression="zstd")
    assert await runs(ctx) == []
    clock.now = NOON + timedelta(hours=13, minutes=59, seconds=30)
    assert await scheduler.tick() == 30
    clock.now = NOON + timedelta(hours=14)
    assert await scheduler.tick() == 60
    [run] = await runs(ctx)
    assert (run.schedule_id, run.slot, run.status, run.type) == (row.id, clock.now, "queued", "daily")
    assert (run.compression, run.priority, run.not_before, len(run.copies)) == ("zstd", 0, None, 1)
    assert ctx.runtime.wake.is_set()
    await scheduler.tick()
    assert len(await runs(ctx)) == 1
    assert (await load(ctx, row)).next_run_at == clock.now + DAY


async def test_tick_when_days_have_passed_then_caught_up_once_and_the_rest_is_known(ctx: Context) -> None:
    scheduler, clock, [on, off] = await set_up(ctx, "0 2 * * *", "30 2 * * *")
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(BackupSchedule).where(BackupSchedule.id == off.id).values(catch_up=False))
    clock.now = NOON + 3 * DAY
    await scheduler.tick()
    [run] = await runs(ctx)
    assert (run.schedule_id, run.slot) == (on.id, datetime(2026, 5, 4, 2, tzinfo=UTC))
    async with ctx.catalogue.sessions() as session:
        [line] = await read_lines(session, run.id)
    assert "Makes up for the run of 2026-05-04 02:00 (UTC)" in line.message
    first, second = await load(ctx, on), await load(ctx, off)
    assert (first.missed_count, first.missed_slot) == (2, datetime(2026, 5, 3, 2, tzinfo=UTC))
    assert (second.missed_count, second.missed_slot) == (3, datetime(2026, 5, 4, 2, 30, tzinfo=UTC))
    assert "not running" in (second.missed_reason or "")
    assert set(told(ctx, "missed")) == {on.id, off.id}


async def test_tick_when_a_hundred_schedules_are_overdue_then_one_run_each(ctx: Context) -> None:
    config = database(ctx)
    await save(ctx, config)
    await save(ctx, *[schedule(config, "*/5 * * * *") for _ in range(100)])
    scheduler = Scheduler(ctx, Clock(NOON + 400 * DAY))
    await scheduler.tick()
    await scheduler.tick()
    made = await runs(ctx)
    assert len(made) == 100
    assert len({run.schedule_id for run in made}) == 100


async def test_tick_when_the_clock_jumps_years_ahead_and_back_then_no_stampede_and_no_repetition(ctx: Context) -> None:
    scheduler, clock, [row] = await set_up(ctx, "0 * * * *")
    clock.now = NOON + timedelta(hours=1)
    await scheduler.tick()
    await end_all(ctx)
    clock.now = NOON + 20 * 365 * DAY
    await scheduler.tick()
    assert len(await runs(ctx)) == 2
    await end_all(ctx)
    clock.now = NOON + timedelta(minutes=30)
    await scheduler.tick()
    assert (await load(ctx, row)).next_run_at == NOON + timedelta(hours=1)
    clock.now = NOON + timedelta(hours=1, seconds=1)
    await scheduler.tick()
    assert [run.slot for run in await runs(ctx)].count(NOON + timedelta(hours=1)) == 1
    clock.now = NOON + timedelta(hours=2)
    await scheduler.tick()
    assert sorted(run.slot for run in await runs(ctx) if run.slot)[:2] == [NOON + timedelta(hours=n) for n in (1, 2)]


async def test_tick_when_a_wait_lies_years_ahead_then_it_is_forgotten(ctx: Context) -> None:
    config = database(ctx)
    await save(ctx, config)
    late, soon = backup(config, not_before=NOON + 300 * DAY), backup(config, not_before=NOON + DAY)
    await save(ctx, late, soon)
    await Scheduler(ctx, Clock()).tick()
    waits = {run.id: run.not_before for run in await runs(ctx)}
    assert waits == {late.id: None, soon.id: NOON + DAY}


async def test_tick_when_the_run_before_has_not_ended_then_the_slot_is_missed_and_says_why(ctx: Context) -> None:
    scheduler, clock, [row] = await set_up(ctx, "0 * * * *")
    for hour in (1, 2):
        clock.now = NOON + timedelta(hours=hour)
        await scheduler.tick()
    assert len(await runs(ctx)) == 1
    seen = await load(ctx, row)
    assert (seen.missed_slot, seen.missed_count) == (clock.now, 1)
    assert seen.missed_reason == "The backup before it was still queued."


async def test_tick_when_slots_are_missed_then_who_wants_to_know_is_told(ctx: Context) -> None:
    scheduler, clock, [row] = await set_up(ctx, "0 * * * *")
    wanting = {"kind": "webhook", "settings": {"kind": "webhook"}, "target": "http://h/…", "events": ["backup.missed"]}
    await save(ctx, NotificationChannel(id=new_id(), name="Alarms", **wanting))
    for hour in (1, 4):
        clock.now = NOON + timedelta(hours=hour)
        await scheduler.tick()
    async with ctx.catalogue.sessions() as session:
        messages = [row.message for row in await session.scalars(select(NotificationOutbox))]
    assert {(m["type"], m["severity"], m["database"]["id"]) for m in messages} == {
        ("backup.missed", "warning", row.database_id)
    }
    assert [m["text"].partition(" UTC. ")[0] for m in messages] == [
        "2 scheduled backups were not made, the last one of 2026-05-01 15:00",
        "3 scheduled backups were not made, the last one of 2026-05-01 16:00",
    ]
    assert messages[1]["text"].endswith("The backup before it was still queued.")


async def test_tick_when_disabled_or_its_database_is_then_nothing_runs_and_nothing_is_missed(ctx: Context) -> None:
    scheduler, clock, [first, second] = await set_up(ctx, "0 * * * *", "30 * * * *")
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(BackupSchedule).where(BackupSchedule.id == first.id).values(enabled=False))
        await session.execute(update(DatabaseConfig).values(enabled=False))
    clock.now = NOON + timedelta(hours=5)
    await scheduler.tick()
    assert await runs(ctx) == []
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(DatabaseConfig).values(enabled=True))
    await scheduler.tick()
    assert await runs(ctx) == []
    assert (await load(ctx, second)).next_run_at == NOON + timedelta(hours=5, minutes=30)


async def test_tick_when_jitter_and_blackout_then_the_run_waits_for_its_time(ctx: Context) -> None:
    window: list[dict[str, Any]] = [{"days": [], "start": "14:03", "end": "15:00", "timezone": None}]
    scheduler, clock, [one, two] = await set_up(ctx, "0 14 * * *", "2 14 * * *", jitter=3600)
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(BackupSchedule).where(BackupSchedule.id == two.id).values(blackout=window))
    clock.now = NOON + timedelta(hours=2, minutes=2)
    await scheduler.tick()
    found = {run.schedule_id: run for run in await runs(ctx)}
    slot = NOON + timedelta(hours=2)
    assert found[one.id].not_before in (slot + jitter_of(one.id, slot, 3600), None)
    start = slot + timedelta(minutes=2) + jitter_of(two.id, slot + timedelta(minutes=2), 3600)
    in_window = slot + timedelta(minutes=3) <= start < slot + timedelta(hours=1)
    assert found[two.id].not_before == (slot + timedelta(hours=1) if in_window else start)


async def test_tick_when_the_run_cannot_be_queued_then_it_is_a_failed_run_with_the_reason(ctx: Context) -> None:
    scheduler, clock, [row] = await set_up(ctx, "0 14 * * *", local=False, upload_to_s3=True)
    clock.now = NOON + timedelta(hours=2)
    await scheduler.tick()
    [run] = await runs(ctx)
    assert (run.status, run.error_code, run.slot) == ("failed", "VALIDATION_ERROR", clock.now)
    assert "no default S3 config" in (run.error_message or "")
    async with ctx.catalogue.sessions() as session:
        assert [line.level for line in await read_lines(session, run.id)] == ["error"]
    assert (await load(ctx, row)).next_run_at == clock.now + DAY


async def test_tick_when_the_slot_has_its_run_already_then_no_second_one(ctx: Context) -> None:
    scheduler, clock, [row] = await set_up(ctx, "0 14 * * *")
    clock.now = NOON + timedelta(hours=2)
    config = (await load(ctx, row)).database_id
    async with ctx.catalogue.sessions() as session:
        known = await session.get_one(DatabaseConfig, config)
    await save(ctx, backup(known, RunStatus.COMPLETED, schedule_id=row.id, slot=clock.now))
    await scheduler.tick()
    assert len(await runs(ctx)) == 1


async def test_tick_when_one_schedule_cannot_be_served_then_it_says_so_and_the_others_are(ctx: Context) -> None:
    scheduler, clock, [bad, good] = await set_up(ctx, "0 14 * * *", "0 14 * * *")
    async with ctx.catalogue.transaction() as session:
        await session.execute(text("UPDATE backup_schedule SET timezone = 'Mars/Base' WHERE id = :id"), {"id": bad.id})
    clock.now = NOON + timedelta(hours=2)
    await scheduler.tick()
    assert [run.schedule_id for run in await runs(ctx)] == [good.id]
    seen = await load(ctx, bad)
    assert "no time zone 'Mars/Base'" in (seen.missed_reason or "")
    assert seen.next_run_at is None


async def test_step_when_a_schedule_changes_then_it_does_not_wait_for_its_time(ctx: Context) -> None:
    scheduler, _, _ = await set_up(ctx)
    before = ctx.runtime.scheduler_seen
    step = asyncio.create_task(scheduler.step())
    async with asyncio.timeout(20):  # its time would come after a minute
        while ctx.runtime.scheduler_seen == before:
            await asyncio.sleep(0.01)
        ctx.runtime.schedules_changed.set()
        await step


async def test_tick_when_the_catalogue_fails_for_one_then_the_others_are_served_and_the_fault_is_raised(
    ctx: Context,
) -> None:
    scheduler, clock, [bad, good] = await set_up(ctx, "0 14 * * *", "0 14 * * *")
    async with ctx.catalogue.transaction() as session:
        await session.execute(
            text(
                f"ALTER TABLE backup_execution ADD CONSTRAINT refuse CHECK (schedule_id <> '{bad.id}')"
                if ON_POSTGRESQL
                else "CREATE TRIGGER refuse BEFORE INSERT ON backup_execution"
                f" WHEN NEW.schedule_id = '{bad.id}' BEGIN SELECT RAISE(FAIL, 'refused'); END"
            )
        )
    clock.now = NOON + timedelta(hours=2)
    assert await scheduler.tick() == 0  # a constraint that refuses is looked at again
    assert [run.schedule_id for run in await runs(ctx)] == [good.id]
    async with ctx.catalogue.transaction() as session:
        await session.execute(
            text("ALTER TABLE backup_execution DROP CONSTRAINT refuse" if ON_POSTGRESQL else "DROP TRIGGER refuse")
        )
        await session.execute(text("UPDATE backup_schedule SET blackout = '[{}]' WHERE id = :id"), {"id": bad.id})
    with pytest.raises(KeyError):
        await scheduler.tick()
