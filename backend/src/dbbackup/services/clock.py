"""The moment this program last believed in, kept in the catalogue so that a restart does not forget it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.clock_guard import Seen, leapt, look
from dbbackup.db.models import BackupExecution, SystemSetting
from dbbackup.services.context import Context

_KEY = "clock.seen"


async def watch_clock(session: AsyncSession, ctx: Context, now: datetime, elapsed: timedelta) -> bool:
    """Look at the clock, remember what is to be believed, and tell whether it can be.

    `elapsed` is the program's own time since the look before. What is found out is shown by the health check.
    """
    row = await session.scalar(select(SystemSetting).where(SystemSetting.key == _KEY))
    seen = _read(row) if row else Seen(await _newest_backup(session) or now)
    _write(session, row, look(now, seen, elapsed))
    ctx.runtime.clock_problem = _problem(now, seen.latest) if leapt(now, seen) else None
    return ctx.runtime.clock_problem is None


async def accept_clock(session: AsyncSession, ctx: Context, now: datetime) -> None:
    """Believe the clock as it is: somebody said that it is right."""
    _write(session, await session.scalar(select(SystemSetting).where(SystemSetting.key == _KEY)), Seen(now))
    ctx.runtime.clock_problem = None


def _problem(now: datetime, latest: datetime) -> str:
    ahead = (now - latest).days
    return (
        f"The clock is {ahead} days ahead of {latest:%Y-%m-%d %H:%M} UTC, when this program last ran. Retention deletes"
        " nothing until somebody confirms on the page, under Retention, that the time is right."
    )


def _read(row: SystemSetting) -> Seen:
    value = json.loads(row.value)
    return Seen(datetime.fromisoformat(value["latest"]), timedelta(seconds=value["behindSeconds"]))


def _write(session: AsyncSession, row: SystemSetting | None, seen: Seen) -> None:
    value = json.dumps({"latest": seen.latest.isoformat(), "behindSeconds": seen.behind.total_seconds()})
    if row is None:
        row = SystemSetting(key=_KEY, type="json", description="The latest time of day that was believed")
        session.add(row)
    row.value = value


async def _newest_backup(session: AsyncSession) -> datetime | None:
    """A catalogue that never wrote the time down still knows when its newest backup ended."""
    return await session.scalar(select(func.max(BackupExecution.completed_at)))
