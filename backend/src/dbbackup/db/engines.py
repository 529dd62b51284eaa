"""The engines that the catalogue is reached by: of a SQLite file, or of a database of a PostgreSQL server.

On either, transactions that write do so one after another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.db import server
from dbbackup.db.file_connection import FileConnection

_WRITES = "writes"
ALONE = "alone"
"""Execution option of what is no INSERT, UPDATE or DELETE and yet waits for its turn, on a file."""


def file_engine(path: Path, connect: Callable[..., FileConnection]) -> AsyncEngine:
    """Return the engine of a file, which is made when it is not there; who writes waits for a turn."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"async_creator_fn": connect})
    turn = asyncio.Lock()

    def wait(connection: Connection, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        if _writes(context) or (context is not None and context.execution_options.get(ALONE)):
            opened = cast(FileConnection, connection.connection.driver_connection)
            await_only(opened.take_turn(turn))

    def begin(connection: Connection, _name: str) -> None:
        # Outside a transaction SQLite takes a savepoint for one, and its end for the commit; the driver begins none
        # before it. Who sets a savepoint is about to write: at once, so that nothing comes between.
        opened = cast(FileConnection, connection.connection.driver_connection)
        if not opened.in_transaction:
            await_only(opened.take_turn(turn))
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "before_cursor_execute", wait)
    event.listen(engine.sync_engine, "savepoint", begin)
    return engine


def server_engine(url: CatalogueUrl, holder: str | None) -> AsyncEngine:
    """Return the engine of a database of a server; `holder` is what the running instance calls itself there."""

    async def open_connection(**_: Any) -> Any:
        return await server.connect(url, holder)

    # The URL names the dialect only: what holds the password is not in the engine, whose repr shows its URL.
    engine = create_async_engine(
        "postgresql+asyncpg://",
        connect_args={"async_creator_fn": open_connection},
        pool_pre_ping=True,
        json_serializer=server.to_json,
    )
    _serialize_writers(engine.sync_engine)
    return engine


def _serialize_writers(engine: Engine) -> None:
    """Let transactions write one after another, as they do on SQLite: what they count stays true until they end.

    The lock is taken before the first write, so before any row is locked: none waits for another in a circle.
    """
    event.listen(engine, "before_cursor_execute", _take_turn)
    event.listen(engine, "commit", _end_turn)
    event.listen(engine, "rollback", _end_turn)
    # What was locked within a savepoint is let go with it.
    event.listen(engine, "rollback_savepoint", lambda connection, *_: _end_turn(connection))


def _take_turn(connection: Connection, _cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
    if _writes(context) and _WRITES not in connection.info:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({server.LOCKS}, {server.WRITER})")
        connection.info[_WRITES] = True


def _writes(context: Any) -> bool:
    return context is not None and (context.isinsert or context.isupdate or context.isdelete)


def _end_turn(connection: Connection) -> None:
    if not connection.invalidated:  # what was noted of a lost connection is lost with it
        connection.info.pop(_WRITES, None)
