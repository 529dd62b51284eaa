"""What a run is about to leave outside, written down before it happens."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id, JsonDict


class RunJournal(Base):
    """One entry; removed once the thing is finished or cleaned up."""

    __tablename__ = "run_journal"

    execution_id: Mapped[str] = mapped_column(Id, index=True)
    kind: Mapped[str] = mapped_column(String(30))
    facts: Mapped[JsonDict]
