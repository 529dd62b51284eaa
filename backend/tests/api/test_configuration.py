"""The configuration leaves one instance as a file and comes into another; a backup of the first is restored there."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App

from dbbackup.commands import configuration
from dbbackup.commands.client import RemoteError
from dbbackup.core.errors import ConflictError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.db.models.base import Base
from dbbackup.services.config_values import KINDS
from devtools.compare import compare
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.signing_in import locked_app, sign_in
from tests.api.support import add_bucket, add_database, back_up, make_database, unique

PASSPHRASE = "a passphrase of the export"
PING, WEBHOOK = "https://ping.example.com/secret-of-the-ping", "https://hooks.example.com/secret-of-the-hook"
LEFT_OUT = {
    "database_config": {
        *("server_version", "size", "reachable", "checked_at", "last_error"),
        # links to containers, and what their labels made: on another machine they are other containers
        *("container_id", "container_address", "container_state", "managed_by"),
    },
    "s3_config": set[str](),
    "retention_policy": set[str](),
    "encryption_key": {"downloaded_at"},
    "backup_schedule": {"next_run_at", "last_slot", "missed_slot", "missed_count", "missed_reason", "managed_by"},
    "notification_channel": {"target", "delivered_at", "failed_at", "last_error"},
}
"""What was seen or done here is no configuration."""


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Another instance, with another ENCRYPTION_KEY; the environment sets one of its settings."""
    home = tmp_path_factory.mktemp("other")
    key = Secret("another-key-of-another-instance-0")
    with RunningApp.start(home, encryption_key=key, fixed={"verify.rereadDays": 3}) as running:
        yield running


@pytest.fixture(scope="module")
def backup(app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer) -> Any:
    """An encrypted backup in a bucket, of a database with everything that can be configured around it."""
    bucket = add_bucket(app, seaweed, name="Offsite", pathPrefix="first")
    policy = app.api.post("/retention-policies", {"name": "A week", "strategy": "age", "maxAgeDays": 7})
    key = app.api.post("/encryption-keys", {"name": "Backups"})
    app.api.request("POST", f"/encryption-keys/{key['id']}/download")
    limits = {"niceness": 5}
    shop = add_database(app, postgres, make_database(postgres), name="Shop", limits=limits)
    # Made after the database that names it: in the file it comes later, too.
    aside = add_database(app, postgres, "postgres", name="Test server")
    proof = {"assertions": [{"name": "some", "sql": "SELECT true"}], "verifyTargetId": aside["id"]}
    app.api.put(f"/databases/{shop['id']}/proof", proof)
    plan = {"databaseId": shop["id"], "type": "daily", "name": "Nightly", "retentionPolicyId": policy["id"]}
    app.api.post("/schedules", {**plan, "s3ConfigIds": [bucket["id"]], "uploadToS3": True, "pingUrl": PING})
    channel = {"name": "Chat", "settings": {"kind": "slack", "url": WEBHOOK}, "events": ["backup.failed"]}
    app.api.post("/notification-channels", {**channel, "databaseIds": [shop["id"]]})
    app.api.put("/system/settings", {"values": {"verify.rereadDays": 20, "notifications.overdueFactor": 2.0}})
    app.secrets |= {PING, WEBHOOK, PASSPHRASE}
    made = back_up(app, shop, local=False, uploadToS3=None, s3ConfigIds=[bucket["id"]])
    assert (made["status"], made["encryption"]) == ("completed", "age")
    return made


@pytest.fixture(scope="module")
def file(app: RunningApp, backup: Any) -> Any:
    return export(app)


def export(app: RunningApp, **more: Any) -> Any:
    answer = app.api.request("POST", "/config/export", {"passphrase": PASSPHRASE, **more})
    assert answer.is_success, answer.text
    assert "attachment" in answer.headers["content-disposition"]
    return answer.json()


def take(app: RunningApp, file: Any, **more: Any) -> Any:
    return app.api.post("/config/import", {"file": file, "passphrase": PASSPHRASE, **more})


def actions(report: Any) -> dict[str, str]:
    return {f"{change['kind']} {change['name']}": change["action"] for change in report["changes"]}


def test_import_into_another_instance_then_a_backup_of_the_first_is_restored_there(
    app: RunningApp, other: RunningApp, postgres: PostgresServer, backup: Any, file: Any
) -> None:
    plan = take(other, file, dryRun=True)
    assert plan["problems"] == []
    standard = "retention-policy Standard 24h/7d/4w/12m"
    assert (plan["added"], plan["changed"], plan["skipped"], actions(plan)[standard]) == (8, 0, 1, "same")
    assert other.api.get("/databases") == other.api.get("/s3-configs") == other.api.get("/schedules") == []
    assert other.rows("SELECT count(*) FROM encryption_key") == [(0,)]
    done = take(other, file)
    assert (done["changes"], done["own"]) == (plan["changes"], False)
    again = take(other, file, dryRun=True)
    assert set(actions(again).values()) == {"same", "skipped"}
    for path in ("/databases", "/s3-configs", "/schedules", "/notification-channels", "/encryption-keys"):
        assert [one["id"] for one in other.api.get(path)] == [one["id"] for one in app.api.get(path)]
    assert other.api.get("/schedules")[0]["nextRunAt"] is not None
    settings = {found["key"]: found["value"] for found in other.api.get("/system/settings")}
    assert (settings["notifications.overdueFactor"], settings["verify.rereadDays"]) == (2.0, 3)
    bucket = other.api.get("/s3-configs")[0]
    assert other.api.post("/system/catalogue/rebuild", {"s3ConfigId": bucket["id"]})["backupsAdded"] == 1
    found = other.api.get(f"/backups/{backup['id']}")
    assert found["databaseId"] == backup["databaseId"]
    name = unique("restored")
    body = {"databaseId": found["databaseId"], "backupId": found["id"], "confirm": True}
    restore = other.api.post("/restores", {**body, "options": {"newDatabase": name}})
    assert other.api.wait(f"/restores/{restore['id']}")["status"] == "completed"
    assert compare(postgres, app.api.get("/databases")[0]["database"], name).equal


def test_import_when_something_changed_then_the_difference_is_told_by_field(
    app: RunningApp, other: RunningApp, file: Any
) -> None:
    take(other, file)
    database, schedule = other.api.get("/databases")[0], other.api.get("/schedules")[0]
    other.api.put(f"/databases/{database['id']}", {"host": "elsewhere", "password": "changed"}, force=True)
    other.api.put(f"/schedules/{schedule['id']}", {"jitter": 60})
    other.api.put("/system/settings", {"values": {"notifications.overdueFactor": 5}})
    report = take(other, file, dryRun=True)
    changed = {change["kind"]: change for change in report["changes"] if change["action"] == "changed"}
    assert changed.keys() == {"database", "schedule", "setting"}
    fields = {field["field"]: field for field in changed["database"]["fields"]}
    assert fields["host"] == {"field": "host", "before": "elsewhere", "after": database["host"], "secret": False}
    assert fields["password"] == {"field": "password", "before": None, "after": None, "secret": True}
    take(other, file)
    assert other.api.post(f"/databases/{database['id']}/test-connection")["error"] is None
    assert other.api.get("/schedules")[0]["jitter"] == 0


def test_import_when_a_record_does_not_fit_then_all_is_refused_and_named(
    app: RunningApp, other: RunningApp, file: Any
) -> None:
    take(other, file)
    database = other.api.get("/databases")[0]
    other.api.put(f"/databases/{database['id']}", {"name": "Renamed", "enabled": False})
    blocking = other.api.post("/databases", {**form_of(database), "name": "Shop"}, force=True)
    report = take(other, file, dryRun=True)
    [problem] = report["problems"]
    assert (problem["kind"], problem["name"], problem["field"]) == ("database", "Shop", "name")
    other.api.refused(
        "POST",
        "/config/import",
        {"file": file, "passphrase": PASSPHRASE},
        status=409,
        code="CONFLICT",
        fields={"database.Shop"},
        says="Nothing was imported",
    )
    assert other.api.get(f"/databases/{database['id']}")["enabled"] is False
    other.api.delete(f"/databases/{blocking['id']}")


def test_import_when_made_here_too_then_known_by_name(app: RunningApp, other: RunningApp, file: Any) -> None:
    take(other, file)
    database = other.api.get("/databases")[0]
    other.api.delete(f"/databases/{database['id']}")
    again = other.api.post("/databases", {**form_of(database), "host": "new"}, force=True)
    report = take(other, file)
    assert actions(report)["database Shop"] == "changed"
    assert other.api.get("/databases")[0]["id"] == again["id"] != database["id"]
    assert other.api.get("/schedules")[0]["databaseId"] == again["id"]
    assert other.api.get("/notification-channels")[0]["databaseIds"] == [again["id"]]
    assert other.api.get(f"/databases/{again['id']}")["verifyTargetId"] == other.api.get("/databases")[1]["id"]


def test_import_of_what_is_no_proper_file_then_the_reason_is_told(
    app: RunningApp, other: RunningApp, file: Any
) -> None:
    altered = copy.deepcopy(file)
    altered["databases"][0]["host"] = "thief.example.com"
    swapped = copy.deepcopy(file)
    swapped["s3Configs"][0]["accessKey"] = swapped["s3Configs"][0]["secretKey"]
    cut = {name: value for name, value in file.items() if name != "schedules"}
    weak = copy.deepcopy(file)
    weak["seal"]["iterations"] = 1
    for broken, says in (
        (altered, "was altered"),
        (swapped, "was altered"),
        ({}, "no configuration exported by this program"),
        ({**file, "version": 2}, "newer program"),
        (cut, "missing required field `schedules`"),
        (weak, "iterations"),
    ):
        refuse(other, broken, PASSPHRASE, {"file"}, says)
    refuse(other, file, "another passphrase", {"passphrase"}, "not the passphrase")
    refuse(other, file, "", {"passphrase"}, "length >= 1")
    app.api.refused(
        "POST", "/config/export", {"passphrase": "short"}, status=400, code="VALIDATION_ERROR", fields={"passphrase"}
    )


def test_export_when_read_then_no_secret_is_in_it_and_private_keys_only_if_wanted(
    app: RunningApp, file: Any, postgres: PostgresServer
) -> None:
    text = json.dumps(file)
    assert not [secret for secret in app.secrets if secret in text]
    assert file["encryptionKeys"][0]["identity"].startswith("v1:")
    public = export(app, privateKeys=False)
    assert public["encryptionKeys"][0]["identity"] is None
    assert public["encryptionKeys"][0]["recipient"] == file["encryptionKeys"][0]["recipient"]
    assert "exportConfig" in {event["action"] for event in app.api.get("/audit")}


def test_export_when_asked_by_an_api_key_then_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    with locked_app(tmp_path_factory.mktemp("locked")) as locked:
        key = sign_in(locked).post("/api-keys", {"name": "robot", "role": "admin"})["secret"]
        locked.api.refused(
            "POST",
            "/config/export",
            {"passphrase": PASSPHRASE},
            status=403,
            code="FORBIDDEN",
            headers={"x-api-key": key},
        )


def test_columns_when_compared_with_the_file_then_each_is_exported_or_left_out_on_purpose() -> None:
    for kind in KINDS:
        table = Base.metadata.tables[kind.model.__tablename__]
        exported = {kind.secrets.get(name, name) for name in kind.fields}
        assert {column.name for column in table.columns} == exported | LEFT_OUT[table.name] | {
            "id",
            "created_at",
            "updated_at",
        }, f"a new column of {table.name} belongs into config_document.py, or into this list"


def test_commands_when_run_then_the_file_is_private_and_the_difference_is_shown(
    app: RunningApp,
    backup: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DBBACKUP_URL", app.api.url)
    file, passphrase = tmp_path / "configuration.json", tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE + "\n")
    given = ["--passphrase-file", str(passphrase)]
    run_command("export", str(file), *given)
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConflictError, match="--force"):
        run_command("export", str(file), *given)
    with pytest.raises(ValidationError, match="--passphrase-file"):
        run_command("import", str(file))
    passphrase.write_text("another passphrase")
    with pytest.raises(RemoteError, match="not the passphrase"):
        run_command("import", str(file), *given)
    passphrase.write_text(PASSPHRASE)
    database = app.api.get("/databases")[0]
    app.api.put(f"/databases/{database['id']}", {"containerName": "elsewhere"})
    capsys.readouterr()
    run_command("import", str(file), *given, "--dry-run")
    shown = capsys.readouterr().out
    assert "containerName" in shown
    assert "1 would be changed" in shown
    with pytest.raises(ValidationError, match="--yes"):
        run_command("import", str(file), *given)
    capsys.readouterr()
    run_command("import", str(file), *given, "--yes", "--json")
    assert json.loads(capsys.readouterr().out)["changed"] == 1
    assert app.api.get(f"/databases/{database['id']}")["containerName"] is None
    file.write_text("{")
    with pytest.raises(ValidationError, match="is no JSON"):
        run_command("import", str(file), *given)


def run_command(*arguments: str) -> None:
    """Run a command in this process, as `dbbackup` does."""
    commands = App(name="dbbackup", result_action="return_value")
    configuration.register(commands, lambda: pytest.fail("the settings are not needed with DBBACKUP_URL"))
    commands(list(arguments), exit_on_error=False)


def refuse(app: RunningApp, file: Any, passphrase: str, fields: set[str], says: str) -> None:
    body = {"file": file, "passphrase": passphrase}
    app.api.refused("POST", "/config/import", body, status=400, code="VALIDATION_ERROR", fields=fields, says=says)


def form_of(database: Any) -> dict[str, Any]:
    names = ("name", "type", "host", "port", "database", "username")
    return {name: database[name] for name in names} | {"password": "p"}
