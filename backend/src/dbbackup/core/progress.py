"""How far a run is."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

import msgspec

_RATE_WINDOW = 5.0


class ProgressView(msgspec.Struct, kw_only=True, rename="camel"):
    """How far a run is. Bytes; rates in bytes per second; null where it cannot be known."""

    stage: str
    bytes_read: int
    """Out of the dump tool, or into the restore tool: before compression."""
    bytes_written: int
    """After compression (backup), or read from the storage (restore)."""
    bytes_total: int | None
    """The expected end of `bytesRead` (backup) or the end of `bytesWritten` (restore)."""
    bytes_uploaded: dict[str, int]
    """By copy id."""
    tables_done: int
    tables_total: int | None
    current_table: str | None
    bytes_per_second: float
    eta_seconds: float | None


@dataclass(slots=True)
class RunProgress:
    """The counters of one run: its threads add to them, the runner reads them a few times a second."""

    kind: str
    """`backup`, `restore` or `verify`."""
    stage: str = "Waiting"
    bytes_read: int = 0
    bytes_written: int = 0
    bytes_total: int | None = None
    total_counts_written: bool = False
    """True for restores and verifications, whose known end is the stored size."""
    bytes_uploaded: dict[str, int] = field(default_factory=dict)
    tables_done: int = 0
    tables_total: int | None = None
    current_table: str | None = None
    _samples: deque[tuple[float, int]] = field(default_factory=deque)
    _earlier: int = 0
    """What earlier readings of the same bytes came to."""
    _ended: int = 0
    """What had moved when the last stage ended."""

    def end_stage(self) -> int:
        """Begin to count anew; return how many bytes moved since the last call, near enough for a rate."""
        moved = self._earlier + self._done()
        stage, self._ended = moved - self._ended, moved
        return max(0, stage)

    def start_table(self, table: str) -> None:
        """Note that the tool went on to a table: the one before it is done."""
        if self.current_table is not None:
            self.tables_done += 1
        self.current_table = table

    def finish_tables(self) -> None:
        """Note that the tool is done with its last table."""
        if self.current_table is not None:
            self.tables_done += 1
            self.current_table = None

    def view(self, now: float | None = None) -> ProgressView:
        """Return the present state with the rate over the last seconds."""
        now = time.monotonic() if now is None else now
        done = self._done()
        if self._samples and done < self._samples[-1][1]:
            # The backup is read once more, from its beginning.
            self._earlier += self._samples[-1][1]
            self._samples.clear()
        self._samples.append((now, done))
        while now - self._samples[0][0] > _RATE_WINDOW:
            self._samples.popleft()
        first_time, first_bytes = self._samples[0]
        rate = (done - first_bytes) / (now - first_time) if now > first_time else 0.0
        left = self.bytes_total - done if self.bytes_total is not None else None
        return ProgressView(
            stage=self.stage,
            bytes_read=self.bytes_read,
            bytes_written=self.bytes_written,
            bytes_total=self.bytes_total,
            bytes_uploaded=dict(self.bytes_uploaded),
            tables_done=self.tables_done,
            tables_total=self.tables_total,
            current_table=self.current_table,
            bytes_per_second=rate,
            # A source that outgrows its estimate gets no estimate of the end rather than a false one.
            eta_seconds=left / rate if left is not None and left >= 0 and rate > 0 else None,
        )

    def _done(self) -> int:
        return self.bytes_written if self.total_counts_written else self.bytes_read
