"""Objects of a backup made anew in a PostgreSQL database that is there: all of them or none, the rest stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, unique, wait_until_left
from tests.api.test_replacing_restores import own, replacing, restore
from tests.api.test_restores import codes

_SHOP = """
CREATE EXTENSION pgcrypto; CREATE SCHEMA app; COMMENT ON EXTENSION pgcrypto IS 'ours';
CREATE TABLE item (id serial PRIMARY KEY, note text);
INSERT INTO item (note) SELECT 'note ' || n FROM generate_series(1, 200) n;
CREATE TABLE app.zone (id int PRIMARY KEY, item int REFERENCES item);
INSERT INTO app.zone VALUES (1, 1);
CREATE VIEW notes AS SELECT note FROM item;
"""
_SINCE = """
CREATE TABLE later (id int, secret text DEFAULT encode(digest('x', 'md5'), 'hex')); INSERT INTO later (id) VALUES (7);
CREATE TABLE app.mine (); DELETE FROM app.zone; UPDATE item SET note = 'since then'; DROP VIEW notes;
"""
STATE = """
SELECT (SELECT array_agg(i ORDER BY id)::text FROM item i), (SELECT array_agg(z)::text FROM app.zone z),
    (SELECT array_agg(id) FROM later), to_regclass('app.mine'), to_regclass('notes'),
    (SELECT last_value FROM item_id_seq)
"""


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer) -> Any:
    name = unique("shop")
    postgres.psql(f"CREATE DATABASE {name}")
    postgres.psql(_SHOP, database=name)
    return add_database(app, postgres, name)


@pytest.fixture(scope="module")
def backup(app: RunningApp, database: Any) -> Any:
    return back_up(app, database)


@pytest.fixture
def name(app: RunningApp, postgres: PostgresServer, database: Any, backup: Any) -> Iterator[str]:
    """The database, with what came since the backup."""
    name = str(database["database"])
    postgres.psql(_SINCE, database=name)
    wait_until_left(postgres, name)
    yield name
    postgres.psql(f"DROP DATABASE {name} WITH (FORCE)")
    postgres.psql(f"CREATE DATABASE {name}")
    postgres.psql(_SHOP, database=name)


def test_clean_when_it_succeeds_then_the_backups_objects_are_as_they_were_and_the_rest_stays(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, name: str
) -> None:
    plan = replacing(database, backup, mode="clean")
    found = app.api.post("/restores/preflight", plan)
    assert found["ok"] is True, found
    assert {"staying", "sessions", "safety-space", "spool-space"} <= codes(found, "ok")
    [dropped] = [f["message"] for f in found["findings"] if f["code"] == "dropped"]
    assert "app.zone, public.item" in dropped
    with psycopg.connect(postgres.dsn(name)) as other:
        [sessions] = [f for f in app.api.post("/restores/preflight", plan)["findings"] if f["code"] == "sessions"]
        assert (sessions["level"], "waits for tables they use" in sessions["message"]) == ("warning", True)
        done = restore(app, replacing(database, backup, mode="clean", stopConnections=True))
        assert done["status"] == "completed", done["errorMessage"]
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    items, zones, later, mine, notes, last = postgres.psql(STATE, database=name).split("|")
    assert (items.count("note "), zones, later, mine, notes, last) == (
        200,
        '{"(1,1)"}',
        "{7}",
        "app.mine",
        "notes",
        "200",
    )
    assert app.api.get(f"/backups/{done['safetyBackupId']}")["status"] == "completed"
    assert [(check["name"], check["ok"]) for check in done["checks"]] == [
        (n, True) for n in ("tables", "columns", "rows", "sampled-rows")
    ]
    back = app.api.post(f"/restores/{done['id']}/undo", {"confirm": True})
    undone = app.api.wait(f"/restores/{back['id']}")
    assert undone["status"] == "completed", undone["errorMessage"]
    assert "since then" in postgres.psql(STATE, database=name)
    for kept in own(postgres, name) - {name}:
        postgres.psql(f"DROP DATABASE {kept}")


def test_clean_when_something_depends_on_what_is_dropped_then_named_and_nothing_is_changed(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, name: str
) -> None:
    postgres.psql(
        "CREATE VIEW mine AS SELECT * FROM item; CREATE TABLE part (i int REFERENCES item);"
        "CREATE FUNCTION of() RETURNS SETOF item LANGUAGE sql AS 'SELECT * FROM item';",
        database=name,
    )
    plan = replacing(database, backup, mode="clean", safetyBackup=False)
    found = app.api.post("/restores/preflight", plan)
    [dependents] = [f["message"] for f in found["findings"] if f["code"] == "dependents"]
    assert (found["ok"], "no-safety-backup" in codes(found, "warning")) == (False, True)
    assert "foreign key of public.part, view public.mine" in dependents
    postgres.psql("DROP VIEW mine; DROP TABLE part", database=name)
    before = postgres.psql(STATE, database=name)
    assert app.api.post("/restores/preflight", plan)["ok"] is True
    # what the preflight does not see, the transaction does
    failed = restore(app, plan)
    assert (failed["status"], failed["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "function public.of() depends on type public.item" in failed["errorMessage"]
    assert postgres.psql(STATE, database=name) == before


def test_clean_when_the_last_statement_fails_then_nothing_is_changed(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    postgres.psql(
        "CREATE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN"
        " IF pg_catalog.current_setting('application_name') = 'dbbackup' THEN RAISE 'not by this tool'; END IF;"
        " RETURN true; END $$;"
        "CREATE TABLE zz (x int); INSERT INTO zz VALUES (1); CREATE INDEX ON zz ((public.gate()));",
        database=name,
    )
    backup = back_up(app, database)
    postgres.psql("INSERT INTO item (note) VALUES ('newest')", database=name)
    before = postgres.psql(STATE, database=name)
    failed = restore(app, replacing(database, backup, mode="clean"))
    assert (failed["status"], "not by this tool" in failed["errorMessage"]) == ("failed", True), failed["errorMessage"]
    assert postgres.psql(STATE, database=name) == before
    assert app.api.get(f"/backups/{failed['safetyBackupId']}")["pinned"] is False


def test_clean_when_the_database_is_gone_or_the_backup_has_no_definitions_then_refused(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    rows = back_up(app, database, options={"dataOnly": True})
    found = app.api.post("/restores/preflight", replacing(database, rows, mode="clean"))
    assert "data-only" in codes(found, "error")
    postgres.psql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    found = app.api.post("/restores/preflight", replacing(database, rows, mode="clean"))
    assert "database-refused" in codes(found, "error")
    postgres.psql(f"DROP DATABASE {name} WITH (FORCE)")
    found = app.api.post("/restores/preflight", replacing(database, rows, mode="clean"))
    assert "database-missing" in codes(found, "error")
    postgres.psql(f"CREATE DATABASE {name}")
