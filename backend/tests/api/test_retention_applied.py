"""Retention that deletes: real backups on disk and in S3, the cleanup job, what it must never touch, a wrong clock."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.naming import new_id
from dbbackup.db.models import BackupCopy, ExecutionLog, RestoreExecution
from dbbackup.db.models.base import utc_now
from devtools.catalogue_server import ON_POSTGRESQL
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.retention_support import (
    backdate,
    change,
    deletions,
    drop_stacks,
    lines_of,
    past,
    policy,
    save,
    schedule,
    store,
    stored,
)
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, files, make_database, objects

MAINTENANCE = "/system/maintenance"
RULES = {"strategy": "age", "maxAgeDays": 5, "minKeep": 0}


@pytest.fixture(scope="module")
def source(postgres: PostgresServer) -> str:
    return make_database(postgres)


@pytest.fixture
def database(app: RunningApp, postgres: PostgresServer, source: str) -> Any:
    """A database of its own in the product, whose backups may go after five days."""
    added = add_database(app, postgres, source)
    schedule(app, added, policy(app, **RULES)["id"])
    return added


def clean_up(app: RunningApp, **more: Any) -> Any:
    return app.api.post(MAINTENANCE, {"task": "cleanup", **more})


def listed(app: RunningApp, database: Any, **query: Any) -> list[str]:
    return [found["id"] for found in app.api.get("/backups", databaseId=database["id"], **query)]


def check(app: RunningApp) -> dict[str, Any]:
    checks: list[dict[str, Any]] = app.api.get("/system/status")["health"]["checks"]
    return next(found for found in checks if found["name"] == "clock")


def retry_now(app: RunningApp, copy_id: str) -> None:
    """Let the last try have been long ago: each further one waits longer."""
    change(app, BackupCopy, copy_id, updated_at=utc_now() - timedelta(days=1))
    app.wake()


def test_backup_when_it_completes_then_older_ones_go_with_their_files_and_its_log_says_why(
    app: RunningApp, database: Any
) -> None:
    folder = app.settings.storage_path / database["slug"]
    old = [back_up(app, database) for _ in range(2)]
    for number, backup in enumerate(old):
        backdate(app, backup, 10 + number)
    assert len(files(folder)) == 6
    new = back_up(app, database)
    eventually(lambda: len(files(folder)) == 3)
    assert listed(app, database) == [new["id"]]
    assert all(name in (f"{new['fileName']}", f"{new['fileName']}.json") or "globals" in name for name in
               (Path(found).name for found in files(folder)))  # fmt: skip
    said = [line for line in new["logTail"] if (line["metadata"] or {}).get("stage") == "Retention"]
    assert [line["message"].split(":")[0] for line in said] == [f"Deletes {b['fileName']}" for b in reversed(old)]
    assert "it is older than 5 days" in said[0]["message"]
    assert deletions(app, [b["id"] for b in old]) == {
        b["id"]: ("retention", said[0]["message"].split(": ", 1)[1]) for b in old
    }
    # The next cleanup takes their log lines along.
    assert clean_up(app)["figures"]["logLines"] > 0
    for backup in old:
        assert lines_of(app, backup["id"]) == 0
    assert lines_of(app, new["id"]) > 0


def test_cleanup_when_backups_are_pinned_proven_read_uploading_or_failed_then_they_stay(
    app: RunningApp, database: Any
) -> None:
    newest, plain = past(app, database, [10, 20])
    [pinned] = past(app, database, [21], pinned=True)
    [proven, proven_before] = past(app, database, [22, 23], verified_level=3)
    [read, safety] = past(app, database, [24, 25])
    [uploading] = past(app, database, [26])
    [damaged] = past(app, database, [1])
    failed = past(app, database, [2], status="failed", copies=[])
    save(app, *(
        RestoreExecution(
            id=new_id(), database_id=database["id"], database_name="d", target_database="t", backup_id=first,
            safety_backup_id=second, source_type="local", source_key="k", manifest={"source": {"configName": "d"}},
            status="running", started_by="t", confirmed_by="t",
        )
        for first, second in ((read, None), (None, safety))
    ))  # fmt: skip
    save(app, BackupCopy(id=new_id(), backup_id=uploading, position=1, state="writing"))
    change(app, BackupCopy, app.api.get(f"/backups/{damaged}")["copies"][0]["id"], state="failed", attempts=9)

    done = clean_up(app)
    stay = [damaged, *failed, newest, pinned, proven, read, safety, uploading]
    assert set(listed(app, database)) == set(stay)
    assert (done["figures"]["backups"], done["figures"]["size"]) == (2, 2000)
    assert set(deletions(app, [plain, proven_before])) == {plain, proven_before}
    assert "2 backups (2.0 KiB)" in done["message"]
    kinds = {found: app.api.get(f"/backups/{found}")["retention"]["reasons"][0]["kind"] for found in stay[2:]}
    assert kinds == {
        newest: "newest", pinned: "pinned", proven: "proven", read: "busy", safety: "busy", uploading: "busy",
    }  # fmt: skip
    assert app.api.get(f"/backups/{damaged}")["retention"] is None


def test_cleanup_when_no_policy_judges_then_only_the_ceiling_does_and_orphans_are_apart(
    app: RunningApp, postgres: PostgresServer, source: str
) -> None:
    free = add_database(app, postgres, source)
    ids = past(app, free, [1, 364, 366])
    unbound = schedule(app, free, None)
    [of_schedule] = past(app, free, [300], schedule_id=unbound)
    schedule(app, free, policy(app, **RULES)["id"])
    app.api.put("/system/settings", {"values": {"retention.maxRetentionDays": 0}})
    clean_up(app)
    assert listed(app, free) == [ids[0], of_schedule]
    app.api.put("/system/settings", {"values": {"retention.maxRetentionDays": 299}})
    orphan_of = add_database(app, postgres, source)
    left_behind = past(app, orphan_of, [350, 400])
    app.api.delete(f"/databases/{orphan_of['id']}", backups="keep")
    clean_up(app)
    assert listed(app, free) == [ids[0]]
    assert "299 days" in (deletions(app, [of_schedule])[of_schedule][1] or "")
    assert set(deletions(app, left_behind)) == {left_behind[1]}
    app.api.put("/system/settings", {"values": {"retention.maxRetentionDays": None}})


def test_cleanup_when_hundreds_are_to_go_then_all_do_and_old_failed_runs_too(app: RunningApp, database: Any) -> None:
    past(app, database, [6 + n / 10 for n in range(250)])
    old_failure, cancelled = (
        past(app, database, [100, 91], status="failed"),
        past(app, database, [91], status="cancelled"),
    )
    [young_failure] = past(app, database, [89], status="failed")
    done = clean_up(app)
    assert (done["figures"]["backups"], done["figures"]["records"]) == (249, 3)
    assert len(listed(app, database)) == 2
    assert young_failure in listed(app, database)
    assert len(deletions(app, [*old_failure, *cancelled])) == 3
    app.api.put("/system/settings", {"values": {"retention.failedRunDays": 0, "retention.logDays": 1}})
    past(app, database, [999], status="failed")
    save(app, ExecutionLog(id=new_id(), execution_id=young_failure, kind="backup", seq=1, level="info", message="x",
                           timestamp=utc_now() - timedelta(days=2)))  # fmt: skip
    done = clean_up(app)
    assert done["figures"]["records"] == 0
    assert lines_of(app, young_failure) == 0
    app.api.put("/system/settings", {"values": {"retention.failedRunDays": None, "retention.logDays": None}})


@pytest.fixture
def leapt(app: RunningApp) -> Iterator[None]:
    """The clock goes three years ahead: for the program it is as if it had last run three years ago."""
    seen = {"latest": (utc_now() - timedelta(days=1100)).isoformat(), "behindSeconds": 0}
    store(app, "clock.seen", json.dumps(seen))
    yield
    clean_up(app, acceptClock=True)


def test_clock_when_it_leaps_then_nothing_is_deleted_until_somebody_says_it_is_right(
    app: RunningApp, database: Any, leapt: None
) -> None:
    ids = past(app, database, [10, 11, 500])
    app.api.refused("POST", MAINTENANCE, {"task": "cleanup"}, status=409, code="CONFLICT", says="1100 days ahead")
    new = back_up(app, database)
    assert new["status"] == "completed"
    assert "1100 days ahead" in new["logTail"][-1]["message"]
    assert listed(app, database) == [new["id"], *ids]
    assert (check(app)["ok"], check(app)["essential"]) == (False, False)
    assert "Retention deletes nothing" in check(app)["message"]
    assert "1100" not in (stored(app, "clock.seen") or "")

    clean_up(app, acceptClock=True)
    assert listed(app, database) == [new["id"]]
    assert check(app)["ok"] is True


def test_deletion_when_s3_refuses_then_listed_with_the_reason_and_tried_until_it_is_gone(
    app: RunningApp, database: Any, seaweed: SeaweedServer
) -> None:
    bucket = add_bucket(app, seaweed)
    old = back_up(app, database, local=False, s3ConfigIds=[bucket["id"]], uploadToS3=True)
    backdate(app, old, 9)
    past(app, database, [0])
    path = f"/s3-configs/{bucket['id']}"
    app.api.put(path, {"secretKey": "not the secret key"})
    clean_up(app)
    eventually(lambda: shown(app, database)["copies"][0]["error"])
    left = shown(app, database)
    assert (left["id"], left["deletedBy"], left["copies"][0]["state"]) == (old["id"], "retention", "deleting")
    assert "older than 5 days" in left["deletedReason"]
    assert old["id"] not in listed(app, database)
    assert len(objects(seaweed, bucket["bucket"])) == 3

    app.api.put(path, {"secretKey": seaweed.secret_key})
    retry_now(app, left["copies"][0]["id"])
    eventually(lambda: not listed(app, database, undeleted=True))
    assert objects(seaweed, bucket["bucket"]) == []


def shown(app: RunningApp, database: Any) -> Any:
    [left] = app.api.get("/backups", databaseId=database["id"], undeleted=True)
    return left


@pytest.mark.parametrize("all_versions", [False, True])
def test_deletion_in_a_versioned_bucket_when_told_so_then_no_version_is_left(
    app: RunningApp, database: Any, seaweed: SeaweedServer, all_versions: bool
) -> None:
    name = seaweed.create_bucket(f"versions-{str(all_versions).lower()}-{new_id()[-6:]}", versioning=True)
    bucket = add_bucket(app, seaweed, bucket=name, deleteVersions=all_versions)
    assert bucket["deleteVersions"] is all_versions
    old = back_up(app, database, local=False, s3ConfigIds=[bucket["id"]], uploadToS3=True)
    backdate(app, old, 9)
    past(app, database, [0])
    clean_up(app)
    eventually(lambda: not listed(app, database, undeleted=True))
    found = seaweed.client().list_object_versions(Bucket=name)
    assert len(found.get("Versions", [])) == (0 if all_versions else 3)
    assert objects(seaweed, name) == []


def test_vacuum_when_asked_for_then_the_catalogue_shrinks_and_is_whole(app: RunningApp, database: Any) -> None:
    past(app, database, [6] * 200, error_stack="x" * 20_000)
    clean_up(app)
    drop_stacks(app)
    done = app.api.post(MAINTENANCE, {"task": "vacuum"})
    # PostgreSQL compresses a long text by itself.
    assert done["figures"]["after"] < done["figures"]["before"] - (1_000_000 if ON_POSTGRESQL else 3_000_000)
    if not ON_POSTGRESQL:
        assert app.settings.database_path.stat().st_size == done["figures"]["after"]
    assert "now," in done["message"]
    assert len(listed(app, database)) == 1


@pytest.mark.sqlite("the disk of a server cannot be asked")
def test_vacuum_when_the_disk_is_nearly_full_then_refused(app: RunningApp, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(app.settings.database_path.parent)
    monkeypatch.setattr("dbbackup.db.session.shutil.disk_usage", lambda _: usage._replace(free=1000))
    app.api.refused("POST", MAINTENANCE, {"task": "vacuum"}, status=409, code="CONFLICT", says="1000 B are free")


@pytest.mark.parametrize("body", [{}, {"task": "polish"}, {"task": "cleanup", "force": True}])
def test_maintenance_when_the_task_is_unknown_then_refused(app: RunningApp, body: dict[str, Any]) -> None:
    app.api.refused("POST", MAINTENANCE, body, status=400, code="VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("retention.cleanupInterval", "every night"),
        ("retention.maxRetentionDays", -1),
        ("retention.logDays", 1.5),
    ],
)
def test_settings_when_a_value_cannot_be_used_then_the_key_is_named(app: RunningApp, key: str, value: Any) -> None:
    body = {"values": {key: value}}
    app.api.refused("PUT", "/system/settings", body, status=400, code="VALIDATION_ERROR", fields={key})
