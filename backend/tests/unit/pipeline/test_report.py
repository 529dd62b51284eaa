"""What the pipeline tells, and the reader of pipes by itself."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from dbbackup.pipeline import reader as reader_module
from dbbackup.pipeline.process import big_pipe
from dbbackup.pipeline.reader import CHUNK, PipeReader
from tests.unit.pipeline.tools import RunReport, ToolEngine, gather


def test_stage_when_begun_is_shown_and_logged_with_what_the_one_before_moved() -> None:
    run = RunReport()
    run.report().stage("Dumping")
    run.progress.bytes_read = 700
    run.report().stage("Finishing")
    assert run.progress.stage == "Finishing"
    assert run.log.lines == [
        ("info", "Dumping", {"stage": "Dumping", "stageBytes": 0}),
        ("info", "Finishing", {"stage": "Finishing", "stageBytes": 700}),
    ]


def test_tool_lines_when_taken_are_logged_by_weight_and_counted() -> None:
    run = RunReport()
    take = run.report().tool_lines(ToolEngine().typed())
    for line in ("table public.a", "reading", "pg_dump: Warning: x", "table public.b"):
        take(line)
    assert [level for level, _, _ in run.log.lines] == ["info", "debug", "warn", "info"]
    assert (run.progress.tables_done, run.progress.current_table) == (1, "public.b")


async def test_reader_when_the_pipe_gives_little_at_a_time_fills_its_chunks() -> None:
    read_fd, write_fd = big_pipe()

    def write() -> None:
        for _ in range(3):
            os.write(write_fd, bytes(CHUNK // 2))
        os.close(write_fd)

    threading.Thread(target=write).start()
    reader = PipeReader(read_fd)
    assert [len(chunk) async for chunk in reader.chunks()] == [CHUNK, CHUNK // 2]
    await reader.close()


async def test_reader_when_nobody_takes_reads_ahead_a_few_chunks_only() -> None:
    read_fd, write_fd = os.pipe()
    written = 0

    def write() -> None:
        nonlocal written
        try:
            while True:
                written += os.write(write_fd, bytes(CHUNK))
        except BrokenPipeError:
            os.close(write_fd)

    writer = threading.Thread(target=write)
    writer.start()
    reader = PipeReader(read_fd)
    chunks = reader.chunks()
    await anext(chunks)
    await asyncio.sleep(0.3)
    assert written <= 6 * CHUNK
    closing = asyncio.create_task(reader.close())
    await closing
    await asyncio.to_thread(writer.join)


async def test_reader_when_never_started_only_closes_its_pipes() -> None:
    pipes = [big_pipe() for _ in range(2)]
    await PipeReader(pipes[0][0], pipes[1][1]).close()
    for fd in (pipes[0][0], pipes[1][1]):
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(fd)
    os.close(pipes[0][1])
    os.close(pipes[1][0])


async def test_reader_when_the_copy_fails_for_another_reason_than_a_gone_reader_raises() -> None:
    read_fd, write_fd = big_pipe()
    os.write(write_fd, b"data")
    os.close(write_fd)
    reader = PipeReader(read_fd, os.open(os.devnull, os.O_RDONLY))
    with pytest.raises(OSError, match="Bad file descriptor"):
        await gather(reader.chunks())
    await reader.close()


async def test_reader_when_memory_runs_out_raises_instead_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    read_fd, write_fd = big_pipe()
    os.close(write_fd)
    reader = PipeReader(read_fd)
    monkeypatch.setattr(reader_module, "CHUNK", 1 << 62)
    with pytest.raises(MemoryError):
        await asyncio.wait_for(gather(reader.chunks()), 5)
    await reader.close()


async def test_readers_when_there_are_many_share_what_is_read_ahead_and_take_less_at_a_time() -> None:
    pipes = [os.pipe() for _ in range(5)]
    lone = PipeReader(pipes[0][0])
    chunks = lone.chunks()
    os.write(pipes[0][1], b"x")
    os.close(pipes[0][1])
    assert (lone._ahead, reader_module._chunk_size()) == (2, CHUNK)
    others = [PipeReader(read_fd) for read_fd, _ in pipes[1:]]
    assert [reader._ahead for reader in others] == [2, 1, 1, 0]
    assert reader_module._chunk_size() == CHUNK // 2
    assert [chunk async for chunk in chunks] == [b"x"]
    assert lone._ahead == 1  # one less with each chunk, down to its share
    for reader, (_, write_fd) in zip(others, pipes[1:], strict=True):
        os.close(write_fd)
        await reader.close()
    lone._make_room()
    assert (lone._ahead, reader_module._chunk_size()) == (2, CHUNK)
    await lone.close()
