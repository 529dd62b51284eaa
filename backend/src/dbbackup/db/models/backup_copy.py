"""One copy of a backup: on local disk or in one S3 config."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id


class CopyState(StrEnum):
    """The states of a copy; only `complete` can be restored from."""

    PENDING = "pending"
    """To be written: by the run itself, or later from another complete copy."""
    WRITING = "writing"
    COMPLETE = "complete"
    FAILED = "failed"
    DAMAGED = "damaged"
    """It was complete, and was found altered or gone: made again from another complete copy, if there is one."""
    DELETING = "deleting"
    DELETED = "deleted"


class BackupCopy(Base):
    """Where one copy is and how it stands. `key` is the main file's, the others lie beside it."""

    __tablename__ = "backup_copy"
    __table_args__ = (
        Index("ix_backup_copy_backup_position", "backup_id", "position", unique=True),
        # Whose copies are unfinished: from the index alone, or SQLite goes through all that there are.
        Index("ix_backup_copy_by_state", "state", "backup_id"),
        # What lies where, and which backups have a copy in object storage: from the index alone.
        Index("ix_backup_copy_stored", "s3_config_id", "state", "size", "backup_id"),
        Index("ix_backup_copy_of_backup", "backup_id", "state", "size", "s3_config_id"),
        # Which was looked at, or read, longest ago.
        Index("ix_backup_copy_by_last_look", "state", text("coalesce(seen_at, upload_completed_at, created_at)")),
        Index("ix_backup_copy_by_last_reading", "state", text("coalesce(checked_at, upload_completed_at, created_at)")),
    )

    backup_id: Mapped[str] = mapped_column(Id, ForeignKey("backup_execution.id", ondelete="CASCADE"))
    position: Mapped[int]
    s3_config_id: Mapped[str | None] = mapped_column(Id, ForeignKey("s3_config.id", ondelete="RESTRICT"), index=True)
    """None: the copy is on local disk."""
    bucket: Mapped[str | None] = mapped_column(String(255))
    key: Mapped[str | None] = mapped_column(String(1024))
    version: Mapped[str | None] = mapped_column(String(255))
    etag: Mapped[str | None] = mapped_column(String(255))
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), default=CopyState.PENDING)
    error_message: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    """Object lock forbids its removal before."""
    retry_at: Mapped[datetime | None]
    """When the next try to delete it makes sense; None: by the usual pauses."""
    upload_started_at: Mapped[datetime | None]
    upload_completed_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    """When its bytes were last read again and were right."""
    seen_at: Mapped[datetime | None]
    """When its files were last seen to be there."""

    @property
    def storage_id(self) -> str:
        """Return the id of the storage that holds this copy."""
        return self.s3_config_id or "local"
