from __future__ import annotations

from dbbackup.core.rate_limit import RateLimit


def test_wait_for_when_the_bucket_is_empty_then_the_seconds_until_the_next() -> None:
    now = 0.0
    limit = RateLimit(lambda: now)
    assert [limit.wait_for("a", 2) for _ in range(3)] == [0.0, 0.0, 30.0]
    assert limit.wait_for("b", 2) == 0.0
    now = 30.0
    assert [limit.wait_for("a", 2) for _ in range(2)] == [0.0, 30.0]


def test_wait_for_when_callers_are_many_then_memory_is_bounded() -> None:
    now = 0.0
    limit = RateLimit(lambda: now)
    for number in range(10_001):
        limit.wait_for(str(number), 60)
    assert len(limit._buckets) == 1  # all of them within a minute: everybody begins anew
    now = 100.0
    for number in range(10_000):
        limit.wait_for(str(number), 60)
    assert len(limit._buckets) <= 10_000
