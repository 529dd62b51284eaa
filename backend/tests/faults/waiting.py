"""Waiting for a condition with a deadline, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 180.0
"""Seconds: what takes five on a quiet machine was seen to take seventy on a busy one."""
_POLL = 0.05


def until(condition: Callable[[], T], what: str, patience: float = PATIENCE) -> T:
    """Return the condition's first true value; AssertionError when there is none in time."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {patience:.0f} s: {what}"
        time.sleep(_POLL)
    return value
