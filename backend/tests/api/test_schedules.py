"""Schedules over HTTP, from the form to the backup they make."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dbbackup.db.models import BackupSchedule, RetentionPolicy
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, eventually, form

WEEK = [{"days": ["sat", "sun"], "start": "22:00", "end": "06:00", "timezone": None}]


@pytest.fixture(scope="module")
def shop(app: RunningApp, postgres: PostgresServer) -> Any:
    return add_database(app, postgres)


def add(app: RunningApp, database: Any, **changes: Any) -> Any:
    """Add a daily schedule to local disk only."""
    return app.api.post("/schedules", {"databaseId": database["id"], "type": "daily", **changes})


def run_now(app: RunningApp, schedule: Any) -> str:
    """Run the schedule now; return the backup's id."""
    return str(app.api.post(f"/schedules/{schedule['id']}/run")["id"])


def test_create_when_little_is_given_then_presets_and_the_programs_zone(app: RunningApp, shop: Any) -> None:
    made = add(app, shop)
    assert (made["cronExpression"], made["timezone"], made["reading"]) == ("0 2 * * *", "UTC", "At 02:00, every day")
    assert (made["enabled"], made["local"], made["uploadToS3"], made["catchUp"]) == (True, True, False, True)
    assert (made["databaseName"], made["databaseEnabled"]) == (shop["name"], True)
    assert made["lastRun"] is None
    assert datetime.fromisoformat(made["nextRunAt"]) > datetime.now(UTC)
    assert app.api.get(f"/schedules/{made['id']}") == made
    weekly = add(app, shop, type="weekly", name="Sundays")
    assert weekly["cronExpression"] == "0 3 * * 0"
    listed = app.api.whole("GET", "/schedules", databaseId=shop["id"], enabled=True)
    assert {entry["id"] for entry in listed["data"]} == {made["id"], weekly["id"]}
    assert listed["meta"]["total"] == 2
    assert app.api.get("/schedules", enabled=False) == []
    seen = app.api.get(f"/databases/{shop['id']}")
    assert seen["nextBackupAt"] == min(made["nextRunAt"], weekly["nextRunAt"])
    assert seen["schedules"] == 2


def test_create_when_all_is_given_then_all_is_kept(app: RunningApp, shop: Any) -> None:
    async def add_policy() -> str:
        async with app.ctx.catalogue.transaction() as session:
            session.add(policy := RetentionPolicy(name="Short", strategy="tiered"))
            await session.flush()
            return policy.id

    policy = app.run(add_policy())
    given = {
        "type": "custom",
        "name": "Office hours",
        "cronExpression": "*/30 8-18 * * 1-5",
        "timezone": "Europe/Berlin",
        "enabled": False,
        "retentionPolicyId": policy,
        "compression": "zstd",
        "compressionLevel": 9,
        "encryption": "none",
        "options": {"excludeTables": ["public.other"]},
        "retryLimit": 5,
        "retryDelay": 10,
        "retryMaxDelay": 100,
        "jitter": 60,
        "catchUp": False,
        "blackout": WEEK,
        "verifyEvery": 7,
        "verifyLevel": 2,
    }
    made = add(app, shop, **given)
    assert {name: made[name] for name in given} == given
    assert (made["nextRunAt"], made["retentionPolicyName"]) == (None, "Short")
    back = app.api.put(f"/schedules/{made['id']}", {"retentionPolicyId": None, "verifyEvery": None})
    assert (back["retentionPolicyId"], back["verifyEvery"], back["name"]) == (None, None, "Office hours")


@pytest.mark.parametrize(
    ("changes", "fields", "says"),
    [
        ({"cronExpression": "0 25 * * *"}, {"cronExpression"}, "Field 2 (hour), position 3: '25'"),
        ({"type": "custom"}, {"cronExpression"}, "needs a cron expression"),
        ({"timezone": "Mars/Base"}, {"timezone"}, "Europe/Berlin"),
        ({"blackout": [{"start": "1:00", "end": "02:00"}]}, {"blackout"}, "Blackout window 1"),
        ({"blackout": [{"start": "00:00", "end": "24:00"}]}, {"blackout"}, "never run"),
        ({"local": False}, {"local"}, "at least one place"),
        ({"uploadToS3": True}, {"uploadToS3"}, "no default S3 config"),
        ({"s3ConfigIds": ["nope"], "uploadToS3": True}, {"s3ConfigIds"}, "no S3 config nope"),
        ({"encryption": "age"}, {"encryption"}, "no active encryption key"),
        ({"compressionLevel": 15}, {"compressionLevel"}, "levels 1 to 9"),
        ({"options": {"schemaOnly": True, "dataOnly": True}}, None, ""),
        ({"retryDelay": 500, "retryMaxDelay": 60}, {"retryMaxDelay"}, "cannot be shorter"),
        ({"retentionPolicyId": "nope"}, {"retentionPolicyId"}, "no retention policy nope"),
        ({"retryLimit": 99}, {"retryLimit"}, ""),
        ({"jitter": -1}, {"jitter"}, ""),
        ({"verifyLevel": 4}, {"verifyLevel"}, ""),
        ({"surprise": 1}, {"surprise"}, ""),
    ],
)
def test_create_when_something_is_wrong_then_400_names_the_field(
    app: RunningApp, shop: Any, changes: dict[str, Any], fields: set[str] | None, says: str
) -> None:
    body = {"databaseId": shop["id"], "type": "daily", **changes}
    app.api.refused("POST", "/schedules", body, status=400, code="VALIDATION_ERROR", fields=fields, says=says)


def test_unknown_when_nothing_has_that_id_then_404(app: RunningApp) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/enable", None),
        ("POST", "/run", None),
        ("GET", "/next-runs", None),
    ):
        app.api.refused(method, f"/schedules/nope{path}", body, status=404, code="NOT_FOUND", says="nope")
    body = {"databaseId": "nope", "type": "daily"}
    app.api.refused("POST", "/schedules", body, status=404, code="NOT_FOUND", says="nope")


def test_change_when_the_time_changes_then_it_counts_from_now_else_the_slots_stay(app: RunningApp, shop: Any) -> None:
    made = add(app, shop)
    same = app.api.put(f"/schedules/{made['id']}", {"name": "Nightly", "cronExpression": "0 2 * * *"})
    assert (same["name"], same["nextRunAt"]) == ("Nightly", made["nextRunAt"])
    app.api.refused(
        "PUT", f"/schedules/{made['id']}", {"timezone": "Mars/Base"}, status=400, code="VALIDATION_ERROR", says="Mars"
    )
    moved = app.api.put(f"/schedules/{made['id']}", {"cronExpression": "30 4 * * *", "timezone": "Asia/Tokyo"})
    local = datetime.fromisoformat(moved["nextRunAt"]).astimezone(ZoneInfo("Asia/Tokyo"))
    assert (local.hour, local.minute) == (4, 30)
    off = app.api.post(f"/schedules/{made['id']}/disable")
    assert (off["enabled"], off["nextRunAt"]) == (False, None)
    on = app.api.post(f"/schedules/{made['id']}/enable")
    assert (on["enabled"], on["nextRunAt"]) == (True, moved["nextRunAt"])


def test_disable_when_the_schedule_cannot_be_used_any_more_then_still_possible(app: RunningApp, shop: Any) -> None:
    made = add(app, shop)

    async def spoil() -> None:
        async with app.ctx.catalogue.transaction() as session:
            (await session.get_one(BackupSchedule, made["id"])).cron_expression = "nonsense"

    app.run(spoil())
    assert "five fields" in app.api.get(f"/schedules/{made['id']}")["reading"]
    assert app.api.post(f"/schedules/{made['id']}/disable")["enabled"] is False
    app.api.refused("POST", f"/schedules/{made['id']}/enable", status=400, code="VALIDATION_ERROR", says="five fields")


def test_next_runs_when_asked_then_as_many_in_the_schedules_zone_with_jitter(app: RunningApp, shop: Any) -> None:
    made = add(app, shop, timezone="America/New_York", cronExpression="15 6 * * *", jitter=300)
    runs = app.api.get(f"/schedules/{made['id']}/next-runs")
    assert len(runs) == 10
    slots = [datetime.fromisoformat(run["slot"]) for run in runs]
    assert {(slot.hour, slot.minute) for slot in slots} == {(6, 15)}
    delays = [datetime.fromisoformat(run["startsAt"]) - slot for run, slot in zip(runs, slots, strict=True)]
    assert all(timedelta(0) <= delay <= timedelta(seconds=300) for delay in delays)
    assert len(set(delays)) > 3
    assert app.api.get(f"/schedules/{made['id']}/next-runs", count=3) == runs[:3]
    app.api.refused(
        "GET", f"/schedules/{made['id']}/next-runs?count=0", status=400, code="VALIDATION_ERROR", fields={"count"}
    )


def test_preview_when_nothing_is_saved_then_runs_reading_and_warnings(app: RunningApp) -> None:
    plain = app.api.post("/schedules/preview", {"cronExpression": "0 4 31 * *"})
    assert (plain["reading"], plain["timezone"]) == ("At 04:00, on day 31 of the month", "UTC")
    assert len(plain["nextRuns"]) == 10
    assert plain["warnings"] == ["Months without a day 31 are left out. For the last day of each month use L."]
    body = {
        "cronExpression": "30 2 * * *",
        "timezone": "Europe/Berlin",
        "blackout": [{"days": ["mon"], "start": "02:00", "end": "03:00"}],
        "count": 100,
    }
    berlin = app.api.post("/schedules/preview", body)
    assert all(datetime.fromisoformat(run).weekday() != 0 for run in berlin["nextRuns"])
    assert berlin["warnings"][0].startswith("52 runs of the next year") or berlin["warnings"][0].startswith("53 runs")
    assert "The clock skips 02:30 on" in berlin["warnings"][1]
    assert "it runs at 03:30 that day" in berlin["warnings"][1]
    app.api.refused(
        "POST",
        "/schedules/preview",
        {"cronExpression": "0 2 * * 9"},
        status=400,
        code="VALIDATION_ERROR",
        fields={"cronExpression"},
        says="Field 5 (day of week), position 9",
    )


def test_run_when_asked_for_then_a_backup_as_the_schedule_makes_them(app: RunningApp, shop: Any) -> None:
    made = add(app, shop, name="Nightly", compression="none", options={"schemaOnly": True})
    queued = app.api.post(f"/schedules/{made['id']}/run")
    assert (queued["scheduleId"], queued["scheduleName"], queued["slot"]) == (made["id"], "Nightly", None)
    done = app.api.wait(f"/backups/{queued['id']}")
    assert (done["status"], done["type"], done["compression"]) == ("completed", "daily", "none")
    assert "_daily_" in done["fileName"]
    assert done["options"]["schemaOnly"] is True
    seen = app.api.get(f"/schedules/{made['id']}")
    assert (seen["lastRun"]["id"], seen["lastRun"]["status"]) == (done["id"], "completed")
    assert [b["id"] for b in app.api.get("/backups", scheduleId=made["id"])] == [done["id"]]
    app.api.delete(f"/schedules/{made['id']}")
    kept = app.api.get(f"/backups/{done['id']}")
    assert (kept["scheduleId"], kept["scheduleName"], kept["status"]) == (None, None, "completed")


def test_run_when_the_database_is_disabled_then_409(app: RunningApp, postgres: PostgresServer) -> None:
    database = add_database(app, postgres)
    made = add(app, database)
    app.api.put(f"/databases/{database['id']}", {"enabled": False})
    app.api.refused("POST", f"/schedules/{made['id']}/run", status=409, code="CONFLICT", says="disabled")
    assert app.api.get(f"/databases/{database['id']}")["nextBackupAt"] is None
    app.api.delete(f"/databases/{database['id']}")
    app.api.refused("GET", f"/schedules/{made['id']}", status=404, code="NOT_FOUND")


def test_due_when_a_slot_comes_then_it_runs_within_a_second_of_a_change(
    app: RunningApp, postgres: PostgresServer
) -> None:
    """The scheduler looks at the clock once a minute: only the change can have woken it so soon."""
    database = add_database(app, postgres)
    made = add(app, database, cronExpression="0 2 1 1 *")
    app.api.put(f"/schedules/{made['id']}", {"cronExpression": "* * * * *"})

    async def a_minute_passes() -> None:
        # What a minute's wait would do, without the wait: the slot lies behind, and a change wakes the scheduler.
        async with app.ctx.catalogue.transaction() as session:
            row = await session.get_one(BackupSchedule, made["id"])
            assert row.last_slot is not None
            row.last_slot -= timedelta(minutes=1)
            row.next_run_at = row.last_slot
        app.ctx.runtime.schedules_changed.set()

    app.run(a_minute_passes())
    eventually(lambda: app.api.get("/backups", scheduleId=made["id"]))
    app.api.post(f"/schedules/{made['id']}/disable")
    [run, *_] = app.api.get("/backups", scheduleId=made["id"])
    assert run["slot"] is not None
    assert app.api.wait(f"/backups/{run['id']}")["status"] == "completed"


def test_s3_config_when_a_schedule_names_it_then_it_cannot_be_deleted(
    app: RunningApp, shop: Any, seaweed: SeaweedServer
) -> None:
    bucket = add_bucket(app, seaweed)
    made = add(app, shop, local=False, s3ConfigIds=[bucket["id"]])
    assert (made["uploadToS3"], made["s3ConfigIds"]) == (True, [bucket["id"]])
    app.api.refused(
        "DELETE", f"/s3-configs/{bucket['id']}", status=409, code="CONFLICT", says=f"Schedules of {shop['name']}"
    )
    app.api.delete(f"/schedules/{made['id']}")
    app.api.delete(f"/s3-configs/{bucket['id']}")


def test_retry_when_the_server_comes_back_then_the_same_row_completes(
    app: RunningApp, postgres: PostgresServer
) -> None:
    with PostgresServer.start(15) as server:
        server.psql("CREATE DATABASE comes_back")
        app.secrets.add(server.password)
        database = app.api.post("/databases", form(server, "comes_back"))
        made = add(app, database, retryLimit=20, retryDelay=1, retryMaxDelay=1)
        server.kill()
        queued = app.api.post(f"/schedules/{made['id']}/run")
        waiting = app.api.until(f"/backups/{queued['id']}", lambda run: run["attempt"] > 1)
        assert waiting["status"] in ("queued", "running")
        server.restart()
        done = app.api.wait(f"/backups/{queued['id']}")
    assert done["status"] == "completed"
    assert (done["errorMessage"], done["errorCode"]) == (None, None)
    assert [copy["state"] for copy in done["copies"]] == ["complete"]
    log = " ".join(line["message"] for line in app.api.get(f"/backups/{done['id']}/logs"))
    assert "Attempt 1 of 21 failed; the next one begins in" in log


def test_retry_when_attempts_run_out_or_cannot_help_then_failed_and_it_says_so(
    app: RunningApp, postgres: PostgresServer
) -> None:
    database = app.api.post("/databases", form(postgres, port=1), force=True)
    made = add(app, database, retryLimit=1, retryDelay=1)
    gone = app.api.wait(f"/backups/{run_now(app, made)}")
    assert (gone["status"], gone["attempt"]) == ("failed", 2)
    assert gone["errorMessage"].endswith("This was the last of 2 attempts.")
    wrong = app.api.post("/databases", form(postgres, username="nobody_here"), force=True)
    made = add(app, wrong, retryLimit=5, retryDelay=1)
    once = app.api.wait(f"/backups/{run_now(app, made)}")
    assert (once["status"], once["attempt"]) == ("failed", 1)
