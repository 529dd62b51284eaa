"""What the API shows of notifications."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.core.notifications import EventType, Severity
from dbbackup.db.models import DeliveryState
from dbbackup.notifiers import AnyView


class NotificationChannelView(Struct, kw_only=True, rename="camel"):
    """A way to tell people; secrets are never shown, only whether they are stored."""

    id: str
    name: str
    target: str
    """Where messages go, in words."""
    settings: AnyView
    events: list[EventType]
    database_ids: list[str] | None
    failure_threshold: int
    recovery: bool
    enabled: bool
    delivered_at: datetime | None
    failed_at: datetime | None
    last_error: str | None
    """Why the last attempt failed; null when it did not."""
    created_at: datetime
    updated_at: datetime


class NotificationTest(Struct, kw_only=True, rename="camel"):
    """What a test message got."""

    ok: bool
    message: str


class NotificationEventView(Struct, kw_only=True, rename="camel"):
    """An event that a channel can be asked to tell of."""

    type: EventType
    label: str
    severity: Severity
    counted: bool
    """Whether the channel's failure threshold counts it."""


class NotificationDeliveryView(Struct, kw_only=True, rename="camel"):
    """One message for one channel, or one call of a schedule's ping URL."""

    id: str
    channel_id: str | None
    schedule_id: str | None
    event: str
    severity: str
    title: str
    text: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    """When it is tried next; null unless it is waiting."""
    finished_at: datetime | None
    result: str | None
    """What the last attempt got, good or bad."""
    created_at: datetime


class NotificationChannelEnvelope(Envelope, kw_only=True, rename="camel"):
    """One channel."""

    data: NotificationChannelView


class NotificationChannelListEnvelope(Envelope, kw_only=True, rename="camel"):
    """All channels."""

    data: list[NotificationChannelView]


class NotificationTestEnvelope(Envelope, kw_only=True, rename="camel"):
    """The result of a test message."""

    data: NotificationTest


class NotificationEventListEnvelope(Envelope, kw_only=True, rename="camel"):
    """All events that can be chosen."""

    data: list[NotificationEventView]


class NotificationDeliveryEnvelope(Envelope, kw_only=True, rename="camel"):
    """One delivery."""

    data: NotificationDeliveryView


class NotificationDeliveryListEnvelope(Envelope, kw_only=True, rename="camel"):
    """One page of deliveries."""

    data: list[NotificationDeliveryView]
