"""Looks after what no run would tell of: the disk, backups that do not come, background tasks that fail."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.notifications import EventType
from dbbackup.core.sizes import human_size
from dbbackup.db.models import NotificationCondition, NotificationOutbox
from dbbackup.db.models.base import utc_now
from dbbackup.services.context import Context
from dbbackup.services.notifications import NotificationEvent, notify
from dbbackup.services.overdue import find_overdue
from dbbackup.services.statistics import FIGURES_DAYS, collect

WATCH_SECONDS = 60.0
_HYSTERESIS = 1.25
"""The disk is enough again with so many times the free space that is warned of."""


async def watch(ctx: Context) -> None:
    """Look once at everything; each finding is told once until it is over."""
    async with ctx.catalogue.transaction() as session:
        await watch_disk(session, ctx)
        await watch_overdue(session, ctx, utc_now())
        await watch_tasks(session, ctx)
        await _forget(session, ctx)


async def read_ahead(ctx: Context) -> None:
    """Read the figures of the overview once a day, so that they are remembered when somebody asks for them first.

    Of 100,000 backups that takes half a second. What changes on the day is read when it is asked for.
    """
    today = utc_now().date()
    if ctx.runtime.figures_of != today:
        async with ctx.catalogue.sessions() as session:
            await collect(session, FIGURES_DAYS)
        ctx.runtime.figures_of = today


async def watch_disk(session: AsyncSession, ctx: Context) -> None:
    """Tell of little free space, and of enough again a good way above the limit."""
    limit, path = ctx.live.disk_warn_percent, ctx.settings.storage_path
    usage = shutil.disk_usage(path)
    percent = usage.free * 100 / usage.total
    free = f"{human_size(usage.free)} of {human_size(usage.total)} ({percent:.0f} %) are free in {path}."
    if percent < limit:
        event = NotificationEvent(
            type=EventType.DISK_LOW,
            subject="backups",
            title="The disk for backups is nearly full",
            text=f"{free} Below {limit} % this is told of.",
            advice="Delete backups that nobody needs, let retention keep fewer, or enlarge the disk.",
            path="/backups",
        )
        await notify(session, ctx, event)
    elif percent >= limit * _HYSTERESIS:
        event = NotificationEvent(
            type=EventType.DISK_RECOVERED,
            subject="backups",
            title="The disk for backups has room again",
            text=free,
            path="/backups",
        )
        await notify(session, ctx, event)


async def watch_overdue(session: AsyncSession, ctx: Context, now: datetime) -> None:
    """Tell of databases that have had no good backup for longer than their schedules or the settings promise."""
    ctx.runtime.overdue = await find_overdue(session, ctx.live, now)
    for found in ctx.runtime.overdue:
        good = found.newest
        seen = f"The newest good one is of {good:%Y-%m-%d %H:%M} UTC" if good else "There is no good one yet"
        event = NotificationEvent(
            type=EventType.BACKUP_OVERDUE,
            subject=found.database_id,
            title=f"No backup of {found.database_name} for too long",
            text=f"{seen}; one is expected at least every {_words(found.limit)}.",
            advice="Look whether its schedule is enabled and why its last backups failed, then back up now.",
            path=f"/databases/{found.database_id}",
            database_id=found.database_id,
            database_name=found.database_name,
        )
        await notify(session, ctx, event)


async def watch_tasks(session: AsyncSession, ctx: Context) -> None:
    """Tell of background tasks that fail, and of those that work again."""
    failures = dict(ctx.runtime.failures)
    for name, reason in failures.items():
        event = NotificationEvent(
            type=EventType.WORKER_FAILED,
            subject=name,
            title=f"The background task {name} is failing",
            text=f"{reason}. Until it works again, what it does is not done.",
            advice="The program's log has the details. If it does not heal, restart the program.",
        )
        await notify(session, ctx, event)
    known = select(NotificationCondition.key).where(NotificationCondition.key.startswith("worker:")).distinct()
    for name in {key.removeprefix("worker:") for key in await session.scalars(known)} - failures.keys():
        event = NotificationEvent(
            type=EventType.WORKER_RECOVERED,
            subject=name,
            title=f"The background task {name} works again",
            text="It has done its work without an error.",
        )
        await notify(session, ctx, event)


async def _forget(session: AsyncSession, ctx: Context) -> None:
    """Remove deliveries that ended long ago."""
    before = utc_now() - timedelta(days=ctx.live.notification_keep_days)
    await session.execute(delete(NotificationOutbox).where(NotificationOutbox.finished_at < before))


def _words(time: timedelta) -> str:
    hours = time.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours"
