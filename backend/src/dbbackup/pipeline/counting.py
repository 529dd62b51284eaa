"""Counts the rows of the source beside its dump, in the snapshot that is dumped, without holding the backup up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import cast

from dbbackup.core.manifest import TableFacts
from dbbackup.engines.values import Reading

LEAST_GRACE = 5.0
"""Seconds that counting may go on when the dump is done, at least."""
_SHARE = 0.1
"""Of the dump's own time: so much longer a backup may take."""


class Counting:
    """What was counted so far."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], TableFacts] = {}
        self._task: asyncio.Task[None] | None = None
        self._started = time.monotonic()

    def begin(self, reading: Reading, tables: list[TableFacts], seconds: float, *, hashed: bool) -> None:
        """Start counting in the background."""
        self._task = asyncio.create_task(self._count(reading.counted(tables, seconds, hashed=hashed)))

    async def finish(self, tables: list[TableFacts]) -> list[TableFacts]:
        """Give what is still counted its grace, and return the tables: counted ones exact, the others as they were."""
        if self._task is not None:
            took = time.monotonic() - self._started
            await asyncio.wait((self._task,), timeout=max(LEAST_GRACE, took * _SHARE))
            await self.end()
        return [self._found.get((table.schema, table.name), table) for table in tables]

    async def end(self) -> None:
        """Stop counting."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _count(self, counted: AsyncIterator[TableFacts]) -> None:
        async with aclosing(cast("AsyncGenerator[TableFacts, None]", counted)) as found:
            async for table in found:
                self._found[table.schema, table.name] = table


@asynccontextmanager
async def counting(
    reading: Reading | None, tables: list[TableFacts], seconds: float, *, hashed: bool
) -> AsyncIterator[Counting]:
    """Count in the background for the length of the block; with no reading or no time nothing is counted."""
    going = Counting()
    if reading is not None and seconds > 0:
        going.begin(reading, tables, seconds, hashed=hashed)
    try:
        yield going
    finally:
        await going.end()
