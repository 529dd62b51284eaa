"""Bandwidth limits: a wrapper around any storage, with limits that change while bytes flow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing

from dbbackup.storages.base import Archived, CheckStep, Note, Storage, StoredObject, Stream, WriteOptions

PIECE = 64 << 10
"""Bytes passed on at once under a limit: whole chunks would make a low rate a series of bursts."""
_TICK = 0.1
"""How soon, in seconds, a changed limit reaches bytes, those that are already waiting too."""


class RateLimit:
    """So many bytes a second over all that share it: a bucket that drains at the rate, asked for again and again.

    `rate` returns bytes per second, 0 for no limit. Used from one event loop.
    """

    def __init__(
        self,
        rate: Callable[[], float],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._ask = rate
        self._known, self._ask_again = 0.0, clock()
        self._clock = clock
        self._sleep = sleep
        self._debt = 0.0
        self._seen = clock()

    @property
    def active(self) -> bool:
        """Tell whether there is a limit at present."""
        return self._rate(self._clock()) > 0

    async def take(self, size: int) -> None:
        """Wait until what was taken before is within the rate, then take `size` bytes."""
        # Less than a byte is no debt: what rounding leaves of it would never be paid.
        while (rate := self._drain()) and self._debt >= 1:
            await self._sleep(min(self._debt / rate, _TICK))
        if rate:
            self._debt += size

    def _drain(self) -> float:
        """Let the time that passed pay for what was taken; return the present rate."""
        now = self._clock()
        rate = self._rate(now)
        # A pause pays nothing in advance: the first second after it would be a burst.
        self._debt = max(0.0, self._debt - rate * (now - self._seen)) if rate else 0.0
        self._seen = now
        return rate

    def _rate(self, now: float) -> float:
        """Return the present rate. To ask for it at every piece cost more than passing the piece on."""
        if now >= self._ask_again:
            self._known, self._ask_again = self._ask(), now + _TICK
        return self._known


async def limited(stream: Stream, limits: Sequence[RateLimit]) -> AsyncGenerator[bytes, None]:
    """Yield the stream's bytes at the pace of the tightest limit; closes the stream."""
    source = stream if isinstance(stream, AsyncGenerator) else _generator(stream)
    async with aclosing(source) as chunks:
        async for chunk in chunks:
            if not any(limit.active for limit in limits):
                yield chunk
                continue
            for start in range(0, len(chunk), PIECE):
                piece = chunk[start : start + PIECE]
                for limit in limits:
                    await limit.take(len(piece))
                yield piece


async def _generator(stream: Stream) -> AsyncGenerator[bytes, None]:
    async for chunk in stream:
        yield chunk


class ThrottledStorage:
    """A storage whose writing and reading keep to the limits; everything else passes unchanged."""

    def __init__(self, inner: Storage, *, up: Sequence[RateLimit] = (), down: Sequence[RateLimit] = ()) -> None:
        self.inner = inner
        self._up = up
        self._down = down

    @property
    def id(self) -> str:
        """Return the id of the storage behind."""
        return self.inner.id

    async def write(self, key: str, stream: Stream, options: WriteOptions) -> StoredObject:
        """Store the stream at the pace of the limits; see `Storage.write`."""
        async with aclosing(limited(stream, self._up)) as slowed:
            return await self.inner.write(key, slowed, options)

    async def read(self, key: str, offset: int = 0, version: str | None = None) -> AsyncIterator[bytes]:
        """Yield the object at the pace of the limits; see `Storage.read`."""
        async with aclosing(limited(self.inner.read(key, offset, version), self._down)) as slowed:
            async for chunk in slowed:
                yield chunk

    async def stat(self, key: str, version: str | None = None) -> StoredObject | None:
        """See `Storage.stat`."""
        return await self.inner.stat(key, version)

    def list_objects(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """See `Storage.list_objects`."""
        return self.inner.list_objects(prefix)

    async def delete(self, key: str, version: str | None = None) -> None:
        """See `Storage.delete`."""
        await self.inner.delete(key, version)

    async def thaw(self, key: str, version: str | None = None, *, ask: bool = True) -> Archived | None:
        """See `Storage.thaw`."""
        return await self.inner.thaw(key, version, ask=ask)

    async def discard(self, key: str) -> int:
        """See `Storage.discard`."""
        return await self.inner.discard(key)

    async def check(self, note: Note | None = None) -> list[CheckStep]:
        """See `Storage.check`."""
        return await self.inner.check(note)

    async def free_space(self) -> int | None:
        """See `Storage.free_space`."""
        return await self.inner.free_space()

    async def close(self) -> None:
        """See `Storage.close`."""
        await self.inner.close()
