"""Statistics, metrics and the program's own log, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from loguru import logger
from prometheus_client.parser import text_string_to_metric_families

from dbbackup import logs
from dbbackup.core.secret import Secret
from dbbackup.services.overdue import Overdue
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up


def scrape(app: RunningApp) -> dict[str, dict[tuple[str, ...], float]]:
    answer = app.api.request("GET", "/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        sample.name: {tuple(s.labels.values()): s.value for s in family.samples if s.name == sample.name}
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def databases(app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer) -> Iterator[tuple[Any, Any]]:
    """One database with a good backup in two places and then a failed one, one without any."""
    bucket = add_bucket(app, seaweed)
    backed_up = add_database(app, postgres)
    assert back_up(app, backed_up, s3ConfigIds=[bucket["id"]], uploadToS3=True)["status"] == "completed"
    failing = back_up(app, backed_up, options={"includeTables": ["no_such_table"]})
    assert failing["status"] == "failed"
    yield backed_up, add_database(app, postgres)


def test_stats_when_a_backup_completed_and_one_failed_then_they_are_counted(
    app: RunningApp, databases: tuple[Any, Any]
) -> None:
    stats = app.api.get("/system/stats", days=7)
    assert (stats["backups"], stats["completed24h"], stats["failed24h"]) == (2, 1, 1)
    assert (stats["databases"], stats["protected"], stats["proven"]) == (2, 1, 0)
    assert stats["successRate"] == 0.5
    assert stats["uploadSuccessRate"] == 1.0
    backup = next(b for b in app.api.get("/backups") if b["status"] == "completed")
    assert stats["storedLocal"] == stats["storedS3"] == stats["meanSize"] == backup["size"]
    assert [day["date"] for day in stats["days"]] == [
        str(datetime.now(UTC).date() - timedelta(days=n)) for n in range(6, -1, -1)
    ]
    today = stats["days"][-1]
    assert (today["completed"], today["failed"], today["stored"]) == (1, 1, 2 * backup["size"])
    assert {day["completed"] for day in stats["days"][:-1]} == {0}


def test_status_when_a_database_waits_too_long_then_it_says_which(app: RunningApp) -> None:
    newest = datetime(2026, 1, 2, tzinfo=UTC)
    app.ctx.runtime.overdue = [Overdue("db-1", "Shop", timedelta(days=2), newest)]
    try:
        (found,) = app.api.get("/system/status")["overdue"]
    finally:
        app.ctx.runtime.overdue = []
    assert found.pop("newestAt").startswith("2026-01-02T00:00:00")
    assert found == {"databaseId": "db-1", "databaseName": "Shop", "limitSeconds": 172800.0}


def test_metrics_when_parsed_then_the_databases_state_is_in_them(app: RunningApp, databases: tuple[Any, Any]) -> None:
    found = scrape(app)
    labels = (databases[0]["name"], "postgresql")
    assert found["dbbackup_runs_total"]["backup", "completed"] == 1
    assert found["dbbackup_runs_total"]["backup", "failed"] == 1
    assert found["dbbackup_last_backup_success"] == {labels: 0}
    age = datetime.now(UTC).timestamp() - found["dbbackup_last_good_backup_timestamp_seconds"][labels]
    assert 0 <= age < 300
    assert (databases[1]["name"], "postgresql") not in found["dbbackup_last_good_backup_timestamp_seconds"]
    assert found["dbbackup_health"]["worker",] == 1
    assert found["dbbackup_disk_bytes"]["free",] > 0
    assert set(found["dbbackup_stored_bytes"].values()) == {found["dbbackup_last_good_backup_bytes"][labels]}
    assert "dbbackup_last_proven_timestamp_seconds" not in found


def test_logs_when_read_then_filtered_in_order_and_without_secrets(app: RunningApp) -> None:
    logs.configure("debug", "text", [Secret("a-very-secret-word")], app.ctx.logbook)
    try:
        for number in range(3):
            logger.bind(category="backup", operation="run-1").info("Line {} a-very-secret-word", number)
        logger.bind(category="s3").warning("Careful")
        lines = app.api.get("/system/logs", category="backup")
        assert [line["message"] for line in lines] == ["Line 0 ***", "Line 1 ***", "Line 2 ***"]
        assert {(line["level"], line["operation"]) for line in lines} == {("info", "run-1")}
        assert [line["message"] for line in app.api.get("/system/logs", level="warning")] == ["Careful"]
        assert [line["message"] for line in app.api.get("/system/logs", search="LINE 1")] == ["Line 1 ***"]
        after = app.api.get("/system/logs", category="backup", after=lines[1]["seq"])
        assert [line["message"] for line in after] == ["Line 2 ***"]
        assert [line["message"] for line in app.api.get("/system/logs", category="backup", limit=1)] == ["Line 2 ***"]
    finally:
        logger.remove()
