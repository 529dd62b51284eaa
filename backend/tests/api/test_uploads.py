"""Uploads over the API: sent in pieces, checked by what is in them, restored, and gone in time."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backports import zstd

from dbbackup.db.models import RestoreUpload
from dbbackup.db.models.base import utc_now
from dbbackup.worker.uploads import expire_uploads
from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, files, make_database, unique
from tests.api.uploading import checked, findings, patch, pg_dump, plan, restore, send


@pytest.fixture(scope="module")
def source(postgres: PostgresServer) -> str:
    return make_database(postgres)


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer, source: str) -> Any:
    return add_database(app, postgres, source)


@pytest.fixture(scope="module")
def archive(postgres: PostgresServer, source: str) -> bytes:
    return pg_dump(postgres, source, "--format=custom")


@pytest.fixture
def settings(app: RunningApp) -> Iterator[Any]:
    """Changes live settings for one test."""
    changed: dict[str, None] = {}

    def change(**values: int) -> None:
        named = {f"restore.{key}": value for key, value in values.items()}
        changed.update(dict.fromkeys(named))
        app.api.call("PUT", "/system/settings", {"values": named})

    yield change
    app.api.call("PUT", "/system/settings", {"values": changed})


def folder(app: RunningApp) -> Path:
    return app.settings.storage_path / ".work" / "uploads"


def test_upload_when_it_is_an_archive_in_gzip_then_it_is_known_and_restored(
    app: RunningApp, postgres: PostgresServer, database: Any, archive: bytes
) -> None:
    packed = gzip.compress(archive)
    upload = send(app, packed, "something.txt", sha256=hashlib.sha256(packed).hexdigest())
    assert (upload["state"], upload["format"], upload["engine"]) == ("ready", "pg_custom", "postgresql"), upload
    assert (upload["compression"], upload["encryption"], upload["plainSize"]) == ("gzip", None, len(archive))
    assert upload["serverVersion"].startswith("15.")
    assert upload["tables"] == 2
    assert upload["id"] in [u["id"] for u in app.api.get("/restores/uploads")]
    name = unique("up")
    body = plan(database, {"uploadId": upload["id"]}, newDatabase=name, trusted=True)
    found = app.api.post("/restores/preflight", body)
    assert found["ok"] is True, found
    assert {"source-unproved", "source-trusted"} <= findings(found, "warning").keys()
    done = restore(app, body)
    assert done["status"] == "completed", done["errorMessage"]
    assert (done["sourceType"], done["sourceName"]) == ("upload", "something.txt")
    assert postgres.psql("SELECT count(*), max(note) FROM item", database=name) == "200|note 99"


def test_preflight_when_the_role_is_a_superuser_and_the_source_not_trusted_then_it_is_refused(
    app: RunningApp, postgres: PostgresServer, database: Any, archive: bytes
) -> None:
    upload = send(app, archive)
    body = plan(database, {"uploadId": upload["id"]}, newDatabase=unique("up"))
    found = app.api.post("/restores/preflight", body)
    assert "run programs and read files" in findings(found, "error")["source-not-trusted"]
    role = unique("plain")
    postgres.psql(f"CREATE ROLE {role} LOGIN CREATEDB PASSWORD 'only-for-this-test'")
    plain = add_database(app, postgres, "postgres", username=role, password="only-for-this-test")
    options = {"newDatabase": unique("up"), "noOwner": True, "noPrivileges": True}
    body = plan(plain, {"uploadId": upload["id"]}, **options)
    found = app.api.post("/restores/preflight", body)
    assert found["ok"] is True, found
    assert "source-confined" in findings(found, "ok")
    assert restore(app, body)["status"] == "completed"


def test_upload_when_the_connection_breaks_then_it_goes_on_where_it_ended(app: RunningApp, archive: bytes) -> None:
    upload = app.api.post("/restores/uploads", {"name": "a.dump", "size": len(archive)})
    path = f"/restores/uploads/{upload['id']}"
    half = len(archive) // 2
    assert patch(app, upload["id"], 0, archive[:half]).json()["data"]["offset"] == half
    again = patch(app, upload["id"], 0, archive)
    assert again.status_code == 409
    assert f"number {half}, not 0" in again.json()["error"]["message"]
    head = app.api.request("HEAD", path)
    assert (head.headers["upload-offset"], head.headers["upload-length"]) == (str(half), str(len(archive)))
    assert app.api.request("POST", f"{path}/check").status_code == 409
    early = app.api.request("POST", "/restores/preflight", plan({"id": "x"}, {"uploadId": upload["id"]}))
    assert early.status_code == 404
    assert patch(app, upload["id"], half, archive[half:]).json()["data"]["state"] == "checking"
    assert checked(app, upload["id"])["state"] == "ready"
    assert patch(app, upload["id"], len(archive), b"more").status_code == 409


def test_upload_when_the_program_restarts_in_the_middle_then_it_goes_on(tmp_path: Path, archive: bytes) -> None:
    with RunningApp.start(tmp_path) as first:
        upload = first.api.post("/restores/uploads", {"name": "a.dump", "size": len(archive)})
        patch(first, upload["id"], 0, archive[:1000])
    with RunningApp.start(tmp_path) as second:
        assert second.api.get(f"/restores/uploads/{upload['id']}")["offset"] == 1000
        patch(second, upload["id"], 1000, archive[1000:])
        assert checked(second, upload["id"])["state"] == "ready"


def test_upload_when_the_file_is_plain_or_in_zstd_or_encrypted_then_each_is_known(
    app: RunningApp, archive: bytes, postgres: PostgresServer, source: str
) -> None:
    plain = pg_dump(postgres, source)
    upload = send(app, zstd.compress(plain), "plain.zst")
    assert (upload["state"], upload["format"], upload["compression"]) == ("ready", "sql", "zstd"), upload
    assert upload["kind"].startswith("PostgreSQL dump (SQL), server 15.")
    key = app.api.post("/encryption-keys", {"name": unique("key")})
    sealed = subprocess.run(
        ["age", "-r", key["recipient"]], input=gzip.compress(archive), capture_output=True, check=True
    )
    upload = send(app, sealed.stdout, "sealed")
    assert (upload["state"], upload["encryption"], upload["compression"]) == ("ready", "age", "gzip"), upload
    other = subprocess.run(["age-keygen"], capture_output=True, text=True, check=True)
    stranger = other.stderr.split()[-1]
    sealed = subprocess.run(["age", "-r", stranger], input=archive, capture_output=True, check=True)
    upload = send(app, sealed.stdout)
    assert (upload["state"], upload["errorCode"]) == ("refused", "RESTORE_ERROR")
    assert "private key" in upload["errorMessage"]
    app.api.post("/encryption-keys/import", {"name": unique("key"), "identity": other.stdout})
    app.api.post(f"/restores/uploads/{upload['id']}/check")
    assert checked(app, upload["id"])["state"] == "ready"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda data: data[:-300], "cut off or damaged"),
        (lambda data: gzip.compress(data)[:-20], "ends too early"),
        (lambda data: zstd.compress(data)[:-20], "ends too early"),
        (lambda data: gzip.compress(gzip.compress(data)), "compressed twice"),
        (lambda data: b"PK\x03\x04" + data, "ZIP archive"),
        (lambda data: bytes(257) + b"ustar" + data, "tar archive"),
        (lambda data: os.urandom(2000), "no dump that can be restored"),
        (lambda data: gzip.compress(bytes(5_000_000)), "no dump that can be restored"),
        (lambda data: zstd.compress(b"-- x\n" * 60_000_000), "compressed bomb"),
        (lambda data: b"PGDMP\x01\x63\x00\x04\x08\x01" + data, "newer than this program reads"),
    ],
)
def test_upload_when_it_cannot_be_restored_then_it_is_refused_with_the_reason(
    app: RunningApp, archive: bytes, make: Any, words: str
) -> None:
    upload = send(app, make(archive))
    assert upload["state"] == "refused", upload
    assert words in upload["errorMessage"]
    answer = app.api.request("POST", "/restores/preflight", plan({"id": "none"}, {"uploadId": upload["id"]}))
    assert answer.status_code == 404


def test_upload_when_a_plain_dump_was_cut_at_a_statement_then_it_is_refused(
    app: RunningApp, postgres: PostgresServer, source: str
) -> None:
    plain = pg_dump(postgres, source)
    upload = send(app, plain[: plain.index(b"COPY public.other")])
    assert "its last line" in upload["errorMessage"]
    cluster = subprocess.run(
        [postgres.bin_dir / "pg_dumpall", "--schema-only"],
        env={**postgres.env(), "PATH": os.environ["PATH"]}, capture_output=True, check=True,
    )  # fmt: skip
    assert "pg_dumpall" in send(app, cluster.stdout)["errorMessage"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\\b", "bad\x00name", "..", "x" * 256, "ü" * 200, "a\nb"])
def test_upload_when_the_name_is_hostile_then_it_is_refused(app: RunningApp, name: str) -> None:
    before = files(folder(app))
    answer = app.api.request("POST", "/restores/uploads", {"name": name, "size": 10})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
    assert files(folder(app)) == before


def test_upload_when_a_limit_is_passed_then_it_is_refused(app: RunningApp, archive: bytes, settings: Any) -> None:
    settings(uploadMaxMib=1, uploadMaxUnpackedMib=1)
    answer = app.api.request("POST", "/restores/uploads", {"name": "a", "size": 2 << 20})
    assert "restore.uploadMaxMib" in answer.json()["error"]["message"]
    big = {"file": ("big.sql", b"-- x\n" * 300_000)}
    answer = app.api.request("POST", "/restores/upload", files=big)
    assert (answer.status_code, answer.json()["error"]["details"][0]["field"]) == (400, "file")
    assert "unpacked" in send(app, gzip.compress(b"-- 123 is a comment\n" * 100_000))["errorMessage"].lower()
    small = app.api.post("/restores/uploads", {"name": "a", "size": 3})
    assert patch(app, small["id"], 0, b"more than three").json()["data"]["state"] == "refused"
    wrong = send(app, archive, sha256="0" * 64)
    assert "SHA-256" in wrong["errorMessage"]


def test_upload_when_there_is_no_room_then_it_is_refused_at_once(app: RunningApp, settings: Any) -> None:
    settings(uploadMaxMib=16_777_216)
    answer = app.api.request("POST", "/restores/uploads", {"name": "a", "size": 16 << 40})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert "are free" in answer.json()["error"]["message"]


def test_upload_when_it_comes_as_a_form_then_the_file_in_it_is_taken(app: RunningApp, archive: bytes) -> None:
    form = {"file": ("a.dump", archive)}
    upload = app.api.request("POST", "/restores/upload", files=form).json()["data"]
    assert (upload["name"], upload["size"], upload["offset"]) == ("a.dump", len(archive), len(archive))
    assert checked(app, upload["id"])["sha256"] == hashlib.sha256(archive).hexdigest()
    stored = folder(app) / upload["id"] / "data"
    assert stored.read_bytes() == archive
    assert stored.stat().st_mode & 0o777 == 0o600
    before = files(folder(app))
    for request in (
        {"files": {"other": ("a", b"x")}},
        {"files": {"file": ("a", b"")}},
        {"files": {"file": ("../a", b"x")}},
        {"content": b"x", "headers": {"content-type": "text/plain"}},
        {"content": b"--b\r\nbroken", "headers": {"content-type": "multipart/form-data; boundary=b"}},
    ):
        answer = app.api.request("POST", "/restores/upload", **request)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR"), answer.text
    assert files(folder(app)) == before


def test_upload_when_it_is_our_own_backup_with_its_manifest_then_its_facts_are_known(
    app: RunningApp, postgres: PostgresServer, database: Any
) -> None:
    backup = back_up(app, database, encryption="none")
    content = app.api.request("GET", f"/backups/{backup['id']}/download").content
    manifest = app.api.request("GET", f"/backups/{backup['id']}/download?part=manifest").json()
    upload = send(app, content, manifest["parts"][-1]["file"], manifest=manifest)
    assert (upload["state"], upload["hasManifest"]) == ("ready", True), upload
    body = plan(database, {"uploadId": upload["id"]}, newDatabase=unique("own"), trusted=True)
    found = app.api.post("/restores/preflight", body)
    assert "source-unproved" not in findings(found, "warning")
    contents = app.api.post("/restores/contents", {"source": {"uploadId": upload["id"]}})
    told = {table["name"]: table["rows"] for table in manifest["source"]["tables"]}
    assert {o["name"]: o["rows"] for o in contents["objects"]} == told
    assert told.keys() == {"item", "other"}
    assert restore(app, body)["status"] == "completed"
    other = bytearray(content)
    other[-9] ^= 1
    assert send(app, bytes(other), manifest=manifest)["state"] == "refused"
    wrong = app.api.request("POST", "/restores/uploads", {"name": "a", "size": 5, "manifest": manifest})
    assert wrong.json()["error"]["details"][0]["field"] == "manifest"
    evil = {**manifest, "format": "something"}
    assert app.api.request("POST", "/restores/uploads", {"name": "a", "size": 5, "manifest": evil}).status_code == 400


def test_upload_when_nobody_uses_it_then_it_goes(app: RunningApp, archive: bytes) -> None:
    kept = send(app, archive)
    old = app.api.post("/restores/uploads", {"name": "old", "size": 10})
    stray = folder(app) / "0-stray"
    stray.mkdir()
    os.utime(stray, (0, 0))

    async def age() -> None:
        async with app.ctx.catalogue.transaction() as session:
            row = await session.get_one(RestoreUpload, old["id"])
            row.touched_at = utc_now() - timedelta(hours=app.ctx.live.upload_expiry_hours + 1)

    app.run(age())
    app.run(expire_uploads(app.ctx))
    assert app.api.request("GET", f"/restores/uploads/{old['id']}").status_code == 404
    assert not stray.exists()
    assert not (folder(app) / old["id"]).exists()
    assert app.api.get(f"/restores/uploads/{kept['id']}")["state"] == "ready"
    assert app.api.call("DELETE", f"/restores/uploads/{kept['id']}") == {"id": kept["id"]}
    assert not (folder(app) / kept["id"]).exists()
    assert app.api.request("DELETE", f"/restores/uploads/{kept['id']}").status_code == 404


def test_source_when_none_or_two_are_given_then_it_is_refused(app: RunningApp, database: Any) -> None:
    for source in ({}, {"uploadId": "x", "script": "y"}, {"key": "x"}):
        answer = app.api.request("POST", "/restores/preflight", plan(database, source, newDatabase="x"))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")
