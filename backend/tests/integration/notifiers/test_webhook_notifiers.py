"""Webhook, Slack and Discord against a real HTTP receiver on this machine.

The real Slack and Discord cannot be had here: the shapes are held against what their documents say.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from dbbackup.core.errors import AppError, DeliveryError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.notifiers import NOTIFIERS
from dbbackup.notifiers.base import Notifier
from dbbackup.notifiers.discord import DiscordSettings
from dbbackup.notifiers.slack import SlackSettings
from dbbackup.notifiers.webhook import WebhookSettings
from devtools.servers import HttpReceiver, Reply
from tests.integration.notifiers.messages import delivery, message

KEY = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
PLAIN: dict[str, Any] = {"webhook": WebhookSettings(), "slack": SlackSettings(), "discord": DiscordSettings()}


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver.start() as running:
        yield running


@pytest.fixture(params=sorted(PLAIN))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def notifier(kind: str) -> Notifier[Any]:
    return NOTIFIERS[kind]


def url_secret(receiver: HttpReceiver) -> dict[str, Secret]:
    return {"url": Secret(f"{receiver.url}/services/T0/secret-token-0815")}


async def test_webhook_when_signed_then_independent_code_accepts_it(receiver: HttpReceiver) -> None:
    found = url_secret(receiver) | {"signing_secret": Secret(KEY)}
    text = await notifier("webhook").send(PLAIN["webhook"], found, delivery())
    assert text.startswith("The answer was 200, after ")
    (got,) = receiver.received
    assert got.headers["webhook-id"] == message().id
    body = Webhook(KEY).verify(got.body, got.headers)
    assert body == {
        "id": message().id,
        "type": "backup.failed",
        "severity": "error",
        "recovery": False,
        "at": "2026-11-22T20:00:00Z",
        "title": "Backup of Shop failed",
        "text": message().text,
        "advice": "Its log names the step.",
        "instance": "k3f9",
        "database": {"id": "db-1", "name": "Shop"},
        "run": {"kind": "backup", "id": "run-1"},
        "url": "https://backups.example.com/backups/run-1",
    }
    for changed in (got.body + b" ", got.body.replace(b"error", b"info")):
        with pytest.raises(WebhookVerificationError):
            Webhook(KEY).verify(changed, got.headers)
    other = "whsec_" + base64.b64encode(bytes(32)).decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(got.body, got.headers)


async def test_webhook_without_a_secret_then_it_is_not_signed(receiver: HttpReceiver) -> None:
    await notifier("webhook").send(PLAIN["webhook"], url_secret(receiver), delivery())
    assert "webhook-signature" not in receiver.received[0].headers


@pytest.mark.parametrize(
    "secret",
    ["whsec_short", "whsec_" + "A" * 200, "no prefix", KEY.removeprefix("whsec_")],
    ids=["short", "long", "words", "bare"],
)
def test_webhook_when_the_signing_secret_is_unusable_then_it_is_refused(secret: str) -> None:
    found = {"url": Secret("https://h/"), "signing_secret": Secret(secret)}
    with pytest.raises(ValidationError) as raised:
        notifier("webhook").check(PLAIN["webhook"], found)
    assert raised.value.details[0].field == "settings.signingSecret"
    assert secret not in raised.value.message


async def test_slack_when_sent_then_it_is_text_and_blocks_in_which_nobody_is_mentioned(
    receiver: HttpReceiver,
) -> None:
    await notifier("slack").send(PLAIN["slack"], url_secret(receiver), delivery())
    body = receiver.received[0].json
    assert body["text"].startswith("Backup of Shop failed\n")
    header, text, advice, link, context = body["blocks"]
    assert header == {"type": "header", "text": {"type": "plain_text", "text": "Backup of Shop failed"}}
    assert "&lt;!channel&gt;" in text["text"]["text"]
    assert "<!channel>" not in str(body)
    assert advice["text"]["text"] == "Its log names the step."
    assert link["text"]["text"] == "<https://backups.example.com/backups/run-1|Open the page>"
    assert "backup.failed · instance k3f9" in context["elements"][0]["text"]


async def test_slack_when_the_text_is_long_then_the_limits_are_kept(receiver: HttpReceiver) -> None:
    long = delivery(title="t" * 300, text="<" * 4000, advice="", url=None)
    await notifier("slack").send(PLAIN["slack"], url_secret(receiver), long)
    header, text, _context = receiver.received[0].json["blocks"]
    assert len(header["text"]["text"]) == 150
    assert len(text["text"]["text"]) == 3000


async def test_discord_when_sent_then_it_is_one_embed_that_mentions_nobody(receiver: HttpReceiver) -> None:
    receiver.reply = Reply(204, b"")
    text = await notifier("discord").send(PLAIN["discord"], url_secret(receiver), delivery())
    assert "204" in text
    body = receiver.received[0].json
    assert body["allowed_mentions"] == {"parse": []}
    (embed,) = body["embeds"]
    assert embed["title"] == "Backup of Shop failed"
    assert r"\*server\*" in embed["description"]
    assert r"\[no\]\(http://x\)" in embed["description"]
    assert (embed["color"], embed["url"]) == (0xC62828, message().url)
    assert embed["timestamp"] == "2026-11-22T20:00:00+00:00"
    await notifier("discord").send(PLAIN["discord"], url_secret(receiver), delivery(url=None, advice=""))
    assert "url" not in receiver.received[1].json["embeds"][0]


async def test_send_when_refused_then_the_answer_is_told_and_the_wait_it_asks_for(
    receiver: HttpReceiver, kind: str
) -> None:
    receiver.reply = Reply(429, b"slow\n down", {"Retry-After": "90.5"})
    with pytest.raises(DeliveryError, match=r"The answer was 429: slow down\.") as raised:
        await notifier(kind).send(PLAIN[kind], url_secret(receiver), delivery())
    assert raised.value.retry_after == 90.5
    receiver.reply = Reply(500, b"", {"Retry-After": "Sun, 22 Nov 2026 20:00:00 GMT"})
    with pytest.raises(DeliveryError, match=r"The answer was 500\.") as again:
        await notifier(kind).send(PLAIN[kind], url_secret(receiver), delivery())
    assert again.value.retry_after is None


async def test_send_when_redirected_then_it_is_not_followed_and_that_is_said(receiver: HttpReceiver, kind: str) -> None:
    receiver.reply = Reply(307, headers={"Location": "http://169.254.169.254/latest/meta-data"})
    with pytest.raises(DeliveryError, match="Redirects are not followed"):
        await notifier(kind).send(PLAIN[kind], url_secret(receiver), delivery())
    assert len(receiver.received) == 1


async def test_send_when_anything_fails_then_the_secret_url_is_not_told(receiver: HttpReceiver, kind: str) -> None:
    found = url_secret(receiver)
    receiver.stop()
    with pytest.raises(AppError) as raised:
        await notifier(kind).send(PLAIN[kind], found, delivery())
    assert "secret-token-0815" not in raised.value.message
    assert notifier(kind).target(PLAIN[kind], found) == f"{receiver.url}/…"


def test_check_when_the_url_is_missing_or_none_then_the_field_is_named(kind: str) -> None:
    for found in ({}, {"url": Secret("nonsense")}):
        with pytest.raises(ValidationError) as raised:
            notifier(kind).check(PLAIN[kind], found)
        assert raised.value.details[0].field == "settings.url"
