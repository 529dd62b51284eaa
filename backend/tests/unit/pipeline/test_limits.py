"""The kernel's own word for the limits of a running tool."""

from __future__ import annotations

import asyncio
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dbbackup.core.errors import ToolMissingError
from dbbackup.core.run_limits import RunLimits
from dbbackup.pipeline.process import Process, Workshop
from tests.unit.pipeline.tools import eventually, shell

ALL = RunLimits(niceness=7, io_class="bestEffort", memory=256)


def facts(pid: int) -> tuple[int, str, int]:
    """Return niceness, I/O class and the bound of the address space, as /proc and the kernel tell them."""
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    io_class = subprocess.run(["ionice", "-p", str(pid)], capture_output=True, text=True, check=True).stdout.strip()
    [line] = [x for x in Path(f"/proc/{pid}/limits").read_text().splitlines() if x.startswith("Max address space")]
    bound = line.split()[3]
    return int(stat[16]), io_class, 0 if bound == "unlimited" else int(bound)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (ALL, (7, "best-effort: prio 7", 256 << 20)),
        (RunLimits(io_class="idle"), (os.nice(0), "idle", 0)),
        (RunLimits(niceness=19), (19, "none: prio 0", 0)),
    ],
)
async def test_tool_runs_within_its_limits(
    workshop: Workshop, limits: RunLimits, expected: tuple[int, str, int]
) -> None:
    tool = await Process.start(shell("exec sleep 60"), replace(workshop, limits=limits))
    try:
        # The programs before the tool become it one after another.
        await eventually(lambda: Path(f"/proc/{tool.pid}/comm").read_text() == "sleep\n", "the tool's start")
        nice, io_class, memory = await asyncio.to_thread(facts, tool.pid)
    finally:
        await tool.end(at_once=True)
    assert (nice, memory) == (expected[0], expected[2])
    assert io_class.startswith(expected[1].split(":")[0])


async def test_tool_that_wants_more_memory_than_allowed_fails(workshop: Workshop) -> None:
    greedy = shell("exec head -c 1000000000 /dev/zero | tail -c 900000000 > /dev/null")
    tool = await Process.start(greedy, replace(workshop, limits=RunLimits(memory=128)))
    assert await tool.wait() != 0
    assert "memory" in " ".join(tool.stderr_tail)


async def test_limit_that_cannot_be_set_is_refused(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "dbbackup.pipeline.limits.shutil.which", lambda name: None if name == "ionice" else f"/usr/bin/{name}"
    )
    with pytest.raises(ToolMissingError, match="ionice is not installed"):
        await Process.start(shell("true"), replace(workshop, limits=ALL))
