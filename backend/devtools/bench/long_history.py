"""Fills a catalogue with a long history: databases, schedules and backups that exist as records only."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dbbackup.core.naming import RUN_LENGTH, new_id

_BATCH = 20_000


def fill(path: Path, *, databases: int, schedules: int, backups: int) -> None:
    """Write the rows into a catalogue that nobody has open; copies existing rows' shape, so that it stays right.

    The catalogue must hold at least one database and one completed backup of it.
    """
    with closing(sqlite3.connect(path)) as catalogue:
        catalogue.row_factory = sqlite3.Row
        database = dict(catalogue.execute("SELECT * FROM database_config LIMIT 1").fetchone())
        backup = dict(catalogue.execute("SELECT * FROM backup_execution WHERE status = 'completed' LIMIT 1").fetchone())
        copy = dict(catalogue.execute("SELECT * FROM backup_copy WHERE backup_id = ?", (backup["id"],)).fetchone())
        schedule = dict(catalogue.execute("SELECT * FROM backup_schedule LIMIT 1").fetchone())
        made = list(_databases(database, databases))
        _insert(catalogue, "database_config", made)
        _insert(catalogue, "backup_schedule", list(_schedules(schedule, made, schedules)))
        chance = random.Random(7)
        for first in range(0, backups, _BATCH):
            numbers = range(first, min(first + _BATCH, backups))
            rows = [_backup(chance, backup, copy, made, number) for number in numbers]
            _insert(catalogue, "backup_execution", [run for run, _ in rows])
            _insert(catalogue, "backup_copy", [stored for _, stored in rows])
        catalogue.commit()


def _databases(like: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield like | {"id": new_id(), "name": f"Made up {number:03}", "slug": f"made_up_{number:03}"}


def _schedules(like: dict[str, Any], databases: list[dict[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        database = databases[number % len(databases)]
        yield like | {"id": new_id(), "name": f"Schedule {number:04}", "database_id": database["id"]}


def _backup(
    chance: random.Random,
    like: dict[str, Any],
    copy: dict[str, Any],
    databases: list[dict[str, Any]],
    number: int,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a run and its copy: one of all databases every half minute, back from now; four in a hundred failed."""
    database = databases[number % len(databases)]
    ended = datetime.now(UTC) - timedelta(seconds=30 * number)
    at, failed = ended.strftime("%Y-%m-%d %H:%M:%S.%f"), chance.random() < 0.04
    size = None if failed else chance.randint(100_000_000, 400_000_000)
    run = like | {
        "id": new_id(),
        "database_id": database["id"],
        "database_name": database["name"],
        "run_token": f"{number:0{RUN_LENGTH}}",  # a random one comes twice among so many
        "status": "failed" if failed else "completed",
        "error_message": "The server did not answer." if failed else None,
        "manifest": None if failed else like["manifest"],
        "size": size,
        "duration": 60 + 20 * chance.random(),
        "options": json.dumps({}),
    }
    run |= dict.fromkeys(("created_at", "started_at", "completed_at", "updated_at"), at)
    state = "failed" if failed else "complete"
    return run, copy | {"id": new_id(), "backup_id": run["id"], "state": state, "size": size}


def _insert(catalogue: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    columns = list(rows[0])
    names, marks = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    catalogue.executemany(
        f"INSERT INTO {table} ({names}) VALUES ({marks})",
        [[row[name] for name in columns] for row in rows],
    )
