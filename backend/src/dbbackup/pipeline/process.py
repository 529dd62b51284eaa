"""Runs tools: the only place that spawns, feeds and kills processes."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dbbackup.core.errors import ToolMissingError
from dbbackup.core.run_limits import NO_LIMITS, RunLimits
from dbbackup.engines.values import Command
from dbbackup.pipeline.child import Child
from dbbackup.pipeline.limits import limit_prefix
from dbbackup.storages.offload import finish

PIPE_BYTES = 1 << 20
OWNER_VARIABLE = "DBBACKUP_OWNER"
"""Set in every child's environment: after a crash the janitor knows our orphans by it."""
_TAIL_LINES = 60
_LINE_BYTES = 8192
_STDERR_READ = 65536
_TERM_GRACE = 3.0
_STDERR_GRACE = 5.0

LineCallback = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where, for whom and within which limits tools run: a private folder (0700), and who owns the processes."""

    folder: Path
    owner: str
    """`{instance}:{run id}`"""
    timezone: str = "UTC"
    limits: RunLimits = NO_LIMITS


class Process:
    """A running tool in a process group of its own."""

    def __init__(self, command: Command, child: Child, stderr: _LineReader) -> None:
        self.command = command
        self.pid = child.pid
        self._child = child
        self._stderr = stderr

    @classmethod
    async def start(
        cls,
        command: Command,
        workshop: Workshop,
        *,
        stdin: int = asyncio.subprocess.DEVNULL,
        stdout: int = asyncio.subprocess.DEVNULL,
        on_line: LineCallback | None = None,
    ) -> Process:
        """Start the tool; `stdin` and `stdout` are file descriptors that stay the caller's to close.

        Raises:
            ToolMissingError: the program is not there or cannot be run.
        """
        # setpriv would start, and only its exit code would tell that the program behind it is missing.
        if shutil.which(command.argv[0]) is None:
            raise ToolMissingError(f"{command.argv[0]} cannot be started: it is not there, or may not be executed.")
        _write_files(command)
        try:
            child, lines = _spawn(command, workshop, stdin, stdout, on_line)
        except BaseException:
            _remove_files(command)
            raise
        return cls(command, child, lines)

    @property
    def stderr_tail(self) -> list[str]:
        """Return the last lines the tool wrote to stderr."""
        return list(self._stderr.tail)

    async def wait(self) -> int:
        """Wait for the end; return the exit code, negative for a signal. All of stderr has been read then."""
        code = await self._child.wait()
        await self._stderr.drain(_STDERR_GRACE)
        _remove_files(self.command)
        if self._stderr.failure:
            raise self._stderr.failure
        return code

    async def end(self, *, at_once: bool = False) -> None:
        """End the whole process group: TERM, a moment's grace, KILL. Harmless when it has ended.

        `at_once` leaves out the grace: for a tool that must not act on what it was fed so far. A
        cancelled caller still waits for the end, so that nothing is left running.
        """
        await finish(self._end(at_once))

    async def _end(self, at_once: bool) -> None:
        if self._child.returncode is None and not at_once:
            self._signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._child.wait(), _TERM_GRACE)
        # The group may live on without its leader: pg_restore's workers do.
        self._signal(signal.SIGKILL)
        await self._child.wait()
        await self._stderr.drain(_STDERR_GRACE)
        _remove_files(self.command)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def big_pipe() -> tuple[int, int]:
    """Return read and write end of a pipe of 1 MiB, or of the default size where that is not allowed."""
    read_fd, write_fd = os.pipe()
    with suppress(OSError):
        fcntl.fcntl(write_fd, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return read_fd, write_fd


def _spawn(
    command: Command, workshop: Workshop, stdin: int, stdout: int, on_line: LineCallback | None
) -> tuple[Child, _LineReader]:
    prefix = (*_parent_death_prefix(), *limit_prefix(workshop.limits))
    read_fd, write_fd = os.pipe()
    lines = _LineReader(read_fd, on_line)
    try:
        child = Child(
            (*prefix, *command.argv),
            stdin=stdin,
            stdout=stdout,
            stderr=write_fd,
            env=_environment(command, workshop),
            cwd=workshop.folder,
        )
    except OSError as error:
        lines.close()
        raise ToolMissingError(f"{command.argv[0]} cannot be started: {error.strerror}.") from error
    finally:
        os.close(write_fd)
    return child, lines


class _LineReader:
    """Reads stderr line by line without ever holding more than a bounded tail; owns the descriptor.

    No pipe transport: under uvloop both it and its file object close the descriptor, and the second
    close may hit what another thread has just opened.
    """

    def __init__(self, fd: int, on_line: LineCallback | None) -> None:
        self.tail: deque[str] = deque(maxlen=_TAIL_LINES)
        self.failure: Exception | None = None
        """What the callback raised; stderr is read on, or the tool would stand still."""
        self._on_line = on_line
        self._fd = fd
        self._rest = b""
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        os.set_blocking(fd, False)
        self._loop.add_reader(fd, self._read)

    async def drain(self, grace: float) -> None:
        """Wait for the end of stderr; a grandchild that keeps it open is not waited for longer than the grace."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), grace)
        self.close()

    def close(self) -> None:
        """Read no more."""
        if not self._ended.is_set():
            self._ended.set()
            self._loop.remove_reader(self._fd)
            os.close(self._fd)

    def _read(self) -> None:
        data = os.read(self._fd, _STDERR_READ)
        *lines, rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line)
        self._rest = rest[-_LINE_BYTES:]
        if not data:
            self._take(self._rest)
            self.close()

    def _take(self, line: bytes) -> None:
        text = line[:_LINE_BYTES].decode("utf-8", "replace").rstrip()
        if not text:
            return
        self.tail.append(text)
        if self._on_line and not self.failure:
            try:
                self._on_line(text)
            except Exception as error:  # noqa: BLE001 - raised by `wait`
                self.failure = error


def _environment(command: Command, workshop: Workshop) -> dict[str, str]:
    """Nothing of our own environment but PATH: it holds the key and the storage's secrets."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(workshop.folder),
        "LANG": "C.UTF-8",
        "TZ": workshop.timezone,
        OWNER_VARIABLE: workshop.owner,
        **command.env,
    }


def _parent_death_prefix() -> tuple[str, ...]:
    """The kernel kills the tool when the thread that spawned it, the event loop's, is gone.

    And no program the tool might run gains rights by being set-uid.
    """
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--no-new-privs", "--") if setpriv else ()


def _write_files(command: Command) -> None:
    """Write all files or none. They are small: a thread would only let a cancellation fall in between."""
    written: list[Path] = []
    try:
        for path, content in command.files.items():
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            written.append(path)
            with os.fdopen(fd, "wb") as file:
                file.write(content)
    except BaseException:
        for path in written:
            path.unlink()
        raise


def _remove_files(command: Command) -> None:
    for path in command.files:
        path.unlink(missing_ok=True)
