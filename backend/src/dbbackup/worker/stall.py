"""Ends a run in which nothing moves any more, however long it may take as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dbbackup.core.errors import RunStalledError
from dbbackup.core.progress import RunProgress
from dbbackup.services.context import Context

_LOOK_SECONDS = 0.5


@asynccontextmanager
async def ended_when_stalled(ctx: Context, progress: RunProgress) -> AsyncIterator[None]:
    """Cancel the block when no counter has moved for the live setting `backup.stallSeconds`.

    Raises:
        RunStalledError: in place of the cancellation.
    """
    try:
        async with asyncio.timeout(ctx.live.stall_seconds) as limit:
            watching = asyncio.create_task(_push_back(ctx, progress, limit))
            try:
                yield
            finally:
                watching.cancel()
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise RunStalledError(
            f"Nothing has moved for {ctx.live.stall_seconds} s (stage: {progress.stage}). The server may be waiting for"
            " a lock, or the network may be gone. The limit is the setting backup.stallSeconds."
        ) from error


async def _push_back(ctx: Context, progress: RunProgress, limit: asyncio.Timeout) -> None:
    """Move the limit on whenever something has moved, or the setting has changed."""
    loop = asyncio.get_running_loop()
    seen, moved = _counters(progress), loop.time()
    while True:
        await asyncio.sleep(_LOOK_SECONDS)
        if (now := _counters(progress)) != seen:
            seen, moved = now, loop.time()
        if not limit.expired():
            limit.reschedule(moved + ctx.live.stall_seconds)


def _counters(progress: RunProgress) -> tuple[object, ...]:
    uploaded = tuple(progress.bytes_uploaded.values())
    return progress.stage, progress.bytes_read, progress.bytes_written, progress.tables_done, uploaded
