"""The background task of retention: watches the clock, and does the cleanup when its cron expression says so."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from dbbackup.core.cron_slots import slots_after
from dbbackup.db.models import SystemSetting
from dbbackup.db.models.base import utc_now
from dbbackup.services.cleanup import clean_up
from dbbackup.services.clock import watch_clock
from dbbackup.services.context import Context

LOOK_SECONDS = 60.0
_LAST = "cleanup.last"


class CleanupJob:
    """Does the cleanup at every slot; one that was missed while the program was down is made up for once."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._looked = time.monotonic()

    async def step(self) -> None:
        """Look at the clock, clean up if it is time, and wait for the next slot, a minute at most."""
        now = utc_now()
        elapsed = timedelta(seconds=time.monotonic() - self._looked)
        self._looked = time.monotonic()
        async with self._ctx.catalogue.transaction() as session:
            believed = await watch_clock(session, self._ctx, now, elapsed)
        following = self._next(await self._last(now))
        if believed and following <= now:
            await clean_up(self._ctx, now)
            await self._done(now)
            following = self._next(now)
        wait = max(0.0, (following - utc_now()).total_seconds()) if believed else LOOK_SECONDS
        await asyncio.sleep(min(LOOK_SECONDS, wait))

    def _next(self, last: datetime) -> datetime:
        zone = ZoneInfo(self._ctx.settings.timezone)
        return next(slots_after(self._ctx.live.cleanup_cron, zone, last))

    async def _last(self, now: datetime) -> datetime:
        async with self._ctx.catalogue.sessions() as session:
            row = await session.scalar(select(SystemSetting).where(SystemSetting.key == _LAST))
        if row is None:
            await self._done(now)
            return now
        # A clock that was once ahead would otherwise silence the job until then.
        return min(datetime.fromisoformat(row.value), now.astimezone(UTC))

    async def _done(self, now: datetime) -> None:
        async with self._ctx.catalogue.transaction() as session:
            row = await session.scalar(select(SystemSetting).where(SystemSetting.key == _LAST))
            if row is None:
                row = SystemSetting(key=_LAST, description="When the cleanup job last ran")
                session.add(row)
            row.value = now.isoformat()
