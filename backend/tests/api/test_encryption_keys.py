"""Encryption keys over HTTP: made, imported, handed out, changed, and kept as long as a backup needs them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.age_keys import Identity
from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, unique

KEYS = "/encryption-keys"


def generate(app: RunningApp, **changes: Any) -> Any:
    return app.api.post(KEYS, {"name": unique("Key"), **changes})


def download(app: RunningApp, key: Any) -> str:
    """Download the private key, and see to it that no other answer ever shows it."""
    answer = app.api.http.post(f"/api{KEYS}/{key['id']}/download")
    assert answer.status_code == 200, answer.text
    app.secrets.add(answer.text.splitlines()[-1])
    return answer.text


def import_identity(app: RunningApp, identity: Identity, **changes: Any) -> Any:
    app.secrets.add(identity.reveal().reveal())
    return app.api.post(f"{KEYS}/import", {"name": unique("Key"), "identity": identity.reveal().reveal(), **changes})


@pytest.fixture(autouse=True)
def no_keys_before(app: RunningApp) -> Iterator[None]:
    """Every test begins and ends without an active key."""
    yield
    for key in app.api.get(KEYS):
        app.api.post(f"{KEYS}/{key['id']}/retire")


def test_create_when_first_then_active_and_the_private_part_is_never_shown(app: RunningApp) -> None:
    key = generate(app, comment="in the safe")
    shown = {"id", "name", "kind", "recipient", "publicKey", "hasIdentity", "state", "recovery", "downloadedAt"}
    assert key.keys() == shown | {"comment", "backups", "createdAt"}
    assert (key["kind"], key["publicKey"]) == ("age", None)
    assert (key["state"], key["hasIdentity"], key["recovery"], key["backups"]) == ("active", True, False, 0)
    assert key["downloadedAt"] is None
    assert key["comment"] == "in the safe"
    text = download(app, key)
    assert app.api.get(f"{KEYS}/{key['id']}")["downloadedAt"]
    assert key["recipient"] in text
    later = generate(app)
    assert later["state"] == "retired"
    assert [k["id"] for k in app.api.get(KEYS)][:2] == [key["id"], later["id"]]


def test_download_when_asked_then_it_is_the_key_file_that_age_reads(app: RunningApp, tmp_path: Path) -> None:
    key = generate(app, name="Übergabe 2026")
    answer = app.api.http.post(f"/api{KEYS}/{key['id']}/download")
    app.secrets.add(answer.text.splitlines()[-1])
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''age-key-ubergabe_2026.txt"
    assert answer.headers["cache-control"] == "no-store"
    (tmp_path / "key.txt").write_text(answer.text)
    shown = subprocess.run(["age-keygen", "-y", tmp_path / "key.txt"], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == key["recipient"]


def test_activate_when_another_was_active_then_that_one_is_retired(app: RunningApp) -> None:
    first, second = generate(app), generate(app)
    assert app.api.post(f"{KEYS}/{second['id']}/activate")["state"] == "active"
    assert app.api.get(f"{KEYS}/{first['id']}")["state"] == "retired"
    assert app.api.post(f"{KEYS}/{second['id']}/activate")["state"] == "active"
    assert [k["state"] for k in app.api.get(KEYS)].count("active") == 1


def test_import_when_identity_then_it_counts_as_kept_elsewhere(app: RunningApp) -> None:
    identity = Identity.generate()
    text = f"# created: some day\r\n# public key: {identity.recipient}\r\n  {identity.reveal().reveal()}  \r\n"
    app.secrets.add(identity.reveal().reveal())
    key = app.api.post(f"{KEYS}/import", {"name": unique("Key"), "identity": text})
    assert key["recipient"] == str(identity.recipient)
    assert (key["state"], key["hasIdentity"]) == ("active", True)
    assert key["downloadedAt"]


def test_import_when_only_the_recipient_was_known_then_the_identity_joins_it(app: RunningApp) -> None:
    identity = Identity.generate()
    key = app.api.post(f"{KEYS}/import", {"name": unique("Key"), "recipient": f" {identity.recipient}\n"})
    assert (key["hasIdentity"], key["downloadedAt"], key["state"]) == (False, None, "active")
    app.api.refused("POST", f"{KEYS}/{key['id']}/download", status=409, code="CONFLICT", says="not kept here")
    joined = import_identity(app, identity)
    assert (joined["id"], joined["hasIdentity"], joined["name"]) == (key["id"], True, key["name"])


def test_import_when_recovery_then_it_is_active_beside_the_other(app: RunningApp) -> None:
    key = generate(app)
    body = {"name": unique("Key"), "recipient": str(Identity.generate().recipient), "recovery": True}
    recovery = app.api.post(f"{KEYS}/import", body)
    assert (recovery["recovery"], recovery["state"]) == (True, "active")
    assert app.api.get(f"{KEYS}/{key['id']}")["state"] == "active"
    body |= {"name": unique("Key"), "recipient": str(Identity.generate().recipient)}
    assert app.api.post(f"{KEYS}/import", body)["state"] == "retired"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "identity"),
        ({"identity": "x", "recipient": "y"}, "identity"),
        ({"identity": "AGE-SECRET-KEY-1QQQ"}, "identity"),
        ({"identity": "age-secret-key-1marked"}, "identity"),
        ({"recipient": "age1qqqq"}, "recipient"),
        ({"recipient": str(Identity.generate().recipient).upper()}, "recipient"),
        ({"recipient": "ssh-ed25519 AAAA"}, "recipient"),
        ({"identity": Identity.generate().reveal().reveal(), "recovery": True}, "recovery"),
        ({"recipient": "age1", "bogus": 1}, "bogus"),
        ({"name": "", "recipient": "age1"}, "name"),
    ],
)
def test_import_when_something_is_wrong_then_the_field_is_named(
    app: RunningApp, body: dict[str, Any], field: str
) -> None:
    body = {"name": unique("Key"), **body}
    error = app.api.refused("POST", f"{KEYS}/import", body, status=400, code="VALIDATION_ERROR", fields={field})
    assert "SECRET-KEY-1Q" not in error["message"]


def test_create_when_the_name_or_key_is_taken_then_conflict(app: RunningApp) -> None:
    key = generate(app)
    app.api.refused("POST", KEYS, {"name": key["name"]}, status=409, code="CONFLICT", fields={"name"})
    body = {"name": unique("Key"), "recipient": key["recipient"]}
    app.api.refused("POST", f"{KEYS}/import", body, status=409, code="CONFLICT", says=key["name"])


def test_routes_when_the_key_is_unknown_then_not_found(app: RunningApp) -> None:
    for method, path in [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/download"),
        ("POST", "/activate"),
        ("POST", "/retire"),
    ]:
        app.api.refused(method, f"{KEYS}/nope{path}", status=404, code="NOT_FOUND", says="nope")


def test_backup_when_the_key_was_never_downloaded_then_refused_until_it_is(
    app: RunningApp, postgres: PostgresServer
) -> None:
    database, key = add_database(app, postgres), generate(app)
    body = {"databaseId": database["id"], "uploadToS3": False}
    app.api.refused("POST", "/backups", body, status=409, code="CONFLICT", says="never downloaded")
    plain = back_up(app, database, encryption="none")
    assert (plain["status"], plain["encryption"], plain["recipients"]) == ("completed", None, [])
    download(app, key)
    sealed = back_up(app, database)
    assert (sealed["status"], sealed["encryption"], sealed["recipients"]) == ("completed", "age", [key["recipient"]])


def test_backup_when_age_is_wanted_without_a_key_then_refused(app: RunningApp, postgres: PostgresServer) -> None:
    body = {"databaseId": add_database(app, postgres)["id"], "uploadToS3": False, "encryption": "age"}
    app.api.refused("POST", "/backups", body, status=400, code="VALIDATION_ERROR", fields={"encryption"})
    body["encryption"] = "rot13"
    app.api.refused("POST", "/backups", body, status=400, code="VALIDATION_ERROR", fields={"encryption"})


def test_delete_when_backups_need_the_key_then_refused_until_they_are_gone(
    app: RunningApp, postgres: PostgresServer
) -> None:
    key = import_identity(app, Identity.generate())
    path = f"{KEYS}/{key['id']}"
    backup = back_up(app, add_database(app, postgres))
    app.api.refused("DELETE", path, status=409, code="CONFLICT", says="Retire it first")
    app.api.post(f"{path}/retire")
    assert app.api.get(path)["backups"] == 1
    app.api.refused("DELETE", path, status=409, code="CONFLICT", says="1 backup is encrypted")
    app.api.delete(f"/backups/{backup['id']}")
    assert app.api.delete(path) == {"id": key["id"]}
    app.api.refused("GET", path, status=404, code="NOT_FOUND")
