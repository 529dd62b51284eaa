"""Bandwidth limits by a clock of the test's own: exact amounts, shared, changed while bytes wait."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

from dbbackup.storages.base import Stream, WriteOptions
from dbbackup.storages.local import LocalStorage
from dbbackup.storages.throttle import PIECE, RateLimit, ThrottledStorage, limited


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.at: dict[float, float] = {}
        """Rates to change to, by time."""
        self.rate = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        for moment in sorted(self.at):
            if moment <= self.now:
                self.rate = self.at.pop(moment)

    def limit(self, rate: float) -> RateLimit:
        self.rate = rate
        return RateLimit(lambda: self.rate, clock=lambda: self.now, sleep=self.sleep)


async def chunks(*sizes: int) -> Stream:
    for size in sizes:
        yield bytes(size)


async def total(stream: AsyncIterator[bytes]) -> int:
    return sum([len(chunk) async for chunk in stream])


async def test_bytes_pass_at_the_rate_and_none_is_lost() -> None:
    clock = Clock()
    assert await total(limited(chunks(1_000_000, 1, 3_000_000), [clock.limit(1_000_000)])) == 4_000_001
    # The first piece of all need not wait; what follows is paid for.
    assert 3.9 < clock.now < 4.01


async def test_without_a_limit_chunks_pass_untouched_and_at_once() -> None:
    clock = Clock()
    got = [chunk async for chunk in limited(chunks(1_000_000, 5), [clock.limit(0)])]
    assert ([len(chunk) for chunk in got], clock.now) == ([1_000_000, 5], 0.0)


async def test_the_tightest_of_several_limits_holds() -> None:
    loose, tight = Clock(), Clock()
    await total(limited(chunks(2_000_000), [loose.limit(10_000_000), tight.limit(500_000)]))
    assert 3.8 < tight.now < 4.01


async def test_one_limit_is_shared_by_all_that_use_it() -> None:
    clock = Clock()
    limit = clock.limit(1_000_000)
    first, second = limited(chunks(1_000_000), [limit]), limited(chunks(1_000_000), [limit])
    async for _ in first:
        await anext(second, b"")
    assert 1.8 < clock.now < 2.01


async def test_a_changed_limit_reaches_bytes_that_are_waiting() -> None:
    clock = Clock()
    limit = clock.limit(PIECE / 100)
    clock.at = {1.0: 0.0}
    assert await total(limited(chunks(10 * PIECE), [limit])) == 10 * PIECE
    assert clock.now < 1.2


async def test_a_pause_saves_nothing_up() -> None:
    clock = Clock()
    limit = clock.limit(1_000_000)
    await limit.take(1000)
    clock.now += 3600
    assert limit.active
    await total(limited(chunks(2_000_000), [limit]))
    assert clock.now > 3601.8


async def test_a_plain_iterator_is_read_too() -> None:
    class Plain:
        """An async iterator that is no generator."""

        def __init__(self) -> None:
            self.left = 3

        def __aiter__(self) -> Plain:
            return self

        async def __anext__(self) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise StopAsyncIteration
            return b"abc"

    assert await total(limited(Plain(), [])) == 9


async def test_storage_writes_and_reads_at_its_limits(tmp_path: Path) -> None:
    up, down = Clock(), Clock()
    storage = ThrottledStorage(LocalStorage(tmp_path), up=[up.limit(1_000_000)], down=[down.limit(2_000_000)])
    await storage.write("k", chunks(2_000_000), WriteOptions())
    assert 1.8 < up.now < 2.01
    assert await total(storage.read("k")) == 2_000_000
    assert 0.9 < down.now < 1.01
    assert await storage.thaw("k") is None
    assert storage.id == "local"
