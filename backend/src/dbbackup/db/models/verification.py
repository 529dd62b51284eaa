"""One verification of a stored backup."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.backup_execution import RunStatus
from dbbackup.db.models.base import Base, Id, JsonDict
from dbbackup.db.models.database_config import TargetKind


class Verification(Base):
    """A verification and its result; `duration` and `restore_seconds` in seconds."""

    __tablename__ = "verification"
    __table_args__ = (
        Index("ix_verification_status_created", "status", "created_at"),
        Index("ix_verification_database_level", "database_id", "level", "status"),
    )

    backup_id: Mapped[str] = mapped_column(Id, ForeignKey("backup_execution.id", ondelete="CASCADE"), index=True)
    copy_id: Mapped[str | None] = mapped_column(Id, ForeignKey("backup_copy.id", ondelete="SET NULL"))
    storage: Mapped[str] = mapped_column(String(300))
    """Where the copy was, in words: it may be gone later."""
    database_id: Mapped[str | None] = mapped_column(Id, ForeignKey("database_config.id", ondelete="SET NULL"))
    database_name: Mapped[str] = mapped_column(String(200))
    target_id: Mapped[str | None] = mapped_column(Id, ForeignKey("database_config.id", ondelete="SET NULL"))
    """The database on whose server the copy on the side is made; None: that of the backup itself."""
    target_kind: Mapped[str] = mapped_column(String(20), default=TargetKind.SERVER)
    """`container`: a throwaway one of the image that the container of `target_id` runs."""
    level: Mapped[int]
    """1 stored bytes, 2 read to the end, 3 restored, 4 the user's own assertions."""
    status: Mapped[str] = mapped_column(String(20), default=RunStatus.QUEUED)
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    duration: Mapped[float | None]
    restore_seconds: Mapped[float | None]
    """How long the restore of level 3 took."""
    result: Mapped[JsonDict] = mapped_column(default=dict)
    """`checks`: name, ok and message of each; `tables`: the rows that were counted."""
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_message: Mapped[str | None] = mapped_column(Text)
    error_stack: Mapped[str | None] = mapped_column(Text)
    started_by: Mapped[str] = mapped_column(String(200))
    cancel_requested: Mapped[bool] = mapped_column(default=False)
