"""Sends messages by Apprise, which knows some 170 services; each channel is one Apprise URL.

https://github.com/caronc/apprise

Apprise runs in a process of its own (`apprise_process.py`): see the decision on notifications in docs/adr.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys

import msgspec
from msgspec import UNSET

from dbbackup.core.errors import DeliveryError, ValidationError
from dbbackup.core.masking import Masker
from dbbackup.core.secret import Secret
from dbbackup.notifiers.apprise_process import SECONDS, Answer, Job
from dbbackup.notifiers.base import ChannelSettings, Delivery, SecretField, Secrets

_SCHEMA = re.compile(r"^(?P<schema>[a-z][a-z0-9+.-]*)://\S+$", re.IGNORECASE)
_LOCAL = frozenset({"dbus", "kde", "qt", "glib", "gnome", "macosx", "windows", "syslog", "blink1"})
"""What Apprise can do on its own machine only: nobody sits in front of this one."""
_TYPES = {"info": "info", "warning": "warning", "error": "failure"}
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "PYTHONPATH")
"""All that the other process gets of the environment: ours holds ENCRYPTION_KEY."""
_GRACE = 5.0


class AppriseSettings(ChannelSettings, tag="apprise"):
    """Everything Apprise needs is in the secret URL."""


class AppriseInput(AppriseSettings, tag="apprise"):
    """An Apprise URL, for example `tgram://bottoken/ChatID`."""

    url: SecretField = UNSET


class AppriseView(AppriseSettings, tag="apprise"):
    """Whether the URL is stored."""

    has_url: bool


class AppriseNotifier:
    """One process a message."""

    settings = AppriseSettings
    view = AppriseView
    secrets = ("url",)

    def check(self, settings: AppriseSettings, secrets: Secrets) -> None:
        """Refuse what is no URL, and services that mean the machine itself; Apprise itself is asked by a test."""
        schema = _schema(secrets)
        if schema in _LOCAL:
            raise ValidationError.of("settings.url", f"{schema}:// reaches only the machine that this program runs on.")

    def target(self, settings: AppriseSettings, secrets: Secrets) -> str:
        """Return the service's name in the URL."""
        return f"{_schema(secrets)}://…"

    async def send(self, settings: AppriseSettings, secrets: Secrets, delivery: Delivery) -> str:
        """Let Apprise send the message; it tells only whether it could, and its log why not."""
        message, url = delivery.message, secrets["url"]
        advice = "\n\n".join(part for part in (message.text, message.advice, message.url) if part)
        job = Job(
            url=url.reveal(),
            title=message.title,
            body=advice,
            type=_TYPES[message.severity],
            allow_private=delivery.net.allow_private,
        )
        answer = await _run(job)
        if not answer.ok:
            raise DeliveryError(f"Apprise could not deliver it. {_masked(url, answer.reason)}")
        return f"Apprise delivered it by {answer.service}."


async def _run(job: Job) -> Answer:
    process = _start()
    try:
        output, _ = await asyncio.to_thread(process.communicate, msgspec.json.encode(job), timeout=SECONDS + _GRACE)
    except subprocess.TimeoutExpired as error:
        raise DeliveryError(f"Apprise was not done within {SECONDS} s.") from error
    finally:
        if process.poll() is None:
            process.kill()
            await asyncio.to_thread(process.wait)
    try:
        return msgspec.json.decode(output, type=Answer)
    except msgspec.MsgspecError as error:
        late = process.returncode == -signal.SIGALRM
        text = f"was not done within {SECONDS} s" if late else f"ended with code {process.returncode}"
        raise DeliveryError(f"Apprise {text}.") from error


def _start() -> subprocess.Popen[bytes]:
    # Not by asyncio: uvloop would copy the whole process to start it, see pipeline/child.py.
    return subprocess.Popen(
        [sys.executable, "-m", "dbbackup.notifiers.apprise_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
    )


def _schema(secrets: Secrets) -> str:
    found = _SCHEMA.match(secrets["url"].reveal()) if "url" in secrets else None
    if found is None:
        raise ValidationError.of("settings.url", "Enter an Apprise URL, for example tgram://bottoken/ChatID.")
    return found["schema"].lower()


def _masked(url: Secret, text: str) -> str:
    """Take the URL and every longer part of it out of what Apprise says."""
    parts = [part for part in re.split(r"[/:@?&=]+", url.reveal()) if len(part) >= 6]
    return Masker([url, *(Secret(part) for part in parts)]).mask(text)
