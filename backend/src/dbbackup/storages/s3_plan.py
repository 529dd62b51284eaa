"""How large the parts of a multipart upload are; pure functions."""

from __future__ import annotations

from dbbackup.core.errors import S3Error
from dbbackup.storages.s3_settings import MAX_PARTS

MiB = 1 << 20
MIN_PART = 8 * MiB
MAX_PART = 5 << 30
MAX_OBJECT = 5 << 40
MEMORY_PART = 16 * MiB
"""Larger parts go through a file: they would use up the memory of all uploads."""


def plan_part_size(expected_size: int | None, max_parts: int = MAX_PARTS, *, equal_parts: bool = False) -> int:
    """Return the size of a part in bytes, a multiple of 8 MiB.

    The expected size is a guess (a source's size, the last backup's), so the plan holds a quarter
    more, or twice as much where parts must be equal and the size cannot be mended later. Without
    any guess: 8 MiB, or 16 MiB where parts must be equal (160 GB in 10,000 parts).
    """
    if expected_size is None:
        return MEMORY_PART if equal_parts else MIN_PART
    planned = min(expected_size * (8 if equal_parts else 5) // 4, max(expected_size, MAX_OBJECT))
    steps = -(-planned // (max_parts * MIN_PART))
    return min(max(1, steps) * MIN_PART, MAX_PART)


def part_size(number: int, base: int, max_parts: int = MAX_PARTS, *, equal_parts: bool = False) -> int:
    """Return the size in bytes of part `number` (from 1) of an upload planned with `base`.

    The first half of the parts has the planned size. A stream that needs more has outgrown its
    plan: from there the size doubles every twentieth of the parts, so that 8 MiB parts reach
    beyond 5 TiB. Where parts must be equal nothing grows. Raises S3Error when no part is left.
    """
    if number > max_parts:
        raise S3Error(
            f"The backup outgrew its plan: {max_parts} parts of {base} bytes are used up. "
            "Run it again: the next run plans with the size seen now."
        )
    if equal_parts or number <= max_parts // 2:
        return base
    doublings = 1 + (number - max_parts // 2 - 1) * 20 // max_parts
    return min(base << doublings, MAX_PART)
