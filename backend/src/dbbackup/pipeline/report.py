"""What the pipeline tells while it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from dbbackup.core.journal import Journal
from dbbackup.core.progress import RunProgress
from dbbackup.engines.base import Engine
from dbbackup.pipeline.process import LineCallback


class Log(Protocol):
    """Takes log lines of a run."""

    def say(self, level: str, message: str, **metadata: Any) -> None:
        """Add a line; `level` is debug, info, warn or error. Masks secrets. Call it on the event loop."""
        ...


class Report:
    """Log, journal and progress of one run, handed through the pipeline together."""

    def __init__(self, log: Log, journal: Journal, progress: RunProgress) -> None:
        self.log = log
        self.journal = journal
        self.progress = progress
        self._shares: dict[str, dict[str, int]] = {}

    def stage(self, name: str) -> None:
        """Begin a stage: shown in the progress, and a line by which viewers fold the log.

        The line also says how many bytes the stage before it moved: with the time between, its rate.
        """
        self.progress.stage = name
        self._shares = {}
        self.log.say("info", name, stage=name, stageBytes=self.progress.end_stage())

    def counter(self, field: str, part: str) -> Callable[[int], None]:
        """Return what takes the bytes of one part so far; the progress shows the sum of the stage's parts.

        `field` is `bytes_read` or `bytes_written`, or a copy's id for the bytes that were uploaded to it.
        """
        shares = self._shares.setdefault(field, {})

        def take(size: int) -> None:
            shares[part] = size
            total = sum(list(shares.values()))  # the list at once: other parts count in other threads
            if field in ("bytes_read", "bytes_written"):
                setattr(self.progress, field, total)
            else:
                self.progress.bytes_uploaded[field] = total

        return take

    def tool_lines(self, engine: Engine) -> LineCallback:
        """Return what to do with each line of a tool's stderr: log it and read progress out of it."""

        def take(line: str) -> None:
            progress = engine.progress(line)
            if progress:
                self.progress.start_table(progress.table)
            level = "warn" if "warning:" in line.lower() else "info" if progress else "debug"
            self.log.say(level, line)

        return take
