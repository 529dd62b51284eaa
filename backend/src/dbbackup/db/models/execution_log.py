"""One log line of a backup, restore or verification."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id, JsonDict


class ExecutionLog(Base):
    """A line; `seq` grows by one per execution, so a reader can ask for what came after."""

    __tablename__ = "execution_log"
    __table_args__ = (
        Index("uq_execution_log_seq", "execution_id", "seq", unique=True),
        Index("ix_execution_log_time", "execution_id", "timestamp"),
    )

    execution_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    seq: Mapped[int]
    level: Mapped[str] = mapped_column(String(10))
    message: Mapped[str] = mapped_column(Text)
    details: Mapped[JsonDict | None] = mapped_column("metadata")
    timestamp: Mapped[datetime]
