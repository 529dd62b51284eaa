"""PostgreSQL databases that are replaced: swapped in at once, kept beside, undone with one call, let go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import update

from dbbackup.db.models import RestoreExecution
from dbbackup.db.models.base import utc_now
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import (
    add_bucket,
    add_database,
    back_up,
    locked,
    make_database,
    objects,
    unique,
    wait_until_left,
)
from tests.api.test_restores import codes, databases

COUNT = "SELECT count(*), coalesce(max(note), '') FROM item"
BELONGINGS = """
SELECT pg_get_userbyid(datdba), datconnlimit, shobj_description(d.oid, 'pg_database'), datacl::text,
    (SELECT array_agg(setconfig::text) FROM pg_db_role_setting WHERE setdatabase = d.oid)
FROM pg_database d WHERE datname = current_database()
"""


@pytest.fixture
def name(postgres: PostgresServer) -> Iterator[str]:
    """A live database of its own; what is kept of it goes with it."""
    name = make_database(postgres)
    yield name
    for found in databases(postgres):
        if found.startswith(name):
            postgres.psql(f'DROP DATABASE IF EXISTS "{found}" WITH (FORCE)')


@pytest.fixture
def database(app: RunningApp, postgres: PostgresServer, name: str) -> Any:
    return add_database(app, postgres, name)


def replacing(database: Any, backup: Any, **options: Any) -> dict[str, Any]:
    name = database["database"]
    return {
        "databaseId": database["id"],
        "backupId": backup["id"],
        "options": {"mode": "replace", "existingDatabase": name, **options},
    }


def confirmed(plan: dict[str, Any]) -> dict[str, Any]:
    return {**plan, "confirm": True, "confirmName": plan["options"]["existingDatabase"]}


def restore(app: RunningApp, plan: dict[str, Any]) -> Any:
    return app.api.wait(f"/restores/{app.api.post('/restores', confirmed(plan))['id']}")


def undo(app: RunningApp, done: Any, **more: Any) -> Any:
    run = app.api.post(f"/restores/{done['id']}/undo", {"confirm": True, **more})
    return app.api.wait(f"/restores/{run['id']}")


def own(postgres: PostgresServer, name: str) -> set[str]:
    """Return the databases that began as this one."""
    return {found for found in databases(postgres) if found.startswith(name)}


def test_replace_when_it_succeeds_then_it_can_be_undone_and_let_go(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    backup = back_up(app, database)
    role = unique("app")
    postgres.psql(
        f"CREATE ROLE {role}; ALTER DATABASE {name} OWNER TO {role}; ALTER DATABASE {name} SET work_mem = '7MB';"
        f"COMMENT ON DATABASE {name} IS 'mine\nin two lines'; ALTER DATABASE {name} CONNECTION LIMIT 9;"
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC; GRANT CONNECT ON DATABASE {name} TO pg_monitor"
    )
    postgres.psql("DELETE FROM item; INSERT INTO item VALUES (1, 'since then'); CREATE TABLE later ()", database=name)
    belongings = postgres.psql(BELONGINGS, database=name)
    wait_until_left(postgres, name)
    found = app.api.post("/restores/preflight", replacing(database, backup))
    assert found["ok"] is True, found
    assert {"replaced", "sessions", "no-safety-backup"} <= codes(found, "ok")
    assert "shadow-space" in codes(found, "warning")
    done = restore(app, replacing(database, backup))
    assert done["status"] == "completed", done["errorMessage"]
    assert postgres.psql(COUNT, database=name) == "200|note 99"
    assert postgres.psql("SELECT to_regclass('later') IS NULL", database=name) == "t"
    assert postgres.psql(BELONGINGS, database=name) == belongings
    kept = done["keptDatabase"]
    assert own(postgres, name) == {name, kept}
    assert (done["undoState"], done["safetyBackupId"]) == ("available", None)
    assert [(check["name"], check["ok"]) for check in done["checks"]] == [
        (n, True) for n in ("tables", "columns", "rows", "sampled-rows", "objects")
    ]
    days = datetime.fromisoformat(done["keptUntil"]) - datetime.fromisoformat(done["completedAt"])
    assert timedelta(days=6.9) < days < timedelta(days=7.1)

    postgres.psql("INSERT INTO item VALUES (1000, 'zzz')", database=name)
    back = undo(app, done)
    assert back["status"] == "completed", back["errorMessage"]
    assert postgres.psql(COUNT, database=name) == "1|since then"
    assert postgres.psql(BELONGINGS, database=name) == belongings
    undone = app.api.get(f"/restores/{done['id']}")
    assert (undone["undoState"], undone["undoneById"]) == ("undone", back["id"])
    assert postgres.psql(COUNT, database=undone["keptDatabase"]) == "201|zzz"
    app.api.refused(
        "POST", f"/restores/{done['id']}/undo", {"confirm": True}, status=409, code="CONFLICT", says="already"
    )

    app.api.post(f"/restores/{done['id']}/release")
    app.api.until(f"/restores/{done['id']}", lambda seen: seen["undoState"] == "released")
    assert own(postgres, name) == {name}
    app.api.refused(
        "POST", f"/restores/{done['id']}/undo", {"confirm": True}, status=409, code="CONFLICT", says="let go"
    )
    app.api.refused("POST", f"/restores/{done['id']}/release", status=409, code="CONFLICT", says="nothing to let go")
    postgres.psql(f"ALTER DATABASE {name} OWNER TO {postgres.superuser}")


def test_replace_when_the_time_is_over_then_the_old_one_is_dropped(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    done = restore(app, replacing(database, back_up(app, database)))

    async def expire() -> None:
        async with app.ctx.catalogue.transaction() as session:
            of = update(RestoreExecution).where(RestoreExecution.id == done["id"])
            await session.execute(of.values(kept_until=utc_now()))
        app.wake()

    app.run(expire())
    app.api.until(f"/restores/{done['id']}", lambda seen: seen["undoState"] == "released")
    assert own(postgres, name) == {name}


def test_replace_when_somebody_is_connected_then_refused_or_they_are_ended(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    backup = back_up(app, database)
    with psycopg.connect(postgres.dsn(name), application_name="shop window") as other:
        found = app.api.post("/restores/preflight", replacing(database, backup))
        assert "sessions" in codes(found, "error")
        assert any("1 connection " in f["message"] and "shop window" in f["message"] for f in found["findings"])
        refused = restore(app, replacing(database, backup))
        assert (refused["status"], own(postgres, name)) == ("failed", {name})
        assert "before anything was changed" in refused["errorMessage"]
        found = app.api.post("/restores/preflight", replacing(database, backup, stopConnections=True))
        assert (found["ok"], "sessions" in codes(found, "warning")) == (True, True)
        done = restore(app, replacing(database, backup, stopConnections=True))
        assert done["status"] == "completed", done["errorMessage"]
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")
    with psycopg.connect(postgres.dsn(name)):
        late = undo(app, done)
        assert (late["status"], late["errorCode"]) == ("failed", "CONFLICT")
        assert "stopConnections" in late["errorMessage"]
        assert app.api.get(f"/restores/{done['id']}")["undoState"] == "available"
        assert undo(app, done, stopConnections=True)["status"] == "completed"


def test_replace_when_connections_keep_coming_then_all_are_kept_out_for_the_swap(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    backup, over = back_up(app, database), threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            with suppress(psycopg.OperationalError), psycopg.connect(postgres.dsn(name)) as one:
                one.execute("SELECT count(*), pg_sleep(0.05) FROM item")

    with ThreadPoolExecutor(3) as crowd:
        for _ in range(3):
            crowd.submit(come_and_go)
        done = restore(app, replacing(database, backup, stopConnections=True))
        over.set()
    assert done["status"] == "completed", done["errorMessage"]


def test_replace_when_the_database_is_gone_then_it_is_made(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    backup = back_up(app, database)
    postgres.psql(f'DROP DATABASE "{name}" WITH (FORCE)')
    plan = replacing(database, backup, safetyBackup=True)
    found = app.api.post("/restores/preflight", plan)
    assert (found["ok"], "database-missing" in codes(found, "warning")) == (True, True), found
    done = restore(app, plan)
    assert done["status"] == "completed", done["errorMessage"]
    assert (postgres.psql(COUNT, database=name), done["undoState"]) == ("200|note 99", None)


def test_replace_when_an_sql_error_comes_at_the_end_then_the_live_one_serves_on(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    """The constraint of the backup cannot be made: it calls a function that fails outside of the original."""
    postgres.psql(
        "CREATE FUNCTION here() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN"
        f" IF current_database() <> '{name}' THEN RAISE 'not at home'; END IF; RETURN true; END $$;"
        "CREATE TABLE zz (x int); INSERT INTO zz VALUES (1); CREATE INDEX ON zz ((here()));",
        database=name,
    )
    backup = back_up(app, database)
    postgres.psql("INSERT INTO item VALUES (1000, 'zzz')", database=name)
    done = restore(app, replacing(database, backup))
    assert (done["status"], done["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "not at home" in done["errorMessage"]
    assert (postgres.psql(COUNT, database=name), own(postgres, name)) == ("201|zzz", {name})


def test_replace_when_cancelled_in_the_middle_then_the_shadow_goes_and_the_live_one_stays(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    backup = back_up(app, database)
    with locked(postgres, name):  # the safety backup waits for the table
        plan = replacing(database, backup, safetyBackup=True, stopConnections=True)
        path = f"/restores/{app.api.post('/restores', confirmed(plan))['id']}"
        app.api.until(path, lambda seen: seen["safetyBackupId"] is not None)
        app.api.post(f"{path}/cancel")
        done = app.api.wait(path)
    assert done["status"] == "cancelled"
    safety = app.api.get(f"/backups/{done['safetyBackupId']}")
    assert (safety["status"], safety["type"], safety["pinned"]) == ("cancelled", "safety", False)
    assert own(postgres, name) == {name}


def test_safety_backup_when_in_s3_then_made_there_and_when_it_fails_then_nothing_is_changed(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer, database: Any, name: str
) -> None:
    backup, bucket = back_up(app, database), add_bucket(app, seaweed)
    plan = replacing(database, backup, mode="clean", safetyS3ConfigId=bucket["id"])
    found = app.api.post("/restores/preflight", plan)
    assert "safety-storage" in codes(found, "ok"), found
    done = restore(app, plan)
    assert done["status"] == "completed", done["errorMessage"]
    safety = app.api.get(f"/backups/{done['safetyBackupId']}")
    assert (safety["type"], safety["status"], safety["s3Bucket"]) == ("safety", "completed", bucket["bucket"])
    assert (safety["pinned"], done["undoState"], done["keptDatabase"]) == (True, "available", None)
    app.api.post(f"/restores/{done['id']}/release")
    app.api.until(f"/backups/{safety['id']}", lambda seen: not seen["pinned"])

    empty_bucket(seaweed, bucket["bucket"])
    postgres.psql("DELETE FROM item", database=name)
    failed = restore(app, plan)
    assert (failed["status"], failed["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "The safety backup failed" in failed["errorMessage"]
    assert "Nothing was changed" in failed["errorMessage"]
    assert postgres.psql(COUNT, database=name) == "0|"


def empty_bucket(seaweed: SeaweedServer, bucket: str) -> None:
    """Take a bucket away from under the product."""
    client = seaweed.client()
    for key in objects(seaweed, bucket):
        client.delete_object(Bucket=bucket, Key=key)
    client.delete_bucket(Bucket=bucket)


def test_destructive_restore_when_not_confirmed_by_name_or_not_configured_then_refused(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    backup = back_up(app, database)
    plan = replacing(database, backup)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({**plan, "confirm": True}, "confirmName"),
        ({**plan, "confirm": True, "confirmName": name.upper()}, "confirmName"),
        ({**plan, "confirmName": name}, "confirm"),
        ({**confirmed(replacing(database, backup, existingDatabase="template1"))}, "existingDatabase"),
        ({**confirmed(replacing(database, backup, existingDatabase=unique()))}, "existingDatabase"),
        ({**confirmed(replacing(database, backup, newDatabase="x"))}, "newDatabase"),
        ({**confirmed(replacing(database, backup, stopConnections="yes"))}, "stopConnections"),
        ({**confirmed(replacing(database, backup, safetyS3ConfigId="x"))}, "safetyS3ConfigId"),
        ({**confirmed(replacing(database, backup, mode="clean", jobs=2))}, "jobs"),
    ]
    for body, field in wrong:
        app.api.refused("POST", "/restores", body, status=400, code="VALIDATION_ERROR", fields={field})
    body = {**plan, "confirm": True, "options": {"newDatabase": unique(), "stopConnections": True}}
    app.api.refused("POST", "/restores", body, status=400, code="VALIDATION_ERROR", fields={"stopConnections"})
    done = restore(app, plan)
    app.api.refused("POST", f"/restores/{done['id']}/undo", {}, status=400, code="VALIDATION_ERROR", fields={"confirm"})


def test_double_click_when_the_key_is_the_same_then_one_run(
    app: RunningApp, postgres: PostgresServer, database: Any, name: str
) -> None:
    backup = back_up(app, database)
    body = {**confirmed(replacing(database, backup)), "idempotencyKey": unique("key")}
    with ThreadPoolExecutor(4) as clicks:
        answers = list(clicks.map(lambda _: app.api.request("POST", "/restores", body), range(4)))
    assert {answer.status_code for answer in answers} == {202}, [answer.text for answer in answers]
    [one] = {answer.json()["data"]["id"] for answer in answers}
    app.api.wait(f"/restores/{one}")
    assert app.api.whole("GET", "/restores", databaseId=database["id"])["meta"]["total"] == 1
    again = app.api.request(
        "POST", "/restores", confirmed(replacing(database, backup)), headers={"Idempotency-Key": body["idempotencyKey"]}
    )
    assert again.json()["data"]["id"] == one
    other = {**body, "options": {**body["options"], "stopConnections": True}}
    app.api.refused("POST", "/restores", other, status=409, code="CONFLICT", says="another request")
    with ThreadPoolExecutor(3) as clicks:
        undos = list(clicks.map(lambda _: app.api.post(f"/restores/{one}/undo", {"confirm": True})["id"], range(3)))
    assert len(set(undos)) == 1


def test_preflight_when_restores_were_measured_then_the_time_to_expect_is_told(
    app: RunningApp, postgres: PostgresServer, database: Any
) -> None:
    backup = back_up(app, database)
    before = app.api.post("/restores/preflight", replacing(database, backup))
    assert (before["estimatedSeconds"], before["estimatedFrom"]) == (None, 0)
    assert restore(app, replacing(database, backup))["status"] == "completed"
    after = app.api.post("/restores/preflight", replacing(database, backup))
    assert (after["estimatedSeconds"] > 0, after["estimatedFrom"]) == (True, 1)
