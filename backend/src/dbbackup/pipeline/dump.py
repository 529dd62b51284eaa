"""A dump tool's output as a stream whose end means success."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

from dbbackup.core.errors import DumpIncompleteError
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Command, DumpPart, ReaderCheck, TailCheck
from dbbackup.pipeline.process import LineCallback, Process, Workshop, big_pipe
from dbbackup.pipeline.reader import PipeReader


async def dump_stream(
    part: DumpPart,
    engine: Engine,
    workshop: Workshop,
    on_line: LineCallback | None,
    carry: Callable[[Command], Command] = lambda command: command,
    *,
    lend: bool = False,
) -> AsyncIterator[bytes]:
    """Run the tool and yield its output. `carry` makes of its command one that has it run elsewhere.

    With `lend` chunks are lent (see `PipeReader`): whoever asks for the next is done with the one before.

    Ends normally only when the tool exited 0 and the part's trailer was seen; otherwise it raises,
    and so every stage and storage behind it aborts. Closing it early ends the tool's whole process
    group. Close it with `aclosing`.

    Raises:
        ToolMissingError, ToolFailedError (what the engine makes of exit code and stderr),
        DumpIncompleteError.
    """
    async with AsyncExitStack() as stack:
        checker, copy_to = await _start_checker(part, workshop, stack)
        read_fd, write_fd = big_pipe()
        try:
            tool = await Process.start(carry(part.command), workshop, stdout=write_fd, on_line=on_line)
        except BaseException:
            os.close(read_fd)
            if copy_to is not None:
                os.close(copy_to)
            raise
        finally:
            os.close(write_fd)
        reader = PipeReader(read_fd, copy_to, lend=lend)
        stack.push_async_callback(reader.close)
        # The processes end before the reader closes: its thread may be waiting for either of them.
        if checker:
            stack.push_async_callback(checker.end, at_once=True)
        stack.push_async_callback(tool.end)
        tail = b""
        async for chunk in reader.chunks():
            if isinstance(part.trailer, TailCheck):
                tail = (tail + chunk[-part.trailer.window :])[-part.trailer.window :]
            yield chunk
            del chunk  # the next one may be long in coming
        code = await tool.wait()
        if code != 0:
            raise engine.explain(part.command, code, tool.stderr_tail)
        reader.close_copy()
        await _check_trailer(part, tail, checker)


async def _start_checker(
    part: DumpPart, workshop: Workshop, stack: AsyncExitStack
) -> tuple[Process | None, int | None]:
    if not isinstance(part.trailer, ReaderCheck):
        return None, None
    read_fd, write_fd = big_pipe()
    try:
        checker = await Process.start(part.trailer.command, workshop, stdin=read_fd)
    except BaseException:
        os.close(write_fd)
        raise
    finally:
        os.close(read_fd)
    stack.push_async_callback(checker.end, at_once=True)
    return checker, write_fd


async def _check_trailer(part: DumpPart, tail: bytes, checker: Process | None) -> None:
    tool = part.command.tool
    if isinstance(part.trailer, TailCheck):
        if part.trailer.pattern not in tail:
            raise DumpIncompleteError(
                f"{tool} reported success, but the end of its output is missing."
                " The backup was thrown away: run it again."
            )
    elif checker is not None and (code := await checker.wait()) != 0:
        last = checker.stderr_tail[-1] if checker.stderr_tail else f"exit code {code}"
        raise DumpIncompleteError(
            f"{tool} reported success, but its archive cannot be read to its end ({last})."
            " The backup was thrown away: run it again."
        )
