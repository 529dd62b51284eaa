"""Reads a pipe in a thread of its own and hands chunks of 1 MiB to the event loop."""

from __future__ import annotations

import asyncio
import io
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import cast
from weakref import WeakSet

from dbbackup.pipeline.tee import tee
from dbbackup.storages.offload import finish

CHUNK = 1 << 20
_AHEAD = 2
_AHEAD_OF_ALL = 4
"""Chunks that all readers together read ahead, beside the one that each has at hand: five need hardly more than two."""
_MANY = 4
"""So many readers at once take half a chunk at a time."""
_open: WeakSet[PipeReader] = WeakSet()


def _share() -> int:
    """Return how many chunks each of the readers may read ahead now."""
    return min(_AHEAD, _AHEAD_OF_ALL // max(1, len(_open)))


def _chunk_size() -> int:
    return CHUNK if len(_open) < _MANY else CHUNK // 2


class PipeReader:
    """Reads ahead a few chunks while the stages behind it work; optionally gives all to a second pipe, too.

    A thread of its own and an own pipe, since asyncio's 64 KiB StreamReader is half as fast and
    hangs on cancellation (a paused reader never sees the end of a killed process).

    With `lend` a chunk is a view of a buffer that is filled again when the consumer has asked for the next one:
    it must keep nothing of it. That saves the page faults that 1 MiB of new memory costs each time, and the
    second pipe gets the tool's own pages instead of a copy.
    """

    def __init__(self, fd: int, copy_to: int | None = None, *, lend: bool = False) -> None:
        self._fd = fd
        self._copy_to = copy_to
        self._lend = lend
        self._shares_with = copy_to
        """The second pipe as long as tee works."""
        self._shared = 0
        """Bytes at the front of the pipe that the second one has got already."""
        self._spare: deque[bytearray] = deque()
        """Buffers that were lent, and may be filled again."""
        self._loop = asyncio.get_running_loop()
        self._chunks: asyncio.Queue[bytes | Exception] = asyncio.Queue()
        _open.add(self)
        self._ahead = _share()
        self._room = threading.Semaphore(self._ahead)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="pipe-reader", daemon=True)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the chunks until the end of the pipe: 1 MiB each but the last, or half of that where many are read."""
        self._thread.start()
        while True:
            item = await self._chunks.get()
            if isinstance(item, Exception):
                raise item
            if not item:
                return
            self._make_room()
            yield item
            self._take_back(item)
            del item  # the next one may be long in coming

    async def close(self) -> None:
        """End the thread and close the pipes; the processes at the other ends must have ended before."""
        self._closing = True
        _open.discard(self)
        self._room.release()
        try:
            if self._thread.is_alive():
                await finish(asyncio.to_thread(self._thread.join))
        finally:
            os.close(self._fd)
            self.close_copy()

    def close_copy(self) -> None:
        """Close the second pipe: its reader sees the end."""
        if self._copy_to is not None:
            os.close(self._copy_to)
            self._copy_to = None

    def _make_room(self) -> None:
        """Let the thread read for the chunk that was taken, and for as many more or less as the share has changed."""
        ahead, self._ahead = self._ahead, _share()
        room = 1 + self._ahead - ahead
        if room > 0:
            self._room.release(room)
        # With less than that, the chunks that were read beyond the share are taken first.
        self._ahead -= min(room, 0)

    def _run(self) -> None:
        try:
            take = self._lender() if self._lend else self._giver()
            while not self._closing:
                chunk = take()
                self._deliver(chunk)
                if not chunk:
                    return
                if not self._lend:
                    self._copy(chunk)
                del chunk  # it belongs to who takes it, however long the next one is in coming
                self._room.acquire()
        except Exception as error:  # noqa: BLE001 - whoever waits for the next chunk must hear of any
            self._deliver(error)

    def _giver(self) -> Callable[[], bytes]:
        """Reads until a chunk is full, straight into the bytes that are handed on: no copy of ours."""
        pipe = io.BufferedReader(io.FileIO(self._fd, closefd=False))
        return lambda: pipe.read(_chunk_size())

    def _lender(self) -> Callable[[], bytes]:
        def fill() -> bytes:
            view, filled = memoryview(self._buffer()), 0
            while filled < len(view) and (size := self._read(view[filled:])):
                filled += size
            return cast(bytes, view[:filled])  # every stage that gets it takes any buffer

        return fill

    def _buffer(self) -> bytearray:
        """Return one that was lent before; a new one when all are in use, or are of another size than is wanted now."""
        size = _chunk_size()
        while self._spare:
            if len(buffer := self._spare.popleft()) == size:
                return buffer
        return bytearray(size)

    def _take_back(self, chunk: bytes) -> None:
        """Keep a lent buffer for filling it again, unless there are as many as can be in use."""
        if self._lend and len(self._spare) <= self._ahead:
            self._spare.append(cast(bytearray, cast(memoryview, chunk).obj))

    def _read(self, room: memoryview) -> int:
        """Read some bytes, 0 at the end; the second pipe has them, too, then."""
        if self._shares_with is not None and not self._shared:
            self._share_pages(self._shares_with, len(room))
        size = os.readv(self._fd, [room[: self._shared or len(room)]])
        if self._shared:
            self._shared -= size
        else:
            self._copy(room[:size])
        return size

    def _share_pages(self, second: int, most: int) -> None:
        """Give the second pipe what lies at the front of the first; where that cannot be done, it is copied."""
        try:
            self._shared = tee(self._fd, second, most)
        except OSError:
            self._shares_with = None

    def _copy(self, chunk: bytes | memoryview) -> None:
        """A second reader that went away is not our failure: its own exit code says what happened."""
        if self._copy_to is None:
            return
        view = memoryview(chunk)
        with suppress(BrokenPipeError):
            while view:
                view = view[os.write(self._copy_to, view) :]

    def _deliver(self, item: bytes | Exception) -> None:
        # The loop is gone only when the process is going down.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._chunks.put_nowait, item)
