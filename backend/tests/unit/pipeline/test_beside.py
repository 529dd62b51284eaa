"""What looks at bytes beside the stages behind it: it sees all, is waited for, and its failures are the stream's."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from dbbackup.core.errors import BackupError
from dbbackup.pipeline.beside import Beside
from dbbackup.pipeline.stream import Stream, Transform, through

CHUNKS = [bytes([n]) * 1000 for n in range(5)]
PATIENCE = 20


class Watcher:
    """Notes what it saw; raises at the chunk or the end it is told to."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.seen: list[bytes] = []
        self.ended = False
        self._fails_at = fails_at

    def update(self, chunk: bytes) -> Iterable[bytes]:
        if len(self.seen) == self._fails_at:
            raise BackupError("not of one whole")
        self.seen.append(bytes(chunk))
        return (chunk,)

    def finish(self) -> Iterable[bytes]:
        if len(self.seen) == self._fails_at:
            raise BackupError("not of one whole")
        self.ended = True
        return ()


async def chunks() -> Stream:
    for chunk in CHUNKS:
        yield chunk


async def passed(transforms: list[Transform], source: AsyncIterator[bytes] | None = None) -> list[bytes]:
    with ThreadPoolExecutor(2) as executor:
        beside = Beside(transforms[:-1], executor)
        return [piece async for piece in through(source or chunks(), [beside, transforms[-1]], executor)]


async def test_beside_when_all_goes_well_then_every_watcher_and_the_stage_behind_see_all() -> None:
    watchers, behind = [Watcher(), Watcher()], Watcher()
    assert await passed([*watchers, behind]) == CHUNKS
    for one in (*watchers, behind):
        assert one.seen == CHUNKS
        assert one.ended


@pytest.mark.parametrize("at", [0, 2, len(CHUNKS)])
async def test_beside_when_a_watcher_fails_then_the_stream_does(at: int) -> None:
    with pytest.raises(BackupError, match="not of one whole"):
        await passed([Watcher(), Watcher(fails_at=at), Watcher()])


async def test_beside_when_the_stage_behind_fails_then_its_error_is_told_and_the_watchers_are_done() -> None:
    watcher = Watcher()
    with pytest.raises(BackupError):
        await passed([watcher, Watcher(fails_at=1)])
    assert watcher.seen == CHUNKS[:2]


async def test_beside_looks_while_the_stage_behind_works_and_keeps_no_chunk_that_was_lent() -> None:
    lent, looking, working = bytearray(8), threading.Event(), threading.Event()
    seen = Watcher()

    class Looks(Watcher):
        def update(self, chunk: bytes) -> Iterable[bytes]:
            looking.set()
            assert working.wait(PATIENCE)
            return seen.update(chunk)

    class Works(Watcher):
        def update(self, chunk: bytes) -> Iterator[bytes]:
            assert looking.wait(PATIENCE)
            working.set()
            yield bytes(chunk)

    async def lender() -> Stream:
        for n in range(3):
            lent[:] = bytes([n]) * 8
            looking.clear()
            working.clear()
            yield memoryview(lent)  # type: ignore[misc]  # every stage takes any buffer

    expected = [bytes([n]) * 8 for n in range(3)]
    assert await passed([Looks(), Works()], lender()) == expected
    assert seen.seen == expected
