"""Keeps two instances from working on one catalogue of a PostgreSQL server."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

import psycopg
from loguru import logger

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.errors import AppError, ConflictError
from dbbackup.db.server import HOLDER, INSTANCE, LOCKS, WHO_HOLDS, check_server, open_server

_LOOK_SECONDS = 1.0
_PATIENCE = 2.0
"""The server needs a moment to notice that a process was killed, whose successor starts at once."""
_LOOKS_BEFORE_GIVING_UP = 5
_log = logger.bind(category="database")


class ServerLock:
    """An advisory lock of the server on a connection of its own; the server lets go when that ends.

    Whoever takes it ends the connections of the instance before, which the server may have kept; and each new
    connection of an instance asks the server whether the lock is still its own. So one that lost it changes nothing.
    docs/adr/0033-the-catalogue-on-postgresql.md
    """

    def __init__(self, url: CatalogueUrl) -> None:
        self._url = url
        self._connection: psycopg.Connection[Any] | None = None
        self.holder = HOLDER + secrets.token_hex(8)
        """What this instance's connections call themselves."""

    def __enter__(self) -> ServerLock:
        """Take the lock.

        Raises:
            ConflictError: another instance has it.
            ValidationError: the server cannot be reached or cannot hold a catalogue.
        """
        deadline = time.monotonic() + _PATIENCE
        while not self._take():
            if time.monotonic() < deadline:
                time.sleep(_PATIENCE / 10)
                continue
            raise ConflictError(
                f"Another process is already running on this catalogue (the database {self._url} of DATABASE_URL)."
                " Only one may at a time: stop it first, or give this one a database and a BACKUP_STORAGE_PATH of its"
                " own. A server notices within a minute that a machine which lost its power is gone."
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go."""
        self._close()

    async def keep(self, taken: Callable[[], None]) -> None:
        """Take the lock again whenever the connection was lost; call `taken` once another instance has it."""
        refused = 0
        while refused < _LOOKS_BEFORE_GIVING_UP:
            await asyncio.sleep(_LOOK_SECONDS)
            if await asyncio.to_thread(self._is_held):
                continue
            try:
                held = await asyncio.to_thread(self._take)
            except (AppError, psycopg.Error) as error:
                _log.error("The catalogue's server is away: {}", error)
                continue
            # A command may have it for a moment.
            refused = 0 if held else refused + 1
            if held:
                _log.warning("The connection to the catalogue's server was lost, and is there again")
        _log.critical("Another instance has taken over this catalogue: this one ends. What it was running is cut off.")
        taken()

    def _is_held(self) -> bool:
        if self._connection is None:
            return False
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            self._close()
            return False
        return True

    def _take(self) -> bool:
        """Return whether the lock is ours now. Raises ValidationError, psycopg.Error."""
        self._close()
        self._connection = open_server(self._url, self.holder)
        check_server(self._connection)
        if not _try(self._connection):
            # A connection of ours that the network cut and the server has not missed yet.
            found = self._connection.execute(WHO_HOLDS).fetchone()
            if found is None or found[0] != self.holder:
                self._close()
                return False
            _end(self._connection, "=", self.holder)
            if not _try(self._connection):
                self._close()
                return False
        _end(self._connection, "<>", self.holder)
        return True

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


def is_held(url: CatalogueUrl) -> bool:
    """Return whether an instance runs on the catalogue. Raises ValidationError when the server cannot be asked."""
    with open_server(url, "dbbackup-command") as connection:
        return connection.execute(WHO_HOLDS).fetchone() is not None


def _try(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (LOCKS, INSTANCE)).fetchone()
    return bool(row and row[0])


def _end(connection: psycopg.Connection[Any], comparison: str, holder: str) -> None:
    """End connections of instances to this catalogue, of ours or of others; wait for their end."""
    query = f"""
        SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user
          AND starts_with(application_name, %s) AND application_name {comparison} %s
    """  # noqa: S608 - one of two operators
    connection.execute(query.encode(), (HOLDER, holder)).fetchall()
