"""The newest lines of the program's own log, kept in memory for the page."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

LEVELS = ("debug", "info", "warning", "error")
_ORDER = {"trace": 0, "debug": 0, "info": 1, "success": 1, "warning": 2, "error": 3, "critical": 3}


class SystemLogLine(Struct, frozen=True, kw_only=True, rename="camel"):
    """One line; `seq` grows by one each, from 1 at every start of the program."""

    seq: int
    at: datetime
    level: str
    category: str
    message: str
    request: str
    """The id of the HTTP request it belongs to, or empty."""
    operation: str
    """The id of the run it belongs to, or empty."""


class Logbook:
    """Keeps the newest lines, the oldest go first. Written to by any thread."""

    def __init__(self, size: int = 5000) -> None:
        self._lines: deque[SystemLogLine] = deque(maxlen=size)
        self._lock = threading.Lock()
        self._seq = 0

    def add(self, make: Callable[[int], SystemLogLine]) -> None:
        """Add the line that `make` makes of its number."""
        with self._lock:
            self._seq += 1
            self._lines.append(make(self._seq))

    def read(
        self, *, after: int = 0, level: str = "debug", category: str | None = None, search: str = "", limit: int = 500
    ) -> list[SystemLogLine]:
        """Return the newest lines that match, in order: of that level or above, numbered above `after`."""
        with self._lock:
            lines = list(self._lines)
        lowest, wanted = _ORDER[level], search.casefold()
        found: list[SystemLogLine] = []
        for line in reversed(lines):
            if line.seq <= after or len(found) == limit:
                break
            fits = _ORDER.get(line.level, 3) >= lowest and (category is None or line.category == category)
            if fits and wanted in line.message.casefold():
                found.append(line)
        return found[::-1]
