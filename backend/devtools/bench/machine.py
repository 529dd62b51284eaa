"""Says what machine a bench runs on."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime


def describe() -> str:
    """Return the date and what the machine is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {memory} GiB, Python {platform.python_version()}"
    return f"{datetime.now(UTC):%Y-%m-%d}  {machine}"
