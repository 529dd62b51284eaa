"""Findings of a PostgreSQL preflight by their level, and names in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from dbbackup.engines.values import Finding

NAMED = 10
"""How many names a message lists before it counts the rest."""


def ok(code: str, message: str) -> Finding:
    """Return what is only told."""
    return Finding("ok", code, message)


def warning(code: str, message: str) -> Finding:
    """Return what is to be read."""
    return Finding("warning", code, message)


def error(code: str, message: str) -> Finding:
    """Return what forbids the restore."""
    return Finding("error", code, message)


def named(names: Sequence[str]) -> str:
    """Return the names as part of a sentence, the first ones of many."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
