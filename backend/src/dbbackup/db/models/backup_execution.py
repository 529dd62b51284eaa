"""One backup, from queued to the end of its life."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, defer, mapped_column, relationship

from dbbackup.db.models.backup_copy import BackupCopy
from dbbackup.db.models.base import Base, Id, JsonDict


class RunStatus(StrEnum):
    """The states of a backup or restore; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


RETENTION = "retention"
FINAL = (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED)


class BackupType(StrEnum):
    """Why a backup was made."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    CUSTOM = "custom"
    MANUAL = "manual"
    SAFETY = "safety"


class BackupExecution(Base):
    """A run and its result. Sizes in bytes, `duration` in seconds."""

    __tablename__ = "backup_execution"
    __table_args__ = (
        Index("ix_backup_execution_status_created", "status", "created_at"),
        Index("ix_backup_execution_database_created", "database_id", "created_at"),
        # A row holds its manifest: what a page of the history is sorted and filtered by is read from here instead.
        Index(
            "ix_backup_execution_history",
            *("deleted_at", "created_at", "id", "status", "type", "database_id", "schedule_id", "size", "duration"),
        ),
        Index("ix_backup_execution_ended", "completed_at", "status", "size", "duration", "deleted_at", "id"),
        # The newest of each database, of each and of any status, and of each schedule.
        Index("ix_backup_execution_database_status", "database_id", "deleted_at", "status", "id"),
        Index("ix_backup_execution_database_newest", "database_id", "deleted_at", "id"),
        Index("ix_backup_execution_schedule_newest", "schedule_id", "deleted_at", "id"),
        # The largest and the longest first.
        Index("ix_backup_execution_by_size", "deleted_at", text("coalesce(size, -1)"), "id"),
        Index("ix_backup_execution_by_duration", "deleted_at", text("coalesce(duration, -1)"), "id"),
        # The narrowest, so the quickest to count by. SQLite takes the youngest of those that would do.
        Index("ix_backup_execution_deleted_created", "deleted_at", "created_at", "id"),
        # Each slot of a schedule becomes one run, whatever crashes in between.
        Index("uq_backup_execution_schedule_slot", "schedule_id", "slot", unique=True),
    )

    database_id: Mapped[str | None] = mapped_column(Id, ForeignKey("database_config.id", ondelete="SET NULL"))
    schedule_id: Mapped[str | None] = mapped_column(Id, ForeignKey("backup_schedule.id", ondelete="SET NULL"))
    slot: Mapped[datetime | None]
    """The moment the schedule meant."""
    not_before: Mapped[datetime | None]
    """While queued: when it may start (jitter, the wait before a retry)."""
    retention_policy_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey("retention_policy.id", ondelete="SET NULL"), index=True
    )
    """The policy of a manual backup that has one of its own; all others go by those of their database's schedules."""
    keep_forever: Mapped[bool] = mapped_column(default=False)
    """A manual backup that no policy judges; the ceiling still does."""
    database_name: Mapped[str] = mapped_column(String(200))
    """The configuration's name at that time: the record outlives the configuration."""
    engine: Mapped[str] = mapped_column(String(20))
    run_token: Mapped[str] = mapped_column(String(20), unique=True)
    type: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default=RunStatus.QUEUED)
    priority: Mapped[int] = mapped_column(default=0)
    file_name: Mapped[str | None] = mapped_column(String(300))
    size: Mapped[int | None]
    plain_size: Mapped[int | None]
    source_size: Mapped[int | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    duration: Mapped[float | None]
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_message: Mapped[str | None] = mapped_column(Text)
    error_stack: Mapped[str | None] = mapped_column(Text)
    compression: Mapped[str] = mapped_column(String(20))
    compression_level: Mapped[int | None]
    encryption: Mapped[str | None] = mapped_column(String(100))
    recipients: Mapped[list[str] | None]
    """The public keys it is encrypted to."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    plain_sha256: Mapped[str | None] = mapped_column(String(64))
    server_version: Mapped[str | None] = mapped_column(String(100))
    tool_version: Mapped[str | None] = mapped_column(String(100))
    attempt: Mapped[int] = mapped_column(default=1)
    interruptions: Mapped[int] = mapped_column(default=0)
    """How often the program crashed while this was running."""
    verified_level: Mapped[int | None]
    """Highest proof so far: 0 is the publish gate (archive read to its end, copies confirmed)."""
    verified_at: Mapped[datetime | None]
    """When a verification last succeeded, of whatever level."""
    damage: Mapped[str | None] = mapped_column(Text)
    """Why what it holds is not what it should be, in every copy; None: nothing of that kind was found."""
    anomalies: Mapped[list[JsonDict]] = mapped_column(default=list)
    """What is odd about it: kind, message, when it was found, and when somebody said that it is all right."""
    label: Mapped[str | None] = mapped_column(String(200))
    pinned: Mapped[bool] = mapped_column(default=False)
    options: Mapped[JsonDict] = mapped_column(default=dict)
    manifest: Mapped[JsonDict | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    deleted_at: Mapped[datetime | None]
    deleted_by: Mapped[str | None] = mapped_column(String(200))
    """Who asked for it; RETENTION when the program deleted it by itself."""
    deleted_reason: Mapped[str | None] = mapped_column(Text)

    copies: Mapped[list[BackupCopy]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by=BackupCopy.position, lazy="selectin"
    )


WITHOUT_LONG_TEXTS = (
    defer(BackupExecution.manifest, raiseload=True),
    defer(BackupExecution.error_stack, raiseload=True),
)
"""For lists: a manifest can be larger than all else of its row, and reading many takes long."""
