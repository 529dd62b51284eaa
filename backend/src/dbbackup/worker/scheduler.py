"""Looks at the clock and at the schedules: what is due goes into the queue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from loguru import logger

from dbbackup.db.models.base import utc_now
from dbbackup.services.context import Context
from dbbackup.services.schedule_runs import due_schedules, forget_impossible_waits, next_slot, serve_schedule

_JUMP_SECONDS = 30.0
_log = logger.bind(category="scheduler")


class Scheduler:
    """One per process; `clock` says what time it is, in UTC."""

    def __init__(self, ctx: Context, clock: Callable[[], datetime] = utc_now) -> None:
        self._ctx = ctx
        self._clock = clock
        self._first = True
        self._last: tuple[datetime, float] | None = None

    async def step(self) -> None:
        """Serve what is due, then wait for the next slot, a change, or the time to look at the clock anew."""
        changed = self._ctx.runtime.schedules_changed
        changed.clear()
        pause = await self.tick()
        # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await changed.wait()

    async def tick(self) -> float:
        """Serve every schedule that has something to do now; return for how many seconds there is nothing more."""
        now = self._clock()
        self._note_jump(now)
        async with self._ctx.catalogue.transaction() as session:
            await forget_impossible_waits(session, now)
            # At the start all of them: what is stored about coming slots may be of an older tz database.
            due = await due_schedules(session, now, every=self._first)
        faults = [fault for schedule_id in due if (fault := await self._serve(schedule_id, now))]
        if faults:
            raise faults[0]
        self._first = False
        async with self._ctx.catalogue.sessions() as session:
            coming = await next_slot(session)
        self._ctx.runtime.scheduler_seen = time.monotonic()
        pause = self._ctx.live.check_interval / 1000
        return max(0.0, min(pause, (coming - self._clock()).total_seconds())) if coming else pause

    async def _serve(self, schedule_id: str, now: datetime) -> Exception | None:
        """Return what went wrong, after all: one schedule's fault must not keep the others from their time."""
        try:
            await serve_schedule(self._ctx, schedule_id, now)
        except Exception as error:  # noqa: BLE001 - returned, and raised when the others have been served
            return error
        return None

    def _note_jump(self, now: datetime) -> None:
        """Say it when the clock was set: what follows in the log looks odd without it."""
        monotonic = time.monotonic()
        if self._last is not None:
            jump = (now - self._last[0]).total_seconds() - (monotonic - self._last[1])
            if abs(jump) > _JUMP_SECONDS:
                _log.warning("The clock was set {} by {:.0f} s", "forward" if jump > 0 else "back", abs(jump))
        self._last = (now, monotonic)
