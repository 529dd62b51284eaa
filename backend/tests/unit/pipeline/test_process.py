"""A tool gets what it needs and nothing of ours, and ends when it must."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.errors import ToolMissingError
from dbbackup.engines.values import Command
from dbbackup.pipeline import process
from dbbackup.pipeline.process import PIPE_BYTES, Process, Workshop, big_pipe
from tests.unit.pipeline.tools import alive, eventually, nothing_left, number_in, shell

BOTH_LOOPS = True
SECRET = "s3cr3t-v4lue"
PARENT = """
import asyncio, sys
from pathlib import Path
from dbbackup.engines.values import Command
from dbbackup.pipeline.process import Process, Workshop

async def main():
    await Process.start(Command(("/bin/sh", "-c", "echo $$ > pid; exec sleep 300")), Workshop(Path(sys.argv[1]), "o"))
    await asyncio.sleep(300)

if sys.argv[2] == "uvloop":
    import uvloop as asyncio_
    asyncio_.run(main())
asyncio.run(main())
"""


async def run(command: Command, workshop: Workshop) -> int:
    tool = await Process.start(command, workshop)
    try:
        return await tool.wait()
    finally:
        await tool.end()


async def test_files_when_the_tool_runs_are_private_and_gone_after(workshop: Workshop) -> None:
    secret = workshop.folder / "ca.pem"
    command = shell('stat -c %a "$1" > mode; cat "$1" > copy', str(secret), files={secret: SECRET.encode()})
    assert await run(command, workshop) == 0
    assert (workshop.folder / "mode").read_text() == "600\n"
    assert (workshop.folder / "copy").read_text() == SECRET
    assert not secret.exists()


@pytest.mark.parametrize("at_once", [False, True])
async def test_files_when_the_tool_is_ended_are_gone(workshop: Workshop, at_once: bool) -> None:
    secret = workshop.folder / "ca.pem"
    tool = await Process.start(shell("sleep 60", files={secret: b"x"}), workshop)
    assert secret.exists()
    await tool.end(at_once=at_once)
    assert not secret.exists()
    await tool.end()


async def test_files_when_the_program_is_missing_are_never_written(workshop: Workshop) -> None:
    secret = workshop.folder / "ca.pem"
    with pytest.raises(ToolMissingError):
        await Process.start(Command(("no-such-tool",), files={secret: b"x"}), workshop)
    assert not secret.exists()


async def test_files_when_the_program_cannot_be_run_are_gone(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without setpriv the kernel's refusal comes back to us.
    monkeypatch.setattr(process, "_parent_death_prefix", lambda: ())
    secret, tool = workshop.folder / "ca.pem", workshop.folder / "tool"
    tool.write_text("#!/no/such/interpreter")
    tool.chmod(0o755)
    async with nothing_left():
        with pytest.raises(ToolMissingError, match="No such file"):
            await Process.start(Command((str(tool),), files={secret: b"x"}), workshop)
    assert not secret.exists()


async def test_files_when_one_is_there_already_are_refused_and_nothing_is_touched(workshop: Workshop) -> None:
    first, second = workshop.folder / "first", workshop.folder / "second"
    second.write_text("somebody's")
    with pytest.raises(FileExistsError):
        await Process.start(shell("true", files={first: b"x", second: b"y"}), workshop)
    assert not first.exists()
    assert second.read_text() == "somebody's"


async def test_files_when_the_path_is_a_link_are_not_written_through_it(workshop: Workshop, tmp_path: Path) -> None:
    link, target = workshop.folder / "link", tmp_path / "target"
    link.symlink_to(target)
    with pytest.raises(FileExistsError):
        await Process.start(shell("true", files={link: b"x"}), workshop)
    assert not target.exists()


@pytest.mark.parametrize("delay", [0, 0.001, 0.002, 0.005, 0.01])
async def test_start_when_cancelled_leaves_no_tool_and_no_file(workshop: Workshop, delay: float) -> None:
    secret = workshop.folder / "ca.pem"

    async def start_and_end() -> None:
        tool = await Process.start(shell("sleep 60", files={secret: b"x"}), workshop)
        try:
            await tool.wait()
        finally:
            await tool.end()

    async with nothing_left():
        task = asyncio.create_task(start_and_end())
        await asyncio.sleep(delay)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not secret.exists()


async def test_environment_when_ours_holds_secrets_shows_none(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENCRYPTION_KEY", SECRET)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    assert await run(shell("env -0 > env", env={"PGPASSWORD": "theirs"}), workshop) == 0
    pairs = (workshop.folder / "env").read_text().rstrip("\0").split("\0")
    env = dict(pair.split("=", 1) for pair in pairs)
    env.pop("_", None)  # dash and bash set it themselves
    assert env == {
        "PATH": os.environ["PATH"],
        "HOME": str(workshop.folder),
        "PWD": str(workshop.folder),
        "LANG": "C.UTF-8",
        "TZ": "Europe/Berlin",
        "DBBACKUP_OWNER": "inst:run1",
        "PGPASSWORD": "theirs",
    }


async def test_command_line_when_secrets_are_in_env_and_files_shows_none(workshop: Workshop) -> None:
    secret = workshop.folder / "pass"
    command = Command(("/bin/sleep", "60"), env={"PGPASSWORD": SECRET}, files={secret: SECRET.encode()})
    tool = await Process.start(command, workshop)
    arguments = Path(f"/proc/{tool.pid}/cmdline")
    await eventually(lambda: arguments.read_bytes().startswith(b"/bin/sleep"))
    assert arguments.read_bytes() == b"/bin/sleep\x0060\x00"
    assert SECRET not in repr(command)
    await tool.end(at_once=True)


async def test_descriptors_when_the_tool_starts_hold_none_of_our_pipes(workshop: Workshop) -> None:
    # The end of a pipe that leaks into another tool would keep its reader waiting for ever.
    ours = big_pipe()
    try:
        await run(shell("ls -l /proc/$$/fd > fds"), workshop)
        pipe = os.readlink(f"/proc/self/fd/{ours[0]}")
    finally:
        for fd in ours:
            os.close(fd)
    listed = (workshop.folder / "fds").read_text()
    assert "pipe:" in listed, "its own stderr at least"
    assert pipe not in listed


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_tool_when_its_parent_is_killed_ends_too(workshop: Workshop, loop: str) -> None:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(workshop.folder), loop], env=env)
    try:
        tool = await asyncio.wait_for(asyncio.shield(number_in_soon(workshop.folder / "pid")), 30)
        assert alive(tool)
    finally:
        parent.kill()
        parent.wait()
    await eventually(lambda: not alive(tool), "the tool's end")


async def number_in_soon(path: Path) -> int:
    await eventually(path.exists, "the tool's start", 25)
    return await number_in(path)


STUBBORN = "trap 'echo asked >> asked' TERM; echo $$ > pid; while :; do sleep 0.02; done"


async def test_end_when_the_tool_ignores_term_kills_it(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_TERM_GRACE", 0.3)
    tool = await Process.start(shell(STUBBORN), workshop)
    await number_in(workshop.folder / "pid")
    await tool.end()
    assert (workshop.folder / "asked").exists()
    assert await tool.wait() == -9


async def test_end_when_at_once_kills_without_term(workshop: Workshop) -> None:
    tool = await Process.start(shell(STUBBORN), workshop)
    await number_in(workshop.folder / "pid")
    await tool.end(at_once=True)
    assert not (workshop.folder / "asked").exists()
    assert await tool.wait() == -9


async def test_end_when_the_tool_obeys_term_lets_it_finish(workshop: Workshop) -> None:
    polite = "trap 'sleep 0.1; echo bye > bye; exit 0' TERM; echo $$ > pid; while :; do sleep 0.02; done"
    tool = await Process.start(shell(polite), workshop)
    await number_in(workshop.folder / "pid")
    await tool.end()
    assert (workshop.folder / "bye").exists()
    assert await tool.wait() == 0


async def test_end_when_cancelled_meanwhile_still_kills(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_TERM_GRACE", 0.3)
    tool = await Process.start(shell(STUBBORN), workshop)
    await number_in(workshop.folder / "pid")
    ending = asyncio.create_task(tool.end())
    await asyncio.sleep(0.1)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert not alive(tool.pid)


async def test_end_when_the_leader_is_gone_ends_the_rest_of_its_group(workshop: Workshop) -> None:
    tool = await Process.start(shell("sleep 60 & echo $! > pid"), workshop)
    worker = await number_in(workshop.folder / "pid")
    await tool._child.wait()
    assert alive(worker)
    await tool.end()
    await eventually(lambda: not alive(worker))


async def test_end_when_an_escaped_process_keeps_stderr_open_does_not_wait_for_it(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_STDERR_GRACE", 0.1)
    async with nothing_left():
        tool = await Process.start(shell("setsid sh -c 'echo $$ > pid; exec sleep 60' & exit 5"), workshop)
        escaped = await number_in(workshop.folder / "pid")
        try:
            assert await asyncio.wait_for(tool.wait(), 2) == 5
            await tool.end()
        finally:
            os.kill(escaped, 9)


async def test_stderr_when_read_gives_bounded_lines(workshop: Workshop) -> None:
    lines: list[str] = []
    body = "for i in $(seq 1 70); do echo line $i; done; echo; head -c 9000 /dev/zero | tr '\\0' y; echo"
    tool = await Process.start(shell(f"({body}; printf 'en\\377d') >&2; exit 1"), workshop, on_line=lines.append)
    assert await tool.wait() == 1
    assert lines == [*(f"line {i}" for i in range(1, 71)), "y" * 8192, "en\ufffdd"]
    assert tool.stderr_tail == lines[-60:]


async def test_stderr_when_its_taker_fails_is_read_on_and_the_failure_raised(workshop: Workshop) -> None:
    def fail(line: str) -> None:
        raise ZeroDivisionError(line)

    secret = workshop.folder / "secret"
    flood = shell(f"yes {'y' * 99} | head -c 300000 >&2; exit 1", files={secret: b"x"})
    tool = await Process.start(flood, workshop, on_line=fail)
    with pytest.raises(ZeroDivisionError, match=r"^y{99}$"):
        await asyncio.wait_for(tool.wait(), 5)
    await tool.end()
    assert not secret.exists()


async def test_start_when_setpriv_is_missing_runs_the_tool_all_the_same(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(workshop.folder))
    assert await run(Command(("/bin/sh", "-c", "exit 6")), workshop) == 6


def test_big_pipe_when_allowed_holds_a_mebibyte() -> None:
    read_fd, write_fd = big_pipe()
    assert fcntl.fcntl(write_fd, fcntl.F_GETPIPE_SZ) == PIPE_BYTES
    os.close(read_fd)
    os.close(write_fd)


def test_big_pipe_when_not_allowed_is_a_pipe_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError

    monkeypatch.setattr(fcntl, "fcntl", refuse)
    read_fd, write_fd = big_pipe()
    os.write(write_fd, b"x")
    assert os.read(read_fd, 1) == b"x"
    os.close(read_fd)
    os.close(write_fd)


def test_loop_when_it_is_closed_before_its_tool_ends_then_the_end_disturbs_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)

    async def leave() -> int:
        # In a folder of its own: the tool outlives the loop, and this test ends it.
        return (await Process.start(shell("sleep 60"), Workshop(tmp_path, "o"))).pid

    pid = asyncio.run(leave())
    waiting = next(thread for thread in threading.enumerate() if thread.name == f"wait for {pid}")
    os.killpg(pid, signal.SIGKILL)
    waiting.join(20)
    assert not waiting.is_alive()
    assert raised == []


async def test_start_when_no_thread_can_wait_for_the_tool_then_it_is_not_left_running(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async with nothing_left():
        with monkeypatch.context() as limited:
            limited.setattr(threading.Thread, "start", full)
            with pytest.raises(ToolMissingError, match="cannot be started: Resource temporarily unavailable"):
                await Process.start(shell("sleep 60"), workshop)
