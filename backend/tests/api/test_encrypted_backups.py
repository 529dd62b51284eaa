"""Backups that are encrypted before anything touches disk or S3, and what it takes to have them back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from dbbackup.core import manifest as manifests
from dbbackup.core.age_keys import Identity, key_file
from dbbackup.db.models import EncryptionKey
from dbbackup.db.models.base import utc_now
from devtools.servers import MariadbServer, PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, files, locked, make_database, unique
from tests.api.test_encryption_keys import KEYS, download, generate, import_identity
from tests.api.test_restores import COUNT, codes, databases, plan, restore

RECOVERY = Identity.generate()


@pytest.fixture(scope="module")
def key(app: RunningApp) -> Any:
    key = generate(app, name="Main key")
    download(app, key)
    body = {"name": "Offline", "recipient": str(RECOVERY.recipient), "recovery": True}
    app.api.post(f"{KEYS}/import", body)
    return key


@pytest.fixture(scope="module")
def source(postgres: PostgresServer) -> str:
    return make_database(postgres)


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer, source: str) -> Any:
    return add_database(app, postgres, source)


@pytest.fixture(scope="module")
def bucket(app: RunningApp, seaweed: SeaweedServer) -> Any:
    return add_bucket(app, seaweed, pathPrefix="sealed")


@pytest.fixture(scope="module")
def backup(app: RunningApp, key: Any, database: Any, bucket: Any) -> Any:
    return back_up(app, database, uploadToS3=True)


def local_path(app: RunningApp, backup: Any) -> Path:
    key: str = next(copy["key"] for copy in backup["copies"] if copy["storage"] == "local")
    return app.settings.storage_path / key


def set_identity(app: RunningApp, key: Any, sealed: str | None) -> str | None:
    """Take the private part of a key out of the catalogue, or put it back; return what was there."""

    async def change() -> str | None:
        async with app.ctx.catalogue.transaction() as session:
            row = await session.get_one(EncryptionKey, key["id"])
            was = row.identity_sealed
            await session.execute(
                update(EncryptionKey).where(EncryptionKey.id == key["id"]).values(identity_sealed=sealed)
            )
            return was

    return app.run(change())


def test_backup_when_encrypted_then_only_age_opens_what_is_stored(
    app: RunningApp, postgres: PostgresServer, key: Any, backup: Any, tmp_path: Path
) -> None:
    assert backup["status"] == "completed", backup["errorMessage"]
    assert backup["encryption"] == "age"
    assert backup["recipients"] == [key["recipient"], str(RECOVERY.recipient)]
    assert sorted(part["file"].partition(".")[2] for part in backup["parts"]) == ["dump.gz.age", "globals.sql.gz.age"]
    manifest = app.api.http.get(f"/api/backups/{backup['id']}/download?part=manifest").json()
    assert (manifest["encryption"], manifest["recipients"]) == ("age", backup["recipients"])
    (tmp_path / "key.txt").write_text(key_file(RECOVERY, utc_now()).reveal())
    for part in backup["parts"]:
        stored = app.api.http.get(f"/api/backups/{backup['id']}/download?part={part['name']}").content
        assert stored.startswith(b"age-encryption.org/v1\n")
        assert len(stored) == part["size"]
        command = f"age -d -i {tmp_path}/key.txt | gunzip | sha256sum"
        opened = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command], input=stored, capture_output=True, check=True
        )
        assert opened.stdout.decode().split()[0] == part["plainSha256"]
    assert any(line["message"].startswith("Encrypting to Main key (age1") for line in backup["logTail"])


def test_backup_when_encrypted_then_no_plain_byte_is_left_on_disk(app: RunningApp, backup: Any) -> None:
    folder = local_path(app, backup).parent
    assert all(".age" in name for name in files(folder))
    assert all(b"note 1" not in (folder / name).read_bytes() for name in files(folder))


@pytest.mark.parametrize("options", [{}, {"jobs": 2}])
def test_restore_when_from_each_copy_then_the_rows_are_the_same(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, source: str, options: dict[str, Any]
) -> None:
    for copy in backup["copies"]:
        body = {**plan(database, backup, **options), "copyId": copy["id"]}
        checked = app.api.post("/restores/preflight", body)
        assert checked["ok"] is True
        assert "key" in codes(checked, "ok")
        done = restore(app, body)
        assert done["status"] == "completed", done["errorMessage"]
        assert postgres.psql(COUNT, database=done["targetDatabase"]) == postgres.psql(COUNT, database=source)


@pytest.mark.parametrize("compression", ["zstd", "none"])
def test_restore_when_otherwise_compressed_then_the_rows_are_the_same(
    app: RunningApp, postgres: PostgresServer, key: Any, database: Any, compression: str
) -> None:
    done = restore(app, plan(database, back_up(app, database, compression=compression)))
    assert done["status"] == "completed", done["errorMessage"]
    assert postgres.psql(COUNT, database=done["targetDatabase"]).startswith("200")


def test_restore_when_rows_go_into_a_database_that_is_there_then_they_are_added(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any
) -> None:
    target = make_database(postgres)
    postgres.psql("TRUNCATE item", database=target)
    body = {"databaseId": database["id"], "backupId": backup["id"]}
    done = restore(app, {**body, "options": {"mode": "append", "existingDatabase": target}})
    assert done["status"] == "completed", done["errorMessage"]
    assert postgres.psql(COUNT, database=target).startswith("200")


def test_restore_when_the_engine_is_mariadb_then_the_rows_are_the_same(
    app: RunningApp, mariadb: MariadbServer, key: Any
) -> None:
    source = unique()
    mariadb.sql(f"CREATE DATABASE {source}")
    mariadb.sql("CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item VALUES (1), (2), (39)", database=source)
    app.secrets.add(mariadb.password)
    place = {"type": "mariadb", "host": mariadb.host, "port": mariadb.port, "database": source}
    account = {"username": mariadb.superuser, "password": mariadb.password}
    database = app.api.post("/databases", {"name": unique("MariaDB"), **place, **account})
    backup = back_up(app, database)
    assert backup["fileName"].endswith(".sql.gz.age"), backup["errorMessage"]
    done = restore(app, plan(database, backup))
    assert done["status"] == "completed", done["errorMessage"]
    assert mariadb.sql(f"SELECT sum(id) FROM {done['targetDatabase']}.item").split()[-1] == "42"


def test_restore_when_a_copy_was_made_later_then_it_opens_too(
    app: RunningApp, postgres: PostgresServer, key: Any, database: Any, bucket: Any
) -> None:
    backup = back_up(app, database)
    path = f"/backups/{backup['id']}"
    app.api.post(f"{path}/upload-to-s3", {"s3ConfigIds": [bucket["id"]]})
    whole = app.api.until(path, lambda b: all(c["state"] == "complete" for c in b["copies"]) and len(b["copies"]) == 2)
    assert whole["copies"][1]["sha256"] == backup["sha256"]
    done = restore(app, {**plan(database, backup), "copyId": whole["copies"][1]["id"]})
    assert done["status"] == "completed", done["errorMessage"]


def test_restore_when_the_private_key_is_lost_then_refused_before_anything_is_touched(
    app: RunningApp, postgres: PostgresServer, key: Any, database: Any, backup: Any
) -> None:
    sealed = set_identity(app, key, None)
    try:
        body = plan(database, backup)
        checked = app.api.post("/restores/preflight", body)
        assert checked["ok"] is False
        assert codes(checked, "error") == {"key-missing"}
        finding = next(f for f in checked["findings"] if f["code"] == "key-missing")
        for words in (f"Main key ({key['recipient']})", "Offline (age1", "Import the key file"):
            assert words in finding["message"]
        done = restore(app, body)
        assert (done["status"], done["errorCode"]) == ("failed", "RESTORE_ERROR")
        assert "refused before anything was changed" in done["errorMessage"]
        assert body["options"]["newDatabase"] not in databases(postgres)
    finally:
        set_identity(app, key, sealed)


def test_restore_when_the_key_was_rotated_then_old_and_new_backups_open(
    app: RunningApp, postgres: PostgresServer, key: Any, database: Any, backup: Any
) -> None:
    newer = import_identity(app, Identity.generate())
    app.api.post(f"{KEYS}/{newer['id']}/activate")
    try:
        later = back_up(app, database)
        assert later["recipients"][0] == newer["recipient"]
        for old in (backup, later):
            done = restore(app, plan(database, old))
            assert done["status"] == "completed", done["errorMessage"]
    finally:
        app.api.post(f"{KEYS}/{key['id']}/activate")


def test_restore_when_all_is_lost_but_bucket_and_recovery_key_then_another_instance_restores(
    app: RunningApp,
    postgres: PostgresServer,
    seaweed: SeaweedServer,
    backup: Any,
    bucket: Any,
    tmp_path: Path,
) -> None:
    with RunningApp.start(tmp_path) as other:
        database = add_database(other, postgres)
        place = add_bucket(other, seaweed, bucket=bucket["bucket"], pathPrefix="sealed")
        key = backup["s3Key"].removeprefix("sealed/")
        body = {
            "databaseId": database["id"],
            "source": {"s3ConfigId": place["id"], "key": key},
            "options": {"newDatabase": unique("restored")},
        }
        assert codes(other.api.post("/restores/preflight", body), "error") == {"key-missing"}
        import_identity(other, RECOVERY)
        done = restore(other, body)
        assert done["status"] == "completed", done["errorMessage"]
        assert postgres.psql(COUNT, database=done["targetDatabase"]).startswith("200")
        other.api.post("/system/catalogue/rebuild", {"s3ConfigId": place["id"]})
        found = other.api.get(f"/backups/{backup['id']}")
        assert (found["encryption"], found["recipients"]) == ("age", backup["recipients"])
        assert restore(other, plan(database, found))["status"] == "completed"
        assert not [text for text in other.api.seen for secret in other.secrets if secret in text]


@pytest.mark.parametrize(("position", "code"), [(3, "source-damaged"), (40, "source-damaged"), (-20, None)])
def test_restore_when_a_stored_byte_changed_then_nothing_of_it_is_left(
    app: RunningApp, postgres: PostgresServer, key: Any, database: Any, position: int, code: str | None
) -> None:
    backup = back_up(app, database)
    path = local_path(app, backup)
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    body = plan(database, backup)
    checked = app.api.post("/restores/preflight", body)
    assert codes(checked, "error") == ({code} if code else set())
    done = restore(app, body)
    assert (done["status"], done["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert body["options"]["newDatabase"] not in databases(postgres)


def test_restore_when_the_encryption_is_of_a_later_version_then_said(
    app: RunningApp, seaweed: SeaweedServer, key: Any, database: Any, bucket: Any, backup: Any
) -> None:
    name = f"{backup['s3Key']}.json"
    client = seaweed.client()
    manifest = json.loads(client.get_object(Bucket=bucket["bucket"], Key=name)["Body"].read())
    later = manifests.from_dict({**manifest, "encryption": "later"})
    changed = manifests.encode(manifests.sign(later, app.ctx.signing_key))
    client.put_object(Bucket=bucket["bucket"], Key=name, Body=changed)
    try:
        body = plan(database, backup)
        del body["backupId"]
        place = {"s3ConfigId": bucket["id"], "key": backup["s3Key"].removeprefix("sealed/")}
        checked = app.api.post("/restores/preflight", {**body, "source": place})
        assert codes(checked, "error") == {"encryption-unknown"}
    finally:
        client.put_object(Bucket=bucket["bucket"], Key=name, Body=json.dumps(manifest).encode())


def test_backup_when_the_key_is_retired_while_it_waits_then_it_fails_and_nothing_is_stored(
    app: RunningApp, postgres: PostgresServer, key: Any, database: Any, source: str
) -> None:
    body = {"databaseId": database["id"], "uploadToS3": False}
    with locked(postgres, source):
        first, second = app.api.post("/backups", body), app.api.post("/backups", body)
        app.api.until(f"/backups/{first['id']}", lambda run: run["recipients"])
        assert app.api.get(f"/backups/{second['id']}")["status"] == "queued"
        app.api.post(f"{KEYS}/{key['id']}/retire")
    try:
        assert app.api.wait(f"/backups/{first['id']}")["encryption"] == "age"
        failed = app.api.wait(f"/backups/{second['id']}")
        assert (failed["status"], failed["errorCode"]) == ("failed", "VALIDATION_ERROR")
        assert "no active encryption key" in failed["errorMessage"]
        assert back_up(app, database)["encryption"] is None
    finally:
        app.api.post(f"{KEYS}/{key['id']}/activate")
