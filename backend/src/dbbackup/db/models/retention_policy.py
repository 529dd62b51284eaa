"""How long backups are kept."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base


class RetentionPolicy(Base):
    """What to keep of the backups of one database; None means: this rule says nothing. Sizes in bytes, ages in days."""

    __tablename__ = "retention_policy"

    name: Mapped[str] = mapped_column(String(200), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    strategy: Mapped[str] = mapped_column(String(20))
    """`tiered`, `age`, `size` or `hybrid`."""
    keep_hourly: Mapped[int] = mapped_column(default=24)
    keep_daily: Mapped[int] = mapped_column(default=7)
    keep_weekly: Mapped[int] = mapped_column(default=4)
    keep_monthly: Mapped[int] = mapped_column(default=12)
    keep_yearly: Mapped[int] = mapped_column(default=0)
    max_count: Mapped[int | None]
    max_total_size: Mapped[int | None]
    max_age_days: Mapped[int | None]
    min_keep: Mapped[int] = mapped_column(default=1)
    """So many of the newest good ones are always kept, whatever the rules say."""
