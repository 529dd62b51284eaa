"""A way to tell people, and which alarms it was told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id, JsonDict


class NotificationChannel(Base):
    """Where messages go, which ones, and how the last delivery went."""

    __tablename__ = "notification_channel"

    name: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    """A key of the registry of notifiers."""
    settings: Mapped[JsonDict]
    secrets_sealed: Mapped[str | None] = mapped_column(Text)
    """A JSON object of the secrets by their names."""
    target: Mapped[str] = mapped_column(Text)
    """Where messages go, in words without secrets."""
    enabled: Mapped[bool] = mapped_column(default=True)
    events: Mapped[list[str]]
    database_ids: Mapped[list[str] | None]
    """None: all databases. Events of no database come in any case."""
    failure_threshold: Mapped[int] = mapped_column(default=1)
    """So many failures in a row before the first alarm."""
    recovery: Mapped[bool] = mapped_column(default=True)
    """Whether to tell that an alarm is over."""
    delivered_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    """Why the last attempt failed; None when it did not."""


class NotificationCondition(Base):
    """Something that is wrong now, as one channel knows it; removed when it is over."""

    __tablename__ = "notification_condition"
    __table_args__ = (Index("uq_notification_condition_key", "channel_id", "key", unique=True),)

    channel_id: Mapped[str] = mapped_column(Id, ForeignKey("notification_channel.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(200))
    """What is wrong, and with what: `backup:<database id>`."""
    failures: Mapped[int] = mapped_column(default=0)
    alarmed: Mapped[bool] = mapped_column(default=False)
