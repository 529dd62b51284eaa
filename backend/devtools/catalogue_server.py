"""Puts the product's catalogues on a private PostgreSQL server when the environment says DB=postgresql."""

from __future__ import annotations

import hashlib
import os
import re
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.string import TextLoader

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.db.migrate import migrate_database
from devtools.servers import PostgresServer

ON_POSTGRESQL = os.environ.get("DB", "sqlite") == "postgresql"
_TEMPLATE = "catalogue_template"


@cache
def server() -> PostgresServer:
    """The server of this process, ended with it."""
    major = int(os.environ.get("DB_MAJOR", "15"))
    return PostgresServer.start(major, settings={"max_connections": "300", "lc_messages": "C"})


def url_of(name: str) -> str:
    """Return DATABASE_URL of a database of the server."""
    return server().dsn(name).replace("postgresql://", "postgresql+asyncpg://")


def name_for(home: Path) -> str:
    """Return the name of the database that belongs to a folder of data."""
    return "catalogue_" + hashlib.sha256(os.fsencode(home)).hexdigest()[:16]


def make_database(name: str, *, migrated: bool = True) -> CatalogueUrl:
    """Return a database, made without rows where there is none; one that is there stays as it is."""
    if migrated:
        _make_template()
    template = _TEMPLATE if migrated else "template0"
    with psycopg.connect(server().dsn(), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {template} STRATEGY file_copy'.encode())
    return CatalogueUrl.parse(url_of(name))


def drop_database(name: str) -> None:
    """Remove a database, whoever is connected."""
    with psycopg.connect(server().dsn(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def copy_database(source: str, target: str) -> None:
    """Make a database that is the copy of another one, in the place of one that is there."""
    drop_database(target)
    with psycopg.connect(server().dsn(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}" STRATEGY file_copy'.encode())


def dump(dsn: str) -> list[str]:
    """Return every row of every table as text."""
    with psycopg.connect(dsn) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
        return [
            f"{name} {row}"
            for (name,) in names
            for (row,) in connection.execute(f'SELECT t::text FROM "{name}" t ORDER BY 1'.encode())
        ]


@cache
def _make_template() -> None:
    migrate_database(make_database(_TEMPLATE, migrated=False))


def environment(home: Path) -> dict[str, str]:
    """Return what the product's environment needs beside DATABASE_PATH: nothing on SQLite."""
    if not ON_POSTGRESQL:
        return {}
    make_database(name_for(home))
    return {"DATABASE_URL": url_of(name_for(home))}


def rows(dsn: str, statement: str, *arguments: Any) -> list[Any]:
    """Do a statement written for SQLite, and return its rows with values as SQLite would give them."""
    text = re.sub(r"\?", "%s", statement.replace("%", "%%")) if arguments else statement
    with psycopg.connect(dsn, options="-c timezone=UTC") as connection:
        # JSON stays text, as it is on SQLite.
        for kind in ("json", "jsonb"):
            connection.adapters.register_loader(kind, TextLoader)
        cursor = connection.execute(text.encode(), arguments or None)
        found = cursor.fetchall() if cursor.description else []
    return [tuple(_plain(value) for value in row) for row in found]


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    return int(value) if isinstance(value, Decimal) else value
