"""An empty catalogue for a test: migrated once in each process, copied from then on."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from dbbackup.db.migrate import migrate_file


@cache
def _template() -> tuple[tempfile.TemporaryDirectory[str], Path]:
    # Migrating costs more than most tests; that it works is shown by the tests of the migrations.
    folder = tempfile.TemporaryDirectory(prefix="dbbackup-catalogue-")
    path = Path(folder.name) / "app.db"
    migrate_file(path)
    return folder, path


def make_catalogue(path: Path) -> None:
    """Put a catalogue without rows at `path`; one that is there already stays as it is."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(_template()[1], path)
