"""The slow rounds: reading again, looking for files, leftovers, the catalogue's copy; each at its own pace."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from dbbackup.db.models.base import utc_now
from dbbackup.services.context import Context
from dbbackup.services.upkeep import look_for_copies, queue_rereading
from dbbackup.worker.catalogue_copy import copy_when_due
from dbbackup.worker.litter import sweep_litter

PAUSE = 60.0
"""Seconds between two looks at what is due; the first comes that long after the start."""
_PRESENCE = timedelta(minutes=10)
_LITTER = timedelta(hours=12)
_COPY = timedelta(minutes=30)


class Upkeep:
    """Does each round when it is due. What was done lives in memory only: after a start all are due anew."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._next: dict[str, float] = {}

    async def step(self) -> None:
        """Wait a little, then do what is due."""
        await asyncio.sleep(PAUSE)
        await self.due()

    async def due(self) -> None:
        """Do what is due now."""
        await self._round("rereading", timedelta(minutes=self._ctx.live.reread_minutes), self._reread)
        await self._round("presence", _PRESENCE, self._look)
        await self._round("litter", _LITTER, self._sweep)
        await self._round("catalogue copy", _COPY, self._copy)

    async def _round(self, name: str, every: timedelta, work: Callable[[], Awaitable[object]]) -> None:
        now = time.monotonic()
        if now >= self._next.get(name, 0.0):
            self._next[name] = now + every.total_seconds()
            await work()

    async def _reread(self) -> None:
        async with self._ctx.catalogue.transaction() as session:
            await queue_rereading(session, self._ctx, utc_now())

    async def _look(self) -> None:
        await look_for_copies(self._ctx, utc_now())

    async def _copy(self) -> None:
        await copy_when_due(self._ctx, utc_now())

    async def _sweep(self) -> None:
        await sweep_litter(self._ctx, utc_now())
