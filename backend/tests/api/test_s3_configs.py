"""Adding, testing, browsing, changing and deleting S3 configs, on a real S3 server."""

from __future__ import annotations

from typing import Any

import pytest

from devtools.servers import PostgresServer, SeaweedServer, free_port
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, new_bucket, objects, s3_form

WRONG = "wrong-secret-key-marked-0815"


def test_create_when_first_then_it_becomes_the_default_and_only_one_ever_is(
    app: RunningApp, seaweed: SeaweedServer
) -> None:
    for config in app.api.get("/s3-configs"):
        app.api.delete(f"/s3-configs/{config['id']}")
    first, second = add_bucket(app, seaweed), add_bucket(app, seaweed)
    assert (first["isDefault"], second["isDefault"]) == (True, False)
    third = add_bucket(app, seaweed, isDefault=True)
    assert [c["id"] for c in app.api.get("/s3-configs") if c["isDefault"]] == [third["id"]]
    app.api.put(f"/s3-configs/{second['id']}", {"isDefault": True})
    listed = app.api.get("/s3-configs")
    assert [c["isDefault"] for c in listed] == [True, False, False]
    assert listed[0]["id"] == second["id"]


def test_create_when_saved_then_the_secret_key_is_not_shown(app: RunningApp, seaweed: SeaweedServer) -> None:
    created = add_bucket(app, seaweed, pathPrefix="/a/b/")
    assert created["hasSecretKey"] is True
    assert created["accessKeyHint"] == seaweed.access_key[-4:]
    assert created["pathPrefix"] == "a/b"
    assert created.keys().isdisjoint({"secretKey", "accessKey"})
    assert app.api.get(f"/s3-configs/{created['id']}") == created


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bogus": 1}, "bogus"),
        ({"bucket": ""}, "bucket"),
        ({"secretKey": None}, "secretKey"),
        ({"pathStyle": "perhaps"}, "pathStyle"),
        ({"sseMode": "ROT13"}, "sseMode"),
        ({"sseMode": "SSE-KMS"}, "kmsKeyId"),
        ({"endpoint": "s3.example.com"}, "endpoint"),
        ({"endpoint": "ftp://s3.example.com"}, "endpoint"),
        ({"endpoint": "https://user:pass@s3.example.com"}, "endpoint"),
        ({"allowHttp": False}, "endpoint"),
    ],
)
def test_create_when_a_field_is_wrong_then_it_is_named(
    app: RunningApp, seaweed: SeaweedServer, change: dict[str, Any], field: str
) -> None:
    body = {**s3_form(seaweed, "some-bucket"), **change}
    app.api.refused("POST", "/s3-configs", body, status=400, code="VALIDATION_ERROR", fields={field})


def test_create_when_the_name_is_taken_then_conflict_names_the_field(app: RunningApp, seaweed: SeaweedServer) -> None:
    taken, other = add_bucket(app, seaweed), add_bucket(app, seaweed)
    body = s3_form(seaweed, "some-bucket", name=taken["name"])
    app.api.refused("POST", "/s3-configs", body, status=409, code="CONFLICT", fields={"name"})
    body = {"name": taken["name"]}
    app.api.refused("PUT", f"/s3-configs/{other['id']}", body, status=409, code="CONFLICT", fields={"name"})


def test_routes_when_the_config_is_unknown_then_not_found(app: RunningApp) -> None:
    for method, path, body in [
        ("GET", "/s3-configs/nope", None),
        ("PUT", "/s3-configs/nope", {}),
        ("DELETE", "/s3-configs/nope", None),
        ("POST", "/s3-configs/nope/test", None),
        ("GET", "/s3-configs/nope/buckets", None),
        ("GET", "/s3-configs/nope/objects", None),
        ("POST", "/s3-configs/test", {"s3ConfigId": "nope"}),
    ]:
        app.api.refused(method, path, body, status=404, code="NOT_FOUND", says="nope")


def test_put_when_fields_are_left_out_then_the_keys_stay(app: RunningApp, seaweed: SeaweedServer) -> None:
    path = f"/s3-configs/{add_bucket(app, seaweed)['id']}"
    assert app.api.put(path, {"region": "eu-west-1", "pathPrefix": "x/"})["pathPrefix"] == "x"
    assert app.api.post(f"{path}/test")["ok"] is True
    app.api.put(path, {"secretKey": WRONG})
    assert app.api.post(f"{path}/test")["ok"] is False
    app.api.refused("PUT", path, {"allowHttp": False}, status=400, code="VALIDATION_ERROR", fields={"endpoint"})


def test_test_when_all_is_right_then_every_step_is_ok_and_nothing_stays(
    app: RunningApp, seaweed: SeaweedServer
) -> None:
    config = add_bucket(app, seaweed)
    found = app.api.post(f"/s3-configs/{config['id']}/test")
    assert found["ok"] is True
    names = ["reach", "list", "versions", "objectLock", "put", "tags", "readBack", "multipart", "delete"]
    assert [step["name"] for step in found["steps"]] == names
    assert objects(seaweed, config["bucket"]) == []


def test_test_when_the_form_has_encryption_and_a_prefix_then_they_are_tried_too(
    app: RunningApp, seaweed: SeaweedServer
) -> None:
    form = s3_form(seaweed, sseMode="SSE-S3", pathPrefix="team/backups")
    tried = {name: form[name] for name in form if name != "name"}
    assert app.api.post("/s3-configs/test", tried)["ok"] is True


def test_test_when_something_is_wrong_then_the_first_failed_step_says_what(
    app: RunningApp, seaweed: SeaweedServer
) -> None:
    app.secrets.add(WRONG)
    saved = add_bucket(app, seaweed)
    for change, failed, words in [
        ({"secretKey": WRONG}, "reach", "secret key"),
        ({"accessKey": "NOBODY"}, "reach", "access key"),
        ({"bucket": "no-such-bucket"}, "reach", "no-such-bucket"),
        ({"endpoint": f"http://127.0.0.1:{free_port()}"}, "reach", "127.0.0.1"),
        ({"accessKey": seaweed.readonly_access_key}, "put", ""),
    ]:
        found = app.api.post("/s3-configs/test", {"s3ConfigId": saved["id"], **change})
        assert found["ok"] is False
        step = next(step for step in found["steps"] if not step["ok"])
        assert step["name"] == failed
        assert words in step["message"].lower()


def test_test_when_unsaved_then_the_form_must_be_complete(app: RunningApp, seaweed: SeaweedServer) -> None:
    body = s3_form(seaweed, pathPrefix="some/where")
    del body["name"]
    assert app.api.post("/s3-configs/test", body)["ok"] is True
    fields = {"bucket", "accessKey", "secretKey"}
    app.api.refused("POST", "/s3-configs/test", {}, status=400, code="VALIDATION_ERROR", fields=fields)
    body["allowHttp"] = False
    app.api.refused("POST", "/s3-configs/test", body, status=400, code="VALIDATION_ERROR", fields={"endpoint"})


def test_buckets_when_asked_then_names_or_a_clear_error(app: RunningApp, seaweed: SeaweedServer) -> None:
    config = add_bucket(app, seaweed)
    assert config["bucket"] in app.api.get(f"/s3-configs/{config['id']}/buckets")
    app.api.put(f"/s3-configs/{config['id']}", {"secretKey": WRONG})
    for path in ("buckets", "objects"):
        app.api.refused("GET", f"/s3-configs/{config['id']}/{path}", status=502, code="S3_ERROR")
    app.api.put(f"/s3-configs/{config['id']}", {"endpoint": f"http://127.0.0.1:{free_port()}"})
    app.api.refused("GET", f"/s3-configs/{config['id']}/objects", status=502, code="S3_ERROR", says="127.0.0.1")


def test_browse_when_there_are_folders_and_pages_then_each_is_shown_once(
    app: RunningApp, seaweed: SeaweedServer
) -> None:
    config = add_bucket(app, seaweed, pathPrefix="mine")
    client = seaweed.client()
    for key in ("mine/a/one.dump.gz", "mine/a/one.dump.gz.json", "mine/a/two.txt", "mine/a/b/three", "yours/four"):
        client.put_object(Bucket=config["bucket"], Key=key, Body=b"12345")
    path = f"/s3-configs/{config['id']}/objects"
    root = app.api.get(path)
    assert (root["folders"], root["objects"]) == (["a/"], [])
    folder = app.api.get(path, prefix="a/")
    assert folder["folders"] == ["a/b/"]
    assert [(o["key"], o["isBackup"], o["size"]) for o in folder["objects"]] == [
        ("a/one.dump.gz", True, 5),
        ("a/two.txt", False, 5),
    ]
    assert len(app.api.get(path, prefix="a/", all="true")["objects"]) == 3
    seen, token = [], None
    while True:
        page = app.api.get(path, prefix="a/", limit=1, all="true", **({"next": token} if token else {}))
        seen += page["folders"] + [o["key"] for o in page["objects"]]
        token = page["next"]
        if token is None:
            break
    assert sorted(seen) == ["a/b/", "a/one.dump.gz", "a/one.dump.gz.json", "a/two.txt"]
    app.api.refused("GET", path, status=400, code="VALIDATION_ERROR", fields={"limit"}, params={"limit": 1001})


def test_delete_and_move_when_copies_lie_there_then_refused(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer
) -> None:
    config = add_bucket(app, seaweed)
    path = f"/s3-configs/{config['id']}"
    backup = back_up(app, add_database(app, postgres), local=False, uploadToS3=None, s3ConfigIds=[config["id"]])
    assert app.api.get(path)["copies"] == 1
    app.api.refused("DELETE", path, status=409, code="CONFLICT", says="1 backup copy lies")
    body = {"bucket": new_bucket(seaweed), "pathPrefix": "elsewhere"}
    app.api.refused("PUT", path, body, status=409, code="CONFLICT", fields={"bucket", "pathPrefix"})
    app.api.delete(f"/backups/{backup['id']}")
    eventually(lambda: not objects(seaweed, config["bucket"]))
    eventually(lambda: app.api.request("DELETE", path).is_success)
    app.api.refused("GET", path, status=404, code="NOT_FOUND")
