"""Small tools to run, an engine that runs them, and proof that they left nothing behind."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from dbbackup.core.errors import AppError, ToolFailedError
from dbbackup.core.journal import JournalKind
from dbbackup.core.progress import RunProgress
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Command, DumpPart, Filter, Progress, ReaderCheck, RowCounter, TailCheck
from dbbackup.pipeline.dump import dump_stream
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.report import Report
from dbbackup.pipeline.stream import Transform, _chain, _ending

END = b"-- complete"
MIB = 1 << 20


def shell(body: str, *arguments: str, **more: Any) -> Command:
    """Return a command that runs a few lines of shell."""
    return Command(argv=("/bin/sh", "-c", body, "tool", *arguments), tool="fake_dump 1.0", **more)


def dump_part(command: Command, trailer: ReaderCheck | TailCheck | None = None, name: str = "database") -> DumpPart:
    """Return the part of a dump that this command writes."""
    return DumpPart(
        name=cast(Any, name),
        format="pg_custom",
        extension="dump" if name == "database" else "globals.sql",
        command=command,
        trailer=trailer or TailCheck(END),
    )


@dataclass
class ToolEngine:
    """Runs what it is given; its errors tell the exit code and the last line of stderr."""

    parts: Sequence[DumpPart] = ()
    restoring: Command | None = None
    spooled: bool = False
    listing: Command | None = None
    filter: Filter | None = None
    counter: RowCounter | None = None

    def dump(self, *_: object) -> Sequence[DumpPart]:
        return self.parts

    def restore(
        self,
        target: object,
        tools: object,
        manifest: object,
        options: object,
        archive: Path | None,
        work: Path,
        contents: str | None = None,
    ) -> Command:
        assert self.restoring is not None
        more = [text for text in (str(archive) if archive else None, contents) if text]
        return Command(argv=(*self.restoring.argv, *more), tool=self.restoring.tool)

    def list_contents(self, tools: object, options: object, archive: Path | None) -> Command | None:
        return self.listing

    def standstill(self, connection: object, parts: object) -> None:
        return None

    def row_counter(
        self, options: object, source: object, tools: object, hash_seconds: object, only: object = None
    ) -> RowCounter | None:
        return self.counter

    def restore_filter(self, manifest: object, options: object, part: str = "database") -> Filter | None:
        return self.filter

    def wants_file(self, options: object) -> bool:
        return self.spooled

    def explain(self, command: Command, exit_code: int, stderr_tail: Sequence[str]) -> AppError:
        return ToolFailedError(f"{command.tool} ended with {exit_code}: {' / '.join(stderr_tail[-1:])}")

    def progress(self, line: str) -> Progress | None:
        return Progress(line.removeprefix("table ")) if line.startswith("table ") else None

    def typed(self) -> Engine:
        return cast(Engine, self)


def stream_of(part: DumpPart, workshop: Workshop, *, lend: bool = False) -> AsyncGenerator[bytes, None]:
    """Return the output of the part's tool."""
    stream = dump_stream(part, ToolEngine().typed(), workshop, None, lend=lend)
    return cast("AsyncGenerator[bytes, None]", stream)


def pieces(transforms: list[Transform], data: Iterable[bytes]) -> Iterator[bytes]:
    """Push chunks through transforms as `through` does, without its loop."""
    for chunk in data:
        yield from (piece for piece in _chain(transforms, iter((chunk,))) if piece)
    yield from (piece for piece in _ending(transforms) if piece)


async def gather(stream: AsyncIterator[bytes]) -> bytes:
    """Return all bytes of a stream, whose chunks may be lent."""
    return b"".join([bytes(chunk) async for chunk in stream])


@dataclass
class MemoryLog:
    """Keeps the lines of a run."""

    lines: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def say(self, level: str, message: str, **metadata: Any) -> None:
        self.lines.append((level, message, metadata))

    def messages(self, level: str) -> list[str]:
        return [message for found, message, _ in self.lines if found == level]


@dataclass
class MemoryJournal:
    """Keeps the journal of a run."""

    entries: list[tuple[JournalKind, dict[str, Any]]] = field(default_factory=list)

    async def note(self, kind: JournalKind, **facts: Any) -> None:
        self.entries.append((kind, facts))


@dataclass
class RunReport:
    """A report whose parts can be looked at."""

    log: MemoryLog = field(default_factory=MemoryLog)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    progress: RunProgress = field(default_factory=lambda: RunProgress("backup"))

    def report(self) -> Report:
        return Report(self.log, self.journal, self.progress)


async def eventually(true: Callable[[], bool], what: str = "it", patience: float = 60.0) -> None:
    """Wait until it is true."""
    deadline = asyncio.get_running_loop().time() + patience
    while not true():
        assert asyncio.get_running_loop().time() < deadline, f"{what} did not come true"
        await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    """Tell whether the process still runs; a zombie that waits for its new parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def number_in(path: Path) -> int:
    """Return the number a tool writes into a file, as soon as it is there."""
    await eventually(lambda: path.exists() and path.read_text().endswith("\n"), str(path))
    return int(path.read_text())


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Fail when the block leaves an open descriptor, a reader thread, a child or a zombie."""
    warm_up = await asyncio.create_subprocess_exec("true")  # the loop opens what it needs for children
    await warm_up.wait()
    before, family = _descriptors(), _children()
    yield
    await eventually(lambda: not _descriptors() - before, f"closing {_descriptors() - before}")
    assert "pipe-reader" not in [thread.name for thread in threading.enumerate()]
    await eventually(lambda: not _children() - family, f"the end of {_children() - family}")


def _descriptors() -> set[tuple[str, str]]:
    found = set()
    for entry in os.listdir("/proc/self/fd"):
        try:
            found.add((entry, os.readlink(f"/proc/self/fd/{entry}")))
        except FileNotFoundError:
            continue  # the descriptor of this very listing
    # uvloop keeps one or two of /dev/null, however many processes it starts; nothing else opens it here.
    return {(number, target) for number, target in found if target != os.devnull}


def _children() -> set[int]:
    """Return our children, the dead ones nobody waited for included."""
    found: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        # A thread may end between the listing and the reading; its children then belong to another one of ours.
        with suppress(FileNotFoundError, ProcessLookupError):
            found.update(int(pid) for pid in task.read_text().split())
    return found
