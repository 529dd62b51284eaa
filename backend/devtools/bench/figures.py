"""Measures one piece of work: wall time, CPU time, peak memory of each process, bytes written."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

_LOOK = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement. Times in seconds; CPU is that of the client's side, never of the database server."""

    wall: float
    cpu: float
    written: int
    """Bytes."""
    peaks: Mapping[str, int] = field(default_factory=dict)
    """Peak memory (VmHWM) in MiB by the name of the program; of several with one name the largest."""


class Peaks:
    """Notes the peak memory of processes and of all that come from them, until told to stop.

    Their own rusage would not do: a child is charged with the memory of the parent that spawned it.
    """

    def __init__(self, pids: Iterable[int]) -> None:
        self._pids = list(pids)
        self._seen: dict[str, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> dict[str, int]:
        """Look a last time and return MiB by the name of the program."""
        self._ended.set()
        self._thread.join()
        return self._seen

    def _watch(self) -> None:
        while True:
            for pid in self._pids:
                self._look(pid)
            if self._ended.wait(_LOOK):
                return

    def _look(self, pid: int) -> None:
        try:
            status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            threads = list(Path(f"/proc/{pid}/task").iterdir())
            children = [child for thread in threads for child in (thread / "children").read_text().split()]
        except OSError:
            return  # it has ended
        if "VmHWM" in status:
            name = status["Name"].strip()
            self._seen[name] = max(self._seen.get(name, 0), int(status["VmHWM"].split()[0]) // 1024)
        for child in children:
            self._look(int(child))


def run_tools(
    commands: Sequence[Sequence[str]],
    env: Mapping[str, str],
    to: Path | None = None,
    source: Path | None = None,
    written: Callable[[], int] | None = None,
) -> Figures:
    """Run tools joined by pipes, the last one's output to `to` (or nowhere), and measure them.

    `written` tells the bytes where they do not go to `to`. Raises CalledProcessError when any of them fails.
    """
    began = time.monotonic()
    tools = _spawn(commands, env, to, source)
    peaks = Peaks(tool.pid for tool in tools)
    cpu = 0.0
    for tool, command in zip(tools, commands, strict=True):
        _, status, usage = os.wait4(tool.pid, 0)
        tool.returncode = os.waitstatus_to_exitcode(status)
        cpu += usage.ru_utime + usage.ru_stime
        if tool.returncode != 0:
            peaks.stop()
            raise subprocess.CalledProcessError(tool.returncode, list(command))
    wall = time.monotonic() - began
    seen = peaks.stop()
    size = written() if written else to.stat().st_size if to else 0
    return Figures(wall, cpu, size, seen)


def _spawn(
    commands: Sequence[Sequence[str]], env: Mapping[str, str], to: Path | None, source: Path | None
) -> list[subprocess.Popen[bytes]]:
    tools: list[subprocess.Popen[bytes]] = []
    previous: IO[bytes] | int = source.open("rb") if source else subprocess.DEVNULL
    for n, command in enumerate(commands):
        is_last = n == len(commands) - 1
        out: Any = subprocess.PIPE if not is_last else to.open("wb") if to else subprocess.DEVNULL
        tools.append(subprocess.Popen(command, env=dict(env), stdin=previous, stdout=out, stderr=subprocess.DEVNULL))
        for handle in (previous, out):
            if not isinstance(handle, int):
                handle.close()
        pipe = tools[-1].stdout
        previous = pipe if pipe is not None else subprocess.DEVNULL
    return tools


class ProcessMeter:
    """Measures what a process that lives on spends on one piece of work, its ended children included."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    @contextmanager
    def measure(self) -> Any:
        """Yield a list that holds (CPU seconds, peaks) when the block has ended."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")  # the peak is what it has now
        peaks, before = Peaks([self.pid]), self._cpu()
        found: list[tuple[float, dict[str, int]]] = []
        try:
            yield found
        finally:
            found.append((self._cpu() - before, peaks.stop()))

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / _TICKS


def resident(pid: int) -> int:
    """Return what a process has in core now (VmRSS), in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS:")).split()[1]) // 1024


def mib(size: float) -> float:
    """Return bytes as MiB."""
    return size / _MIB
