"""Backups that do not simply succeed: cancelled, half stored, refilled, interrupted."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from dbbackup.db.models import BackupCopy
from dbbackup.db.models.base import utc_now
from dbbackup.worker import copies
from dbbackup.worker.copies import MAX_REFILLS, refill_copies
from devtools.servers import FaultProxy, PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import (
    add_bucket,
    add_database,
    back_up,
    eventually,
    files,
    locked,
    make_database,
    objects,
    open_uploads,
    processes,
)


def test_cancel_when_queued_then_it_never_starts(app: RunningApp, postgres: PostgresServer) -> None:
    name = make_database(postgres)
    body = {"databaseId": add_database(app, postgres, name)["id"], "uploadToS3": False}
    with locked(postgres, name):
        first = app.api.post("/backups", body)
        app.api.until(f"/backups/{first['id']}", lambda b: b["status"] == "running")
        second, third = app.api.post("/backups", body), app.api.post("/backups", body)
        assert [app.api.get(f"/backups/{b['id']}")["queuePosition"] for b in (second, third)] == [1, 2]
        assert app.api.get("/system/status")["queued"] == 2
        cancelled = app.api.post(f"/backups/{second['id']}/cancel")
        assert (cancelled["status"], cancelled["copies"][0]["state"]) == ("cancelled", "failed")
        assert app.api.get(f"/backups/{third['id']}")["queuePosition"] == 1
    assert app.api.wait(f"/backups/{first['id']}")["status"] == "completed"
    assert app.api.wait(f"/backups/{third['id']}")["status"] == "completed"
    assert app.api.get(f"/backups/{second['id']}/logs") == []


def test_cancel_when_running_then_processes_and_files_are_gone(app: RunningApp, postgres: PostgresServer) -> None:
    name = make_database(postgres)
    database = add_database(app, postgres, name)
    with locked(postgres, name):
        path = f"/backups/{app.api.post('/backups', {'databaseId': database['id'], 'uploadToS3': False})['id']}"
        app.api.until(path, lambda b: bool(b["progress"] and "Dump" in b["progress"]["stage"]))
        eventually(lambda: processes(app))
        app.api.post(f"{path}/cancel")
        done = app.api.wait(path)
    assert (done["status"], done["errorMessage"]) == ("cancelled", "Cancelled by request.")
    assert done["copies"][0]["state"] == "failed"
    assert done["logTail"][-1]["message"] == "Cancelled."
    assert processes(app) == []
    eventually(lambda: not files(app.settings.storage_path / database["slug"]))
    eventually(lambda: not files(app.settings.work_path))


def test_cancel_when_asked_at_once_then_the_run_still_gets_its_end(app: RunningApp, postgres: PostgresServer) -> None:
    database = add_database(app, postgres)
    for _ in range(5):
        path = f"/backups/{app.api.post('/backups', {'databaseId': database['id'], 'uploadToS3': False})['id']}"
        app.api.request("POST", f"{path}/cancel")
        assert app.api.wait(path, patience=20)["status"] in ("cancelled", "completed")
    assert back_up(app, database)["status"] == "completed"


def test_cancel_when_uploading_then_no_upload_stays_open(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer
) -> None:
    proxy = FaultProxy.start("127.0.0.1", seaweed.port)
    bucket = add_bucket(app, seaweed, endpoint=f"http://127.0.0.1:{proxy.port}")
    database = add_database(app, postgres, make_database(postgres, megabytes=24))
    body = {"databaseId": database["id"], "s3ConfigIds": [bucket["id"]], "compression": "none"}
    proxy.set_rate(3e6)
    path = f"/backups/{app.api.post('/backups', body)['id']}"
    # Not the upload that the check beforehand makes and removes.
    eventually(
        lambda: [key for key in open_uploads(seaweed, bucket["bucket"]) if "check" not in key],
        patience=40,
    )
    app.api.post(f"{path}/cancel")
    proxy.heal()
    done = app.api.wait(path)
    assert done["status"] == "cancelled"
    assert {copy["state"] for copy in done["copies"]} == {"failed"}
    eventually(lambda: not open_uploads(seaweed, bucket["bucket"]))
    eventually(lambda: not objects(seaweed, bucket["bucket"]))
    eventually(lambda: not files(app.settings.storage_path / database["slug"]))
    eventually(lambda: not app.rows("SELECT id FROM run_journal"))
    proxy.stop()


def test_backup_when_one_place_fails_then_completed_and_refilled_once_it_is_mended(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer
) -> None:
    bucket = add_bucket(app, seaweed)
    app.api.put(f"/s3-configs/{bucket['id']}", {"secretKey": "wrong"})
    done = back_up(app, add_database(app, postgres), uploadToS3=None, s3ConfigIds=[bucket["id"]])
    assert done["status"] == "completed"
    assert [copy["state"] for copy in done["copies"]] == ["complete", "failed"]
    assert bucket["name"] in done["copies"][1]["error"]
    _make_due(app, done)
    assert app.run(refill_copies(app.ctx)) == 0
    app.api.put(f"/s3-configs/{bucket['id']}", {"secretKey": seaweed.secret_key})
    assert app.run(refill_copies(app.ctx)) == 0, "a copy that failed waits before it is tried again"
    _make_due(app, done)
    assert app.run(refill_copies(app.ctx)) == 1
    found = app.api.get(f"/backups/{done['id']}")
    assert [copy["state"] for copy in found["copies"]] == ["complete", "complete"]
    assert found["copies"][1]["error"] is None
    assert len(objects(seaweed, bucket["bucket"])) == 3
    # A copy that was made later is deleted at once, like any other.
    app.api.delete(f"/backups/{done['id']}")
    eventually(lambda: not objects(seaweed, bucket["bucket"]))


def test_refill_when_the_backup_is_deleted_meanwhile_then_nothing_stays(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer
) -> None:
    proxy = FaultProxy.start("127.0.0.1", seaweed.port)
    bucket = add_bucket(app, seaweed, endpoint=f"http://127.0.0.1:{proxy.port}")
    database = add_database(app, postgres, make_database(postgres, megabytes=4))
    done = back_up(app, database, compression="none")
    proxy.set_rate(2e6)
    app.api.post(f"/backups/{done['id']}/upload-to-s3", {"s3ConfigIds": [bucket["id"]]})
    app.api.until(f"/backups/{done['id']}", lambda b: b["copies"][1]["state"] == "writing")
    app.api.delete(f"/backups/{done['id']}")
    proxy.heal()
    eventually(lambda: not files(app.settings.storage_path / database["slug"]))
    eventually(lambda: not objects(seaweed, bucket["bucket"]))
    eventually(lambda: app.api.request("DELETE", f"/s3-configs/{bucket['id']}").is_success)
    proxy.stop()


def test_refill_when_the_backup_is_deleted_as_its_copy_is_noted_then_nothing_stays(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = add_bucket(app, seaweed)
    done = back_up(app, add_database(app, postgres))
    reached, deleting = threading.Event(), threading.Event()

    async def hold(*_: object) -> None:
        """Stand in the transaction that closes the copy until somebody has asked for its deletion."""
        reached.set()
        await asyncio.to_thread(deleting.wait, 30)
        await asyncio.sleep(0.3)

    monkeypatch.setattr(copies, "notify_copy", hold)
    app.api.post(f"/backups/{done['id']}/upload-to-s3", {"s3ConfigIds": [bucket["id"]]})
    assert reached.wait(30)
    deletion = threading.Thread(target=app.api.delete, args=(f"/backups/{done['id']}",))
    deletion.start()
    deleting.set()
    deletion.join(30)
    eventually(lambda: not objects(seaweed, bucket["bucket"]))
    states = "SELECT state FROM backup_copy WHERE backup_id = ?"
    eventually(lambda: app.rows(states, done["id"]) == [("deleted",)] * 2)


def test_refill_when_no_whole_copy_or_no_patience_is_left_then_nothing_is_tried(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer
) -> None:
    bucket = add_bucket(app, seaweed)
    app.api.put(f"/s3-configs/{bucket['id']}", {"secretKey": "wrong"})
    done = back_up(app, add_database(app, postgres), uploadToS3=None, s3ConfigIds=[bucket["id"]])
    _make_due(app, done, attempts=MAX_REFILLS)
    assert app.run(refill_copies(app.ctx)) == 0
    assert app.api.get(f"/backups/{done['id']}")["copies"][1]["state"] == "failed"


def test_backup_when_every_place_fails_then_failed_with_each_reason(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer
) -> None:
    names = []
    ids = []
    for _ in range(2):
        bucket = add_bucket(app, seaweed)
        app.api.put(f"/s3-configs/{bucket['id']}", {"bucket": "no-such-bucket"})
        names.append(bucket["name"])
        ids.append(bucket["id"])
    done = back_up(app, add_database(app, postgres), local=False, uploadToS3=None, s3ConfigIds=ids)
    assert done["status"] == "failed"
    assert all(name in done["errorMessage"] for name in names)
    assert {copy["state"] for copy in done["copies"]} == {"failed"}


def test_backup_when_server_or_role_do_not_allow_it_then_the_message_says_what_to_do(
    app: RunningApp, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    role = f"weak_{name}"
    postgres.psql(f"CREATE ROLE {role} LOGIN PASSWORD 'weak-role-marked-0815'")
    weak = add_database(app, postgres, name, username=role, password="weak-role-marked-0815")
    app.secrets.add("weak-role-marked-0815")
    done = back_up(app, weak)
    assert (done["status"], done["errorCode"]) == ("failed", "DATABASE_ERROR")
    assert "GRANT" in done["errorMessage"]
    postgres.psql(f'ALTER DATABASE "{name}" RENAME TO "{name}_moved"')
    gone = back_up(app, weak)
    assert (gone["status"], gone["errorCode"]) == ("failed", "DATABASE_ERROR")
    assert "does not exist" in gone["errorMessage"]


def _make_due(app: RunningApp, backup: Any, attempts: int | None = None) -> None:
    """Let the time pass that a failed copy waits."""

    async def change() -> None:
        values: dict[str, Any] = {"updated_at": utc_now() - timedelta(days=1)}
        if attempts is not None:
            values["attempts"] = attempts
        async with app.ctx.catalogue.transaction() as session:
            await session.execute(update(BackupCopy).where(BackupCopy.id == backup["copies"][1]["id"]).values(**values))

    app.run(change())
