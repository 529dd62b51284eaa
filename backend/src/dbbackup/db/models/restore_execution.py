"""One restore."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.backup_execution import RunStatus
from dbbackup.db.models.base import Base, Id, JsonDict


class RestoreExecution(Base):
    """A restore and its result; `duration` in seconds."""

    __tablename__ = "restore_execution"
    __table_args__ = (Index("ix_restore_execution_status_created", "status", "created_at"),)

    database_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey("database_config.id", ondelete="SET NULL"), index=True
    )
    """The configuration whose server is restored to."""
    database_name: Mapped[str] = mapped_column(String(200))
    target_database: Mapped[str] = mapped_column(String(255))
    backup_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey("backup_execution.id", ondelete="SET NULL"), index=True
    )
    safety_backup_id: Mapped[str | None] = mapped_column(Id, ForeignKey("backup_execution.id", ondelete="SET NULL"))
    source_type: Mapped[str] = mapped_column(String(20))
    source_s3_config_id: Mapped[str | None] = mapped_column(Id, ForeignKey("s3_config.id", ondelete="SET NULL"))
    source_bucket: Mapped[str | None] = mapped_column(String(255))
    source_key: Mapped[str] = mapped_column(String(1024))
    source_version: Mapped[str | None] = mapped_column(String(255))
    manifest: Mapped[JsonDict]
    options: Mapped[JsonDict] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(String(20), default=RunStatus.QUEUED)
    not_before: Mapped[datetime | None]
    """While queued: when it is looked at again (an archived source on its way back)."""
    waiting_for: Mapped[str | None] = mapped_column(Text)
    """What it waits for, in words; None when it waits for its turn only."""
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    duration: Mapped[float | None]
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_message: Mapped[str | None] = mapped_column(Text)
    error_stack: Mapped[str | None] = mapped_column(Text)
    started_by: Mapped[str] = mapped_column(String(200))
    confirmed_by: Mapped[str] = mapped_column(String(200))
    cancel_requested: Mapped[bool] = mapped_column(default=False)
