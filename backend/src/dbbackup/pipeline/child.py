"""Starts a process without a copy of ours, and tells the event loop when it has ended."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path


class Child:
    """A process that was started, in a session of its own.

    Not asyncio's: under uvloop its start copies our whole process and holds everything up meanwhile, 17 ms with
    250 MiB (https://github.com/libuv/libuv/issues/1715). `subprocess` uses vfork, which takes 0.2 ms.
    """

    def __init__(
        self, argv: Sequence[str], *, stdin: int, stdout: int, stderr: int, env: Mapping[str, str], cwd: Path
    ) -> None:
        """Start it, from the event loop's thread: the parent-death signal comes when the thread that starts it ends.

        Raises OSError when it cannot be run.
        """
        self._process = subprocess.Popen(
            argv, stdin=stdin, stdout=stdout, stderr=stderr, env=env, cwd=cwd, start_new_session=True
        )
        self.pid = self._process.pid
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        # Not an executor's thread: those are few, and a dump may take hours.
        waiting = threading.Thread(target=self._await_end, name=f"wait for {self.pid}", daemon=True)
        try:
            waiting.start()
        except RuntimeError as error:
            # As many as the system allows: what nobody would wait for must not run.
            self._process.kill()
            self._process.wait()
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error

    @property
    def returncode(self) -> int | None:
        """Return the exit code, negative for a signal; None: it has not ended, or nobody has noticed yet."""
        return self._process.returncode if self._ended.is_set() else None

    async def wait(self) -> int:
        """Wait for the end; return the exit code, negative for a signal."""
        await self._ended.wait()
        return self._process.returncode

    def _await_end(self) -> None:
        self._process.wait()
        # The loop is closed when the program ends before its tools.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended.set)
