"""Adding, testing, changing and deleting notification channels, with a real receiver and a real mail server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook

from dbbackup.services import notification_channels
from dbbackup.services.notification_inputs import NotificationTestInput
from devtools.servers import HttpReceiver, MailServer, Reply, free_port
from tests.api.running_app import RunningApp
from tests.api.support import unique

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G"


@pytest.fixture(scope="module")
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver.start() as running:
        yield running


def webhook(url: str, **changes: Any) -> dict[str, Any]:
    settings = {"kind": "webhook", "url": f"{url}/hook/secret-path-0815", "signingSecret": KEY}
    return {"name": unique("Channel"), "settings": settings, "events": ["backup.failed"], **changes}


def mail(port: int, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "email",
        "host": "localhost",
        "port": port,
        "security": "none",
        "username": None,
        "sender": "backups@example.com",
        "recipients": ["ops@example.com"],
        "caCertificate": None,
        **changes,
    }


@pytest.fixture
def channel(app: RunningApp, receiver: HttpReceiver) -> Any:
    app.secrets |= {"secret-path-0815", KEY}
    receiver.received.clear()
    return app.api.post("/notification-channels", webhook(receiver.url))


def test_create_when_saved_then_it_is_listed_without_its_secrets(
    app: RunningApp, receiver: HttpReceiver, channel: Any
) -> None:
    assert channel["settings"] == {"kind": "webhook", "hasUrl": True, "hasSigningSecret": True}
    assert channel["target"] == f"{receiver.url}/…"
    assert (channel["databaseIds"], channel["failureThreshold"], channel["recovery"]) == (None, 1, True)
    assert channel["enabled"] is True
    assert app.api.get(f"/notification-channels/{channel['id']}") == channel
    assert channel in app.api.get("/notification-channels")
    assert receiver.received == []


def test_test_when_saved_then_a_signed_message_arrives(app: RunningApp, receiver: HttpReceiver, channel: Any) -> None:
    result = app.api.post(f"/notification-channels/{channel['id']}/test")
    assert result["ok"] is True
    assert result["message"].startswith("The answer was 200, after ")
    (got,) = receiver.received
    assert got.path == "/hook/secret-path-0815"
    assert Webhook(KEY).verify(got.body, got.headers)["type"] == "test"
    # A test leaves no trace in the outbox.
    assert app.api.get("/notification-deliveries", channelId=channel["id"]) == []


def test_test_when_it_fails_then_it_is_told_why_and_how(app: RunningApp, receiver: HttpReceiver, channel: Any) -> None:
    receiver.replies.append(Reply(410, b"this hook was deleted"))
    result = app.api.post(f"/notification-channels/{channel['id']}/test")
    assert result == {"ok": False, "message": "The answer was 410: this hook was deleted."}


def test_test_when_unsaved_then_secrets_left_out_come_from_the_saved_channel(
    app: RunningApp, receiver: HttpReceiver, channel: Any
) -> None:
    body = {"channelId": channel["id"], "settings": {"kind": "webhook"}}
    assert app.api.post("/notification-channels/test", body)["ok"] is True
    assert receiver.received[0].path == "/hook/secret-path-0815"
    unsigned = {"channelId": channel["id"], "settings": {"kind": "webhook", "signingSecret": None}}
    assert app.api.post("/notification-channels/test", unsigned)["ok"] is True
    assert "webhook-signature" not in receiver.received[1].headers


def test_test_when_it_is_mail_then_the_mail_arrives(app: RunningApp) -> None:
    with MailServer.start() as server:
        result = app.api.post("/notification-channels/test", {"settings": mail(server.port)})
        assert result == {"ok": True, "message": "localhost took the mail for 1 recipient: taken."}
        assert server.mails[0]["Subject"] == "Test message of DB Backup & Restore"
    result = app.api.post("/notification-channels/test", {"settings": mail(free_port())})
    assert result["ok"] is False
    assert "cannot be connected to" in result["message"]


def test_test_when_a_name_stands_for_the_metadata_service_then_it_is_refused(app: RunningApp) -> None:
    async def names(_host: str, _port: int) -> list[str]:
        return ["169.254.169.254"]

    ctx = replace(app.ctx, lookup=names)
    for settings in (
        {"kind": "webhook", "url": "http://innocent.example.com/"},
        {"kind": "slack", "url": "https://hooks.example.com/"},
        {"kind": "discord", "url": "https://hooks.example.com/"},
        mail(25, host="smtp.example.com"),
    ):

        async def send(settings: dict[str, Any] = settings) -> notification_channels.ChannelCheck:
            data = msgspec.convert({"settings": settings}, NotificationTestInput)
            async with ctx.catalogue.sessions() as session, asyncio.timeout(20):
                return await notification_channels.check_unsaved(session, ctx, data)

        result = app.run(send())
        assert result.ok is False
        assert "a cloud's metadata service answers there" in result.message


def test_setting_when_private_addresses_are_forbidden_then_it_acts_at_once(
    app: RunningApp, receiver: HttpReceiver, channel: Any
) -> None:
    app.api.put("/system/settings", {"values": {"network.allowPrivateAddresses": False}})
    try:
        result = app.api.post(f"/notification-channels/{channel['id']}/test")
        assert result["ok"] is False
        assert "network.allowPrivateAddresses" in result["message"]
        assert receiver.received == []
    finally:
        app.api.put("/system/settings", {"values": {"network.allowPrivateAddresses": None}})


def test_update_when_some_fields_are_given_then_the_rest_stays_the_secrets_too(
    app: RunningApp, receiver: HttpReceiver, channel: Any
) -> None:
    path = f"/notification-channels/{channel['id']}"
    changed = app.api.put(path, {"events": ["disk.low"], "failureThreshold": 3, "enabled": False, "recovery": False})
    assert (changed["events"], changed["failureThreshold"], changed["enabled"]) == (["disk.low"], 3, False)
    assert changed["settings"] == channel["settings"]
    changed = app.api.put(path, {"settings": {"kind": "webhook", "signingSecret": None}})
    assert changed["settings"] == {"kind": "webhook", "hasUrl": True, "hasSigningSecret": False}
    changed = app.api.put(
        path, {"name": channel["name"], "settings": {"kind": "webhook", "url": "https://h.example/x"}}
    )
    assert changed["target"] == "https://h.example/…"
    app.api.put(path, {"databaseIds": []})
    assert app.api.put(path, {"databaseIds": None})["databaseIds"] is None


def test_delete_when_asked_then_it_is_gone(app: RunningApp, channel: Any) -> None:
    path = f"/notification-channels/{channel['id']}"
    assert app.api.delete(path) == {"id": channel["id"]}
    for method, tail in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/test")):
        body: dict[str, Any] | None = {} if method == "PUT" else None
        app.api.refused(method, path + tail, body, status=404, code="NOT_FOUND", says="reload the list")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"events": ["no.such"]}, "events[0]"),
        ({"events": ["disk.recovered"]}, "events"),
        ({"databaseIds": ["no-such-database"]}, "databaseIds"),
        ({"failureThreshold": 0}, "failureThreshold"),
        ({"settings": {"kind": "pigeon"}}, "settings.kind"),
        ({"settings": {"kind": "webhook"}}, "settings.url"),
        ({"settings": {"kind": "webhook", "url": "nonsense"}}, "settings.url"),
        ({"settings": {"kind": "webhook", "url": "https://h/", "signingSecret": "weak"}}, "settings.signingSecret"),
        ({"settings": {"kind": "slack", "url": "ftp://h/"}}, "settings.url"),
        ({"settings": {"kind": "discord", "url": "https://u:p@h/"}}, "settings.url"),
        ({"settings": {"kind": "apprise", "url": "dbus://"}}, "settings.url"),
        ({"settings": mail(25, sender="nobody")}, "settings.sender"),
        ({"settings": mail(0)}, "settings.port"),
        ({"settings": mail(25, username="u", password="p-0815-marked")}, "settings.security"),
        ({"bogus": 1}, "bogus"),
    ],
)
def test_create_when_a_field_is_wrong_then_it_is_named_and_nothing_is_saved(
    app: RunningApp, change: dict[str, Any], field: str
) -> None:
    before = app.api.get("/notification-channels")
    body = {**webhook("http://127.0.0.1:1"), **change}
    error = app.api.refused("POST", "/notification-channels", body, status=400, code="VALIDATION_ERROR")
    assert [detail["field"] for detail in error["details"]] == [field]
    assert app.api.get("/notification-channels") == before


def test_change_when_name_or_kind_do_not_fit_then_refused(
    app: RunningApp, receiver: HttpReceiver, channel: Any
) -> None:
    other = app.api.post("/notification-channels", webhook(receiver.url))
    for method, path in (("POST", "/notification-channels"), ("PUT", f"/notification-channels/{other['id']}")):
        body = {**webhook(receiver.url), "name": channel["name"]}
        app.api.refused(method, path, body, status=409, code="CONFLICT", fields={"name"})
    kind = {"kind": "slack", "url": "https://hooks.example.com/x"}
    for method, path, body in (
        ("PUT", f"/notification-channels/{other['id']}", {"settings": kind}),
        ("POST", "/notification-channels/test", {"channelId": other["id"], "settings": kind}),
    ):
        app.api.refused(method, path, body, status=400, code="VALIDATION_ERROR", fields={"settings.kind"})


def test_events_when_listed_then_each_has_a_name_for_people(app: RunningApp) -> None:
    events = {event["type"]: event for event in app.api.get("/notification-events")}
    assert events["backup.failed"] == {
        "type": "backup.failed",
        "label": "Backup failed",
        "severity": "error",
        "counted": True,
    }
    assert {"backup.missed", "backup.overdue", "retention.delete_failed", "worker.failed"} <= events.keys()
    assert events.keys().isdisjoint({"test", "disk.recovered"})
