"""Backups over the API: made, stored, labelled, pinned, copied later, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, files, locked, make_database, objects


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer) -> Any:
    return add_database(app, postgres)


@pytest.fixture(scope="module")
def bucket(app: RunningApp, seaweed: SeaweedServer) -> Any:
    return add_bucket(app, seaweed, pathPrefix="some/prefix")


def test_backup_when_it_goes_to_disk_and_bucket_then_both_are_complete(
    app: RunningApp, database: Any, bucket: Any, seaweed: SeaweedServer
) -> None:
    # Neither uploadToS3 nor s3ConfigIds: the default S3 config is used because there is one.
    done = back_up(app, database, uploadToS3=None, label="First", pinned=False)
    assert (done["status"], done["label"], done["type"], done["verifiedLevel"]) == ("completed", "First", "manual", 0)
    assert [(c["storage"], c["state"]) for c in done["copies"]] == [("local", "complete"), ("s3", "complete")]
    assert done["s3Uploaded"] is True
    assert done["s3Key"].startswith("some/prefix/")
    assert done["s3Key"] in objects(seaweed, bucket["bucket"])
    assert [part["name"] for part in done["parts"]] == ["globals", "database"]
    assert {(t["schema"], t["name"]) for t in done["tables"]} == {("public", "item"), ("public", "other")}
    assert done["size"] == sum(part["size"] for part in done["parts"])
    assert done["serverVersion"].startswith("15.")
    assert done["logTail"][-1]["message"].startswith("Backup completed")
    assert done["duration"] > 0
    shown = app.api.get(f"/databases/{database['id']}")
    assert shown["lastGoodBackupAt"] is not None


def test_backup_when_only_one_place_is_chosen_then_only_that_has_it(
    app: RunningApp, database: Any, bucket: Any
) -> None:
    only_s3 = back_up(app, database, local=False, uploadToS3=True)
    assert [c["storage"] for c in only_s3["copies"]] == ["s3"]
    only_local = back_up(app, database, uploadToS3=False)
    assert [c["storage"] for c in only_local["copies"]] == ["local"]
    assert (only_local["s3Uploaded"], only_local["s3Key"]) == (False, None)
    assert back_up(app, database, uploadToS3=None, s3ConfigIds=[])["copies"][0]["storage"] == "local"
    folder = app.settings.storage_path / database["slug"]
    assert not [name for name in files(folder) if only_s3["fileName"] in name]
    assert len([name for name in files(folder) if only_local["fileName"] in name]) == 2
    assert app.settings.work_path.exists()
    # The run's folder is removed after its end was written.
    eventually(lambda: not list(app.settings.work_path.iterdir()))


@pytest.mark.parametrize(
    ("compression", "level", "ending"),
    [("gzip", None, ".dump.gz"), ("gzip", 9, ".dump.gz"), ("zstd", 1, ".dump.zst"), ("none", None, ".dump")],
)
def test_backup_when_compressed_somehow_then_the_file_says_so(
    app: RunningApp, database: Any, compression: str, level: int | None, ending: str
) -> None:
    done = back_up(app, database, compression=compression, compressionLevel=level)
    assert (done["status"], done["compression"], done["compressionLevel"]) == ("completed", compression, level)
    assert done["fileName"].endswith(ending)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bogus": 1}, "bogus"),
        ({"compression": "rar"}, "compression"),
        ({"compression": "gzip", "compressionLevel": 10}, "compressionLevel"),
        ({"compression": "gzip", "compressionLevel": 0}, "compressionLevel"),
        ({"compression": "zstd", "compressionLevel": 23}, "compressionLevel"),
        ({"compression": "none", "compressionLevel": 1}, "compressionLevel"),
        ({"options": {"nope": 1}}, "nope"),
        ({"options": {"includeTables": "item"}}, "includeTables"),
        ({"options": {"schemaOnly": True, "dataOnly": True}}, "dataOnly"),
        ({"local": False, "uploadToS3": False}, "local"),
        ({"uploadToS3": False, "s3ConfigIds": ["x"]}, "s3ConfigIds"),
        ({"uploadToS3": None, "s3ConfigIds": ["nope"]}, "s3ConfigIds"),
        ({"label": "x" * 201}, "label"),
        ({"databaseId": 7}, "databaseId"),
    ],
)
def test_backup_when_input_is_wrong_then_the_field_is_named(
    app: RunningApp, database: Any, bucket: Any, change: dict[str, Any], field: str
) -> None:
    body = {"databaseId": database["id"], **change}
    app.api.refused("POST", "/backups", body, status=400, code="VALIDATION_ERROR", fields={field})


def test_backup_when_the_s3_config_is_disabled_or_the_database_unknown_then_refused(
    app: RunningApp, database: Any, seaweed: SeaweedServer
) -> None:
    off = add_bucket(app, seaweed, enabled=False)
    body = {"databaseId": database["id"], "s3ConfigIds": [off["id"]]}
    app.api.refused(
        "POST", "/backups", body, status=400, code="VALIDATION_ERROR", fields={"s3ConfigIds"}, says="disabled"
    )
    app.api.refused("POST", "/backups", {"databaseId": "nope"}, status=404, code="NOT_FOUND", says="nope")


def test_routes_when_the_backup_is_unknown_then_not_found(app: RunningApp) -> None:
    for method, path, body in [
        ("GET", "/backups/nope", None),
        ("DELETE", "/backups/nope", None),
        ("GET", "/backups/nope/download", None),
        ("GET", "/backups/nope/logs", None),
        ("POST", "/backups/nope/upload-to-s3", {}),
        ("POST", "/backups/nope/cancel", None),
        ("POST", "/backups/nope/pin", {"pinned": True}),
    ]:
        app.api.refused(method, path, body, status=404, code="NOT_FOUND", says="nope")


def test_pin_when_pinned_then_not_deleted_until_unpinned(app: RunningApp, database: Any) -> None:
    path = f"/backups/{back_up(app, database)['id']}"
    assert app.api.post(f"{path}/pin", {"pinned": True})["pinned"] is True
    app.api.refused("DELETE", path, status=409, code="CONFLICT", says="Unpin it first")
    app.api.refused("POST", f"{path}/pin", {}, status=400, code="VALIDATION_ERROR", fields={"pinned"})
    assert app.api.post(f"{path}/pin", {"pinned": False})["pinned"] is False
    app.api.delete(path)
    app.api.refused("DELETE", path, status=404, code="NOT_FOUND")


def test_list_when_filtered_sorted_and_paged_then_only_what_matches(
    app: RunningApp, postgres: PostgresServer, bucket: Any
) -> None:
    database = add_database(app, postgres)
    small = back_up(app, database, options={"schemaOnly": True})
    large = back_up(app, database, uploadToS3=True, compression="none")
    body = {"databaseId": database["id"], "options": {"includeTables": ["no_such_table"]}}
    failed = app.api.wait(f"/backups/{app.api.post('/backups', body)['id']}")
    assert (failed["status"], failed["errorCode"]) == ("failed", "BACKUP_ERROR")
    assert "no_such_table" in failed["errorMessage"]

    def ids(**params: Any) -> list[str]:
        return [b["id"] for b in app.api.get("/backups", databaseId=database["id"], **params)]

    everything = [failed["id"], large["id"], small["id"]]
    assert ids() == everything
    assert ids(sort="createdAt") == everything[::-1]
    assert ids(sort="size", status="completed") == [small["id"], large["id"]]
    assert ids(sort="-size", status="completed") == [large["id"], small["id"]]
    for sort in ("type", "-status", "databaseName", "-duration"):
        assert sorted(ids(sort=sort)) == sorted(everything)
    assert ids(status="failed") == [failed["id"]]
    assert ids(type="daily") == []
    assert ids(s3="complete") == [large["id"]]
    assert ids(s3="none") == [small["id"]]
    assert ids(s3="failed") == [failed["id"]]
    assert ids(s3="pending") == []
    assert ids(startDate=large["createdAt"]) == [failed["id"], large["id"]]
    assert ids(endDate=large["createdAt"]) == [small["id"]]
    assert ids(endDate="2020-01-01T00:00:00") == []
    page = app.api.whole("GET", "/backups", databaseId=database["id"], limit=2, page=2)
    assert [b["id"] for b in page["data"]] == [small["id"]]
    assert (page["meta"]["page"], page["meta"]["limit"], page["meta"]["total"]) == (2, 2, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "asleep"), ("type", "often"), ("s3", "maybe"), ("startDate", "yesterday"), ("endDate", "soon"),
     ("sort", "password"), ("page", "0"), ("limit", "201"), ("limit", "-1")],
)  # fmt: skip
def test_list_when_a_parameter_is_wrong_then_it_is_named(app: RunningApp, name: str, value: str) -> None:
    params = {name: value}
    app.api.refused("GET", "/backups", status=400, code="VALIDATION_ERROR", fields={name}, params=params)


def test_logs_when_narrowed_then_level_and_place_are_kept(app: RunningApp, database: Any) -> None:
    done = back_up(app, database)
    lines = app.api.get(f"/backups/{done['id']}/logs")
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert any("pg_dump" in line["message"] for line in lines)
    half = lines[len(lines) // 2]["seq"]
    assert app.api.get(f"/backups/{done['id']}/logs", after=half) == lines[half:]
    assert app.api.get(f"/backups/{done['id']}/logs", after=half, limit=1) == lines[half : half + 1]
    assert app.api.get(f"/backups/{done['id']}/logs", level="error") == []
    assert all(line["level"] == "info" for line in app.api.get(f"/backups/{done['id']}/logs", level="info"))
    for name, value in (("level", "loud"), ("after", "-1"), ("after", str(10**30)), ("limit", "0")):
        app.api.refused(
            "GET", f"/backups/{done['id']}/logs", status=400, code="VALIDATION_ERROR", fields={name},
            params={name: value},
        )  # fmt: skip


def test_upload_later_when_asked_then_the_copy_is_made_once(
    app: RunningApp, database: Any, seaweed: SeaweedServer
) -> None:
    config = add_bucket(app, seaweed)
    done = back_up(app, database)
    path = f"/backups/{done['id']}"
    asked = app.api.post(f"{path}/upload-to-s3", {"s3ConfigIds": [config["id"]]})
    assert asked["copies"][1]["state"] in ("pending", "writing", "complete")
    found = app.api.until(path, lambda b: b["s3Uploaded"])
    assert found["copies"][1]["sha256"] == done["sha256"]
    assert len(objects(seaweed, config["bucket"])) == 3
    body = {"s3ConfigIds": [config["id"]]}
    app.api.refused("POST", f"{path}/upload-to-s3", body, status=409, code="CONFLICT", says="already has a copy")
    body = {"s3ConfigIds": ["nope"]}
    app.api.refused("POST", f"{path}/upload-to-s3", body, status=400, code="VALIDATION_ERROR", fields={"s3ConfigIds"})
    app.api.delete(path)
    eventually(lambda: not objects(seaweed, config["bucket"]))


def test_routes_when_the_backup_has_not_ended_then_conflict_says_what_to_do(
    app: RunningApp, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    database = add_database(app, postgres, name)
    with locked(postgres, name):
        path = f"/backups/{app.api.post('/backups', {'databaseId': database['id']})['id']}"
        app.api.until(path, lambda b: b["status"] == "running")
        app.api.refused("DELETE", path, status=409, code="CONFLICT", says="Cancel it first")
        app.api.refused("POST", f"{path}/upload-to-s3", {}, status=409, code="CONFLICT", says="completed")
        app.api.refused("GET", f"{path}/download", status=409, code="CONFLICT", says="no complete copy")
    assert app.api.wait(path)["status"] == "completed"
    app.api.refused("POST", f"{path}/cancel", status=409, code="CONFLICT", says="already completed")
