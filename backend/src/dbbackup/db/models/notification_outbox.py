"""Messages that are to be delivered, are being delivered, or were."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id, JsonDict, utc_now


class DeliveryState(StrEnum):
    """How far a delivery is; the last two are final, but a failed one can be tried again by hand."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


class NotificationOutbox(Base):
    """One message for one channel, or one call of a schedule's ping URL; written together with what it tells of."""

    __tablename__ = "notification_outbox"
    __table_args__ = (
        Index("ix_notification_outbox_due", "state", "next_attempt_at"),
        Index("ix_notification_outbox_finished", "finished_at"),
    )

    channel_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey("notification_channel.id", ondelete="CASCADE"), index=True
    )
    schedule_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey("backup_schedule.id", ondelete="CASCADE"), index=True
    )
    """Set for a ping, and only then."""
    lane: Mapped[str] = mapped_column(String(80), index=True)
    """Deliveries of one lane go out one at a time; lanes do not wait for each other."""
    event: Mapped[str] = mapped_column(String(50))
    severity: Mapped[str] = mapped_column(String(10))
    title: Mapped[str] = mapped_column(Text)
    message: Mapped[JsonDict]
    """As core/notifications.py has it; of a ping, whether the backup succeeded."""
    state: Mapped[str] = mapped_column(String(20), default=DeliveryState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(default=utc_now)
    finished_at: Mapped[datetime | None]
    result: Mapped[str | None] = mapped_column(Text)
    """What the last attempt got, good or bad."""
