"""Sends messages to a Slack incoming webhook, or to what understands the same (Mattermost, Rocket.Chat)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from dbbackup.core.notifications import Message
from dbbackup.net.http import request
from dbbackup.notifiers.base import ChannelSettings, Delivery, SecretField, Secrets
from dbbackup.notifiers.url_secret import accepted, check_url, shown_url

_MARKS = {"info": ":white_check_mark:", "warning": ":warning:", "error": ":rotating_light:"}
_HEADER_LIMIT = 150
_TEXT_LIMIT = 3000


class SlackSettings(ChannelSettings, tag="slack"):
    """Everything Slack needs is in the secret URL."""


class SlackInput(SlackSettings, tag="slack"):
    """The URL of an incoming webhook (https://hooks.slack.com/services/…)."""

    url: SecretField = UNSET


class SlackView(SlackSettings, tag="slack"):
    """Whether the URL is stored."""

    has_url: bool


class SlackNotifier:
    """One POST a message."""

    settings = SlackSettings
    view = SlackView
    secrets = ("url",)

    def check(self, settings: SlackSettings, secrets: Secrets) -> None:
        """Refuse what is no URL."""
        check_url(secrets)

    def target(self, settings: SlackSettings, secrets: Secrets) -> str:
        """Return the URL's scheme and host."""
        return shown_url(secrets)

    async def send(self, settings: SlackSettings, secrets: Secrets, delivery: Delivery) -> str:
        """Send the message; Slack answers 200 and `ok`."""
        body = msgspec.json.encode(slack_body(delivery.message))
        headers = {"Content-Type": "application/json"}
        return accepted(await request("POST", secrets["url"].reveal(), delivery.net, body=body, headers=headers))


def slack_body(message: Message) -> dict[str, Any]:
    """Return the message as blocks, and as text for where those are not shown."""
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": _cut(message.title, _HEADER_LIMIT)}},
        {"type": "section", "text": {"type": "mrkdwn", "text": _cut(_escaped(message.text), _TEXT_LIMIT)}},
    ]
    if message.advice:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": _escaped(message.advice)}})
    if message.url:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": f"<{message.url}|Open the page>"}})
    context = f"{_MARKS[message.severity]} {message.type} · instance {message.instance}"
    blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": context}]})
    return {"text": _escaped(f"{message.title}\n{message.text}"), "blocks": blocks}


def _escaped(text: str) -> str:
    """Slack asks for these three; with them escaped nobody can be mentioned and no link be made."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
