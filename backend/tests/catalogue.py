"""An empty catalogue for a test: migrated once in each process, copied from then on."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.db.migrate import migrate_file
from devtools import catalogue_server
from devtools.catalogue_server import ON_POSTGRESQL


@cache
def _template() -> tuple[tempfile.TemporaryDirectory[str], Path]:
    # Migrating costs more than most tests; that it works is shown by the tests of the migrations.
    folder = tempfile.TemporaryDirectory(prefix="dbbackup-catalogue-")
    path = Path(folder.name) / "app.db"
    migrate_file(path)
    return folder, path


def place_for(path: Path) -> Path | CatalogueUrl:
    """Return where the catalogue of a test lies that would be at `path`: there, or in a database of its own."""
    if ON_POSTGRESQL:
        return CatalogueUrl.parse(catalogue_server.url_of(catalogue_server.name_for(path)))
    return path


def url_for(path: Path) -> CatalogueUrl | None:
    """Return the `database_url` of settings whose `database_path` is that."""
    place = place_for(path)
    return place if isinstance(place, CatalogueUrl) else None


def make_catalogue(path: Path) -> Path | CatalogueUrl:
    """Put a catalogue without rows at the place for `path`; one that is there already stays as it is."""
    if ON_POSTGRESQL:
        return catalogue_server.make_database(catalogue_server.name_for(path))
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(_template()[1], path)
    return path


def earlier(column: str, days: int) -> str:
    """Return the SQL of a time so many days before that in the column."""
    return f"{column} - interval '{days} days'" if ON_POSTGRESQL else f"datetime({column}, '-{days} days')"


def dump(place: Path | CatalogueUrl) -> list[str]:
    """Return every row of every table as text."""
    if isinstance(place, CatalogueUrl):
        return catalogue_server.dump(place.dsn.reveal())
    with closing(sqlite3.connect(place)) as connection:
        return list(connection.iterdump())


def drop_audit_triggers(place: Path | CatalogueUrl) -> None:
    """Let the audit log be changed, as somebody who owns the catalogue can."""
    on = " ON audit_event" if isinstance(place, CatalogueUrl) else ""
    for name in ("audit_event_never_changes", "audit_event_stays"):
        rows(place, f"DROP TRIGGER {name}{on}")


def copy_data(source: Path, target: Path) -> None:
    """Copy a folder of data whose catalogue is `db/app.db` in it; no program runs on it."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    if ON_POSTGRESQL:
        names = [catalogue_server.name_for(home / "db" / "app.db") for home in (source, target)]
        catalogue_server.copy_database(*names)


def lose(path: Path) -> None:
    """Remove the catalogue that is at `path`, or in the database in its place."""
    shutil.rmtree(path.parent, ignore_errors=ON_POSTGRESQL)
    if ON_POSTGRESQL:
        catalogue_server.drop_database(catalogue_server.name_for(path))


def rows(place: Path | CatalogueUrl, statement: str, *arguments: Any) -> list[Any]:
    """Do a statement, written for SQLite, on a catalogue behind the product's back, and return its rows."""
    if isinstance(place, CatalogueUrl):
        return catalogue_server.rows(place.dsn.reveal(), statement, *arguments)
    with closing(sqlite3.connect(place, timeout=10)) as database, database:
        return database.execute(statement, arguments).fetchall()
