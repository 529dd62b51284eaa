"""What every storage promises (`storages/base.py`), as tests.

A test module subclasses `StorageContract` and gives the fixture `subject`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

import pytest

from dbbackup.core.errors import ConflictError, ObjectMissingError, ValidationError
from dbbackup.storages.base import Storage, StoredObject, Stream, WriteOptions

MiB = 1 << 20
_BLOCK = os.urandom(MiB)

UNUSUAL_KEYS = [
    "with space/and more.gz",
    "ünïcödé/数据库.gz",
    "plus+equals=ampersand&.gz",
    "percent%2Fencoded",
    "quote's\"<x>",
    "-dash/~tilde/.hidden",
    "trailing.dot./x",
    "a/" * 20 + "deep",
    "n" * 200,
]
HOSTILE_KEYS = [
    "",
    "/etc/passwd",
    "../up",
    "a/../../up",
    "a/./b",
    "a//b",
    "a/",
    "nul\0byte",
    "line\nbreak",
    "back\\slash",
    "x" * 256,
    "y/" * 500,
    "lone\ud800surrogate",
]


@dataclass
class Subject:
    """A storage under test and what only its kind knows."""

    storage: Storage
    part: int
    """Bytes at which the storage begins a second part."""
    leftovers: Callable[[], Awaitable[list[str]]]
    """Partial files or open uploads that are there now."""
    abandon: Callable[[str], Awaitable[None]]
    """Leave behind what a process killed while writing the key leaves behind."""
    ordered: bool = True
    """Whether listings come in key order; SeaweedFS goes folder by folder."""


async def chunks(size: int, chunk: int = MiB) -> AsyncGenerator[bytes, None]:
    """Yield `size` bytes that differ from chunk to chunk."""
    for start in range(0, size, chunk):
        length = min(chunk, size - start)
        head = start.to_bytes(8, "big")[:length]
        block = _BLOCK if chunk <= MiB else _BLOCK * (chunk // MiB + 1)
        yield head + block[len(head) : length]


async def gather(stream: Stream) -> bytes:
    return b"".join([chunk async for chunk in stream])


async def content(size: int) -> bytes:
    return await gather(chunks(size))


class _BrokenError(Exception):
    """What the stream of a failing dump raises."""


async def broken(size: int) -> AsyncGenerator[bytes, None]:
    async for chunk in chunks(size):
        yield chunk
    raise _BrokenError


async def write_at_once(subject: Subject, size: int) -> dict[bytes, StoredObject | BaseException]:
    """Write three objects under the key `race`, of one byte and `size` zeros each; return what became of each byte."""
    gate = asyncio.Event()

    async def stream(mark: bytes) -> Stream:
        yield mark
        await gate.wait()
        yield bytes(size)

    marks = [b"1", b"2", b"3"]
    writes = [asyncio.create_task(subject.storage.write("race", stream(mark), WriteOptions())) for mark in marks]
    await asyncio.sleep(0.2)
    gate.set()
    return dict(zip(marks, await asyncio.gather(*writes, return_exceptions=True), strict=True))


class StorageContract:
    """Every statement of the Protocol."""

    async def _put(self, subject: Subject, key: str, data: bytes = b"x") -> StoredObject:
        async def stream() -> Stream:
            yield data

        return await subject.storage.write(key, stream(), WriteOptions())

    async def _assert_nothing(self, subject: Subject, key: str) -> None:
        assert await subject.storage.stat(key) is None
        assert [found async for found in subject.storage.list_objects()] == []
        assert await subject.leftovers() == []

    @pytest.mark.parametrize("size", ["0", "1", "70_000", "part - 1", "part", "part + 1", "3 * part + 5"])
    async def test_write_of_any_size_then_read_gives_the_same_bytes(self, subject: Subject, size: str) -> None:
        wanted = int(eval(size, {"part": subject.part}))
        seen: list[int] = []
        options = WriteOptions(expected_size=wanted, on_progress=seen.append)
        stored = await subject.storage.write("a/b.gz", chunks(wanted), options)
        found = await subject.storage.stat("a/b.gz")
        assert found is not None
        assert (stored.key, stored.size) == ("a/b.gz", wanted) == (found.key, found.size)
        assert stored.etag == found.etag
        assert abs((stored.modified_at - found.modified_at).total_seconds()) < 2
        assert await gather(subject.storage.read("a/b.gz")) == await content(wanted)
        assert seen == sorted(seen)
        assert seen[-1:] in ([wanted], [])
        assert await subject.leftovers() == []

    @pytest.mark.parametrize("chunk", [700, 70_001, 300_000, 20 * MiB])
    async def test_write_takes_chunks_of_any_size(self, subject: Subject, chunk: int) -> None:
        size = min(1500 * chunk, subject.part + 3 * MiB)
        await subject.storage.write("chunks", chunks(size, chunk), WriteOptions())
        assert await gather(subject.storage.read("chunks")) == await gather(chunks(size, chunk))

    @pytest.mark.parametrize("expected", [0, 1, 10**13, None])
    async def test_write_with_a_wrong_expected_size_stores_all(self, subject: Subject, expected: int | None) -> None:
        await subject.storage.write("guess", chunks(2 * MiB), WriteOptions(expected_size=expected))
        assert await gather(subject.storage.read("guess")) == await content(2 * MiB)

    async def test_write_when_the_key_is_taken_refuses_and_keeps_the_old(self, subject: Subject) -> None:
        await self._put(subject, "taken", b"old")
        with pytest.raises(ConflictError):
            await self._put(subject, "taken", b"new")
        assert await gather(subject.storage.read("taken")) == b"old"
        assert await subject.leftovers() == []

    @pytest.mark.parametrize("parts", [0, 1])
    async def test_write_of_one_key_twice_at_once_lets_one_win(self, subject: Subject, parts: int) -> None:
        size = parts * subject.part + 1000
        written = await write_at_once(subject, size)
        kinds = sorted(type(result).__name__ for result in written.values())
        assert kinds == ["ConflictError"] * 2 + ["StoredObject"], written
        winner = next(mark for mark, result in written.items() if isinstance(result, StoredObject))
        assert await gather(subject.storage.read("race")) == winner + bytes(size)
        assert await subject.leftovers() == []

    @pytest.mark.parametrize("parts", [0, 0.5, 1, 2.5])
    async def test_write_when_the_stream_raises_leaves_nothing(self, subject: Subject, parts: float) -> None:
        with pytest.raises(_BrokenError):
            await subject.storage.write("a/b/broken", broken(int(parts * subject.part)), WriteOptions())
        await self._assert_nothing(subject, "a/b/broken")

    @pytest.mark.parametrize("parts", [0, 0.5, 2.5])
    async def test_write_when_cancelled_leaves_nothing(self, subject: Subject, parts: float) -> None:
        waiting = asyncio.Event()

        async def stream() -> Stream:
            async for chunk in chunks(int(parts * subject.part)):
                yield chunk
            waiting.set()
            await asyncio.Event().wait()

        write = asyncio.create_task(subject.storage.write("a/cancelled", stream(), WriteOptions()))
        await waiting.wait()
        write.cancel()
        with pytest.raises(asyncio.CancelledError):
            await write
        await self._assert_nothing(subject, "a/cancelled")

    @pytest.mark.parametrize("delay", [0.0, 0.001, 0.01, 0.03, 0.1, 0.2])
    async def test_write_when_cancelled_at_any_moment_is_whole_or_nothing(self, subject: Subject, delay: float) -> None:
        size = subject.part + MiB
        write = asyncio.create_task(subject.storage.write("moment", chunks(size), WriteOptions()))
        await asyncio.sleep(delay)
        write.cancel()
        try:
            await write
        except asyncio.CancelledError:
            await self._assert_nothing(subject, "moment")
        else:
            assert await gather(subject.storage.read("moment")) == await content(size)

    @pytest.mark.parametrize("key", UNUSUAL_KEYS)
    async def test_unusual_keys_are_kept_as_they_are(self, subject: Subject, key: str) -> None:
        await self._put(subject, key, b"unusual")
        assert await gather(subject.storage.read(key)) == b"unusual"
        assert [found.key async for found in subject.storage.list_objects()] == [key]
        assert [found.key async for found in subject.storage.list_objects(key[:3])] == [key]
        await subject.storage.delete(key)
        assert await subject.storage.stat(key) is None

    @pytest.mark.parametrize("key", HOSTILE_KEYS)
    async def test_hostile_keys_are_refused_everywhere(self, subject: Subject, key: str) -> None:
        with pytest.raises(ValidationError):
            await self._put(subject, key)
        with pytest.raises(ValidationError):
            await gather(subject.storage.read(key))
        for method in (subject.storage.stat, subject.storage.delete, subject.storage.discard):
            with pytest.raises(ValidationError):
                await method(key)

    async def test_read_from_an_offset_yields_exactly_the_rest(self, subject: Subject) -> None:
        size = 3 * MiB + 17
        await subject.storage.write("offsets", chunks(size), WriteOptions())
        whole = await content(size)
        for offset in (0, 1, MiB, MiB + 1, size - 1, size):
            assert await gather(subject.storage.read("offsets", offset)) == whole[offset:]
        for offset in (-1, size + 1):
            with pytest.raises(ValidationError):
                await gather(subject.storage.read("offsets", offset))

    async def test_read_of_what_is_missing_raises(self, subject: Subject) -> None:
        with pytest.raises(ObjectMissingError):
            await gather(subject.storage.read("not/there"))
        assert await subject.storage.stat("not/there") is None

    async def test_read_closed_early_leaves_nothing_open(self, subject: Subject) -> None:
        await subject.storage.write("early", chunks(5 * MiB), WriteOptions())
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(5):
            stream = subject.storage.read("early")
            assert await anext(stream)
            await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.sleep(0.05)
        assert len(os.listdir("/proc/self/fd")) <= before + 1

    async def test_list_yields_in_key_order_over_page_limits(self, subject: Subject) -> None:
        # Not "a" beside "a/b": no file is a folder too (nor in SeaweedFS, with If-None-Match).
        keys = ["a.b", "a/b/x", "a/b.c", "b/1", "b/2", "b-1", "é", "z"]
        for key in reversed(keys):
            await self._put(subject, key, key.encode())
        found = [item async for item in subject.storage.list_objects()]
        assert sorted(item.key for item in found) == sorted(keys)
        if subject.ordered:
            assert [item.key for item in found] == sorted(keys, key=str.encode)
        assert [item.size for item in found] == [len(item.key.encode()) for item in found]
        assert sorted([item.key async for item in subject.storage.list_objects("b")]) == ["b-1", "b/1", "b/2"]
        assert [item.key async for item in subject.storage.list_objects("b/")] == ["b/1", "b/2"]
        assert [item.key async for item in subject.storage.list_objects("nothing")] == []

    async def test_delete_removes_and_what_is_missing_is_no_error(self, subject: Subject) -> None:
        await self._put(subject, "d/e/f")
        await self._put(subject, "d/g")
        for _ in range(2):
            await subject.storage.delete("d/e/f")
            assert [found.key async for found in subject.storage.list_objects()] == ["d/g"]
        await self._put(subject, "d/e/f", b"again")
        assert await gather(subject.storage.read("d/e/f")) == b"again"

    async def test_discard_undoes_an_interrupted_write_of_exactly_this_key(self, subject: Subject) -> None:
        await subject.abandon("run/one.gz")
        await subject.abandon("run/one.gz")
        await subject.abandon("run/one.gz.json")
        assert len(await subject.leftovers()) == 3
        assert await subject.storage.stat("run/one.gz") is None
        assert [found async for found in subject.storage.list_objects()] == []
        await self._put(subject, "run/one.gz", b"complete")
        assert await subject.storage.discard("run/one.gz") == 2
        assert await subject.storage.discard("run/one.gz") == 0
        assert len(await subject.leftovers()) == 1
        assert await gather(subject.storage.read("run/one.gz")) == b"complete"

    async def test_nothing_lies_in_an_archive(self, subject: Subject) -> None:
        await self._put(subject, "warm")
        for ask in (False, True):
            assert await subject.storage.thaw("warm", ask=ask) is None
            assert await subject.storage.thaw("absent", ask=ask) is None

    async def test_check_reports_every_step_and_leaves_nothing(self, subject: Subject) -> None:
        steps = await subject.storage.check()
        assert [step.name for step in steps if not step.ok] == []
        assert {"reach", "put", "readBack", "delete"} <= {step.name for step in steps}
        assert all(step.message and step.duration_ms >= 0 for step in steps)
        assert [found async for found in subject.storage.list_objects()] == []
        assert await subject.leftovers() == []

    async def test_free_space_is_a_number_of_bytes_or_none(self, subject: Subject) -> None:
        free = await subject.storage.free_space()
        assert free is None or free > 0

    async def test_the_id_names_the_storage(self, subject: Subject) -> None:
        assert subject.storage.id
