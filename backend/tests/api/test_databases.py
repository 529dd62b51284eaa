"""Adding, testing, changing, listing and deleting databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import (
    add_bucket,
    add_database,
    back_up,
    eventually,
    files,
    form,
    locked,
    make_database,
    objects,
    unique,
)

WRONG = "not-the-password-marked-0815"


def test_create_when_the_test_succeeds_then_saves_what_was_seen(app: RunningApp, postgres: PostgresServer) -> None:
    created = add_database(app, postgres, dumpOptions={"schemaOnly": True})
    assert created["reachable"] is True
    assert created["serverVersion"].startswith("15.")
    assert created["size"] > 0
    assert created["hasPassword"] is True
    assert created["dumpOptions"]["schemaOnly"] is True
    assert "password" not in created
    assert app.api.get(f"/databases/{created['id']}") == created


def test_create_when_the_password_is_wrong_then_nothing_is_saved(app: RunningApp, postgres: PostgresServer) -> None:
    app.secrets.add(WRONG)
    body = form(postgres, password=WRONG)
    app.api.refused("POST", "/databases", body, status=502, code="DATABASE_ERROR", says="refused the password")
    assert app.api.get("/databases", search=body["name"]) == []


def test_create_when_forced_then_saves_although_the_test_fails(app: RunningApp, postgres: PostgresServer) -> None:
    created = app.api.post("/databases", form(postgres, password=WRONG), force=True)
    assert created["reachable"] is False
    assert "refused the password" in created["lastError"]
    assert created["serverVersion"] is None


def test_create_when_the_name_is_taken_then_conflict_names_the_field(app: RunningApp, postgres: PostgresServer) -> None:
    name = add_database(app, postgres)["name"]
    body = form(postgres, name=name)
    app.api.refused("POST", "/databases", body, status=409, code="CONFLICT", fields={"name"}, says=name)


def test_create_when_asked_for_several_times_at_once_then_one_is_made(
    app: RunningApp, postgres: PostgresServer
) -> None:
    body = form(postgres)
    with ThreadPoolExecutor(3) as clicks:
        answers = list(clicks.map(lambda _: app.api.request("POST", "/databases", body), range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    told = [answer.json()["error"]["message"] for answer in answers if answer.status_code == 409]
    assert all(body["name"] in message for message in told)
    assert len(app.api.get("/databases", search=body["name"])) == 1


def test_create_when_names_differ_in_case_only_then_slugs_differ(app: RunningApp, postgres: PostgresServer) -> None:
    first = add_database(app, postgres, "postgres", name="Twin one")
    second = add_database(app, postgres, "postgres", name="twin ONE")
    assert (first["slug"], second["slug"]) == ("twin_one", "twin_one_2")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bogus": 1}, "bogus"),
        ({"port": "many"}, "port"),
        ({"port": 0}, "port"),
        ({"port": 65536}, "port"),
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"type": "oracle"}, "type"),
        ({"tlsMode": "sometimes"}, "tlsMode"),
        ({"host": None}, "host"),
        ({"dumpOptions": []}, "dumpOptions"),
        ({"dumpOptions": {"globals": "some"}}, "globals"),
        ({"dumpOptions": {"nonsense": 1}}, "nonsense"),
    ],
)
def test_create_when_a_field_is_wrong_then_it_is_named(
    app: RunningApp, postgres: PostgresServer, change: dict[str, Any], field: str
) -> None:
    body = {**form(postgres), **change}
    app.api.refused("POST", "/databases", body, status=400, code="VALIDATION_ERROR", fields={field}, says=field)


@pytest.mark.parametrize("missing", ["name", "type", "host", "port", "database", "username"])
def test_create_when_a_field_is_missing_then_it_is_named(
    app: RunningApp, postgres: PostgresServer, missing: str
) -> None:
    body = form(postgres)
    del body[missing]
    app.api.refused("POST", "/databases", body, status=400, code="VALIDATION_ERROR", fields={missing})


@pytest.mark.parametrize("content", ["", "[]", '"text"', "7", "{", '{"name": }'])
def test_create_when_the_body_is_no_object_then_says_so(app: RunningApp, content: str) -> None:
    headers = {"content-type": "application/json"}
    app.api.refused("POST", "/databases", status=400, code="VALIDATION_ERROR", content=content, headers=headers)


def test_get_when_unknown_then_not_found_on_every_route(app: RunningApp) -> None:
    for method, path, body in [
        ("GET", "/databases/nope", None),
        ("PUT", "/databases/nope", {}),
        ("DELETE", "/databases/nope", None),
        ("POST", "/databases/nope/test-connection", None),
        ("POST", "/databases/test-connection", {"databaseId": "nope"}),
    ]:
        app.api.refused(method, path, body, status=404, code="NOT_FOUND", says="nope")


def test_put_when_only_some_fields_come_then_the_rest_and_the_password_stay(
    app: RunningApp, postgres: PostgresServer
) -> None:
    before = add_database(app, postgres)
    after = app.api.put(f"/databases/{before['id']}", {"name": unique("Renamed"), "enabled": False})
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"name", "enabled", "updatedAt"}
    assert app.api.post(f"/databases/{before['id']}/test-connection")["ok"] is True


def test_put_when_the_connection_would_break_then_refused_unless_forced(
    app: RunningApp, postgres: PostgresServer
) -> None:
    before = add_database(app, postgres)
    path = f"/databases/{before['id']}"
    app.api.refused("PUT", path, {"database": "gone"}, status=502, code="DATABASE_ERROR", says="gone does not exist")
    assert app.api.get(path) == before
    after = app.api.call("PUT", path, {"database": "gone"}, force=True)
    assert (after["database"], after["reachable"]) == ("gone", False)


def test_put_when_the_password_changes_then_it_is_tested_and_can_be_taken_away(
    app: RunningApp, postgres: PostgresServer
) -> None:
    path = f"/databases/{add_database(app, postgres)['id']}"
    app.api.refused("PUT", path, {"password": WRONG}, status=502, code="DATABASE_ERROR")
    assert app.api.put(path, {"password": postgres.password})["hasPassword"] is True
    assert app.api.put(path, {"password": ""}, force=True)["hasPassword"] is False
    assert app.api.post(f"{path}/test-connection")["ok"] is False


def test_put_when_input_is_wrong_then_the_field_is_named(app: RunningApp, postgres: PostgresServer) -> None:
    other, mine = add_database(app, postgres, "postgres"), add_database(app, postgres, "postgres")
    path = f"/databases/{mine['id']}"
    for body, status, code, field in [
        ({"name": other["name"]}, 409, "CONFLICT", "name"),
        ({"type": "postgresql"}, 400, "VALIDATION_ERROR", "type"),
        ({"port": None}, 400, "VALIDATION_ERROR", "port"),
        ({"dumpOptions": {"dataOnly": 3}}, 400, "VALIDATION_ERROR", "dataOnly"),
    ]:
        app.api.refused("PUT", path, body, status=status, code=code, fields={field})
    assert app.api.put(path, {"name": mine["name"], "dumpOptions": {"dataOnly": True}})["dumpOptions"]["dataOnly"]


def test_list_when_filtered_and_paged_then_only_what_matches_in_order(
    app: RunningApp, postgres: PostgresServer
) -> None:
    mark = unique("List")
    for letter, enabled in (("c", True), ("A", False), ("b", True)):
        add_database(app, postgres, "postgres", name=f"{mark} {letter}", enabled=enabled)
    listed = app.api.whole("GET", "/databases", search=mark.lower(), limit=2)
    assert [d["name"][-1] for d in listed["data"]] == ["A", "b"]
    assert (listed["meta"]["page"], listed["meta"]["limit"], listed["meta"]["total"]) == (1, 2, 3)
    assert [d["name"][-1] for d in app.api.get("/databases", search=mark, limit=2, page=2)] == ["c"]
    assert [d["name"][-1] for d in app.api.get("/databases", search=mark, enabled="true")] == ["b", "c"]
    assert len(app.api.get("/databases", search=mark, type="postgresql")) == 3
    assert app.api.get("/databases", search="100%_" + mark) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("page", "0"), ("page", "x"), ("page", str(10**30)), ("limit", "0"), ("limit", "201"), ("type", "oracle"),
     ("enabled", "maybe")],
)  # fmt: skip
def test_list_when_a_parameter_is_wrong_then_it_is_named(app: RunningApp, name: str, value: str) -> None:
    params = {name: value}
    app.api.refused("GET", "/databases", status=400, code="VALIDATION_ERROR", fields={name}, params=params)


def test_connection_when_saved_then_probe_is_shown_and_kept(app: RunningApp, postgres: PostgresServer) -> None:
    created = app.api.post("/databases", form(postgres, password=WRONG), force=True)
    failed = app.api.post(f"/databases/{created['id']}/test-connection")
    assert (failed["ok"], failed["probe"], failed["error"]["code"]) == (False, None, "DATABASE_ERROR")
    app.api.put(f"/databases/{created['id']}", {"password": postgres.password})
    found = app.api.post(f"/databases/{created['id']}/test-connection")
    assert (found["ok"], found["error"]) == (True, None)
    assert found["probe"]["canDump"] is True
    assert found["probe"]["tool"]["version"].startswith("15.")
    assert app.api.get(f"/databases/{created['id']}")["lastError"] is None


def test_connection_when_unsaved_then_what_is_left_out_comes_from_the_saved_one(
    app: RunningApp, postgres: PostgresServer
) -> None:
    saved = add_database(app, postgres)
    path = "/databases/test-connection"
    assert app.api.post(path, {"databaseId": saved["id"]})["ok"] is True
    assert app.api.post(path, {"databaseId": saved["id"], "database": "postgres", "tlsCa": None})["ok"] is True
    assert app.api.post(path, {"databaseId": saved["id"], "password": WRONG})["ok"] is False
    assert app.api.post(path, {"databaseId": saved["id"], "tlsMode": "require"})["error"]["message"]
    whole = form(postgres)
    del whole["name"]
    assert app.api.post(path, whole)["ok"] is True
    app.api.refused(
        "POST", path, {"host": "x"}, status=400, code="VALIDATION_ERROR", fields={"port", "database", "username"}
    )


def test_delete_when_backups_go_too_then_files_are_gone_from_disk_and_bucket(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer
) -> None:
    database, bucket = add_database(app, postgres), add_bucket(app, seaweed)
    backup = back_up(app, database, uploadToS3=None, s3ConfigIds=[bucket["id"]])
    assert backup["status"] == "completed"
    folder = app.settings.storage_path / database["slug"]
    assert len(files(folder)) == len(objects(seaweed, bucket["bucket"])) == 3
    assert app.api.delete(f"/databases/{database['id']}") == {"id": database["id"]}
    app.api.refused("GET", f"/backups/{backup['id']}", status=404, code="NOT_FOUND")
    app.api.until(f"/s3-configs/{bucket['id']}", lambda config: config["copies"] == 0)
    eventually(lambda: not files(folder) and not objects(seaweed, bucket["bucket"]))


def test_delete_when_backups_are_kept_then_they_stay_readable(app: RunningApp, postgres: PostgresServer) -> None:
    database = add_database(app, postgres)
    backup = back_up(app, database)
    app.api.delete(f"/databases/{database['id']}", backups="keep")
    kept = app.api.get(f"/backups/{backup['id']}")
    assert (kept["databaseId"], kept["databaseName"], kept["status"]) == (None, database["name"], "completed")
    assert app.api.request("GET", f"/backups/{backup['id']}/download").status_code == 200
    assert app.api.get("/backups", databaseId=database["id"]) == []


def test_delete_when_a_run_is_active_or_a_backup_pinned_then_refused(app: RunningApp, postgres: PostgresServer) -> None:
    name = make_database(postgres)
    database = add_database(app, postgres, name)
    path = f"/databases/{database['id']}"
    with locked(postgres, name):
        running = app.api.post("/backups", {"databaseId": database["id"]})
        app.api.refused("DELETE", path, status=409, code="CONFLICT", says="Cancel it or wait")
    assert app.api.wait(f"/backups/{running['id']}")["status"] == "completed"
    app.api.post(f"/backups/{running['id']}/pin", {"pinned": True})
    app.api.refused("DELETE", path, status=409, code="CONFLICT", says="1 of the backups")
    app.api.refused("DELETE", path, status=400, code="VALIDATION_ERROR", fields={"backups"}, params={"backups": "burn"})
    app.api.delete(path, backups="keep")
