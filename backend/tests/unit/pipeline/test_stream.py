"""Stages are chained, bounded, and closed from behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dbbackup.pipeline.stream import Stream, Transform, closing, through
from tests.unit.pipeline.tools import gather

EXECUTOR = ThreadPoolExecutor(1)


class Source:
    """Chunks, and what became of the stream."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self.taken = 0
        self.closed = False
        self._chunks, self._error = chunks, error

    async def stream(self) -> Stream:
        try:
            for chunk in self._chunks:
                self.taken += 1
                yield chunk
            if self._error:
                raise self._error
        finally:
            self.closed = True


class Tag:
    """Puts its letter behind every chunk, notes each call, and ends with a word."""

    def __init__(self, letter: bytes) -> None:
        self.letter = letter
        self.seen: list[bytes] = []

    def update(self, chunk: bytes) -> Iterable[bytes]:
        self.seen.append(chunk)
        return (b"", chunk + self.letter)

    def finish(self) -> Iterable[bytes]:
        return (b"end-" + self.letter, b"")


class Grow:
    """Makes 100 pieces of a chunk, counting those asked for."""

    made = 0

    def update(self, chunk: bytes) -> Iterator[bytes]:
        for _ in range(100):
            self.made += 1
            yield bytes(1 << 20)

    def finish(self) -> Iterable[bytes]:
        return ()


class Broken(Tag):
    def finish(self) -> Iterable[bytes]:
        raise ValueError("not whole")


def chained(source: Source, *transforms: Transform) -> Stream:
    return through(source.stream(), transforms, EXECUTOR)


async def test_through_when_transforms_are_chained_applies_them_in_order_to_the_end() -> None:
    first, second = Tag(b"a"), Tag(b"b")
    source = Source(b"1", b"2")
    assert [chunk async for chunk in chained(source, first, second)] == [b"1ab", b"2ab", b"end-ab", b"end-b"]
    assert source.closed


async def test_through_when_pieces_are_empty_hands_none_on() -> None:
    first, second = Tag(b"a"), Tag(b"b")
    await gather(chained(Source(b"", b"1", b""), first, second))
    assert (first.seen, second.seen) == ([b"1"], [b"1a", b"end-a"])


async def test_through_when_there_is_no_transform_passes_all() -> None:
    assert await gather(chained(Source(b"1", b"2"))) == b"12"


class Counted(ThreadPoolExecutor):
    hops = 0

    def submit(self, *args: Any, **named: Any) -> Any:
        self.hops += 1
        return super().submit(*args, **named)


async def test_through_when_chunks_pass_makes_one_hop_for_each_and_one_for_the_end() -> None:
    with Counted(1) as executor:
        await gather(through(Source(bytes(1 << 20), b"1", b"2").stream(), [Tag(b"")], executor))
    assert executor.hops == 4


async def test_through_when_a_chunk_grows_a_hundredfold_gives_pieces_as_they_are_taken() -> None:
    grow = Grow()
    async with closing(chained(Source(b"x"), grow)) as stream:
        for taken in range(1, 5):
            await anext(stream)
            assert grow.made <= taken + 1


async def test_through_when_the_source_fails_never_finishes_and_raises() -> None:
    source, seen = Source(b"1", error=RuntimeError("cut")), []
    with pytest.raises(RuntimeError, match="cut"):
        async for chunk in chained(source, Tag(b"a")):
            seen.append(chunk)
    assert seen == [b"1a"]


async def test_through_when_a_finish_fails_raises_and_closes_the_source() -> None:
    source = Source(b"1")
    with pytest.raises(ValueError, match="not whole"):
        await gather(chained(source, Broken(b"a"), Tag(b"b")))
    assert source.closed


async def test_through_when_closed_early_closes_the_source_and_reads_no_further() -> None:
    source = Source(b"1", b"2", b"3")
    stream = chained(source, Tag(b"a"))
    async with closing(stream):
        await anext(stream)
    assert (source.closed, source.taken) == (True, 1)


async def test_through_when_cancelled_closes_the_source() -> None:
    source = Source(b"1", b"2")

    async def stand_still() -> None:
        async with closing(chained(source)) as stream:
            async for _ in stream:
                await asyncio.sleep(60)

    task = asyncio.create_task(stand_still())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert source.closed


async def test_closing_when_the_stream_is_no_generator_leaves_it_alone() -> None:
    class Plain:
        def __aiter__(self) -> AsyncIterator[bytes]:
            return self

        async def __anext__(self) -> bytes:
            raise StopAsyncIteration

    async with closing(Plain()) as stream:
        assert await gather(stream) == b""
