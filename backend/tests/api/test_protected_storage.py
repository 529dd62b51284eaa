"""Customer keys, object lock, tags, archives: S3 configs and backups over the API."""

from __future__ import annotations

import asyncio
import os
import threading
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, make_database, s3_form, unique
from tests.unit.storages.fake_s3 import FakeS3, fake_s3

KEY, OTHER = b64encode(os.urandom(32)).decode(), b64encode(os.urandom(32)).decode()


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer) -> Any:
    return add_database(app, postgres)


def locked_bucket(seaweed: SeaweedServer) -> str:
    name = f"l{unique()}".replace("_", "")
    seaweed.client().create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def restore(app: RunningApp, database: Any, copy: Any, backup: Any) -> Any:
    body = {
        "databaseId": database["id"],
        "backupId": backup["id"],
        "copyId": copy["id"],
        "options": {"newDatabase": unique("restored")},
        "confirm": True,
    }
    return app.api.post("/restores", body)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sseMode": "SSE-C"}, "customerKey"),
        ({"sseMode": "SSE-C", "customerKey": "c2hvcnQ="}, "customerKey"),
        ({"customerKey": KEY}, "customerKey"),
        ({"objectLockMode": "GOVERNANCE"}, "objectLockDays"),
        ({"objectLockDays": 3}, "objectLockMode"),
        ({"objectLockDays": 0}, "objectLockDays"),
        ({"objectLockMode": "FOREVER"}, "objectLockMode"),
        ({"uploadLimit": 63}, "uploadLimit"),
        ({"downloadLimit": -1}, "downloadLimit"),
    ],
)
def test_config_when_its_protection_makes_no_sense_then_the_field_is_named(
    app: RunningApp, seaweed: SeaweedServer, change: dict[str, Any], field: str
) -> None:
    body = {**s3_form(seaweed, "some-bucket"), **change}
    app.api.refused("POST", "/s3-configs", body, status=400, code="VALIDATION_ERROR", fields={field})


def test_customer_key_when_saved_then_objects_open_with_it_only_and_it_stays(
    app: RunningApp, seaweed: SeaweedServer, database: Any
) -> None:
    app.secrets |= {KEY, OTHER}
    bucket = add_bucket(app, seaweed, sseMode="SSE-C", customerKey=KEY)
    assert (bucket["sseMode"], bucket["hasCustomerKey"]) == ("SSE-C", True)
    path = f"/s3-configs/{bucket['id']}"
    assert app.api.post(f"{path}/test")["ok"]
    assert app.api.put(path, {"name": unique("Renamed")})["hasCustomerKey"]
    backup = back_up(app, database, uploadToS3=True, s3ConfigIds=[bucket["id"]], local=False)
    [copy] = backup["copies"]
    place = {"Bucket": bucket["bucket"], "Key": copy["key"]}
    with pytest.raises(ClientError):
        seaweed.client().get_object(**place)
    tags = {tag["Key"]: tag["Value"] for tag in seaweed.client().get_object_tagging(**place)["TagSet"]}
    assert set(tags) == {"database", "type", "time"}
    assert tags["type"] == "manual"
    done = app.api.wait(f"/restores/{restore(app, database, copy, backup)['id']}")
    assert done["status"] == "completed", done["errorMessage"]
    for change, field in (({"customerKey": OTHER}, "customerKey"), ({"sseMode": "none"}, "sseMode")):
        app.api.refused("PUT", path, change, status=409, code="CONFLICT", fields={field}, says="SSE-C")
    assert app.api.put(path, {"customerKey": KEY})["hasCustomerKey"]
    app.api.delete(f"/backups/{backup['id']}")
    eventually(lambda: app.api.request("PUT", path, {"sseMode": "none"}).is_success)
    assert not app.api.get(path)["hasCustomerKey"]
    app.api.refused("PUT", path, {"sseMode": "SSE-C"}, status=400, code="VALIDATION_ERROR", fields={"customerKey"})


def test_unsaved_form_when_it_asks_for_protection_then_the_bucket_is_asked(
    app: RunningApp, seaweed: SeaweedServer
) -> None:
    form = s3_form(seaweed, locked_bucket(seaweed), objectLockMode="GOVERNANCE", objectLockDays=1)
    del form["name"]
    found = app.api.post("/s3-configs/test", {**form, "sseMode": "SSE-C", "customerKey": KEY})
    told = {step["name"]: step["message"] for step in found["steps"]}
    assert found["ok"]
    assert "SSE-C" in told["put"]
    assert "has object lock" in told["objectLock"]
    form["bucket"] = seaweed.create_bucket(f"n{unique()}".replace("_", ""))
    found = app.api.post("/s3-configs/test", form)
    assert [step["name"] for step in found["steps"] if not step["ok"]] == ["objectLock"]


def test_backup_when_its_copy_is_locked_then_it_stays_and_says_until_when(
    app: RunningApp, seaweed: SeaweedServer, database: Any
) -> None:
    bucket = add_bucket(
        app,
        seaweed,
        bucket=locked_bucket(seaweed),
        objectLockMode="GOVERNANCE",
        objectLockDays=2,
        deleteVersions=True,
    )
    backup = back_up(app, database, uploadToS3=True, s3ConfigIds=[bucket["id"]], local=False)
    until = datetime.fromisoformat(backup["copies"][0]["lockedUntil"])
    assert timedelta(days=1, hours=23) < until - datetime.now(UTC) < timedelta(days=2, minutes=1)
    path = f"/backups/{backup['id']}"
    app.api.refused("DELETE", path, status=409, code="CONFLICT", says=f"until {until:%Y-%m-%d %H:%M} UTC")
    assert app.api.get(path)["copies"][0]["state"] == "complete"


def test_backup_when_somebody_locks_it_later_then_its_deletion_waits_for_that_date(
    app: RunningApp, seaweed: SeaweedServer, database: Any
) -> None:
    bucket = add_bucket(app, seaweed, bucket=locked_bucket(seaweed), deleteVersions=True)
    backup = back_up(app, database, uploadToS3=True, s3ConfigIds=[bucket["id"]], local=False)
    [copy] = backup["copies"]
    place = {"Bucket": bucket["bucket"], "Key": copy["key"] + ".json"}
    until = datetime.now(UTC) + timedelta(days=1)
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": until}
    seaweed.client().put_object_retention(**place, Retention=retention)
    app.api.delete(f"/backups/{backup['id']}")

    def row() -> tuple[Any, ...]:
        query = "SELECT state, attempts, error_message, retry_at FROM backup_copy WHERE id = ?"
        found: tuple[Any, ...] = app.rows(query, copy["id"])[0]
        return found

    eventually(lambda: row()[1] == 1)
    state, _, message, retry_at = row()
    assert (state, "locked by the bucket's object lock until" in message) == ("deleting", True)
    assert abs(datetime.fromisoformat(retry_at).replace(tzinfo=UTC) - until) < timedelta(minutes=1)
    for _ in range(3):
        # Every sweep passes it by.
        back_up(app, database)
    assert row()[1] == 1
    lift = {"Mode": "GOVERNANCE", "RetainUntilDate": datetime.now(UTC) + timedelta(seconds=3)}
    seaweed.client().put_object_retention(**place, Retention=lift, BypassGovernanceRetention=True)
    eventually(lambda: _the_date_has_come(app, copy["id"]) and row()[0] == "deleted")


def _the_date_has_come(app: RunningApp, copy_id: str) -> bool:
    """Tell the catalogue so, and wake the worker."""
    app.execute("UPDATE backup_copy SET retry_at = '2026-01-01 00:00:00' WHERE id = ?", copy_id)
    app.wake()
    return True


class Glacier:
    """An S3 service with an archive, in a thread of its own: a double, since no server to be had here has one."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._context = fake_s3()
        self.fake: FakeS3 = self._run(self._context.__aenter__())

    def bring_back(self) -> None:
        """Do what a real archive does hours after it was asked."""
        for stored in self.fake.objects.values():
            if "x-amz-restore" in stored.headers:
                stored.headers["x-amz-restore"] = 'ongoing-request="false", expiry-date="x"'

    def stop(self) -> None:
        self._run(self._context.__aexit__(None, None, None))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)


@pytest.fixture
def glacier() -> Iterator[Glacier]:
    service = Glacier()
    yield service
    service.stop()


def test_restore_when_the_backup_is_archived_then_it_waits_over_a_restart_and_completes(
    glacier: Glacier, postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dbbackup.worker.thawing.LOOK_AGAIN", timedelta(seconds=0.2))
    with RunningApp.start(tmp_path) as app:
        database = add_database(app, postgres, make_database(postgres))
        form: dict[str, Any] = {
            "name": "Glacier",
            "bucket": "b",
            "endpoint": glacier.fake.endpoint,
            "accessKey": "AKIDEXAMPLE",
        }
        form |= {"secretKey": "secret", "pathStyle": True, "allowHttp": True, "storageClass": "DEEP_ARCHIVE"}
        bucket = app.api.post("/s3-configs", form)
        backup = back_up(app, database, uploadToS3=True, s3ConfigIds=[bucket["id"]], local=False)
        assert backup["status"] == "completed", backup["errorMessage"]
        plan = {"databaseId": database["id"], "backupId": backup["id"], "options": {"newDatabase": unique("r")}}
        found = app.api.post("/restores/preflight", plan)
        assert (found["ok"], found["findings"][0]["code"]) == (True, "archived")
        assert not any("x-amz-restore" in stored.headers for stored in glacier.fake.objects.values())
        begun = app.api.post("/restores", {**plan, "confirm": True})["id"]
        waiting = app.api.until(f"/restores/{begun}", lambda seen: seen["waitingFor"])
        assert (waiting["status"], "DEEP_ARCHIVE" in waiting["waitingFor"]) == ("queued", True)
        other = app.api.post("/restores", {**plan, "options": {"newDatabase": unique("r")}, "confirm": True})["id"]
        app.api.until(f"/restores/{other}", lambda seen: seen["waitingFor"])
        asked = glacier.fake.log.count("Restore")
        app.api.until(f"/restores/{other}", lambda seen: seen["status"] == "queued" and _cancel(app, other))
    with RunningApp.start(tmp_path) as app:
        app.api.until(f"/restores/{begun}", lambda seen: seen["status"] == "queued" and seen["waitingFor"])
        glacier.bring_back()
        done = app.api.wait(f"/restores/{begun}")
        assert done["status"] == "completed", done["errorMessage"]
        assert done["waitingFor"] is None
        assert app.api.get(f"/restores/{other}")["status"] == "cancelled"
    assert glacier.fake.log.count("Restore") == asked == 2


def _cancel(app: RunningApp, restore_id: str) -> bool:
    """Cancel it; a moment later it may have been claimed for another look, and ends all the same."""
    app.api.post(f"/restores/{restore_id}/cancel")
    return True
