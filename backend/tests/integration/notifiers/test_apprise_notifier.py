"""Apprise in its own process, against a real HTTP receiver."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys

import pytest

from dbbackup.core.errors import DeliveryError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.net.resolve import NetRules
from dbbackup.notifiers import apprise as apprise_module
from dbbackup.notifiers.apprise import AppriseNotifier, AppriseSettings
from dbbackup.notifiers.apprise_process import Job, deliver, guard
from devtools.servers import HttpReceiver, Reply
from tests.integration.notifiers.messages import delivery

NOTIFIER = AppriseNotifier()
SETTINGS = AppriseSettings()


def url(text: str) -> dict[str, Secret]:
    return {"url": Secret(text)}


async def test_send_when_the_service_answers_then_it_is_delivered_and_when_not_then_the_reason_is_told() -> None:
    with HttpReceiver.start() as receiver:
        target = url(f"json://127.0.0.1:{receiver.port}/token-0815-secret")
        assert await NOTIFIER.send(SETTINGS, target, delivery()) == "Apprise delivered it by JSON."
        body = receiver.received[0].json
        assert (body["title"], body["type"]) == ("Backup of Shop failed", "failure")
        assert "Its log names the step." in body["message"]
        receiver.reply = Reply(302, headers={"Location": f"{receiver.url}/elsewhere"})
        with pytest.raises(DeliveryError, match="Apprise could not deliver it") as raised:
            await NOTIFIER.send(SETTINGS, target, delivery())
        assert "0815" not in raised.value.message
        assert len(receiver.received) == 2


@pytest.mark.parametrize("target", ["json://169.254.169.254/", "json://2852039166/", "json://[::ffff:a9fe:a9fe]/"])
async def test_send_when_the_url_points_at_the_metadata_service_then_nothing_is_connected_to(target: str) -> None:
    with pytest.raises(DeliveryError, match=r"Nothing may be sent to .*: a cloud's metadata service"):
        await NOTIFIER.send(SETTINGS, url(target), delivery())


async def test_send_when_private_addresses_are_forbidden_then_loopback_is_not_reached() -> None:
    with HttpReceiver.start() as receiver:
        with pytest.raises(DeliveryError, match="it is a private address"):
            await NOTIFIER.send(
                SETTINGS, url(f"json://localhost:{receiver.port}/"), delivery(NetRules(allow_private=False))
            )
        assert receiver.received == []


async def test_send_when_the_process_hangs_or_dies_then_it_is_ended_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(apprise_module, "SECONDS", 0.2)
    monkeypatch.setattr(apprise_module, "_GRACE", 0.0)
    with HttpReceiver.start() as receiver:
        receiver.reply = Reply(hang=True)
        with pytest.raises(DeliveryError, match=r"not done within 0\.2 s"):
            await NOTIFIER.send(SETTINGS, url(f"json://127.0.0.1:{receiver.port}/"), delivery())
    monkeypatch.setattr(apprise_module, "SECONDS", 20.0)
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(DeliveryError, match="Apprise ended with code 1"):
        await NOTIFIER.send(SETTINGS, url("json://127.0.0.1/"), delivery())


async def test_send_when_it_is_cancelled_then_the_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = apprise_module._start

    def keep() -> subprocess.Popen[bytes]:
        started.append(start())
        return started[-1]

    monkeypatch.setattr(apprise_module, "_start", keep)
    with HttpReceiver.start() as receiver:
        receiver.reply = Reply(hang=True)
        sending = asyncio.create_task(NOTIFIER.send(SETTINGS, url(f"json://127.0.0.1:{receiver.port}/"), delivery()))
        while not started:
            await asyncio.sleep(0.02)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(sending, 5)
    assert started[0].returncode == -signal.SIGKILL


def test_guard_when_a_connection_is_made_then_only_allowed_addresses_pass() -> None:
    for event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        guard(event, (None, ("10.0.0.1", 80)), allow_private=True)
        with pytest.raises(OSError, match="metadata"):
            guard(event, (None, ("169.254.169.254", 80)), allow_private=True)
        with pytest.raises(OSError, match="private"):
            guard(event, (None, ("10.0.0.1", 80)), allow_private=False)
        with pytest.raises(OSError, match="Only network"):
            guard(event, (None, "/run/dbus.sock"), allow_private=True)
    guard("open", ("/etc/hosts", "r"), allow_private=False)


def test_deliver_when_apprise_does_not_know_the_service_then_that_is_said() -> None:
    answer = deliver(Job(url="nosuch://x", title="t", body="b", type="info", allow_private=True))
    assert (answer.ok, answer.service) == (False, "")
    assert "does not understand" in answer.reason


def test_deliver_when_a_service_answers_then_its_name_is_told() -> None:
    with HttpReceiver.start() as receiver:
        target = f"json://127.0.0.1:{receiver.port}/"
        answer = deliver(Job(url=target, title="t", body="b", type="info", allow_private=True))
    assert (answer.ok, answer.service) == (True, "JSON")


@pytest.mark.parametrize("text", ["", "nonsense", "dbus://", "syslog://x", "windows://x"])
def test_check_when_it_cannot_work_then_the_field_is_named(text: str) -> None:
    with pytest.raises(ValidationError) as raised:
        NOTIFIER.check(SETTINGS, url(text) if text else {})
    assert raised.value.details[0].field == "settings.url"


def test_target_when_shown_then_only_the_service_is_named() -> None:
    assert NOTIFIER.target(SETTINGS, url("tgram://bottoken/ChatID")) == "tgram://…"
