"""Retention policies over HTTP: changed, tried out, looked ahead with. Nothing here deletes a backup."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dbbackup.db.models import BackupExecution
from devtools.servers import PostgresServer
from tests.api.retention_support import change, moment, past, policy, schedule
from tests.api.running_app import RunningApp
from tests.api.support import add_database, unique

STANDARD = "Standard 24h/7d/4w/12m"


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer) -> Any:
    return add_database(app, postgres)


def names(app: RunningApp) -> list[str]:
    return [found["name"] for found in app.api.get("/retention-policies")]


def test_standard_policy_is_there_at_first_and_once_deleted_stays_deleted(tmp_path: Path) -> None:
    with RunningApp.start(tmp_path) as app:
        [standard] = app.api.get("/retention-policies")
        assert standard["name"] == STANDARD
        tiers = ("keepHourly", "keepDaily", "keepWeekly", "keepMonthly", "keepYearly")
        assert [standard[tier] for tier in tiers] == [24, 7, 4, 12, 0]
        assert (standard["strategy"], standard["minKeep"], standard["schedules"], standard["backups"]) == (
            "tiered", 1, 0, 0,
        )  # fmt: skip
        app.api.delete(f"/retention-policies/{standard['id']}")
    with RunningApp.start(tmp_path) as app:
        assert app.api.get("/retention-policies") == []


def test_policy_when_added_changed_and_deleted_then_the_list_follows(app: RunningApp) -> None:
    made = policy(app, strategy="hybrid", maxCount=5, maxAgeDays=30, description="Small")
    assert (made["maxCount"], made["maxTotalSize"], made["maxAgeDays"]) == (5, None, 30)
    path = f"/retention-policies/{made['id']}"
    changed = app.api.put(path, {"maxCount": None, "maxTotalSize": 10**12})
    assert (changed["maxCount"], changed["maxTotalSize"], changed["name"]) == (None, 10**12, made["name"])
    assert app.api.get(path) == changed
    assert app.api.delete(path) == {"id": made["id"]}
    assert made["name"] not in names(app)
    app.api.refused("GET", path, status=404, code="NOT_FOUND", says=made["id"])
    app.api.refused("DELETE", path, status=404, code="NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"keepDaily": -1}, {"keepDaily"}),
        ({"strategy": "best"}, {"strategy"}),
        ({"strategy": "age"}, {"maxAgeDays"}),
        ({"strategy": "size"}, {"maxTotalSize"}),
        ({"strategy": "hybrid"}, {"maxCount"}),
        ({"keepHourly": 0, "keepDaily": 0, "keepWeekly": 0, "keepMonthly": 0}, {"keepDaily"}),
        ({"maxTotalSize": 0}, {"maxTotalSize"}),
        ({"keepSecondly": 4}, {"keepSecondly"}),
        ({"name": ""}, {"name"}),
    ],
)
def test_policy_when_it_makes_no_sense_then_the_field_is_named(
    app: RunningApp, body: dict[str, Any], fields: set[str]
) -> None:
    whole = {"name": unique("P"), **body}
    app.api.refused("POST", "/retention-policies", whole, status=400, code="VALIDATION_ERROR", fields=fields)


def test_policy_when_the_name_is_taken_then_refused(app: RunningApp) -> None:
    made = policy(app)
    body = {"name": STANDARD}
    app.api.refused("POST", "/retention-policies", body, status=409, code="CONFLICT", fields={"name"})
    app.api.refused("PUT", f"/retention-policies/{made['id']}", body, status=409, code="CONFLICT", fields={"name"})
    body = {"strategy": "age"}
    path = f"/retention-policies/{made['id']}"
    app.api.refused("PUT", path, body, status=400, code="VALIDATION_ERROR", fields={"maxAgeDays"})


def test_policy_when_in_use_then_its_users_are_named_and_it_stays(app: RunningApp, database: Any) -> None:
    made = policy(app)
    path = f"/retention-policies/{made['id']}"
    schedule(app, database, made["id"], name="Nightly")
    past(app, database, [1], retention_policy_id=made["id"], label="before the move")
    error = app.api.refused("DELETE", path, status=409, code="CONFLICT", says=f"Nightly of {database['name']}")
    assert f"before the move of {database['name']}" in error["message"]
    assert {"schedules": 1, "backups": 1}.items() <= app.api.get(path).items()
    past(app, database, [1] * 6, retention_policy_id=made["id"])
    app.api.refused("DELETE", path, status=409, code="CONFLICT", says="and 2 more")


def test_preview_when_asked_for_then_every_backup_has_its_reasons(app: RunningApp, postgres: PostgresServer) -> None:
    database = add_database(app, postgres)
    ids = past(app, database, [0, 1, 2, 40, 400])
    forever = past(app, database, [50], keep_forever=True, type="manual", label="kept")
    made = policy(app, keepHourly=0, keepDaily=2, keepWeekly=0, keepMonthly=2, minKeep=0)
    found = app.api.post(f"/retention-policies/{made['id']}/preview", {"databaseId": database["id"]})
    assert [b["id"] for b in found["backups"]] == [*ids[:4], *forever, ids[4]]
    kept = {b["id"]: b["keep"] for b in found["backups"]}
    assert [kept[i] for i in (*ids[:2], *forever, ids[4])] == [True, True, True, False]
    newest, oldest = found["backups"][0], found["backups"][-1]
    assert [reason["kind"] for reason in newest["reasons"]] == ["newest", "daily", "monthly"]
    assert newest["reasons"][1]["policy"] == made["name"]
    assert [reason["kind"] for reason in oldest["reasons"]] == ["ceiling", "refused"]
    assert (found["ceilingDays"], found["cutByCeiling"], found["timezones"]) == (365, 1, ["UTC"])
    assert found["kept"] + found["deleted"] == 6
    assert found["keptSize"] == 1000 * found["kept"]

    body = {"databaseId": database["id"], "policy": {"strategy": "age", "maxAgeDays": 5}}
    unsaved = app.api.post("/retention-policies/preview", body)
    assert [b["id"] for b in unsaved["backups"] if b["keep"]] == [*ids[:3], *forever]
    assert not any(backup["deletedAt"] for backup in app.api.get("/backups", databaseId=database["id"]))


def test_preview_when_schedules_have_zones_then_buckets_are_counted_there(
    app: RunningApp, postgres: PostgresServer
) -> None:
    database = add_database(app, postgres)
    for zone in ("Asia/Tokyo", "America/New_York"):
        schedule(app, database, None, timezone=zone)
    [backup] = past(app, database, [0.001])
    own = policy(app, strategy="age", maxAgeDays=1)
    past(app, database, [3], retention_policy_id=own["id"])
    body = {"databaseId": database["id"], "policyId": own["id"], "policy": {"strategy": "age", "maxAgeDays": 9}}
    found = app.api.post("/retention-policies/preview", body)
    assert sorted(found["timezones"]) == ["America/New_York", "Asia/Tokyo"]
    assert [b["keep"] for b in found["backups"]] == [True, True]
    assert found["backups"][0]["id"] == backup


def test_preview_when_database_policy_or_rules_are_wrong_then_said_so(app: RunningApp, database: Any) -> None:
    made = policy(app)
    path = f"/retention-policies/{made['id']}/preview"
    app.api.refused("POST", path, {"databaseId": "nope"}, status=404, code="NOT_FOUND", says="nope")
    body = {"databaseId": database["id"]}
    app.api.refused("POST", "/retention-policies/nope/preview", body, status=404, code="NOT_FOUND")
    body |= {"policy": {"strategy": "size"}}
    path = "/retention-policies/preview"
    app.api.refused("POST", path, body, status=400, code="VALIDATION_ERROR", fields={"maxTotalSize"})


def test_simulate_when_a_year_of_hours_then_the_standard_policy_keeps_what_its_name_says(app: RunningApp) -> None:
    standard = next(found for found in app.api.get("/retention-policies") if found["name"] == STANDARD)
    body = {"policyId": standard["id"], "cronExpression": "0 * * * *", "timezone": "Europe/Berlin", "size": 500}
    found = app.api.post("/retention-policies/simulate", body)
    assert 24 + 5 + 1 + 11 <= len(found["kept"]) <= 24 + 7 + 4 + 12
    assert found["points"][-1] == {"at": found["end"], "count": len(found["kept"]), "size": 500 * len(found["kept"])}
    assert found["most"] >= len(found["kept"])
    assert timedelta(days=365) < moment(found["end"]) - moment(found["start"]) < timedelta(days=366)
    kinds = {reason["kind"] for kept in found["kept"] for reason in kept["reasons"]}
    assert kinds >= {"newest", "hourly", "daily", "weekly", "monthly"}

    body = {"policy": {"strategy": "age", "maxAgeDays": 10}, "cronExpression": "0 2 * * *", "months": 2}
    assert len(app.api.post("/retention-policies/simulate", body)["kept"]) == 10


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"cronExpression": "often"}, {"cronExpression"}),
        ({"cronExpression": "0 2 31 2 *"}, {"cronExpression"}),
        ({"timezone": "Mars/Olympus"}, {"timezone"}),
        ({"timezone": "../etc/passwd"}, {"timezone"}),
        ({"cronExpression": "* * * * *"}, {"months"}),
        ({"months": 0}, {"months"}),
        ({"policyId": "x"}, {"policyId"}),
        ({"policy": None}, {"policyId"}),
        ({"policy": {"strategy": "age"}}, {"maxAgeDays"}),
    ],
)
def test_simulate_when_it_cannot_be_then_the_field_is_named(
    app: RunningApp, changes: dict[str, Any], fields: set[str]
) -> None:
    body = {"policy": {}, **changes}
    app.api.refused("POST", "/retention-policies/simulate", body, status=400, code="VALIDATION_ERROR", fields=fields)


def test_backup_when_it_has_a_policy_of_its_own_then_shown_and_an_unknown_one_refused(
    app: RunningApp, database: Any
) -> None:
    made = policy(app, strategy="age", maxAgeDays=3)
    body = {"databaseId": database["id"], "uploadToS3": False}
    path = "/backups"
    app.api.refused(
        "POST", path, {**body, "retentionPolicyId": "nope"}, status=400, code="VALIDATION_ERROR",
        fields={"retentionPolicyId"},
    )  # fmt: skip
    own = app.api.wait(f"/backups/{app.api.post(path, {**body, 'retentionPolicyId': made['id']})['id']}")
    assert (own["retentionPolicyId"], own["keepForever"]) == (made["id"], False)
    assert [reason["kind"] for reason in own["retention"]["reasons"]] == ["newest", "limits", "minimum"]
    forever = app.api.wait(f"/backups/{app.api.post(path, {**body, 'retentionPolicyId': None})['id']}")
    assert (forever["retentionPolicyId"], forever["keepForever"]) == (None, True)
    until = moment(forever["retention"]["until"]) - moment(forever["startedAt"])
    assert until == timedelta(days=365)
    change(app, BackupExecution, own["id"], status="failed")
    assert app.api.get(f"/backups/{own['id']}")["retention"] is None
