"""Backups encrypted with OpenPGP: keys on the page, files that any gpg opens, and what happens without the key."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.servers import MariadbServer, PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, make_database, unique
from tests.api.test_configuration import PASSPHRASE
from tests.api.test_documented_recovery import COUNT
from tests.api.test_encrypted_backups import local_path, set_identity
from tests.api.test_encryption_keys import KEYS, generate
from tests.api.test_restores import codes, plan, restore
from tests.api.test_verifications import forge, verify
from tests.api.test_verifications_of_all_kinds import add_family
from tests.api.uploading import send
from tests.unit.pipeline.test_gpg import by_hand


def download(app: RunningApp, key: Any) -> str:
    answer = app.api.http.post(f"/api{KEYS}/{key['id']}/download")
    assert answer.status_code == 200, answer.text
    name = f"openpgp-key-{key['name'].lower().replace(' ', '_')}.asc"
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    app.secrets.add(secret_line(answer.text, key["publicKey"]))
    return answer.text


def secret_line(private: str, public: str) -> str:
    """Return a line of the private key that its public part does not have: they begin alike."""
    return next(line for line in private.splitlines()[3:] if line not in public)


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A keyring on another machine, with the recovery key."""
    folder = tmp_path_factory.mktemp("offline")
    folder.chmod(0o700)
    (folder / "gpg-agent.conf").write_text("s2k-count 65536\n")
    by_hand(folder, "--quick-generate-key", "Offline", "future-default", "default", "0")
    yield folder
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], env={**os.environ, "GNUPGHOME": str(folder)}, check=True)


@pytest.fixture(scope="module")
def key(app: RunningApp, offline: Path) -> Any:
    key = generate(app, name="PGP key", kind="openpgp")
    assert (key["kind"], key["state"], len(key["recipient"])) == ("openpgp", "active", 40)
    assert key["publicKey"].startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----")
    public = by_hand(offline, "--armor", "--export").stdout.decode()
    recovery = app.api.post(f"{KEYS}/import", {"name": "Offline PGP", "recipient": public, "recovery": True})
    assert (recovery["kind"], recovery["state"], recovery["recovery"]) == ("openpgp", "active", True)
    return {**key, "recovery": recovery["recipient"]}


@pytest.fixture(scope="module")
def source(postgres: PostgresServer) -> str:
    return make_database(postgres)


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer, source: str) -> Any:
    return add_database(app, postgres, source)


@pytest.fixture(scope="module")
def private(app: RunningApp, key: Any, database: Any) -> str:
    """The key file; before it left, no backup is encrypted to it."""
    body = {"databaseId": database["id"], "uploadToS3": False, "encryption": "openpgp"}
    app.api.refused("POST", "/backups", body, status=409, code="CONFLICT")
    return download(app, key)


@pytest.fixture(scope="module")
def backup(app: RunningApp, private: str, database: Any) -> Any:
    return back_up(app, database, encryption="openpgp")


@pytest.fixture(autouse=True)
def nothing_left(app: RunningApp) -> Iterator[None]:
    yield
    assert list(Path("/dev/shm").glob(f"dbbackup-gpg-{app.ctx.instance_id}-*")) == []


def test_backup_when_encrypted_with_openpgp_then_the_offline_key_opens_it_by_hand(
    app: RunningApp, key: Any, backup: Any, offline: Path
) -> None:
    assert backup["status"] == "completed", backup["errorMessage"]
    assert (backup["encryption"], backup["recipients"]) == ("openpgp", [key["recipient"], key["recovery"]])
    assert sorted(part["file"].partition(".")[2] for part in backup["parts"]) == ["dump.gz.gpg", "globals.sql.gz.gpg"]
    manifest = app.api.http.get(f"/api/backups/{backup['id']}/download?part=manifest").json()
    assert (manifest["encryption"], manifest["recipients"]) == ("openpgp", backup["recipients"])
    for part in backup["parts"]:
        stored = app.api.http.get(f"/api/backups/{backup['id']}/download?part={part['name']}").content
        opened = by_hand(offline, "--decrypt", data=stored)
        plain = subprocess.run(["gunzip"], input=opened.stdout, capture_output=True, check=True).stdout
        assert hashlib.sha256(plain).hexdigest() == part["plainSha256"]


@pytest.mark.parametrize("options", [{}, {"jobs": 2}])
def test_restore_when_encrypted_with_openpgp_then_the_rows_are_back(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, source: str, options: dict[str, Any]
) -> None:
    body = plan(database, backup, **options)
    found = app.api.post("/restores/preflight", body)
    assert (found["ok"], "key" in codes(found, "ok")) == (True, True)
    done = restore(app, body)
    assert done["status"] == "completed", done["errorMessage"]
    assert postgres.psql(COUNT, database=done["targetDatabase"]) == postgres.psql(COUNT, database=source)


def test_verify_when_encrypted_with_openpgp_then_proven_and_on_mariadb_too(
    app: RunningApp, mariadb: MariadbServer, backup: Any
) -> None:
    assert verify(app, backup, 3)["status"] == "completed"
    name = unique("gpg")
    mariadb.sql(f"CREATE DATABASE {name}; CREATE TABLE {name}.t (id INT); INSERT INTO {name}.t VALUES (1), (2)")
    other = back_up(app, add_family(app, mariadb, name), encryption="openpgp")
    assert other["fileName"].endswith(".sql.gz.gpg")
    done = verify(app, other, 3)
    assert done["status"] == "completed", done["errorMessage"]
    mariadb.sql(f"DROP DATABASE {name}")


def test_stored_file_when_altered_or_cut_and_all_hashes_with_it_then_gpg_refuses_it(
    app: RunningApp, database: Any, private: str
) -> None:
    backup = back_up(app, database, encryption="openpgp", compression="none")
    whole = local_path(app, backup).read_bytes()
    for bad in (whole[:-1], whole[:-30] + bytes([whole[-30] ^ 1]) + whole[-29:]):
        forge(app, backup, lambda _, bad=bad: bad)
        failed = verify(app, backup, 2)
        assert (failed["status"], "cannot be decrypted to its end" in failed["errorMessage"]) == ("failed", True)


def test_restore_when_the_key_is_lost_or_gpg_is_missing_then_refused_before_anything_is_touched(
    app: RunningApp, database: Any, key: Any, backup: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = set_identity(app, key, None)
    try:
        found = app.api.post("/restores/preflight", plan(database, backup))
        assert codes(found, "error") == {"key-missing"}
        text = next(f["message"] for f in found["findings"] if f["code"] == "key-missing")
        assert f"PGP key ({key['recipient']}) and Offline PGP ({key['recovery']})" in text
    finally:
        set_identity(app, key, sealed)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    found = app.api.post("/restores/preflight", plan(database, backup))
    assert codes(found, "error") == {"tool-missing"}
    app.api.refused("POST", KEYS, {"name": "x", "kind": "openpgp"}, status=502, code="BACKUP_ERROR", says="gpg")


def test_upload_when_encrypted_with_openpgp_then_known_by_its_content(
    app: RunningApp, key: Any, database: Any, backup: Any, offline: Path, source: str
) -> None:
    stored = local_path(app, backup).read_bytes()
    upload = send(app, stored, "no-telling-name")
    assert (upload["state"], upload["encryption"], upload["compression"]) == ("ready", "openpgp", "gzip")
    by_hand(offline, "--quick-generate-key", "Stranger", "future-default", "default", "0")
    to = ["--trust-model=always", "--recipient", "Stranger", "--encrypt"]
    refused = send(app, by_hand(offline, *to, data=b"SELECT 1;").stdout)
    assert (refused["state"], "No private key kept here" in refused["errorMessage"]) == ("refused", True)
    cut = send(app, stored[:-10])
    assert (cut["state"], "cut off" in cut["errorMessage"]) == ("refused", True)
    passphrase = by_hand(offline, "--passphrase=x", "--symmetric", data=b"SELECT 1;").stdout
    assert "to a passphrase" in send(app, passphrase)["errorMessage"]


def test_keys_when_of_both_kinds_then_each_has_its_active_one_and_age_goes_first(
    app: RunningApp, key: Any, private: str, database: Any
) -> None:
    age = generate(app)
    assert age["state"] == "active"
    states = {k["name"]: k["state"] for k in app.api.get(KEYS)}
    assert (states["PGP key"], states["Offline PGP"]) == ("active", "active")
    app.api.post(f"{KEYS}/{age['id']}/retire")
    assert back_up(app, database)["encryption"] == "openpgp"
    second = generate(app, kind="openpgp")
    assert second["state"] == "retired"
    assert app.api.post(f"{KEYS}/{second['id']}/activate")["state"] == "active"
    assert app.api.get(f"{KEYS}/{key['id']}")["state"] == "retired"
    app.api.post(f"{KEYS}/{key['id']}/activate")
    app.api.refused("DELETE", f"{KEYS}/{key['id']}", status=409, code="CONFLICT")
    same = app.api.http.post(f"/api{KEYS}/import", json={"name": "Again", "identity": private})
    assert (same.status_code, "is here already" in same.text) == (409, True)


def test_import_when_the_public_key_is_here_then_the_private_one_joins_it(
    app: RunningApp, offline: Path, key: Any
) -> None:
    private = by_hand(offline, "--armor", "--export-secret-keys", "Offline").stdout.decode()
    public = by_hand(offline, "--armor", "--export", "Offline").stdout.decode()
    app.secrets.add(secret_line(private, public))
    joined = app.api.post(f"{KEYS}/import", {"name": "Any", "identity": private})
    assert (joined["name"], joined["hasIdentity"], joined["recipient"]) == ("Offline PGP", True, key["recovery"])
    body = {"name": "Bad", "identity": "-----BEGIN PGP PRIVATE KEY BLOCK-----\nabc"}
    app.api.refused("POST", f"{KEYS}/import", body, status=400, code="VALIDATION_ERROR", fields={"identity"})


def test_configuration_when_exported_and_imported_then_the_key_is_back_with_its_private_part(
    app: RunningApp, key: Any, private: str
) -> None:
    spare = generate(app, name="Spare PGP", kind="openpgp")
    download(app, spare)
    answer = app.api.request("POST", "/config/export", {"passphrase": PASSPHRASE})
    [record] = [found for found in answer.json()["encryptionKeys"] if found["name"] == "Spare PGP"]
    assert (record["kind"], record["publicKey"]) == ("openpgp", spare["publicKey"])
    app.api.request("DELETE", f"{KEYS}/{spare['id']}")
    app.api.post("/config/import", {"file": answer.json(), "passphrase": PASSPHRASE, "dryRun": False})
    [back] = [found for found in app.api.get(KEYS) if found["name"] == "Spare PGP"]
    wanted = ("openpgp", spare["recipient"], spare["publicKey"], True)
    assert (back["kind"], back["recipient"], back["publicKey"], back["hasIdentity"]) == wanted


def test_catalogue_copy_when_only_openpgp_is_active_then_encrypted_to_the_same_keys(
    app: RunningApp, key: Any, private: str, offline: Path
) -> None:
    app.api.post("/system/maintenance", {"task": "copy"})
    folder = app.settings.storage_path / "catalogue" / app.ctx.instance_id
    [stored] = list(folder.glob("*.gz.gpg"))
    opened = by_hand(offline, "--decrypt", data=stored.read_bytes())
    assert gzip.decompress(opened.stdout).startswith((b"SQLite format 3", b"PGDMP"))
