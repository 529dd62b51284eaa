"""How services and workers tell the world what happened, without knowing who listens."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from dbbackup.core.progress import ProgressView

EVENTS_CHANNEL = "events"
LOGS_CHANNEL = "logs"


class ExecutionEvent(msgspec.Struct, kw_only=True, rename="camel", tag_field="type", tag="execution"):
    """A backup, restore or verification changed its state."""

    kind: str
    """`backup`, `restore` or `verify`."""
    id: str
    database_id: str | None
    database_name: str
    status: str
    error_message: str | None
    at: datetime


class ProgressedRun(msgspec.Struct, kw_only=True, rename="camel"):
    """How far one running backup, restore or verification is."""

    kind: str
    """`backup`, `restore` or `verify`."""
    id: str
    progress: ProgressView


class ProgressEvent(msgspec.Struct, kw_only=True, rename="camel", tag_field="type", tag="progress"):
    """How far all that runs is; twice a second."""

    runs: list[ProgressedRun]


class ChangeEvent(msgspec.Struct, kw_only=True, rename="camel", tag_field="type", tag="change"):
    """A record was created, changed or deleted: read it again."""

    resource: str
    """`database`, `schedule`, `backup`, `restore`, `s3-config`, `notification-channel`, `audit-event` and others."""
    id: str
    action: str
    """`created`, `updated` or `deleted`; of a schedule also `missed`: a slot came and got no run."""


class PingEvent(msgspec.Struct, kw_only=True, rename="camel", tag_field="type", tag="ping"):
    """Nothing happened; the connection lives."""

    at: datetime


class LogHint(msgspec.Struct, kw_only=True, rename="camel", tag_field="type", tag="hint"):
    """New log lines of an execution are in the catalogue; never leaves the process."""

    execution_id: str
    seq: int


Event = ExecutionEvent | ProgressEvent | ChangeEvent | PingEvent


class Events(Protocol):
    """Publishes live messages; `main` connects it to the WebSockets.

    `publish` never blocks and never raises: a message nobody hears is lost, and whoever needs
    history reads it from the catalogue.
    """

    def publish(self, channel: str, message: Event | LogHint) -> None:
        """Send one message to whoever listens on the channel now."""
        ...


class Unheard:
    """Events where nobody can listen: a command that runs on its own."""

    def publish(self, channel: str, message: Event | LogHint) -> None:
        """Let the message go."""
