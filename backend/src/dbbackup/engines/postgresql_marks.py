"""Marks in the comments of databases and roles: what bears one is ours to drop.

The first line is the mark, what follows it the comment that the database gets when the mark is taken away.
"""

from __future__ import annotations

from psycopg.sql import SQL, Identifier, Literal

from dbbackup.core.errors import ConflictError
from dbbackup.engines.postgresql_connect import Session, ask

_OURS = ("dbbackup:", "dbbackup-kept:")


def made(marker: str) -> str:
    """Return the mark of a database or role that a restore made and has not finished."""
    return f"dbbackup:{marker}" if marker else ""


def kept(marker: str) -> str:
    """Return the mark of a database that a restore put aside."""
    return f"dbbackup-kept:{marker}" if marker else ""


def own_comment(text: str | None) -> str | None:
    """Return the comment without a mark."""
    if text is None or not text.startswith(_OURS):
        return text
    return text.partition("\n")[2] or None


def marked(mark: str, comment: str | None) -> str:
    """Return the mark with the comment behind it."""
    return f"{mark}\n{comment}" if comment else mark


async def comment_of(opened: Session, name: str) -> tuple[bool, str | None]:
    """Tell whether the server has a database of that name, and its comment."""
    rows = await ask(opened, "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", name)
    return (True, rows[0][0]) if rows else (False, None)


async def bears(opened: Session, name: str, mark: str) -> bool:
    """Tell whether the database is there and bears the mark; nothing bears an empty one."""
    _, comment = await comment_of(opened, name)
    return bool(mark) and comment is not None and comment.partition("\n")[0] == mark


async def set_comment(opened: Session, name: str, comment: str | None) -> None:
    """Set the comment of a database."""
    await opened.execute(SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(name), Literal(comment)))


async def drop_marked(opened: Session, name: str, mark: str) -> bool:
    """Drop a database that bears the mark, ending its sessions; tell whether it was there. Raises ConflictError."""
    there, _ = await comment_of(opened, name)
    if not there:
        return False
    if not await bears(opened, name, mark):
        raise ConflictError(f"The database {name} was not made by this restore, so it is not dropped.")
    await drop(opened, name)
    return True


async def drop(opened: Session, name: str) -> None:
    """Drop a database, ending its sessions."""
    await opened.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))
