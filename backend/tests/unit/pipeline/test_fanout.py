"""One stream into several places: each failure stays where it is, and no failed run leaves anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from dbbackup.core.errors import InternalError, S3UnreachableError, StorageError
from dbbackup.pipeline.fanout import _QUEUE_CHUNKS, Destination, fan_out
from dbbackup.pipeline.stream import Stream
from dbbackup.storages.base import Storage, StoredObject, WriteOptions
from dbbackup.storages.local import LocalStorage
from tests.contract.faulty import Faults, FaultyStorage

KEY = "shop/x.dump.gz"
CHUNK = bytes(range(256)) * 256
COUNT = 20


class Source:
    """Chunks that are counted, and what became of the stream."""

    def __init__(self, count: int = COUNT, error: BaseException | None = None) -> None:
        self.given = 0
        self.closed = False
        self._count, self._error = count, error

    async def stream(self) -> Stream:
        try:
            while self.given < self._count:
                self.given += 1
                yield CHUNK
            if self._error:
                raise self._error
        finally:
            self.closed = True


class Hooked(LocalStorage):
    """A local storage whose taking of each chunk can be slowed down or broken."""

    def __init__(self, root: Path, hook: Callable[[int], object]) -> None:
        super().__init__(root)
        self.hook = hook
        self.cancelled = self.stored = False
        self.taken = 0

    async def write(self, key: str, stream: Stream, options: WriteOptions) -> StoredObject:
        async def hooked() -> Stream:
            async for chunk in stream:
                self.taken += 1
                await asyncio.sleep(0)
                waiting = self.hook(self.taken)
                if isinstance(waiting, float):
                    await asyncio.sleep(waiting)
                yield chunk

        try:
            stored = await super().write(key, hooked(), options)
            self.stored = True
            return stored
        except asyncio.CancelledError:
            self.cancelled = True
            raise


def to(id_: str, storage: Storage) -> Destination:
    return Destination(id_, storage, KEY, WriteOptions())


def files(*roots: Path) -> list[str]:
    """Return every file below the roots, unfinished ones too."""
    return [str(path.relative_to(root)) for root in roots for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "a", tmp_path / "b"


async def test_fan_out_when_all_is_well_writes_equal_files(roots: tuple[Path, Path]) -> None:
    outcomes = await fan_out(Source().stream(), [to(r.name, LocalStorage(r)) for r in roots])
    for root in roots:
        stored = outcomes[root.name]
        assert isinstance(stored, StoredObject)
        assert (root / KEY).read_bytes() == CHUNK * COUNT
        assert stored.size == len(CHUNK) * COUNT


async def test_fan_out_when_one_fails_in_the_middle_completes_the_other(roots: tuple[Path, Path]) -> None:
    bad = FaultyStorage(LocalStorage(roots[1]), Faults(write_fails_at=7))
    outcomes = await fan_out(Source().stream(), [to("a", LocalStorage(roots[0])), to("b", bad)])
    assert isinstance(outcomes["a"], StoredObject)
    assert isinstance(outcomes["b"], S3UnreachableError)
    assert files(*roots) == [KEY]
    assert (roots[0] / KEY).read_bytes() == CHUNK * COUNT


async def test_fan_out_when_one_has_a_bug_completes_the_other_and_names_it(roots: tuple[Path, Path]) -> None:
    def bug(taken: int) -> None:
        raise TypeError("oops")

    outcomes = await fan_out(Source().stream(), [to("a", LocalStorage(roots[0])), to("b", Hooked(roots[1], bug))])
    assert isinstance(outcomes["a"], StoredObject)
    fault = outcomes["b"]
    assert isinstance(fault, InternalError)
    assert "TypeError: oops" in fault.message
    assert isinstance(fault.__cause__, TypeError)
    assert files(*roots) == [KEY]


async def test_fan_out_when_one_stalls_leaves_it_behind_and_cancels_its_write(roots: tuple[Path, Path]) -> None:
    stuck = Hooked(roots[1], lambda taken: 60.0 if taken == 2 else None)
    outcomes = await fan_out(Source().stream(), [to("a", LocalStorage(roots[0])), to("b", stuck)], stall_seconds=0.2)
    assert isinstance(outcomes["a"], StoredObject)
    left = outcomes["b"]
    assert isinstance(left, StorageError)
    assert left.message == "This storage took no data for 0 s and was left behind."
    assert stuck.cancelled
    assert files(*roots) == [KEY]


async def test_fan_out_when_one_is_slow_waits_for_it_and_holds_little(roots: tuple[Path, Path]) -> None:
    source, ahead = Source(), []

    def slowly(taken: int) -> float:
        ahead.append(source.given - taken)
        return 0.01

    slow = Hooked(roots[1], slowly)
    outcomes = await fan_out(source.stream(), [to("a", LocalStorage(roots[0])), to("b", slow)], stall_seconds=0.15)
    assert all(isinstance(outcome, StoredObject) for outcome in outcomes.values())
    # The queue, one chunk at its door, and one in the storage's hands.
    assert max(ahead) <= _QUEUE_CHUNKS + 1


async def test_fan_out_when_all_fail_closes_the_source_early(roots: tuple[Path, Path]) -> None:
    source = Source(1000)
    bad = [FaultyStorage(LocalStorage(root), Faults(write_fails_at=3)) for root in roots]
    outcomes = await fan_out(source.stream(), [to(str(i), storage) for i, storage in enumerate(bad)])
    assert all(isinstance(outcome, S3UnreachableError) for outcome in outcomes.values())
    assert source.closed
    assert source.given < 10
    assert files(*roots) == []


@pytest.mark.parametrize("after", [0, 1, COUNT])
async def test_fan_out_when_the_source_fails_leaves_nothing_and_raises(roots: tuple[Path, Path], after: int) -> None:
    source = Source(after, StorageError("cut"))
    with pytest.raises(StorageError, match="cut"):
        await fan_out(source.stream(), [to(r.name, LocalStorage(r)) for r in roots])
    assert files(*roots) == []


async def test_fan_out_when_the_source_fails_and_one_stalls_still_ends(roots: tuple[Path, Path]) -> None:
    stuck = Hooked(roots[1], lambda taken: 60.0)
    with pytest.raises(StorageError, match="cut"):
        await fan_out(
            Source(10, StorageError("cut")).stream(),
            [to("a", LocalStorage(roots[0])), to("b", stuck)],
            stall_seconds=0.1,
        )
    assert stuck.cancelled
    assert files(*roots) == []


@pytest.mark.parametrize("times", [1, 3])
async def test_fan_out_when_cancelled_undoes_everything(roots: tuple[Path, Path], times: int) -> None:
    source = Source(100_000)
    slow = Hooked(roots[1], lambda taken: 0.01)
    task = asyncio.create_task(fan_out(source.stream(), [to("a", LocalStorage(roots[0])), to("b", slow)]))
    await asyncio.sleep(0.1)
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (source.closed, slow.cancelled) == (True, True)
    assert files(*roots) == []
    assert [t for t in asyncio.all_tasks() if t.get_name().startswith("write ")] == []


async def test_fan_out_when_cancelled_while_the_last_one_ends_removes_what_is_complete(
    roots: tuple[Path, Path],
) -> None:
    stuck = Hooked(roots[1], lambda taken: 60.0 if taken == COUNT else None)
    done = Hooked(roots[0], lambda taken: None)
    task = asyncio.create_task(fan_out(Source().stream(), [to("a", done), to("b", stuck)]))
    while not done.stored:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(*roots) == []


async def test_fan_out_when_the_complete_one_cannot_be_removed_raises_the_cancellation(
    roots: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise StorageError("read only")

    stuck, done = Hooked(roots[1], lambda taken: 60.0), Hooked(roots[0], lambda taken: None)
    monkeypatch.setattr(done, "delete", refuse)
    task = asyncio.create_task(fan_out(Source(1).stream(), [to("a", done), to("b", stuck)]))
    while not done.stored:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert files(*roots) == [KEY]
