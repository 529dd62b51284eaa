"""The registry: every way to tell people, by its name in a channel's settings."""

from __future__ import annotations

from typing import Any

from dbbackup.notifiers.apprise import AppriseInput, AppriseNotifier, AppriseSettings, AppriseView
from dbbackup.notifiers.base import Notifier
from dbbackup.notifiers.discord import DiscordInput, DiscordNotifier, DiscordSettings, DiscordView
from dbbackup.notifiers.email import EmailInput, EmailNotifier, EmailSettings, EmailView
from dbbackup.notifiers.slack import SlackInput, SlackNotifier, SlackSettings, SlackView
from dbbackup.notifiers.webhook import WebhookInput, WebhookNotifier, WebhookSettings, WebhookView

NOTIFIERS: dict[str, Notifier[Any]] = {
    "email": EmailNotifier(),
    "webhook": WebhookNotifier(),
    "slack": SlackNotifier(),
    "discord": DiscordNotifier(),
    "apprise": AppriseNotifier(),
}
AnySettings = EmailSettings | WebhookSettings | SlackSettings | DiscordSettings | AppriseSettings
AnyInput = EmailInput | WebhookInput | SlackInput | DiscordInput | AppriseInput
AnyView = EmailView | WebhookView | SlackView | DiscordView | AppriseView
