"""Streams and the stages between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from typing import Protocol

Stream = AsyncIterator[bytes]
"""Its end means that all went well; a failure anywhere upstream is raised out of it."""
_BATCH = 1 << 20


@asynccontextmanager
async def closing(stream: Stream) -> AsyncIterator[Stream]:
    """Close a stream at the end of the block, so that what feeds it ends there and not some time later."""
    try:
        yield stream
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()


async def single(data: bytes) -> Stream:
    """Yield the bytes as one chunk."""
    yield data


class Transform(Protocol):
    """Changes or looks at bytes on their way; runs in a thread, one call at a time.

    The library that does the work releases the GIL. `update` never gets an empty chunk, and may
    give some. `finish` is called once, at the normal end only, and may raise when what passed was
    not whole.
    """

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk and give what is ready; pieces are bounded (about 1 MiB) whatever comes in."""
        ...

    def finish(self) -> Iterable[bytes]:
        """Give what is left."""
        ...


async def through(stream: Stream, transforms: Sequence[Transform], executor: Executor) -> Stream:
    """Yield what comes out behind all the transforms; one hop into a thread a chunk, however many they are.

    While the consumer handles a piece the next is not prepared: reading ahead is the reader's
    business, so that memory stays bounded in one place. A chunk that grows a thousandfold comes
    out in bounded pieces.
    """
    loop = asyncio.get_running_loop()
    async with closing(stream) as chunks:
        async for chunk in chunks:
            pieces, more = _chain(transforms, iter((chunk,))), True
            del chunk  # what comes out may wait long for its consumer
            while more:
                batch, more = await loop.run_in_executor(executor, _take, pieces)
                for piece in batch:
                    yield piece
        ending, more = _ending(transforms), True
        while more:
            batch, more = await loop.run_in_executor(executor, _take, ending)
            for piece in batch:
                yield piece


def _take(pieces: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """Take pieces until they are too many for one hop; tell whether there may be more of them."""
    batch: list[bytes] = []
    size = 0
    for piece in pieces:
        if piece:
            batch.append(piece)
            size += len(piece)
        # A chunk that passes as it is has just this size: one more look here instead of another hop.
        if size > _BATCH:
            return batch, True
    return batch, False


def _chain(transforms: Sequence[Transform], pieces: Iterator[bytes]) -> Iterator[bytes]:
    for transform in transforms:
        pieces = _apply(transform, pieces)
    return pieces


def _apply(transform: Transform, pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        # An empty piece must not pass for a later one: a verifier would let go of the last real chunk.
        if piece:
            yield from transform.update(piece)


def _ending(transforms: Sequence[Transform]) -> Iterator[bytes]:
    """What each transform has left goes through all those behind it, before they are asked for theirs."""
    for number, transform in enumerate(transforms, start=1):
        yield from _chain(transforms[number:], iter(transform.finish()))
