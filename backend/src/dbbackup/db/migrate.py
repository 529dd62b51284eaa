"""Brings the catalogue to this program's schema, with a copy to go back to."""

from __future__ import annotations

import asyncio
import logging
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from loguru import logger
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.errors import InternalError, ValidationError
from dbbackup.db.file_copy import copy_file, make_private
from dbbackup.db.planner_statistics import write_statistics
from dbbackup.db.server import COMMAND, check_server, open_server

# Alembic is loaded when there is something to migrate: 4 MiB that most starts have no use for.
if TYPE_CHECKING:
    from alembic.config import Config

_INSTALLED = Path(__file__).resolve().parents[1] / "migrations"
_IN_TREE = Path(__file__).resolve().parents[3] / "migrations"
MIGRATIONS = _INSTALLED if _INSTALLED.is_dir() else _IN_TREE
"""A wheel carries the migrations inside the package, the source tree beside it."""
_REVISION, _OURS = "alembic_version", "system_setting"


async def migrate(place: Path | CatalogueUrl) -> None:
    """Migrate the SQLite file or the database, in a thread.

    Raises:
        InternalError: the catalogue is of a newer program, or a migration failed; the catalogue is then
            as it was before. Of a file a copy is named in the message.
        ValidationError: DATABASE_URL names a database that cannot be used.
    """
    if isinstance(place, Path):
        await asyncio.to_thread(migrate_file, place)
    else:
        await asyncio.to_thread(migrate_database, place)


def migrate_file(path: Path) -> None:
    """Do the work of `migrate` for a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    known, head = _revisions()
    current = _current(path)
    if current == head:
        write_statistics(path)
        return
    if current is not None and current not in known:
        raise InternalError(
            f"The catalogue {path} was made by a newer version of this program (schema {current})."
            " Start that version, or restore the copy that was made before the upgrade. Nothing was changed."
        )
    if current is None and _has_tables(path):
        raise InternalError(
            f"{path} is a SQLite file of another program. Give this one its own (DATABASE_PATH). Nothing was changed."
        )
    saved = _copy(path, current) if current is not None else None
    make_private(path)
    try:
        _upgrade(path)
    except Exception as error:
        if saved is None:
            path.unlink(missing_ok=True)
        raise InternalError(
            f"The catalogue could not be brought from schema {current} to {head}: {error}."
            f" It is as it was{f'; a copy is in {saved}' if saved else ''}."
        ) from error
    write_statistics(path)
    _tell(current, head)


def migrate_database(url: CatalogueUrl) -> None:
    """Do the work of `migrate` for a database: all migrations are one transaction."""
    known, head = _revisions()
    current = schema_of(url)
    if current == head:
        return
    if current is not None and current not in known:
        raise InternalError(
            f"The catalogue, the database {url}, was made by a newer version of this program (schema {current})."
            " Start that version, or restore the dump that you made before the upgrade. Nothing was changed."
        )
    try:
        _upgrade(url)
    except Exception as error:
        raise InternalError(
            f"The catalogue, the database {url} of DATABASE_URL, could not be brought from schema {current} to {head}:"
            f" {_reason(error)}. The server undid what was begun: it is as it was."
        ) from error
    _tell(current, head)


def schema_of(url: CatalogueUrl) -> str | None:
    """Return the revision of the catalogue's schema; None while the database is empty.

    Raises:
        ValidationError: the server cannot be reached or is too old, or the database holds something else.
    """
    with open_server(url, COMMAND) as connection:
        check_server(connection)
        query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        tables = {name for (name,) in connection.execute(query)}
        if not tables:
            return None
        if not tables >= {_REVISION, _OURS}:
            raise ValidationError.of(
                "DATABASE_URL",
                f"DATABASE_URL: the database {url} holds tables of another program. Give this one an empty database"
                " of its own. Nothing was changed.",
            )
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None


def alembic_config(place: Path | CatalogueUrl) -> Config:
    """Return Alembic's configuration for a catalogue."""
    from alembic.config import Config

    # Alembic tells of its own set-up at INFO; ours says what was done.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["engine"] = _engine(place)
    return config


def _engine(place: Path | CatalogueUrl) -> Engine:
    if isinstance(place, CatalogueUrl):
        # Migrations are not asynchronous; the driver is the one that user's servers are asked with.
        dsn = place.dsn
        return create_engine(
            "postgresql+psycopg://",
            poolclass=NullPool,
            creator=lambda: psycopg.connect(dsn.reveal(), application_name=COMMAND, options="-c timezone=UTC"),
        )
    engine = create_engine(f"sqlite:///{place}")
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # Batch mode recreates tables: with foreign keys on, dropping the parent empties its children.
    connection.execute("PRAGMA foreign_keys=OFF")
    # The driver begins no transaction for what defines tables: who was killed in between would leave half a schema.
    connection.isolation_level = None


def _upgrade(place: Path | CatalogueUrl) -> None:
    from alembic import command

    command.upgrade(alembic_config(place), "head")


def _revisions() -> tuple[set[str], str | None]:
    """Return all schemas, and the newest: that which no other one follows."""
    texts = [file.read_text() for file in (MIGRATIONS / "versions").glob("*.py")]
    known = {name for text in texts for name in re.findall(r"^revision = ['\"](.+?)['\"]", text, re.MULTILINE)}
    before = {name for text in texts for name in re.findall(r"^down_revision = ['\"](.+?)['\"]", text, re.MULTILINE)}
    return known, max(known - before, default=None)


def _tell(current: str | None, head: str | None) -> None:
    logger.bind(category="database").info("Catalogue brought from schema {} to {}", current, head)


def _reason(error: Exception) -> str:
    """Without the statement, which would fill the screen."""
    return str(error.orig).strip() if isinstance(error, DBAPIError) else str(error)


def _current(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(path)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_REVISION,)).fetchone():
                return None
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError as error:
        raise InternalError(
            f"The catalogue {path} cannot be read ({error}). If the file is damaged, move it away and put back"
            " a copy, such as the one made before the last upgrade. Nothing was changed."
        ) from error
    return str(row[0]) if row else None


def _has_tables(path: Path) -> bool:
    if not path.exists():
        return False
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


def _copy(path: Path, revision: str) -> Path:
    target = path.with_name(f"{path.name}.before-{revision}")
    target.unlink(missing_ok=True)
    copy_file(path, target)
    return target


def check_foreign_keys(connection: Connection) -> None:
    """Migrations of a file run with foreign keys off, so what they left is checked before it counts.

    Raises InternalError.
    """
    if connection.dialect.name != "sqlite":
        return
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
        raise InternalError(f"{len(broken)} rows point at rows that do not exist")
