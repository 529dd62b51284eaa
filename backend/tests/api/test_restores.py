"""Restores over the API: checked beforehand, done from every source, refused, cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from devtools.servers import FaultProxy, PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, make_database, processes, unique

COUNT = "SELECT count(*), sum(id) FROM item"


@pytest.fixture(scope="module")
def source(postgres: PostgresServer) -> str:
    return make_database(postgres)


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer, source: str) -> Any:
    return add_database(app, postgres, source)


@pytest.fixture(scope="module")
def bucket(app: RunningApp, seaweed: SeaweedServer) -> Any:
    return add_bucket(app, seaweed, pathPrefix="restores")


@pytest.fixture(scope="module")
def backup(app: RunningApp, database: Any, bucket: Any) -> Any:
    return back_up(app, database, uploadToS3=True)


def plan(database: Any, backup: Any, **options: Any) -> dict[str, Any]:
    return {
        "databaseId": database["id"],
        "backupId": backup["id"],
        "options": {"newDatabase": unique("restored"), **options},
    }


def restore(app: RunningApp, body: dict[str, Any]) -> Any:
    started = app.api.post("/restores", {**body, "confirm": True})
    return app.api.wait(f"/restores/{started['id']}")


def databases(server: PostgresServer) -> list[str]:
    return server.psql("SELECT datname FROM pg_database").splitlines()


def codes(preflight: dict[str, Any], level: str) -> set[str]:
    return {finding["code"] for finding in preflight["findings"] if finding["level"] == level}


def test_restore_when_from_each_copy_then_the_rows_are_the_same(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, source: str
) -> None:
    for copy in backup["copies"]:
        body = {**plan(database, backup), "copyId": copy["id"]}
        done = restore(app, body)
        assert done["status"] == "completed", done["errorMessage"]
        assert (done["sourceType"], done["sourceName"]) == (copy["storage"], database["name"])
        assert done["logTail"][-1]["metadata"]["stage"] == "Completed"
        name = body["options"]["newDatabase"]
        assert postgres.psql(COUNT, database=name) == postgres.psql(COUNT, database=source)
    assert app.api.get("/restores", databaseId=database["id"], status="completed", limit=1)[0]["id"] == done["id"]
    assert app.api.whole("GET", "/restores", limit=1)["meta"]["total"] >= 2
    assert app.api.get("/restores", status="cancelled", databaseId=database["id"]) == []
    mine = {"databaseId": database["id"], "startDate": done["createdAt"]}
    assert done["id"] in {one["id"] for one in app.api.get("/restores", **mine)}
    assert app.api.get("/restores", databaseId=database["id"], endDate="2020-01-01T00:00:00Z") == []
    for field in ("createdAt", "targetDatabase", "status", "duration"):
        there, back = (app.api.get("/restores", sort=sort, limit=200) for sort in (field, f"-{field}"))
        assert {one["id"] for one in there} == {one["id"] for one in back}
        values = [one[field] for one in back if one[field] is not None]
        assert values == sorted(values, key=lambda v: v.lower() if isinstance(v, str) else v, reverse=True)
    lines = app.api.get(f"/restores/{done['id']}/logs", level="info")
    assert lines[-1]["message"].startswith("Restore completed")


def test_restore_when_from_a_browsed_object_then_main_file_or_manifest_will_do(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, bucket: Any
) -> None:
    folder = backup["s3Key"].removeprefix("restores/").rpartition("/")[0]
    listed = app.api.get(f"/s3-configs/{bucket['id']}/objects", prefix=f"{folder}/", all="true")["objects"]
    main = next(o["key"] for o in listed if o["isBackup"])
    for key in (main, f"{main}.json"):
        body = plan(database, backup)
        del body["backupId"]
        done = restore(app, {**body, "source": {"s3ConfigId": bucket["id"], "key": key}})
        assert (done["status"], done["backupId"], done["sourceType"]) == ("completed", None, "s3")
        assert postgres.psql(COUNT, database=done["targetDatabase"]).startswith("200")


def test_restore_when_jobs_are_parallel_or_compression_differs_then_the_same_rows(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any
) -> None:
    done = restore(app, plan(database, backup, jobs=2))
    assert done["status"] == "completed"
    assert postgres.psql(COUNT, database=done["targetDatabase"]).startswith("200")
    for compression in ("zstd", "none"):
        other = back_up(app, database, compression=compression)
        done = restore(app, plan(database, other))
        assert done["status"] == "completed"
        assert postgres.psql(COUNT, database=done["targetDatabase"]).startswith("200")


def test_restore_when_another_server_is_the_target_then_it_is_made_there(
    app: RunningApp, newer_postgres: PostgresServer, backup: Any
) -> None:
    newer = add_database(app, newer_postgres)
    done = restore(app, plan(newer, backup))
    assert done["status"] == "completed", done["errorMessage"]
    assert newer_postgres.psql(COUNT, database=done["targetDatabase"]).startswith("200")


def test_restore_when_the_backup_is_of_a_newer_server_then_refused_beforehand(
    app: RunningApp, postgres: PostgresServer, newer_postgres: PostgresServer, database: Any
) -> None:
    newer = back_up(app, add_database(app, newer_postgres))
    found = app.api.post("/restores/preflight", plan(database, newer))
    assert found["ok"] is False
    assert "downgrade" in codes(found, "error")
    before = databases(postgres)
    done = restore(app, plan(database, newer))
    assert (done["status"], done["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "before anything was changed" in done["errorMessage"]
    assert databases(postgres) == before


def test_restore_when_the_source_database_was_dropped_then_it_still_comes_back(
    app: RunningApp, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    database = add_database(app, postgres, name)
    backup = back_up(app, database)
    postgres.psql(f'DROP DATABASE "{name}"')
    body = plan(database, backup, newDatabase=name)
    found = app.api.post("/restores/preflight", body)
    assert found["ok"] is True, found
    assert codes(found, "warning") == {"database-gone"}
    done = restore(app, body)
    assert done["status"] == "completed", done["errorMessage"]
    assert postgres.psql(COUNT, database=name).startswith("200")
    assert app.api.post(f"/databases/{database['id']}/test-connection")["ok"] is True


def test_preflight_when_all_is_well_then_ok_with_the_facts(app: RunningApp, database: Any, backup: Any) -> None:
    found = app.api.post("/restores/preflight", plan(database, backup, jobs=2))
    assert found["ok"] is True
    assert {"source", "spool-space", "name-free", "roles", "tool", "server-version"} <= codes(found, "ok")
    assert (found["sourceName"], found["tables"]) == (database["name"], 2)
    assert found["storedSize"] == backup["size"]


def test_preflight_when_name_is_taken_or_roles_are_missing_then_errors_say_so(
    app: RunningApp, postgres: PostgresServer, newer_postgres: PostgresServer, database: Any, backup: Any, source: str
) -> None:
    found = app.api.post("/restores/preflight", plan(database, backup, newDatabase=source))
    assert (found["ok"], codes(found, "error")) == (False, {"name-taken"})
    role = unique("only_here")
    name = make_database(postgres)
    postgres.psql(f"CREATE ROLE {role}")
    postgres.psql(f"ALTER TABLE item OWNER TO {role}", database=name)
    owned = back_up(app, add_database(app, postgres, name))
    elsewhere = add_database(app, newer_postgres)
    found = app.api.post("/restores/preflight", plan(elsewhere, owned))
    assert "missing-roles" in codes(found, "error")
    found = app.api.post("/restores/preflight", plan(elsewhere, owned, missingRoles="create"))
    assert (found["ok"], "roles-created" in codes(found, "warning")) == (True, True)


def test_restore_when_input_is_wrong_then_the_field_is_named(
    app: RunningApp, database: Any, backup: Any, bucket: Any
) -> None:
    good = plan(database, backup)
    s3 = {"s3ConfigId": bucket["id"], "key": "x"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"confirm": False}, "confirm"),
        ({"bogus": 1}, "bogus"),
        ({"options": {}}, "newDatabase"),
        ({"options": {"newDatabase": "postgres"}}, "newDatabase"),
        ({"options": {"newDatabase": "x", "jobs": 99}}, "jobs"),
        ({"options": {"newDatabase": "x", "clean": True}}, "clean"),
        ({"backupId": None}, "backupId"),
        ({"source": s3}, "backupId"),
        ({"backupId": None, "source": {**s3, "bogus": 1}}, "source.bogus"),
        ({"backupId": None, "source": {**s3, "key": "a/../b"}}, "key"),
    ]
    for change, field in wrong:
        body = {**good, "confirm": True, **change}
        app.api.refused("POST", "/restores", body, status=400, code="VALIDATION_ERROR", fields={field})
    app.api.refused("POST", "/restores", good, status=400, code="VALIDATION_ERROR", fields={"confirm"})


def test_restore_when_something_is_unknown_then_not_found(
    app: RunningApp, database: Any, backup: Any, bucket: Any, seaweed: SeaweedServer
) -> None:
    good = {**plan(database, backup), "confirm": True}
    for change in ({"databaseId": "nope"}, {"backupId": "nope"}, {"copyId": "nope"}):
        app.api.refused("POST", "/restores", {**good, **change}, status=404, code="NOT_FOUND", says="nope")
    nowhere = {**good, "backupId": None, "source": {"s3ConfigId": "nope", "key": "x"}}
    app.api.refused("POST", "/restores/preflight", _without(nowhere), status=404, code="NOT_FOUND", says="nope")
    nothing = {**good, "backupId": None, "source": {"s3ConfigId": bucket["id"], "key": "no/such"}}
    app.api.refused("POST", "/restores", nothing, status=502, code="BACKUP_ERROR", says="no manifest")
    seaweed.client().put_object(Bucket=bucket["bucket"], Key="restores/odd.json", Body=b'{"a": 1}')
    odd = {**good, "backupId": None, "source": {"s3ConfigId": bucket["id"], "key": "odd.json"}}
    app.api.refused("POST", "/restores", odd, status=502, code="RESTORE_ERROR", says="not a manifest")
    for method, path in (("GET", "/restores/nope"), ("GET", "/restores/nope/logs"), ("POST", "/restores/nope/cancel")):
        app.api.refused(method, path, status=404, code="NOT_FOUND", says="nope")


def test_restore_when_the_stored_file_was_altered_then_refused_and_nothing_stays(
    app: RunningApp, postgres: PostgresServer, database: Any
) -> None:
    backup = back_up(app, database)
    [file] = app.settings.storage_path.rglob(backup["fileName"])
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0x10
    file.write_bytes(data)
    body = plan(database, backup)
    done = restore(app, body)
    assert (done["status"], done["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert body["options"]["newDatabase"] not in databases(postgres)
    file.write_bytes(data[:-1])
    found = app.api.post("/restores/preflight", body)
    assert codes(found, "error") == {"source-size"}
    file.unlink()
    assert codes(app.api.post("/restores/preflight", body), "error") == {"source-missing"}


def test_restore_when_cancelled_in_the_middle_then_the_database_is_dropped(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer
) -> None:
    proxy = FaultProxy.start("127.0.0.1", seaweed.port)
    bucket = add_bucket(app, seaweed, endpoint=f"http://127.0.0.1:{proxy.port}")
    database = add_database(app, postgres, make_database(postgres, megabytes=8))
    backup = back_up(app, database, compression="none", local=False, uploadToS3=None, s3ConfigIds=[bucket["id"]])
    assert backup["status"] == "completed", backup["errorMessage"]
    body = {**plan(database, backup), "confirm": True}
    name = body["options"]["newDatabase"]
    proxy.set_rate(1e6)
    path = f"/restores/{app.api.post('/restores', body)['id']}"
    app.api.refused("DELETE", f"/backups/{backup['id']}", status=409, code="CONFLICT", says="restore is reading")
    eventually(lambda: name in databases(postgres))
    app.api.until(path, lambda r: bool(r["progress"] and r["progress"]["bytesRead"] > 0))
    queued = app.api.post("/restores", body)
    assert queued["queuePosition"] == 1
    assert app.api.post(f"/restores/{queued['id']}/cancel")["status"] == "cancelled"
    app.api.refused("DELETE", f"/databases/{database['id']}", status=409, code="CONFLICT")
    app.api.post(f"{path}/cancel")
    proxy.heal()
    done = app.api.wait(path)
    assert (done["status"], done["errorMessage"]) == ("cancelled", "Cancelled by request.")
    assert name not in databases(postgres)
    assert processes(app) == []
    app.api.refused("POST", f"{path}/cancel", status=409, code="CONFLICT", says="already cancelled")
    proxy.stop()


def test_delete_database_when_another_server_restores_its_backup_then_refused(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer, newer_postgres: PostgresServer
) -> None:
    proxy = FaultProxy.start("127.0.0.1", seaweed.port)
    bucket = add_bucket(app, seaweed, endpoint=f"http://127.0.0.1:{proxy.port}")
    database = add_database(app, postgres, make_database(postgres, megabytes=4))
    backup = back_up(app, database, compression="none", local=False, uploadToS3=None, s3ConfigIds=[bucket["id"]])
    proxy.set_rate(1e6)
    started = app.api.post("/restores", {**plan(add_database(app, newer_postgres), backup), "confirm": True})
    app.api.refused("DELETE", f"/databases/{database['id']}", status=409, code="CONFLICT", says="restore is reading")
    proxy.heal()
    assert app.api.wait(f"/restores/{started['id']}")["status"] == "completed"
    app.api.delete(f"/databases/{database['id']}")
    proxy.stop()


def _without(body: dict[str, Any]) -> dict[str, Any]:
    """A preflight takes no confirmation."""
    return {name: value for name, value in body.items() if name != "confirm"}
