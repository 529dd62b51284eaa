"""How channels and deliveries are shown."""

from __future__ import annotations

from dbbackup.api.notifications.schemas import (
    NotificationChannelView,
    NotificationDeliveryView,
    NotificationEventView,
)
from dbbackup.core.notifications import EVENTS, OFFERED, EventType
from dbbackup.db.models import DeliveryState, NotificationChannel, NotificationOutbox
from dbbackup.services import notification_channels
from dbbackup.services.context import Context


def channel_view(ctx: Context, channel: NotificationChannel) -> NotificationChannelView:
    """Return what may be shown of a channel."""
    return NotificationChannelView(
        id=channel.id,
        name=channel.name,
        target=channel.target,
        settings=notification_channels.settings_view(ctx, channel),
        events=[EventType(event) for event in channel.events],
        database_ids=channel.database_ids,
        failure_threshold=channel.failure_threshold,
        recovery=channel.recovery,
        enabled=channel.enabled,
        delivered_at=channel.delivered_at,
        failed_at=channel.failed_at,
        last_error=channel.last_error,
        created_at=channel.created_at,
        updated_at=channel.updated_at,
    )


def delivery_view(row: NotificationOutbox) -> NotificationDeliveryView:
    """Return what may be shown of a delivery."""
    state = DeliveryState(row.state)
    return NotificationDeliveryView(
        id=row.id,
        channel_id=row.channel_id,
        schedule_id=row.schedule_id,
        event=row.event,
        severity=row.severity,
        title=row.title,
        text=row.message.get("text", ""),
        state=state,
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at if state == DeliveryState.WAITING else None,
        finished_at=row.finished_at,
        result=row.result,
        created_at=row.created_at,
    )


def event_views() -> list[NotificationEventView]:
    """Return the events that a channel can be asked to tell of."""
    return [
        NotificationEventView(type=event, label=kind.label, severity=kind.severity, counted=kind.counted)
        for event, kind in EVENTS.items()
        if event in OFFERED
    ]
