"""Statements of the user's that look at a restored database."""

from __future__ import annotations


def wrap(statement: str) -> str:
    """Return a query of at most two rows of the statement's: only a query can stand there, and no more come back."""
    return f"SELECT * FROM (\n{statement.strip().rstrip(';')}\n) AS answer LIMIT 2"  # noqa: S608 - that is its purpose
