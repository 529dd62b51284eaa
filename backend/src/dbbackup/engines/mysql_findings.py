"""Short ways to write the results of a check."""

from __future__ import annotations

from dbbackup.engines.values import Finding

_NAMED = 10


def ok(code: str, message: str) -> Finding:
    """All is well here."""
    return Finding("ok", code, message)


def warning(code: str, message: str) -> Finding:
    """Worth knowing, no reason to stop."""
    return Finding("warning", code, message)


def error(code: str, message: str) -> Finding:
    """A reason not to go on."""
    return Finding("error", code, message)


def named(names: list[str]) -> str:
    """Return the names as part of a sentence, the first ones of many."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
