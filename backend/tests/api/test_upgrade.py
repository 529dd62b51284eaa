"""From the first schema of all to this one with data in it, the program on top, and back by the copy."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command

from dbbackup.db.migrate import alembic_config, migrate_file
from devtools.compare import compare
from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, make_database, unique

pytestmark = pytest.mark.sqlite("no catalogue of an older schema was ever on PostgreSQL, and the copy is a file")

FIRST = "0001"
NOT_OURS = "name != 'alembic_version' AND name NOT LIKE 'sqlite_%'"


def tables(path: Path) -> dict[str, list[str]]:
    """Return the columns of every table."""
    with closing(sqlite3.connect(path)) as database:
        names = [
            name for (name,) in database.execute(f"SELECT name FROM sqlite_master WHERE type = 'table' AND {NOT_OURS}")
        ]
        return {name: [row[1] for row in database.execute(f"PRAGMA table_info({name})")] for name in names}


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with closing(sqlite3.connect(path)) as database:
        return {name: sorted(database.execute(f"SELECT * FROM {name}"), key=repr) for name in tables(path)}


def as_of_the_first_schema(newest: Path, old: Path) -> None:
    """Write the rows of a catalogue into one of the first schema, as far as that one had tables and columns."""
    old.parent.mkdir(parents=True)
    command.upgrade(alembic_config(old), FIRST)
    there = tables(newest)
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("ATTACH ? AS newest", (str(newest),))
        for table, columns in tables(old).items():
            common = ", ".join(column for column in columns if column in there[table])
            database.execute(f"INSERT INTO {table} ({common}) SELECT {common} FROM newest.{table}")


def test_upgrade_from_the_first_schema_then_all_is_there_and_restores_and_the_copy_leads_back(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    name = make_database(postgres)
    with RunningApp.start(tmp_path / "made") as app:
        database = add_database(app, postgres, name)
        backup = back_up(app, database)
        body = {"databaseId": database["id"], "backupId": backup["id"], "confirm": True}
        earlier = app.api.post("/restores", {**body, "options": {"newDatabase": unique("earlier")}})
        earlier = app.api.wait(f"/restores/{earlier['id']}")
    home = tmp_path / "upgraded"
    path = home / "db" / "app.db"
    as_of_the_first_schema(app.settings.database_path, path)
    shutil.copytree(app.settings.storage_path, home / "backups")
    before = content(path)
    counted = ("database_config", "backup_execution", "backup_copy", "restore_execution")
    assert [len(before[table]) for table in counted] == [1, 1, 1, 1]

    migrate_file(path)
    after = content(path)
    assert {table: len(after[table]) for table in before} == {table: len(rows) for table, rows in before.items()}
    with RunningApp.start(home) as upgraded:
        assert upgraded.api.get("/databases")[0]["id"] == database["id"]
        assert upgraded.api.get(f"/backups/{backup['id']}")["tables"] == backup["tables"]
        shown = upgraded.api.get(f"/restores/{earlier['id']}")
        assert (shown["status"], shown["sourceName"]) == ("completed", database["name"])
        copy = unique("restored")
        restore = upgraded.api.post("/restores", {**body, "options": {"newDatabase": copy}})
        assert upgraded.api.wait(f"/restores/{restore['id']}")["status"] == "completed"
        assert compare(postgres, name, copy).equal
        assert back_up(upgraded, database)["status"] == "completed"

    saved = path.with_name(f"app.db.before-{FIRST}")
    assert content(saved) == before
    saved.replace(path)
    assert content(path) == before
    migrate_file(path)
    assert content(path) == after
