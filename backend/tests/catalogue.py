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


def rows(place: Path | CatalogueUrl, statement: str, *arguments: Any) -> list[Any]:
    """Do a statement, written for SQLite, on a catalogue behind the product's back, and return its rows."""
    if isinstance(place, CatalogueUrl):
        return catalogue_server.rows(place.dsn.reveal(), statement, *arguments)
    with closing(sqlite3.connect(place, timeout=10)) as database, database:
        return database.execute(statement, arguments).fetchall()
