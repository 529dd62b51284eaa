"""Lent chunks: right as long as they are lent, and the second reader gets every byte whatever its pace."""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from hashlib import sha256
from pathlib import Path

import pytest

from dbbackup.engines.values import ReaderCheck
from dbbackup.pipeline import reader
from dbbackup.pipeline.process import Workshop, big_pipe
from dbbackup.pipeline.tee import tee
from tests.unit.pipeline.tools import MIB, dump_part, gather, nothing_left, shell, stream_of

SIZE = 9 * MIB + 4711
SENT = os.urandom(SIZE)

TOOLS = {
    "whole pages": 'cat "$1"',
    # Odd sizes: pages of the pipe are shared while they are filled further.
    "odd writes": 'head -c 2000000 "$1" | dd bs=777 status=none; tail -c +2000001 "$1"',
    "pauses": 'head -c 5000 "$1"; sleep 0.05; tail -c +5001 "$1"',
}
READERS = {
    "reads at once": 'cat > "$1"',
    "begins late": 'sleep 0.2; cat > "$1"',
    "reads little pieces": 'dd bs=1000 status=none > "$1"',
    "stands still in between": 'head -c 1500000 > "$1"; sleep 0.2; cat >> "$1"',
}
PACES = [("whole pages", name) for name in READERS] + [("odd writes", name) for name in READERS]


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sent") / "dump"
    path.write_bytes(SENT)
    return path


@pytest.mark.parametrize(("writing", "reading"), [*PACES, ("pauses", "reads at once")])
async def test_lent_chunks_when_tool_and_second_reader_have_their_own_pace_give_both_every_byte(
    workshop: Workshop, tmp_path: Path, sent: Path, writing: str, reading: str
) -> None:
    copy = tmp_path / "copy"
    part = dump_part(shell(TOOLS[writing], str(sent)), ReaderCheck(shell(READERS[reading], str(copy))))
    async with nothing_left():
        assert sha256(await gather(stream_of(part, workshop, lend=True))).digest() == sha256(SENT).digest()
    assert copy.read_bytes() == SENT


async def test_lent_chunks_when_tee_fails_in_the_middle_are_copied_to_the_second_reader(
    workshop: Workshop, tmp_path: Path, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def interrupted(source: int, target: int, size: int) -> int:
        nonlocal calls
        calls += 1
        if calls > 3:
            raise InterruptedError
        return tee(source, target, size)

    monkeypatch.setattr(reader, "tee", interrupted)
    copy = tmp_path / "copy"
    part = dump_part(shell('cat "$1"', str(sent)), ReaderCheck(shell('cat > "$1"', str(copy))))
    assert await gather(stream_of(part, workshop, lend=True)) == SENT
    assert (calls, copy.read_bytes() == SENT) == (4, True)


async def test_lent_chunks_when_the_second_reader_has_enough_still_come_whole(workshop: Workshop, sent: Path) -> None:
    part = dump_part(shell('cat "$1"', str(sent)), ReaderCheck(shell("head -c 3000000 > /dev/null")))
    assert await gather(stream_of(part, workshop, lend=True)) == SENT


async def test_lent_chunks_when_the_consumer_is_slow_do_not_change_before_it_asks_for_the_next(
    workshop: Workshop, sent: Path
) -> None:
    part, at = dump_part(shell('cat "$1"; printf "%s" "-- complete"', str(sent))), 0
    async with aclosing(stream_of(part, workshop, lend=True)) as stream:
        async for chunk in stream:
            # Long enough for the reader to fill every buffer that it thinks is free.
            await asyncio.sleep(0.02)
            assert chunk == (SENT + b"-- complete")[at : at + MIB]
            at += len(chunk)
    assert at == SIZE + 11


async def test_lent_chunks_when_they_become_smaller_then_buffers_of_the_old_size_are_let_go(
    workshop: Workshop, sent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = MIB
    monkeypatch.setattr(reader, "_chunk_size", lambda: size)
    part = dump_part(shell('cat "$1"; printf "%s" "-- complete"', str(sent)))
    got, sizes = bytearray(), set()
    async with aclosing(stream_of(part, workshop, lend=True)) as stream:
        async for chunk in stream:
            got += chunk
            sizes.add(len(chunk))
            size = MIB if len(got) < 3 * MIB else MIB // 2
    assert bytes(got) == SENT + b"-- complete"
    assert {MIB, MIB // 2} <= sizes


def test_tee_when_there_are_bytes_gives_them_to_both_and_at_the_end_none() -> None:
    source, target = big_pipe(), big_pipe()
    try:
        os.write(source[1], b"abc")
        assert tee(source[0], target[1], 2) == 2
        assert (os.read(source[0], 9), os.read(target[0], 9)) == (b"abc", b"ab")
        os.close(source[1])
        assert tee(source[0], target[1], 9) == 0
    finally:
        for fd in (source[0], *target):
            os.close(fd)


def test_tee_when_the_target_has_no_reader_or_is_no_pipe_raises(tmp_path: Path) -> None:
    source, target = big_pipe(), big_pipe()
    os.write(source[1], b"abc")
    os.close(target[0])
    try:
        with pytest.raises(BrokenPipeError):
            tee(source[0], target[1], 9)
        with (tmp_path / "file").open("wb") as file, pytest.raises(OSError, match="Invalid argument"):
            tee(source[0], file.fileno(), 9)
    finally:
        for fd in (*source, target[1]):
            os.close(fd)
