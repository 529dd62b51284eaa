"""The way into a tool's stdin."""

from __future__ import annotations

import asyncio
import os

from dbbackup.pipeline.process import Process
from dbbackup.pipeline.stream import Stream
from dbbackup.storages.offload import finish


class Inlet:
    """Writes to a tool's stdin, in a thread."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._writing: asyncio.Future[bool] | None = None

    async def write(self, chunk: bytes) -> bool:
        """Write a chunk; tell whether the tool still reads."""
        self._writing = asyncio.ensure_future(asyncio.to_thread(_write_blocking, self._fd, chunk))
        return await asyncio.shield(self._writing)

    async def close(self) -> None:
        """Let the tool see the end; after an interrupted write it must have ended before.

        The thread of that write may still use the descriptor, whose number must not go to another file.
        """
        try:
            if self._writing:
                await finish(asyncio.wait((self._writing,)))
        finally:
            os.close(self._fd)


async def pour(chunks: Stream, inlet: Inlet, tool: Process) -> None:
    """Write a stream to the tool, and read all of it even if the tool had enough."""
    async for chunk in chunks:
        if not await inlet.write(chunk):
            break
    else:
        return
    # A tool may be content with the beginning (schema only). Only the end proves what it read there.
    if await tool.wait() == 0:
        async for _ in chunks:
            pass


def _write_blocking(fd: int, chunk: bytes) -> bool:
    view = memoryview(chunk)
    try:
        while view:
            view = view[os.write(fd, view) :]
    except BrokenPipeError:
        return False
    return True
