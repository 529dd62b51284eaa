"""Owns the child processes of the servers: start, log, and a certain end together with their parent."""

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from devtools.servers.accounts import Account


class ServerStartError(RuntimeError):
    """A server did not come up; the message holds the tail of its log."""


@dataclass(eq=False)
class Child:
    """One running server process and the file its output goes to."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def stop(self, how: signal.Signals, patience: float = 20) -> None:
        """Send `how` and wait; SIGKILL after `patience` seconds. A child that has ended already is fine."""
        if self.running:
            self.process.send_signal(how)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        """SIGKILL the child and its own children, and return when all of them are gone."""
        family = [self.pid, *_children_of(self.pid)] if self.running else []
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
        deadline = time.monotonic() + 5
        while any(Path(f"/proc/{pid}").exists() for pid in family) and time.monotonic() < deadline:
            time.sleep(0.01)

    def tail(self, lines: int = 30) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def wait_until(self, ready: Callable[[], bool], patience: float, what: str) -> None:
        """Poll `ready`; raise ServerStartError with the log's tail when the child ends or time is up."""
        deadline = time.monotonic() + patience
        while not ready():
            if not self.running:
                raise ServerStartError(f"{what} ended with {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise ServerStartError(f"{what} was not ready after {patience:.0f} s:\n{self.tail()}")
            time.sleep(0.03)


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    death_signal: str = "KILL",
) -> Child:
    """Start `argv` in its own session, output appended to `log`; the kernel ends it when we end."""
    command = [*_death_prefix(death_signal), *(str(part) for part in argv)]

    def start() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C belongs to the parent, which stops its servers in order
                user=None if account is None else account.uid,
                group=None if account is None else account.gid,
                extra_groups=None if account is None else [],
            )

    return Child(_in_lasting_thread(start), log)


def _death_prefix(death_signal: str) -> list[str]:
    # setpriv (util-linux) sets the signal after the change of user, which would clear it. Where there is no
    # setpriv (macOS) only atexit is left.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", death_signal] if setpriv else []


def _children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


# The parent-death signal fires when the *thread* that spawned the child ends, and a test may start a server
# from a worker thread. So one thread that lives as long as the process spawns them all.
_Job = tuple[Callable[[], "subprocess.Popen[bytes]"], "Future[subprocess.Popen[bytes]]"]
_jobs: "queue.SimpleQueue[_Job]" = queue.SimpleQueue()
_spawner: threading.Thread | None = None
_spawner_lock = threading.Lock()


def _in_lasting_thread(start: Callable[[], "subprocess.Popen[bytes]"]) -> "subprocess.Popen[bytes]":
    global _spawner
    with _spawner_lock:
        if _spawner is None:
            _spawner = threading.Thread(target=_serve_jobs, name="server-spawner", daemon=True)
            _spawner.start()
    answer: Future[subprocess.Popen[bytes]] = Future()
    _jobs.put((start, answer))
    return answer.result()


def _serve_jobs() -> None:
    while True:
        start, answer = _jobs.get()
        try:
            answer.set_result(start())
        except BaseException as error:  # noqa: BLE001 - handed to the caller, who waits for it
            answer.set_exception(error)
