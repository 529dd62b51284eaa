"""Tasks somebody asks for, and the daily copy of the catalogue."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cyclopts import App

from dbbackup.commands import runs
from dbbackup.db.models.base import utc_now
from dbbackup.worker.catalogue_copy import copy_when_due
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, objects
from tests.catalogue import earlier

MAINTENANCE = "/system/maintenance"


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer) -> Any:
    return add_database(app, postgres)


@pytest.fixture
def kept_long(app: RunningApp) -> Iterator[None]:
    """Keep backups a week at most, for one test."""
    app.api.put("/system/settings", {"values": {"retention.maxRetentionDays": 7}})
    yield
    app.api.put("/system/settings", {"values": {"retention.maxRetentionDays": None}})


def copies(app: RunningApp) -> list[Path]:
    return sorted(app.settings.storage_path.glob("catalogue/*/*"))


@pytest.mark.sqlite("the copy is a file; that of a database is tested in tests/contract")
def test_copy_when_asked_for_then_another_program_starts_from_it(
    app: RunningApp, database: Any, tmp_path: Path
) -> None:
    done = app.api.post(MAINTENANCE, {"task": "copy"})
    [first] = copies(app)
    assert done["figures"] == {"size": first.stat().st_size, "removed": 0}
    assert first.name in done["message"]
    (tmp_path / "db").mkdir()
    (tmp_path / "db" / "app.db").write_bytes(gzip.decompress(first.read_bytes()))
    with RunningApp.start(tmp_path) as other:
        assert [found["id"] for found in other.api.get("/databases")] == [database["id"]]
        assert other.api.post(f"/databases/{database['id']}/test-connection")["ok"] is True
    assert not list(app.settings.work_path.glob("catalogue-*"))


def test_copy_when_a_day_has_passed_then_made_by_itself_and_the_oldest_goes(app: RunningApp) -> None:
    app.api.put("/system/settings", {"values": {"catalogue.keepCopies": 2}})
    now = utc_now()
    made = [app.run(copy_when_due(app.ctx, now + timedelta(hours=hours))) for hours in (0, 1, 25, 26, 50)]
    # The first look only notes when it was.
    assert made == [False, False, True, False, True]
    assert len(copies(app)) == 2
    app.api.put("/system/settings", {"values": {"catalogue.keepCopies": 0}})
    assert app.run(copy_when_due(app.ctx, now + timedelta(hours=100))) is False
    app.api.put("/system/settings", {"values": {"catalogue.keepCopies": None}})


def test_copy_when_backups_are_encrypted_and_go_to_a_bucket_then_so_does_it(
    app: RunningApp, seaweed: SeaweedServer
) -> None:
    bucket = add_bucket(app, seaweed, isDefault=True)
    key = app.api.post("/encryption-keys", {"name": "Backups"})
    app.api.refused("POST", MAINTENANCE, {"task": "copy"}, status=409, code="CONFLICT", says="ownload")
    app.api.request("POST", f"/encryption-keys/{key['id']}/download")
    app.api.post(MAINTENANCE, {"task": "copy"})
    [stored] = objects(seaweed, bucket["bucket"])
    assert stored.endswith((".db.gz.age", ".dump.gz.age"))
    body = seaweed.client().get_object(Bucket=bucket["bucket"], Key=stored)["Body"].read()
    assert body.startswith(b"age-encryption.org/v1")
    app.api.put(f"/s3-configs/{bucket['id']}", {"secretKey": "wrong"})
    later = utc_now() + timedelta(days=60)
    assert app.run(copy_when_due(app.ctx, later)) is False
    checks = {check["name"]: check for check in app.api.get("/system/status")["health"]["checks"]}
    assert (checks["catalogue copy"]["ok"], checks["catalogue copy"]["essential"]) == (False, False)
    app.api.put(f"/s3-configs/{bucket['id']}", {"secretKey": seaweed.secret_key})
    assert app.run(copy_when_due(app.ctx, later)) is True
    assert "catalogue copy" not in {c["name"] for c in app.api.get("/system/status")["health"]["checks"]}


def test_verify_when_asked_for_then_the_newest_backup_of_each_database_is_read(app: RunningApp, database: Any) -> None:
    older, newest = back_up(app, database), back_up(app, database)
    done = app.api.post(MAINTENANCE, {"task": "verify"})
    assert done["figures"] == {"backups": 1, "copies": 1}
    assert app.api.get("/verifications", backupId=older["id"]) == []
    eventually(lambda: app.api.get("/verifications", backupId=newest["id"])[0]["status"] == "completed")
    assert app.api.get("/verifications", backupId=newest["id"])[0]["level"] == 1


def test_prune_when_run_then_first_told_and_then_done(
    app: RunningApp,
    database: Any,
    kept_long: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = back_up(app, database)
    back_up(app, database)
    app.execute(f"UPDATE backup_execution SET started_at = {earlier('started_at', 30)} WHERE id = ?", old["id"])
    monkeypatch.setenv("DBBACKUP_URL", app.api.url)
    commands = App(name="dbbackup", result_action="return_value")
    runs.register(commands, lambda: pytest.fail("the settings are not needed with DBBACKUP_URL"))
    commands(["prune", "--dry-run"], exit_on_error=False)
    told = capsys.readouterr().out
    assert old["id"] in told
    assert "would be deleted" in told
    assert app.api.get(f"/backups/{old['id']}")["deletedAt"] is None
    commands(["prune"], exit_on_error=False)
    assert "1 backups" in capsys.readouterr().out
    assert app.rows("SELECT deleted_by FROM backup_execution WHERE id = ?", old["id"]) == [("retention",)]
