"""A new database before it has its name: so that none is ever without a sign of whose it is.

`CREATE DATABASE` and the mark are two statements, and the server finishes the first one even when our connection
breaks in its middle. Until it is marked, a database therefore bears the run's id in its name.
"""

from __future__ import annotations

import asyncio

import psycopg
from psycopg.sql import SQL, Identifier

from dbbackup.core.errors import ConflictError, DatabaseUnreachableError
from dbbackup.engines.postgresql_connect import Session, ask

_PREFIX = "dbbackup_new_"
_POLL = 0.1
_PATIENCE = 30.0
"""Seconds for the server to notice that it was told to end a creation."""


def birth_name(marker: str) -> str:
    """Return the name of a run's database before it has its own."""
    return f"{_PREFIX}{marker}"


async def refuse_taken(opened: Session, name: str) -> None:
    """Raise ConflictError when there is a database of that name."""
    if await ask(opened, "SELECT 1 FROM pg_database WHERE datname = %s", name):
        raise _taken(name)


async def give_name(opened: Session, marker: str, name: str) -> None:
    """Rename the run's marked database. Raises ConflictError when the name was taken in the meantime."""
    statement = SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(birth_name(marker)), Identifier(name))
    try:
        await opened.execute(statement)
    except psycopg.errors.DuplicateDatabase as e:
        raise _taken(name) from e


async def drop_unborn(opened: Session, marker: str) -> bool:
    """Drop the run's database if it never got its name, ending a creation that still goes on; tell whether it did.

    Raises DatabaseUnreachableError when the creation does not end.
    """
    if not marker:
        return False
    name = birth_name(marker)
    waited = 0.0
    while await ask(opened, _END_CREATION, name):
        if waited > _PATIENCE:
            raise DatabaseUnreachableError(f"The server is still creating the database {name}.")
        await asyncio.sleep(_POLL)
        waited += _POLL
    if not await ask(opened, "SELECT 1 FROM pg_database WHERE datname = %s", name):
        return False
    await opened.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
    return True


_END_CREATION = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND state = 'active' AND query LIKE 'CREATE DATABASE%%'
      AND position(%s IN query) > 0
"""


def _taken(name: str) -> ConflictError:
    return ConflictError(f"The database {name} exists already: choose another name.")
