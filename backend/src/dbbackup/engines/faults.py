"""Known failures of servers and tools, and what the user is told to do about each; shared by the engines."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dbbackup.core.errors import AppError, FieldError


@dataclass(frozen=True, slots=True)
class Where:
    """The server a failure is about, for the message."""

    host: str
    port: int
    database: str
    username: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One known failure: how it reads, what kind of error it is, and what the user is told.

    `message` is a format string over `Where`'s fields and the named groups of `pattern`.
    """

    pattern: re.Pattern[str]
    error: type[AppError]
    message: str
    field: str | None = None
    """The field of the form that is most likely wrong, by its JSON name."""


def fault(pattern: str, error: type[AppError], message: str, field: str | None = None) -> Fault:
    """Make a `Fault`; the pattern ignores case."""
    return Fault(re.compile(pattern, re.IGNORECASE), error, message, field)


def diagnose(text: str, where: Where, faults: tuple[Fault, ...]) -> AppError | None:
    """Return the error of the first known fault in the text; None where nothing is recognised."""
    context = {
        "host": where.host,
        "port": where.port,
        "database": where.database,
        "username": where.username,
    }
    for known in faults:
        if match := known.pattern.search(text):
            message = known.message.format(**context, **match.groupdict())
            return known.error(message, details=[FieldError(known.field, message)] if known.field else None)
    return None
