"""Copies the catalogue's file, for nobody else to read."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def make_private(path: Path) -> None:
    """Before anything is in it, so that a kill leaves no file that others may read; SQLite's log takes its mode."""
    path.touch(mode=0o600)
    path.chmod(0o600)


def copy_file(source: Path, target: Path) -> None:
    """Copy consistently through SQLite's own backup, pages still in the write-ahead log included."""
    make_private(target)
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(target)) as copy:
        database.backup(copy)
