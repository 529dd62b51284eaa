"""Restores into a database that is there, over the API: rows are added, nothing is dropped, all of them or none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from dbbackup.core.errors import DatabaseError
from dbbackup.db.models import RunJournal
from dbbackup.engines.postgresql import PostgresqlEngine
from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, eventually, make_database, processes, unique
from tests.api.test_restores import codes, databases

SCHEMA = """
CREATE TABLE item (id serial PRIMARY KEY, note text);
CREATE TABLE zone (id int PRIMARY KEY);
"""
ROWS = """
INSERT INTO item (note) SELECT 'note ' || n FROM generate_series(1, 200) n;
INSERT INTO zone SELECT generate_series(1, 50);
"""
STATE = """
SELECT (SELECT array_agg(i ORDER BY id)::text FROM item i), (SELECT array_agg(z ORDER BY id)::text FROM zone z),
    (SELECT last_value || ' ' || is_called FROM item_id_seq)
"""


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer) -> Any:
    return add_database(app, postgres, filled(postgres, SCHEMA + ROWS))


@pytest.fixture(scope="module")
def backup(app: RunningApp, database: Any) -> Any:
    return back_up(app, database)


@pytest.fixture
def target(postgres: PostgresServer) -> Iterator[str]:
    """A database with the tables and no rows."""
    name = filled(postgres, SCHEMA)
    yield name
    postgres.psql(f'DROP DATABASE "{name}" WITH (FORCE)')


def filled(server: PostgresServer, statements: str) -> str:
    name = unique("filled")
    server.psql(f'CREATE DATABASE "{name}"')
    server.psql(statements, database=name)
    return name


def plan(database: Any, backup: Any, mode: str, target: str, **options: Any) -> dict[str, Any]:
    return {
        "databaseId": database["id"],
        "backupId": backup["id"],
        "options": {"mode": mode, "existingDatabase": target, **options},
    }


def restore(app: RunningApp, body: dict[str, Any]) -> Any:
    started = app.api.post("/restores", {**body, "confirm": True})
    return app.api.wait(f"/restores/{started['id']}")


def test_data_only_when_the_tables_are_empty_then_they_get_the_rows(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, target: str
) -> None:
    body = plan(database, backup, "dataOnly", target)
    found = app.api.post("/restores/preflight", body)
    assert found["ok"] is True, found
    assert {"database-there", "tables-empty", "spool-space"} <= codes(found, "ok")
    before = databases(postgres)
    done = restore(app, body)
    assert done["status"] == "completed", done["errorMessage"]
    assert (done["targetDatabase"], done["options"]["mode"]) == (target, "dataOnly")
    assert postgres.psql(STATE, database=target) == postgres.psql(STATE, database=database["database"])
    assert postgres.psql("INSERT INTO item (note) VALUES ('new') RETURNING id", database=target).startswith("201")
    assert databases(postgres) == before
    stages = [line["metadata"]["stage"] for line in done["logTail"] if "stage" in (line["metadata"] or {})]
    ends = ["Restoring", "Finishing", "Comparing with the manifest", "Completed"]
    assert stages[-5:] == ["Fetching the archive", *ends]
    assert [(check["name"], check["ok"]) for check in done["checks"]] == [
        (n, True) for n in ("tables", "columns", "rows", "sampled-rows")
    ]
    assert "Creating the database" not in stages


def test_append_when_rows_were_deleted_from_the_source_itself_then_they_come_back(
    app: RunningApp, postgres: PostgresServer
) -> None:
    name = filled(postgres, SCHEMA + ROWS)
    database = add_database(app, postgres, name)
    backup = back_up(app, database)
    postgres.psql("DELETE FROM item; DELETE FROM zone; INSERT INTO item (note) VALUES ('later')", database=name)
    done = restore(app, plan(database, backup, "append", name))
    assert done["status"] == "completed", done["errorMessage"]
    assert postgres.psql("SELECT count(*), max(id), max(note) FROM item", database=name) == "201|201|note 99"
    assert postgres.psql("INSERT INTO item (note) VALUES ('new') RETURNING id", database=name).startswith("202")
    again = restore(app, plan(database, backup, "append", name))
    assert (again["status"], again["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "duplicate key" in again["errorMessage"]


def test_append_when_the_last_row_collides_then_nothing_is_changed(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, target: str
) -> None:
    postgres.psql("INSERT INTO zone VALUES (50)", database=target)
    before = postgres.psql(STATE, database=target)
    done = restore(app, plan(database, backup, "append", target))
    assert (done["status"], done["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "zone_pkey" in done["errorMessage"]
    assert postgres.psql(STATE, database=target) == before
    assert any("without its end nothing there is changed" in line["message"] for line in done["logTail"])
    assert not any("dropped" in line["message"] and "Nothing" not in line["message"] for line in done["logTail"])


def test_fill_when_the_preflight_refuses_then_the_restore_does_too(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, target: str
) -> None:
    postgres.psql("INSERT INTO item (note) VALUES ('mine')", database=target)
    cases = [(plan(database, backup, "dataOnly", target), "tables-not-empty")]
    cases.append((plan(database, backup, "append", unique("nowhere")), "database-missing"))
    cases.append((plan(database, backup, "append", make_database(postgres)), "tables-missing"))
    for body, code in cases:
        found = app.api.post("/restores/preflight", body)
        assert (found["ok"], code in codes(found, "error")) == (False, True), found
        done = restore(app, body)
        assert (done["status"], "before anything was changed" in done["errorMessage"]) == ("failed", True)
    assert postgres.psql("SELECT count(*) FROM item", database=target) == "1"


def test_fill_when_options_are_of_another_mode_then_the_field_is_named(
    app: RunningApp, database: Any, backup: Any
) -> None:
    options = {"mode": "append", "existingDatabase": "x"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"mode": "merge"}, "mode"),
        ({"newDatabase": "y"}, "newDatabase"),
        ({"jobs": 2}, "jobs"),
        ({"existingDatabase": "template1"}, "existingDatabase"),
        ({"mode": "schemaOnly", "newDatabase": "y"}, "existingDatabase"),
    ]
    for change, field in wrong:
        body = {**plan(database, backup, "append", "x"), "confirm": True, "options": {**options, **change}}
        app.api.refused("POST", "/restores", body, status=400, code="VALIDATION_ERROR", fields={field})


def test_fill_when_the_stored_file_was_altered_then_the_target_is_not_touched(
    app: RunningApp, postgres: PostgresServer, database: Any, target: str
) -> None:
    backup = back_up(app, database)
    [file] = app.settings.storage_path.rglob(backup["fileName"])
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x10
    file.write_bytes(data)
    before = postgres.psql(STATE, database=target)
    done = restore(app, plan(database, backup, "append", target))
    assert (done["status"], done["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "Restoring" not in [(line["metadata"] or {}).get("stage") for line in done["logTail"]]
    assert postgres.psql(STATE, database=target) == before


def test_fill_when_cancelled_in_the_middle_then_nothing_is_changed(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, target: str
) -> None:
    before = postgres.psql(STATE, database=target)
    with psycopg.connect(postgres.dsn(target)) as holder:
        holder.execute("LOCK TABLE zone IN SHARE ROW EXCLUSIVE MODE")
        body = {**plan(database, backup, "append", target), "confirm": True}
        path = f"/restores/{app.api.post('/restores', body)['id']}"
        waiting = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{target}' AND wait_event_type = 'Lock'"
        eventually(lambda: postgres.psql(waiting) == "1")
        eventually(lambda: app.run(_journal(app)) == ["work_folder"])
        app.api.post(f"{path}/cancel")
        done = app.api.wait(path)
        holder.rollback()
    assert (done["status"], done["errorMessage"]) == ("cancelled", "Cancelled by request.")
    assert postgres.psql(STATE, database=target) == before
    assert target in databases(postgres)
    assert processes(app) == []


async def _journal(app: RunningApp) -> list[str]:
    async with app.ctx.catalogue.sessions() as session:
        return [str(entry.kind) for entry in await session.scalars(select(RunJournal).order_by(RunJournal.id))]


def _finishing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    real = PostgresqlEngine.finish_database

    async def finish(self: PostgresqlEngine, *arguments: Any) -> None:
        await asyncio.to_thread(act)
        await real(self, *arguments)

    monkeypatch.setattr(PostgresqlEngine, "finish_database", finish)


def test_fill_when_cancelled_after_the_commit_then_it_is_finished_and_completed(
    app: RunningApp,
    postgres: PostgresServer,
    database: Any,
    backup: Any,
    target: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path: list[str] = []

    def cancel() -> None:
        eventually(lambda: path)
        app.api.post(f"{path[0]}/cancel")

    _finishing(monkeypatch, cancel)
    body = {**plan(database, backup, "append", target), "confirm": True}
    path.append(f"/restores/{app.api.post('/restores', body)['id']}")
    assert app.api.wait(path[0])["status"] == "completed"
    assert postgres.psql("INSERT INTO item (note) VALUES ('new') RETURNING id", database=target).startswith("201")


def test_fill_when_finishing_fails_then_the_error_says_that_the_rows_are_there(
    app: RunningApp,
    postgres: PostgresServer,
    database: Any,
    backup: Any,
    target: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail() -> None:
        raise DatabaseError("The server is on fire.")

    _finishing(monkeypatch, fail)
    done = restore(app, plan(database, backup, "append", target))
    assert (done["status"], done["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert f"All rows were put into {target} and stay there" in done["errorMessage"]
    assert "on fire" in done["errorMessage"]
    assert postgres.psql("SELECT count(*) FROM item", database=target) == "200"
