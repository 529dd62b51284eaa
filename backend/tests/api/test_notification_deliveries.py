"""From the end of a real run to the message, over the outbox and its pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.servers import HttpReceiver, MailServer, PostgresServer, Reply, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, make_database, objects, unique

ALL = ["backup.succeeded", "backup.failed", "restore.succeeded", "verification.succeeded", "s3.failing"]


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver.start() as running:
        yield running


@pytest.fixture
def channel(app: RunningApp, receiver: HttpReceiver) -> Iterator[Any]:
    saved = add_channel(app, receiver)
    yield saved
    app.api.delete(f"/notification-channels/{saved['id']}")


def add_channel(app: RunningApp, receiver: HttpReceiver, **changes: Any) -> Any:
    settings = {"kind": "webhook", "url": f"{receiver.url}/hook"}
    body = {"name": unique("Channel"), "settings": settings, "events": ALL, **changes}
    return app.api.post("/notification-channels", body)


def deliveries(app: RunningApp, channel: Any, **query: Any) -> Any:
    return app.api.get("/notification-deliveries", channelId=channel["id"], **query)


def types(receiver: HttpReceiver) -> list[str]:
    return [got.json["type"] for got in receiver.received]


def test_backup_when_it_ends_then_it_is_told_with_a_link_and_the_delivery_is_listed(
    app: RunningApp, postgres: PostgresServer, receiver: HttpReceiver, channel: Any
) -> None:
    app.api.put("/system/settings", {"values": {"server.publicUrl": "https://backups.example.com/"}})
    database = add_database(app, postgres)
    backup = back_up(app, database)
    (got,) = receiver.wait()
    message = got.json
    assert message["type"] == "backup.succeeded"
    assert message["title"] == f"Backup of {database['name']} succeeded"
    assert message["text"].startswith(f"{backup['fileName']}: ")
    assert message["url"] == f"https://backups.example.com/backups/{backup['id']}"
    assert message["database"] == {"id": database["id"], "name": database["name"]}
    assert message["run"] == {"kind": "backup", "id": backup["id"]}
    eventually(lambda: deliveries(app, channel)[0]["state"] == "delivered")
    (listed,) = deliveries(app, channel, state="delivered")
    assert (listed["title"], listed["attempts"], listed["nextAttemptAt"]) == (message["title"], 1, None)
    shown = app.api.get(f"/notification-channels/{channel['id']}")
    assert shown["deliveredAt"] is not None
    assert shown["lastError"] is None
    app.api.refused(
        "POST", f"/notification-deliveries/{listed['id']}/retry", status=409, code="CONFLICT", says="was delivered"
    )


def test_backup_when_it_fails_and_then_works_then_alarm_and_recovery_are_told(
    app: RunningApp, postgres: PostgresServer, receiver: HttpReceiver
) -> None:
    alarms = add_channel(app, receiver, events=["backup.failed"], failureThreshold=2)
    database = add_database(app, postgres)
    good = {"password": postgres.password}
    app.api.put(f"/databases/{database['id']}", {"password": "wrong-password-0815"}, force=True)
    app.secrets.add("wrong-password-0815")
    for _ in range(2):
        assert back_up(app, database)["status"] == "failed"
    (alarm,) = receiver.wait()
    assert alarm.json["type"] == "backup.failed"
    assert "password" in alarm.json["text"]
    assert "wrong-password-0815" not in alarm.body.decode()
    app.api.put(f"/databases/{database['id']}", good)
    assert back_up(app, database)["status"] == "completed"
    recovery = receiver.wait(2)[1].json
    assert (recovery["recovery"], recovery["severity"]) == (True, "info")
    assert recovery["title"] == f"Recovered: Backup of {database['name']} succeeded"
    assert recovery["text"].endswith("This ends the alarm after 2 failures.")
    app.api.delete(f"/notification-channels/{alarms['id']}")


def test_restore_and_verification_when_they_end_then_they_are_told(
    app: RunningApp, postgres: PostgresServer, receiver: HttpReceiver, channel: Any
) -> None:
    backup = back_up(app, add_database(app, postgres))
    verification = app.api.post(f"/backups/{backup['id']}/verify", {"level": 1})
    receiver.wait(2)
    body = {
        "databaseId": backup["databaseId"],
        "backupId": backup["id"],
        "options": {"newDatabase": unique("restored")},
        "confirm": True,
    }
    restore = app.api.post("/restores", body)
    runs = [got.json["run"] for got in receiver.wait(3)]
    assert types(receiver) == ["backup.succeeded", "verification.succeeded", "restore.succeeded"]
    assert runs[1:] == [{"kind": "verify", "id": verification["id"]}, {"kind": "restore", "id": restore["id"]}]


def test_backup_when_it_is_unlike_the_ones_before_then_that_is_told(
    app: RunningApp, postgres: PostgresServer, receiver: HttpReceiver
) -> None:
    alarms = add_channel(app, receiver, events=["backup.anomaly"])
    name = make_database(postgres)
    database = add_database(app, postgres, name)
    back_up(app, database)
    postgres.psql("DROP TABLE other", database=name)
    odd = back_up(app, database)
    (got,) = receiver.wait()
    assert (got.json["type"], got.json["severity"]) == ("backup.anomaly", "warning")
    assert got.json["run"] == {"kind": "backup", "id": odd["id"]}
    assert "Tables are gone since the backup before: public.other." in got.json["text"]
    app.api.delete(f"/notification-channels/{alarms['id']}")


def test_deletion_when_it_fails_and_works_again_then_both_are_told_once(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer, receiver: HttpReceiver
) -> None:
    alarms = add_channel(app, receiver, events=["retention.delete_failed"])
    bucket = add_bucket(app, seaweed)
    path = f"/s3-configs/{bucket['id']}"
    database = add_database(app, postgres)
    doomed = [back_up(app, database, uploadToS3=True, s3ConfigIds=[bucket["id"]], local=False) for _ in range(2)]
    app.api.put(path, {"secretKey": "wrong-secret-key-0815"})
    for backup in doomed:
        app.api.delete(f"/backups/{backup['id']}")
    eventually(lambda: _attempts(app, doomed) == [1, 1])
    app.api.put(path, {"secretKey": seaweed.secret_key})
    app.execute("UPDATE backup_copy SET attempts = 0 WHERE state = 'deleting'")
    app.wake()
    eventually(lambda: not objects(seaweed, bucket["bucket"]))
    failed, recovered = (got.json for got in receiver.wait(2))
    assert (failed["type"], recovered["type"]) == ("retention.delete_failed", "retention.recovered")
    assert failed["title"] == f"Old backups stay on the bucket {bucket['bucket']}"
    assert recovered["recovery"]
    assert "wrong-secret-key-0815" not in str(failed)
    app.api.delete(f"/notification-channels/{alarms['id']}")


def _attempts(app: RunningApp, backups: list[Any]) -> list[int]:
    marks = ", ".join("?" * len(backups))
    query = f"SELECT attempts FROM backup_copy WHERE backup_id IN ({marks})"
    return [row[0] for row in app.rows(query, *(backup["id"] for backup in backups))]


def test_s3_when_it_fails_and_works_again_then_both_are_told(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer, receiver: HttpReceiver
) -> None:
    alarms = add_channel(app, receiver, events=["s3.failing"])
    bucket = add_bucket(app, seaweed)
    database = add_database(app, postgres)
    path = f"/s3-configs/{bucket['id']}"
    app.api.put(path, {"secretKey": "wrong-secret-key-0815"})
    assert back_up(app, database, s3ConfigIds=[bucket["id"]], uploadToS3=True)["status"] == "completed"
    (alarm,) = receiver.wait()
    assert alarm.json["type"] == "s3.failing"
    assert bucket["name"] in alarm.json["title"]
    assert "wrong-secret-key-0815" not in alarm.body.decode()
    app.api.put(path, {"secretKey": seaweed.secret_key})
    back_up(app, database, s3ConfigIds=[bucket["id"]], uploadToS3=True)
    assert receiver.wait(2)[1].json["type"] == "s3.recovered"
    app.api.delete(f"/notification-channels/{alarms['id']}")


def test_mail_when_a_backup_ends_then_it_arrives(app: RunningApp, postgres: PostgresServer) -> None:
    with MailServer.start() as server:
        settings = {
            "kind": "email",
            "host": "localhost",
            "port": server.port,
            "security": "none",
            "username": None,
            "sender": "backups@example.com",
            "recipients": ["ops@example.com"],
            "caCertificate": None,
        }
        body = {"name": unique("Mail"), "settings": settings, "events": ["backup.succeeded"]}
        channel = app.api.post("/notification-channels", body)
        database = add_database(app, postgres)
        back_up(app, database)
        (mail,) = server.wait()
        assert mail["Subject"] == f"Backup of {database['name']} succeeded"
        app.api.delete(f"/notification-channels/{channel['id']}")


def test_outbox_when_the_receiver_is_dead_then_backups_go_on_and_a_restart_delivers_all(
    tmp_path: Path, postgres: PostgresServer, receiver: HttpReceiver
) -> None:
    with RunningApp.start(tmp_path) as app:
        dead = add_channel(app, receiver)
        receiver.reply = Reply(hang=True)
        database = add_database(app, postgres)
        for _ in range(2):
            assert back_up(app, database)["status"] == "completed"
        receiver.wait()
        assert sorted(d["state"] for d in deliveries(app, dead)) == ["sending", "waiting"]
    receiver.reply = Reply()
    with RunningApp.start(tmp_path) as app:
        eventually(lambda: all(d["state"] == "delivered" for d in deliveries(app, dead)))
        ids = [got.headers["webhook-id"] for got in receiver.received]
        # What may have arrived before comes again under its id.
        assert len(ids) == 3
        assert len(set(ids)) == 2


def test_retry_when_a_delivery_was_given_up_then_it_is_sent_again(
    app: RunningApp, postgres: PostgresServer, receiver: HttpReceiver, channel: Any
) -> None:
    app.api.put("/system/settings", {"values": {"notifications.maxAttempts": 1}})
    try:
        receiver.replies.append(Reply(500, b"out of order"))
        back_up(app, add_database(app, postgres))
        eventually(lambda: deliveries(app, channel)[0]["state"] == "failed")
        (failed,) = deliveries(app, channel, state="failed")
        assert failed["result"] == "The answer was 500: out of order."
        assert app.api.get(f"/notification-channels/{channel['id']}")["lastError"] == failed["result"]
        retried = app.api.post(f"/notification-deliveries/{failed['id']}/retry")
        assert (retried["state"], retried["attempts"]) == ("waiting", 0)
        eventually(lambda: deliveries(app, channel)[0]["state"] == "delivered")
        assert len(receiver.received) == 2
    finally:
        app.api.put("/system/settings", {"values": {"notifications.maxAttempts": None}})


def test_list_when_paged_or_asked_wrongly_then_as_documented(app: RunningApp, channel: Any) -> None:
    whole = app.api.whole("GET", "/notification-deliveries", page=1, limit=1)
    assert whole["meta"]["limit"] == 1
    assert len(whole["data"]) <= 1
    for query in ({"state": "lost"}, {"limit": 0}, {"page": "x"}):
        app.api.refused(
            "GET", "/notification-deliveries", params=query, status=400, code="VALIDATION_ERROR", fields=set(query)
        )
    app.api.refused("POST", "/notification-deliveries/no-such/retry", status=404, code="NOT_FOUND")
