"""A token bucket for each caller: so many requests a minute, and as many at once."""

from __future__ import annotations

import time
from collections.abc import Callable

_MOST_CALLERS = 10_000


class RateLimit:
    """Counts in memory; what it holds is bounded whoever calls."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait_for(self, caller: str, per_minute: int) -> float:
        """Take one token of the caller's; return 0 when there was one, else the seconds until there is."""
        now = self._clock()
        tokens, seen = self._buckets.get(caller, (float(per_minute), now))
        tokens = min(float(per_minute), tokens + (now - seen) * per_minute / 60)
        if tokens < 1:
            self._buckets[caller] = (tokens, now)
            return (1 - tokens) * 60 / per_minute
        if caller not in self._buckets and len(self._buckets) >= _MOST_CALLERS:
            self._forget(now)
        self._buckets[caller] = (tokens - 1, now)
        return 0.0

    def _forget(self, now: float) -> None:
        """Drop whoever was silent for a minute, whose bucket is full anyway; if nobody was, everybody."""
        self._buckets = {caller: bucket for caller, bucket in self._buckets.items() if now - bucket[1] < 60}
        if len(self._buckets) >= _MOST_CALLERS:
            self._buckets.clear()
