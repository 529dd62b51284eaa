"""What a run is about to leave outside, written down before it happens."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id, JsonDict


class JournalKind(StrEnum):
    """What may be left behind."""

    STORAGE_WRITE = "storage_write"
    """facts: storageId, key"""
    WORK_FOLDER = "work_folder"
    """facts: path"""
    NEW_DATABASE = "new_database"
    """facts: databaseId (whose server), name, marker"""


class RunJournal(Base):
    """One entry; removed once the thing is finished or cleaned up."""

    __tablename__ = "run_journal"

    execution_id: Mapped[str] = mapped_column(Id, index=True)
    kind: Mapped[str] = mapped_column(String(30))
    facts: Mapped[JsonDict]
