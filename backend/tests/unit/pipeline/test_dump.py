"""A dump ends normally only when the tool exited 0 and the end of its output was seen."""

from __future__ import annotations

import asyncio
import os
import tracemalloc
from contextlib import aclosing
from pathlib import Path

import pytest

from dbbackup.core.errors import DumpIncompleteError, ToolFailedError, ToolMissingError
from dbbackup.engines.values import Command, DumpPart, ReaderCheck, TailCheck
from dbbackup.pipeline import dump, process
from dbbackup.pipeline.process import Workshop
from tests.unit.pipeline.tools import (
    END,
    MIB,
    alive,
    dump_part,
    eventually,
    gather,
    nothing_left,
    number_in,
    shell,
    stream_of,
)

BOTH_LOOPS = True
ZEROS = "head -c 3500000 /dev/zero"
GOOD = f"{ZEROS}; printf '%s' '{END.decode()}'"
READER_OK = ReaderCheck(shell("cat > /dev/null"))
OWN_OR_LENT = pytest.mark.parametrize("lend", [False, True], ids=["own", "lent"])


@OWN_OR_LENT
@pytest.mark.parametrize("trailer", [TailCheck(END), READER_OK], ids=["tail", "reader"])
async def test_dump_when_tool_and_trailer_are_good_yields_every_byte(
    workshop: Workshop, trailer: TailCheck | ReaderCheck, lend: bool
) -> None:
    async with nothing_left():
        stream = stream_of(dump_part(shell(GOOD), trailer), workshop, lend=lend)
        assert await gather(stream) == bytes(3_500_000) + END


async def test_dump_when_reader_is_asked_gives_it_every_byte(workshop: Workshop, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    check = ReaderCheck(shell('sleep 0.05; cat > "$1"', str(copy)))
    assert await gather(stream_of(dump_part(shell(GOOD), check), workshop)) == copy.read_bytes()


async def test_dump_when_tool_exits_3_after_all_bytes_raises_its_error(workshop: Workshop) -> None:
    seen = 0
    async with nothing_left():
        with pytest.raises(ToolFailedError, match=r"fake_dump 1\.0 ended with 3: disk on fire"):
            async for chunk in stream_of(dump_part(shell(f"{GOOD}; echo disk on fire >&2; exit 3")), workshop):
                seen += len(chunk)
    assert seen == 3_500_000 + len(END)


@OWN_OR_LENT
async def test_dump_when_tool_is_killed_in_the_middle_raises_the_signal(workshop: Workshop, lend: bool) -> None:
    part = dump_part(shell(f"{ZEROS}; kill -9 $$; {GOOD}"), READER_OK)
    async with nothing_left():
        with pytest.raises(ToolFailedError, match="ended with -9"):
            await gather(stream_of(part, workshop, lend=lend))


async def test_dump_when_exit_is_0_but_the_end_is_missing_raises(workshop: Workshop) -> None:
    async with nothing_left():
        with pytest.raises(DumpIncompleteError, match="the end of its output is missing"):
            await gather(stream_of(dump_part(shell(ZEROS)), workshop))


@OWN_OR_LENT
async def test_dump_when_the_pattern_is_not_at_the_end_raises(workshop: Workshop, lend: bool) -> None:
    body = f"printf '%s' '{END.decode()}'; head -c 300 /dev/zero"
    with pytest.raises(DumpIncompleteError):
        await gather(stream_of(dump_part(shell(body)), workshop, lend=lend))


@pytest.mark.parametrize("before", range(1, len(END)))
async def test_dump_when_the_pattern_lies_across_two_chunks_sees_it(workshop: Workshop, before: int) -> None:
    body = f"head -c {MIB - before} /dev/zero; printf '%s' '{END.decode()}'"
    assert len(await gather(stream_of(dump_part(shell(body), TailCheck(END, len(END))), workshop))) == MIB - before + 11


@pytest.mark.parametrize(
    ("check", "said"), [("cat >/dev/null; echo cut off >&2; exit 1", "cut off"), ("cat >/dev/null; exit 7", "code 7")]
)
async def test_dump_when_its_reader_refuses_the_archive_raises(workshop: Workshop, check: str, said: str) -> None:
    async with nothing_left():
        with pytest.raises(DumpIncompleteError, match=f"cannot be read to its end .*{said}"):
            await gather(stream_of(dump_part(shell(ZEROS), ReaderCheck(shell(check))), workshop))


@OWN_OR_LENT
async def test_dump_when_its_reader_stops_early_tells_by_the_readers_exit_code_only(
    workshop: Workshop, lend: bool
) -> None:
    async with nothing_left():
        good = stream_of(dump_part(shell(ZEROS), ReaderCheck(shell("exit 0"))), workshop, lend=lend)
        assert len(await gather(good)) == 3_500_000
        with pytest.raises(DumpIncompleteError, match="code 2"):
            await gather(stream_of(dump_part(shell(ZEROS), ReaderCheck(shell("exit 2"))), workshop, lend=lend))


@pytest.mark.parametrize("trailer", [TailCheck(END), READER_OK], ids=["tail", "reader"])
async def test_dump_when_the_tool_is_missing_says_so(workshop: Workshop, trailer: TailCheck | ReaderCheck) -> None:
    async with nothing_left():
        with pytest.raises(ToolMissingError, match="/no/such/pg_dump cannot be started"):
            await gather(stream_of(dump_part(Command(("/no/such/pg_dump",)), trailer), workshop))


async def test_dump_when_its_reader_is_missing_or_not_executable_says_so(workshop: Workshop, tmp_path: Path) -> None:
    plain = tmp_path / "pg_restore"
    plain.write_text("#!/bin/sh\n")
    async with nothing_left():
        with pytest.raises(ToolMissingError, match="may not be executed"):
            await gather(stream_of(dump_part(shell(GOOD), ReaderCheck(Command((str(plain),)))), workshop))


@pytest.mark.parametrize("line", ["x" * 4000, None], ids=["lines", "one endless line"])
async def test_dump_when_stderr_is_flooded_keeps_memory_and_goes_on(workshop: Workshop, line: str | None) -> None:
    flood = f"yes {line}" if line else "tr '\\0' x < /dev/zero"
    part = dump_part(shell(f"{flood} | head -c 50000000 >&2; echo >&2; echo last >&2; {GOOD}; exit 4"))
    tracemalloc.start()
    try:
        with pytest.raises(ToolFailedError, match=r"ended with 4: last$"):
            await gather(stream_of(part, workshop))
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


async def test_dump_when_the_tool_closes_stdout_but_runs_on_does_not_end(workshop: Workshop) -> None:
    async with nothing_left():
        part = dump_part(shell(f"{GOOD}; exec 1>&-; sleep 60"))
        task = asyncio.create_task(gather(stream_of(part, workshop)))
        assert await asyncio.wait({task}, timeout=0.5) == (set(), {task})
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@OWN_OR_LENT
async def test_dump_when_closed_early_ends_the_whole_group(workshop: Workshop, tmp_path: Path, lend: bool) -> None:
    pid_file = tmp_path / "pid"
    body = f"(trap '' TERM; echo $$; exec sleep 60) > /dev/null & echo $! > {pid_file}; cat /dev/zero"
    async with nothing_left():
        async with aclosing(stream_of(dump_part(shell(body), READER_OK), workshop, lend=lend)) as stream:
            assert len(await anext(stream)) == MIB
            grandchild = await number_in(pid_file)
            assert alive(grandchild)
        await eventually(lambda: not alive(grandchild), "the grandchild's end")


NOTHING = dump_part(shell("sleep 60"))
FULL_QUEUE = dump_part(shell("cat /dev/zero"))
STUCK_READER = dump_part(shell("cat /dev/zero"), ReaderCheck(shell("sleep 60")))


@OWN_OR_LENT
@pytest.mark.parametrize("part", [NOTHING, FULL_QUEUE, STUCK_READER], ids=["nothing", "full queue", "stuck reader"])
async def test_dump_when_cancelled_ends_tool_and_thread(workshop: Workshop, part: DumpPart, lend: bool) -> None:
    async def take_slowly() -> None:
        async with aclosing(stream_of(part, workshop, lend=lend)) as stream:
            async for _ in stream:
                await asyncio.sleep(60 if part is FULL_QUEUE else 0)

    async with nothing_left():
        task = asyncio.create_task(take_slowly())
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 60)


async def test_dump_when_cancelled_again_while_it_ends_still_leaves_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_TERM_GRACE", 0.3)
    part = dump_part(shell("trap '' TERM; while :; do sleep 0.05; done"), READER_OK)
    async with nothing_left():
        task = asyncio.create_task(gather(stream_of(part, workshop)))
        await asyncio.sleep(0.2)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0.05)
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("delay", [0, 0.001, 0.003, 0.01, 0.03])
async def test_dump_when_cancelled_at_any_moment_of_its_start_leaves_nothing(workshop: Workshop, delay: float) -> None:
    async with nothing_left():
        task = asyncio.create_task(gather(stream_of(dump_part(shell("sleep 60"), READER_OK), workshop)))
        await asyncio.sleep(delay)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@OWN_OR_LENT
async def test_dump_when_its_pipe_cannot_be_read_raises_instead_of_waiting(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lend: bool
) -> None:
    def broken_pipe() -> tuple[int, int]:
        return os.open(tmp_path, os.O_RDONLY), os.open(os.devnull, os.O_WRONLY)

    monkeypatch.setattr(dump, "big_pipe", broken_pipe)
    async with nothing_left():
        with pytest.raises(IsADirectoryError):
            await gather(stream_of(dump_part(shell("exec sleep 60")), workshop, lend=lend))
