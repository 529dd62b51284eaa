"""One stream into several storages, at the pace of the slowest and in bounded memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from dbbackup.core.errors import AppError, InternalError, StorageError
from dbbackup.pipeline.stream import Stream, closing
from dbbackup.storages.base import Storage, StoredObject, WriteOptions
from dbbackup.storages.offload import finish

_QUEUE_CHUNKS = 2
STALL_SECONDS = 300.0
"""A destination that takes nothing for so long is left behind; it is filled again later."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one copy goes; `id` is the copy's."""

    id: str
    storage: Storage
    key: str
    options: WriteOptions


Outcome = StoredObject | AppError


class _Feed:
    """The way to one destination: a short queue and the task that writes."""

    def __init__(self, destination: Destination) -> None:
        self.destination = destination
        self._queue: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue(_QUEUE_CHUNKS)
        self._left_behind = False
        self.task = asyncio.create_task(self._write(), name=f"write {destination.key}")

    @property
    def over(self) -> bool:
        """Tell whether it takes nothing more: its writer has ended, or stood still and is being ended."""
        return self._left_behind or self.task.done()

    async def put(self, item: bytes | BaseException | None, stall: float) -> None:
        """Hand over a chunk (None: the end; an error: the source failed), unless the writer has ended.

        A writer that stands still is told to end, and not waited for: undoing what it began may take minutes
        where nothing answers, and the other destinations must not wait for that.
        """
        if self.over:
            return
        if not self._queue.full():
            # The usual case, without the tasks that waiting for room takes.
            self._queue.put_nowait(item)
            return
        putting = asyncio.ensure_future(self._queue.put(item))
        try:
            await asyncio.wait((putting, self.task), timeout=stall, return_when=asyncio.FIRST_COMPLETED)
            if not putting.done() and not self.task.done():
                self._left_behind = True
                self.task.cancel()
        finally:
            putting.cancel()

    async def abandon(self) -> None:
        """End the writer; the storage undoes what it began."""
        self.task.cancel()
        await asyncio.wait((self.task,))

    async def undo(self) -> None:
        """Leave nothing there, even if the writer was done before the others."""
        await self.abandon()
        if not self.task.cancelled() and self.task.exception() is None:
            # What cannot be removed now stays in the caller's journal.
            with suppress(AppError):
                await self.destination.storage.delete(self.destination.key, self.task.result().version)

    def outcome(self, stall: float) -> Outcome:
        """Return what became of it; only after the task has ended."""
        if self.task.cancelled():
            return StorageError(f"This storage took no data for {stall:.0f} s and was left behind.")
        error = self.task.exception()
        if error is None:
            return self.task.result()
        if isinstance(error, AppError):
            return error
        # Not foreseen, but still this one destination's: the others are complete.
        fault = InternalError(f"Writing failed with a fault of this program ({type(error).__name__}: {error}).")
        fault.__cause__ = error
        return fault

    async def _write(self) -> StoredObject:
        target = self.destination
        async with closing(self._stream()) as stream:
            return await target.storage.write(target.key, stream, target.options)

    async def _stream(self) -> AsyncIterator[bytes]:
        while (item := await self._queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item


async def fan_out(
    stream: Stream, destinations: Sequence[Destination], *, stall_seconds: float = STALL_SECONDS
) -> dict[str, Outcome]:
    """Write the stream to every destination; return by copy id what was stored or why not.

    One destination failing or standing still leaves the others running. When the stream raises,
    nothing becomes visible anywhere and the error goes on. When all destinations failed the
    stream is closed early and their outcomes are returned. Cancellation undoes everything.
    """
    feeds = [_Feed(destination) for destination in destinations]
    tasks = [feed.task for feed in feeds]
    try:
        async with closing(stream) as chunks:
            try:
                async for chunk in chunks:
                    await asyncio.gather(*(feed.put(chunk, stall_seconds) for feed in feeds))
                    if all(feed.over for feed in feeds):
                        break
            except Exception as error:
                await asyncio.gather(*(feed.put(error, stall_seconds) for feed in feeds))
                await asyncio.wait(tasks)
                raise
        await asyncio.gather(*(feed.put(None, stall_seconds) for feed in feeds))
        await asyncio.wait(tasks)
    except BaseException:
        await finish(asyncio.gather(*(feed.undo() for feed in feeds)))
        raise
    return {feed.destination.id: feed.outcome(stall_seconds) for feed in feeds}
