"""Keeps the other log system up to date, and waits longer and longer while it takes nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from loguru import logger

from dbbackup.core.errors import DeliveryError
from dbbackup.services.audit_forwarding import forward
from dbbackup.services.context import Context

_IDLE_SECONDS = 30.0
FIRST_DELAY, _LONGEST_DELAY = 5.0, 300.0
_log = logger.bind(category="application")


class AuditForwarder:
    """One per process."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._failed = 0

    async def step(self) -> None:
        """Send what is new, or wait until there may be something."""
        wake = self._ctx.runtime.audit_wake
        wake.clear()
        try:
            if self._ctx.live.audit_forward_url and await forward(self._ctx):
                self._recovered()
                return
        except DeliveryError as error:
            self._failed += 1
            if self._failed == 1:
                _log.error("The audit log is not forwarded, and will be tried again: {}", error.message)
            await self._pause(min(_LONGEST_DELAY, FIRST_DELAY * 2 ** min(self._failed - 1, 10)))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_IDLE_SECONDS):
                await wake.wait()

    async def _pause(self, seconds: float) -> None:
        """Wait, unless somebody names another address meanwhile."""
        url, wake = self._ctx.live.audit_forward_url, self._ctx.runtime.audit_wake
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._ctx.live.audit_forward_url == url:
                    await wake.wait()
                    wake.clear()

    def _recovered(self) -> None:
        if self._failed:
            _log.info("The audit log is forwarded again, after {} attempts", self._failed)
        self._failed = 0
