"""Sends messages as JSON to a URL, signed as the Standard Webhooks specification says.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time

import msgspec
from msgspec import UNSET

from dbbackup.core.errors import ValidationError
from dbbackup.core.secret import Secret
from dbbackup.net.http import request
from dbbackup.notifiers.base import ChannelSettings, Delivery, SecretField, Secrets
from dbbackup.notifiers.url_secret import accepted, check_url, shown_url

_PREFIX = "whsec_"
_KEY_BYTES = range(24, 65)


class WebhookSettings(ChannelSettings, tag="webhook"):
    """A webhook has nothing but secrets."""


class WebhookInput(WebhookSettings, tag="webhook"):
    """Where to send to; with `signingSecret` (`whsec_` and 24 to 64 bytes in base64) every request is signed."""

    url: SecretField = UNSET
    signing_secret: SecretField = UNSET


class WebhookView(WebhookSettings, tag="webhook"):
    """Which secrets are stored."""

    has_url: bool
    has_signing_secret: bool


class WebhookNotifier:
    """One POST a message."""

    settings = WebhookSettings
    view = WebhookView
    secrets = ("url", "signing_secret")

    def check(self, settings: WebhookSettings, secrets: Secrets) -> None:
        """Refuse a URL or a signing secret that cannot be used."""
        check_url(secrets)
        if "signing_secret" in secrets:
            signing_key(secrets["signing_secret"])

    def target(self, settings: WebhookSettings, secrets: Secrets) -> str:
        """Return the URL's scheme and host."""
        return shown_url(secrets)

    async def send(self, settings: WebhookSettings, secrets: Secrets, delivery: Delivery) -> str:
        """Send the message; any status from 200 to 299 means that it arrived."""
        body = msgspec.json.encode(delivery.message)
        headers = {"Content-Type": "application/json", **signed_headers(secrets.get("signing_secret"), delivery, body)}
        return accepted(await request("POST", secrets["url"].reveal(), delivery.net, body=body, headers=headers))


def signed_headers(secret: Secret | None, delivery: Delivery, body: bytes) -> dict[str, str]:
    """Return id and time of the request, and its signature when there is a secret."""
    headers = {"Webhook-Id": delivery.message.id, "Webhook-Timestamp": str(int(time.time()))}
    if secret is not None:
        content = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
        digest = hmac.new(signing_key(secret), content, hashlib.sha256).digest()
        headers["Webhook-Signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def signing_key(secret: Secret) -> bytes:
    """Return the key of a signing secret. Raises ValidationError."""
    text = secret.reveal()
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if not text.startswith(_PREFIX) or len(key) not in _KEY_BYTES:
        raise ValidationError.of(
            "settings.signingSecret",
            "A signing secret is whsec_ and 24 to 64 random bytes in base64. Make one with: "
            'echo "whsec_$(openssl rand -base64 32)"',
        )
    return key
