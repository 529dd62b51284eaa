"""When backups of a database are made by themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id, JsonDict


class BackupSchedule(Base):
    """A schedule and what its backups are like. Times in seconds."""

    __tablename__ = "backup_schedule"
    __table_args__ = (Index("ix_backup_schedule_enabled_next", "enabled", "next_run_at"),)

    database_id: Mapped[str] = mapped_column(Id, ForeignKey("database_config.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    type: Mapped[str] = mapped_column(String(20))
    """`hourly`, `daily`, `weekly`, `monthly` or `custom`; the type of the backups it makes."""
    cron_expression: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    enabled: Mapped[bool] = mapped_column(default=True)

    managed_by: Mapped[str | None] = mapped_column(String(20))
    """`labels`: made, and kept in step, by the labels of the database's container; None: by people."""

    local: Mapped[bool] = mapped_column(default=True)
    upload_to_s3: Mapped[bool] = mapped_column(default=True)
    s3_config_ids: Mapped[list[str] | None]
    """Which S3 configs; None means the default one."""
    retention_policy_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey("retention_policy.id", ondelete="RESTRICT"), index=True
    )
    """None: its backups are kept for ever, but for the ceiling."""
    compression: Mapped[str] = mapped_column(String(20), default="gzip")
    compression_level: Mapped[int | None]
    encryption: Mapped[str | None] = mapped_column(String(100))
    options: Mapped[JsonDict] = mapped_column(default=dict)
    """Dump options over those of the database."""

    retry_limit: Mapped[int] = mapped_column(default=3)
    retry_delay: Mapped[int] = mapped_column(default=60)
    """Before the first retry; doubled each time, with jitter."""
    retry_max_delay: Mapped[int] = mapped_column(default=3600)
    jitter: Mapped[int] = mapped_column(default=0)
    catch_up: Mapped[bool] = mapped_column(default=True)
    """Whether a slot missed while the program was down is made up for, once."""
    blackout: Mapped[list[JsonDict]] = mapped_column(default=list)
    """Windows in which nothing starts: days, start, end and, unless it is the schedule's, the timezone of each."""
    verify_every: Mapped[int | None]
    """Every so many completed backups of this schedule one is verified; None: none is."""
    verify_level: Mapped[int] = mapped_column(default=3)
    ping_url_sealed: Mapped[str | None] = mapped_column(Text)
    """Called after each completed backup, so that a watcher elsewhere notices silence."""

    next_run_at: Mapped[datetime | None]
    last_slot: Mapped[datetime | None]
    """The newest slot that was turned into a run or skipped for good."""
    missed_slot: Mapped[datetime | None]
    """The newest slot that came and got no run."""
    missed_count: Mapped[int] = mapped_column(default=0)
    """How many slots were missed then, that one included."""
    missed_reason: Mapped[str | None] = mapped_column(Text)
