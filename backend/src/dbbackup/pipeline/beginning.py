"""The moment in which several dump tools begin, each with a look of its own, while nobody changes what they read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from dbbackup.core.errors import BackupError
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Connection, DumpPart, Standstill
from dbbackup.pipeline.process import LineCallback
from dbbackup.pipeline.report import Report

HOLD_SECONDS = 20.0
"""Others wait so long at most: tools that have not begun by then are given up."""

Step = Callable[[], Coroutine[Any, Any, None]]


class Beginning:
    """Waits until all tools that have to begin together have begun."""

    def __init__(self, parts: Iterable[DumpPart]) -> None:
        self._missing = {part.name for part in parts}
        self._all = asyncio.Event()

    def watch(self, part: DumpPart, take: LineCallback) -> LineCallback:
        """Return what to do with a line of the part's tool: it may say that the tool has begun."""
        begun = part.begun
        if begun is None or part.name not in self._missing:
            return take

        def look(line: str) -> None:
            if begun(line):
                self.note(part.name)
            take(line)

        return look

    def note(self, name: str) -> None:
        """Note that a tool has begun; one that has ended has."""
        self._missing.discard(name)
        if not self._missing:
            self._all.set()

    async def release(self, still: Standstill, report: Report) -> None:
        """Let the source go on as soon as all have begun. Raises BackupError when that takes too long."""
        since = monotonic()
        report.log.say("info", f"Nobody writes to what is dumped until all dump tools have begun ({still.how})")
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                await self._all.wait()
        except TimeoutError as error:
            missing = ", ".join(sorted(self._missing))
            late = BackupError(
                f"The dump tools of {missing} did not begin within {HOLD_SECONDS:g} s, and writing was not held up any "
                "longer. Run the backup again, or set jobs to 1."
            )
            late.retryable = True
            raise late from error
        await still.end()
        report.log.say("info", f"All dump tools have begun; writing was held up for {monotonic() - since:.2f} s")


@asynccontextmanager
async def beginning(
    engine: Engine, connection: Connection, parts: list[DumpPart], report: Report
) -> AsyncIterator[tuple[Beginning, list[Step]]]:
    """Keep the source still where the parts need that; give what watches them, and what to do beside dumping them."""
    began = Beginning(part for part in parts if part.begun)
    standstill = engine.standstill(connection, parts)
    if standstill is None:
        yield began, []
        return
    async with standstill as still:

        async def release() -> None:
            await began.release(still, report)

        yield began, [release]
