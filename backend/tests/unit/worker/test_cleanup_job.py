"""The background task: when it cleans up, when it waits, and that a wrong clock holds it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from dbbackup.core.errors import ConflictError
from dbbackup.core.live_settings import LiveSettings
from dbbackup.db.models import BackupExecution, RunStatus, SystemSetting
from dbbackup.db.models.base import utc_now
from dbbackup.services import cleanup
from dbbackup.services.context import Context
from dbbackup.services.judged_backups import Owner
from dbbackup.worker.cleanup import CleanupJob
from tests.unit.worker.rows import backup, save

LAST, SEEN = "cleanup.last", "clock.seen"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The job does not wait for its next slot."""
    monkeypatch.setattr("dbbackup.worker.cleanup.LOOK_SECONDS", 0.0)


async def note(ctx: Context, *, seen: datetime, last: datetime | None = None) -> None:
    """Write into the catalogue when the program last looked at the clock, and when it last cleaned up."""
    value = json.dumps({"latest": seen.isoformat(), "behindSeconds": 0.0})
    await save(ctx, SystemSetting(key=SEEN, value=value))
    if last:
        await save(ctx, SystemSetting(key=LAST, value=last.isoformat()))


async def value(ctx: Context, key: str) -> str | None:
    async with ctx.catalogue.sessions() as session:
        found: str | None = await session.scalar(select(SystemSetting.value).where(SystemSetting.key == key))
        return found


async def old_failure(ctx: Context) -> str:
    row = backup(None, RunStatus.FAILED, completed_at=utc_now() - timedelta(days=500))
    await save(ctx, row)
    return row.id


async def is_there(ctx: Context, backup_id: str) -> bool:
    async with ctx.catalogue.sessions() as session:
        return (await session.get_one(BackupExecution, backup_id)).deleted_at is None


async def test_job_when_new_then_it_waits_for_its_slot(ctx: Context) -> None:
    failure = await old_failure(ctx)
    await note(ctx, seen=utc_now())
    job = CleanupJob(ctx)
    await job.step()
    first = await value(ctx, LAST)
    await job.step()
    assert await value(ctx, LAST) == first
    assert await is_there(ctx, failure)


async def test_job_when_a_slot_was_missed_then_it_is_made_up_for_once(ctx: Context) -> None:
    failure = await old_failure(ctx)
    await note(ctx, seen=utc_now() - timedelta(days=3), last=utc_now() - timedelta(days=3))
    await CleanupJob(ctx).step()
    assert not await is_there(ctx, failure)
    last = datetime.fromisoformat(await value(ctx, LAST) or "")
    assert utc_now() - last < timedelta(minutes=1)


async def test_job_when_its_cron_expression_says_every_minute_then_within_one(ctx: Context) -> None:
    ctx.runtime.live = LiveSettings(cleanup_cron="* * * * *")
    failure = await old_failure(ctx)
    await note(ctx, seen=utc_now(), last=utc_now() - timedelta(seconds=61))
    await CleanupJob(ctx).step()
    assert not await is_there(ctx, failure)


async def test_job_when_the_clock_leapt_then_it_holds_and_says_so(ctx: Context) -> None:
    failure = await old_failure(ctx)
    long_ago = utc_now() - timedelta(days=900)
    await note(ctx, seen=long_ago, last=long_ago)
    await CleanupJob(ctx).step()
    assert await is_there(ctx, failure)
    assert "900 days ahead" in (ctx.runtime.clock_problem or "")
    assert long_ago.isoformat() in (await value(ctx, SEEN) or "")
    with pytest.raises(ConflictError):
        await cleanup.clean_up(ctx, utc_now())


async def test_job_when_nothing_was_ever_seen_then_the_newest_backup_tells(ctx: Context) -> None:
    await old_failure(ctx)
    await CleanupJob(ctx).step()
    assert "500 days ahead" in (ctx.runtime.clock_problem or "")


async def test_cleanup_when_one_database_fails_then_the_others_are_done_and_it_is_shown(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = await old_failure(ctx)

    async def owners(_: object) -> list[object]:
        return [Owner("one", "")]

    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("dbbackup.services.cleanup.owners", owners)
    monkeypatch.setattr("dbbackup.services.retention.apply", broken)
    report = await cleanup.clean_up(ctx, utc_now(), accept=True)
    assert report.problems == ["one: ZeroDivisionError"]
    assert "one: ZeroDivisionError" in (ctx.runtime.cleanup or "")
    assert not await is_there(ctx, failure)
