"""Reads the product's own catalogue, whether the product runs or not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from tests import catalogue


class Kept(NamedTuple):
    """What the catalogue says is stored: keys of files on disk and of objects."""

    files: set[str]
    objects: set[str]


def rows(home: Path, query: str, *arguments: Any) -> list[Any]:
    """Return the rows of a query on the catalogue."""
    return catalogue.rows(catalogue.place_for(home / "db" / "app.db"), query, *arguments)


def backdate(home: Path, backup_id: str, days: int) -> None:
    """Let a backup have been made so many days earlier."""
    shifted = ", ".join(f"{name} = {catalogue.earlier(name, days)}" for name in ("created_at", "started_at"))
    rows(home, f"UPDATE backup_execution SET {shifted} WHERE id = ?", backup_id)


def kept(home: Path) -> Kept:
    """Return every file that belongs to a complete copy of a backup that is not deleted."""
    query = """
        SELECT copy.s3_config_id, copy.key, backup.manifest FROM backup_copy copy
        JOIN backup_execution backup ON backup.id = copy.backup_id
        WHERE copy.state = 'complete' AND backup.deleted_at IS NULL
    """
    found = Kept(set(), set())
    for s3_config, key, manifest in rows(home, query):
        folder = key.rpartition("/")[0]
        names = [part["file"] for part in json.loads(manifest)["parts"]]
        place = found.files if s3_config is None else found.objects
        place.update(f"{folder}/{name}" for name in [*names, key.rpartition("/")[2] + ".json"])
    return found


def instance_id(home: Path) -> str:
    """Return the token that marks this instance's processes and files."""
    [(token,)] = rows(home, "SELECT value FROM system_setting WHERE key = 'instance.id'")
    return str(token)


def journal(home: Path) -> list[str]:
    """Return what the product still means to clean up."""
    return [f"{kind} {facts}" for kind, facts in rows(home, "SELECT kind, facts FROM run_journal")]
