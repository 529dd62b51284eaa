"""One restore."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.backup_execution import RunStatus
from dbbackup.db.models.base import Base, Id, JsonDict


class UndoState(StrEnum):
    """What became of the way back from a restore that replaced something."""

    AVAILABLE = "available"
    """It can be undone: the old database is kept beside, or there is the safety backup."""
    UNDONE = "undone"
    """The old database is live again; what had been restored is kept beside, where the engine swaps."""
    RELEASING = "releasing"
    """Let go: what is kept is about to be dropped."""
    RELEASED = "released"


class RestoreExecution(Base):
    """A restore and its result; `duration` in seconds."""

    __tablename__ = "restore_execution"
    __table_args__ = (
        Index("ix_restore_execution_status_created", "status", "created_at"),
        # A request that is sent twice makes one run.
        Index("uq_restore_execution_idempotency_key", "idempotency_key", unique=True),
    )

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
    source_name: Mapped[str] = mapped_column(String(200), server_default="")
    """Of the database that the source was made of, as the manifest says."""
    manifest: Mapped[JsonDict] = mapped_column(deferred=True, deferred_raiseload=True)
    """Read by itself where it is needed: of thousands of tables it is larger than all else, and a run takes hours."""
    options: Mapped[JsonDict] = mapped_column(default=dict)
    status: Mapped[str] = mapped_column(String(20), default=RunStatus.QUEUED)
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
    idempotency_key: Mapped[str | None] = mapped_column(String(100))
    request_sha256: Mapped[str | None] = mapped_column(String(64))
    """Of the request that came with the key: another request with the same key is refused."""
    result: Mapped[JsonDict] = mapped_column(default=dict)
    """`checks`: name, ok and message of each thing that was looked at afterwards."""
    undo_of_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey("restore_execution.id", ondelete="SET NULL"), index=True
    )
    """The restore that this one takes back."""
    undo_state: Mapped[str | None] = mapped_column(String(20), index=True)
    kept_database: Mapped[str | None] = mapped_column(String(255))
    """What was put aside under this name, on the target's server."""
    kept_until: Mapped[datetime | None]
    attempt: Mapped[int] = mapped_column(default=1)
    """Counted where a database is put back: that is tried until it works."""
    not_before: Mapped[datetime | None]
    """While queued: when it may start."""
