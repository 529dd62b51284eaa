"""Sends messages to a Discord webhook."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import UNSET

from dbbackup.core.notifications import Message
from dbbackup.net.http import request
from dbbackup.notifiers.base import ChannelSettings, Delivery, SecretField, Secrets
from dbbackup.notifiers.url_secret import accepted, check_url, shown_url

_COLOURS = {"info": 0x2E7D32, "warning": 0xB26A00, "error": 0xC62828}
_TITLE_LIMIT = 256
_TEXT_LIMIT = 4096
_MARKDOWN = re.compile(r"([\\*_~`|>#\[\]()<-])")


class DiscordSettings(ChannelSettings, tag="discord"):
    """Everything Discord needs is in the secret URL."""


class DiscordInput(DiscordSettings, tag="discord"):
    """The URL of a webhook (https://discord.com/api/webhooks/…)."""

    url: SecretField = UNSET


class DiscordView(DiscordSettings, tag="discord"):
    """Whether the URL is stored."""

    has_url: bool


class DiscordNotifier:
    """One POST a message."""

    settings = DiscordSettings
    view = DiscordView
    secrets = ("url",)

    def check(self, settings: DiscordSettings, secrets: Secrets) -> None:
        """Refuse what is no URL."""
        check_url(secrets)

    def target(self, settings: DiscordSettings, secrets: Secrets) -> str:
        """Return the URL's scheme and host."""
        return shown_url(secrets)

    async def send(self, settings: DiscordSettings, secrets: Secrets, delivery: Delivery) -> str:
        """Send the message; Discord answers 204."""
        body = msgspec.json.encode(discord_body(delivery.message))
        headers = {"Content-Type": "application/json"}
        return accepted(await request("POST", secrets["url"].reveal(), delivery.net, body=body, headers=headers))


def discord_body(message: Message) -> dict[str, Any]:
    """Return the message as one embed that mentions nobody."""
    text = "\n\n".join(part for part in (message.text, message.advice) if part)
    embed: dict[str, Any] = {
        "title": message.title[:_TITLE_LIMIT],
        "description": _MARKDOWN.sub(r"\\\1", text)[:_TEXT_LIMIT],
        "color": _COLOURS[message.severity],
        "timestamp": message.at.isoformat(),
        "footer": {"text": f"{message.type} · instance {message.instance}"},
    }
    if message.url:
        embed["url"] = message.url
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}
