"""The watch: the disk, backups that do not come, background tasks that fail; old deliveries removed."""

from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from dbbackup.core.live_settings import LiveSettings
from dbbackup.core.naming import new_id
from dbbackup.db.models import BackupSchedule, DatabaseConfig, NotificationOutbox, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.services.context import Context
from dbbackup.services.overdue import interval
from dbbackup.services.statistics import FIGURES_DAYS, collect
from dbbackup.worker.watch import read_ahead, watch, watch_overdue
from tests.unit.worker.rows import backup, database, save
from tests.unit.worker.test_notify import channel, outbox

Usage = namedtuple("Usage", ["total", "used", "free"])


async def told(ctx: Context) -> list[str]:
    return [row.event for row in await outbox(ctx)]


def schedule(config: DatabaseConfig, kind: str = "daily", **changes: Any) -> BackupSchedule:
    values: dict[str, Any] = {
        "id": new_id(),
        "database_id": config.id,
        "name": "Nightly",
        "type": kind,
        "cron_expression": "0 2 * * *",
        "timezone": "UTC",
        "enabled": True,
    }
    return BackupSchedule(**values | changes)


async def test_watch_when_the_disk_fills_and_empties_then_each_is_told_once(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    await save(ctx, channel())
    # What the kernel says of the disk cannot be had otherwise without filling one.
    disk: dict[str, int] = {}
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(100, 100 - disk["free"], disk["free"]))
    # The limit is 10 %; enough again is 12.5 % and more.
    for free, events in [
        (50, []),
        (9, ["disk.low"]),
        (8, ["disk.low"]),
        (11, ["disk.low"]),
        (9, ["disk.low"]),
        (13, ["disk.low", "disk.recovered"]),
        (11, ["disk.low", "disk.recovered"]),
    ]:
        disk["free"] = free
        await watch(ctx)
        assert await told(ctx) == events
    row = (await outbox(ctx))[0]
    assert "(9 %) are free in" in row.message["text"]
    ctx.runtime.live = LiveSettings(disk_warn_percent=0)
    disk["free"] = 1
    await watch(ctx)
    assert len(await told(ctx)) == 2


async def test_watch_when_no_good_backup_comes_then_it_is_told_after_twice_the_interval(ctx: Context) -> None:
    now = utc_now()
    daily, disabled, idle = database(ctx), database(ctx), database(ctx)
    disabled.enabled = False
    plans = [schedule(c, created_at=now - timedelta(days=9)) for c in (daily, disabled)]
    await save(ctx, channel(), daily, disabled, idle)
    await save(ctx, *plans, schedule(idle, enabled=False, created_at=now - timedelta(days=9)))
    good = backup(daily, RunStatus.COMPLETED, completed_at=now - timedelta(hours=47))
    later_bad = backup(daily, RunStatus.FAILED, completed_at=now)
    await save(ctx, good, later_bad)

    async def look(at: datetime) -> list[str]:
        async with ctx.catalogue.transaction() as session:
            await watch_overdue(session, ctx, at)
        return await told(ctx)

    assert await look(now) == []
    assert await look(now + timedelta(hours=2)) == ["backup.overdue"]
    assert await look(now + timedelta(hours=9)) == ["backup.overdue"]
    (found,) = ctx.runtime.overdue
    assert (found.database_id, found.limit, found.newest) == (daily.id, timedelta(days=2), good.completed_at)
    (row,) = await outbox(ctx)
    assert row.message["database"]["id"] == daily.id
    assert f"The newest good one is of {good.completed_at:%Y-%m-%d %H:%M} UTC" in row.message["text"]
    assert "at least every 2 days" in row.message["text"]


async def test_watch_when_a_schedule_is_new_then_it_gets_its_time(ctx: Context) -> None:
    config = database(ctx)
    await save(ctx, channel(), config)
    now = utc_now()
    await save(ctx, schedule(config, "hourly", created_at=now))
    async with ctx.catalogue.transaction() as session:
        await watch_overdue(session, ctx, now + timedelta(minutes=119))
    assert await told(ctx) == []
    async with ctx.catalogue.transaction() as session:
        await watch_overdue(session, ctx, now + timedelta(minutes=121))
    (row,) = await outbox(ctx)
    assert "There is no good one yet; one is expected at least every 2 hours." in row.message["text"]


async def test_watch_when_hours_are_set_then_unscheduled_databases_are_overdue_too(ctx: Context) -> None:
    config = database(ctx)
    config.created_at = utc_now() - timedelta(hours=5)
    await save(ctx, channel(), config)
    ctx.runtime.live = LiveSettings(disk_warn_percent=0)
    await watch(ctx)
    assert await told(ctx) == []
    ctx.runtime.live = LiveSettings(overdue_hours=4, disk_warn_percent=0)
    await watch(ctx)
    assert await told(ctx) == ["backup.overdue"]


async def test_watch_when_a_task_fails_and_heals_then_both_are_told_once(ctx: Context) -> None:
    ctx.runtime.live = LiveSettings(disk_warn_percent=0)
    await save(ctx, channel())
    ctx.runtime.failures["sweeper"] = "OSError: no space"
    await watch(ctx)
    await watch(ctx)
    assert await told(ctx) == ["worker.failed"]
    ctx.runtime.failures.clear()
    await watch(ctx)
    await watch(ctx)
    assert await told(ctx) == ["worker.failed", "worker.recovered"]


async def test_watch_when_deliveries_ended_long_ago_then_they_are_removed(ctx: Context) -> None:
    ctx.runtime.live = LiveSettings(disk_warn_percent=0)
    await save(ctx, channel())
    ctx.runtime.failures["sweeper"] = "x"
    await watch(ctx)
    async with ctx.catalogue.transaction() as session:
        old = utc_now() - timedelta(days=31)
        await session.execute(update(NotificationOutbox).values(state="delivered", finished_at=old))
    await watch(ctx)
    assert await outbox(ctx) == []


def test_interval_when_the_cron_is_an_own_one_then_it_is_the_distance_of_its_slots(ctx: Context) -> None:
    config, now = database(ctx), utc_now()
    assert interval(schedule(config, "monthly")) == timedelta(days=31)
    assert interval(schedule(config, "custom")) is None
    known = schedule(config, "custom", last_slot=now, next_run_at=now + timedelta(hours=6))
    assert interval(known) == timedelta(hours=6)


async def test_read_ahead_when_a_day_begins_then_the_figures_are_remembered_and_not_read_again_that_day(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = database(ctx)
    await save(ctx, config)
    long_ago = utc_now() - timedelta(days=9)
    await save(ctx, backup(config, status=RunStatus.COMPLETED, started_at=long_ago, completed_at=long_ago))
    statements: list[str] = []
    event.listen(ctx.catalogue.engine.sync_engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    await read_ahead(ctx)
    assert any("GROUP BY" in statement for statement in statements)
    async with ctx.catalogue.sessions() as session:
        statements.clear()
        figures = await collect(session, FIGURES_DAYS)
    assert (figures.backups, sum(day.completed for day in figures.days)) == (1, 1)
    assert not any("GROUP BY" in statement for statement in statements)
    statements.clear()
    await read_ahead(ctx)
    assert statements == []
    tomorrow = utc_now() + timedelta(days=1)
    monkeypatch.setattr("dbbackup.worker.watch.utc_now", lambda: tomorrow)
    await read_ahead(ctx)
    assert statements != []
