"""A file, or a script, that was brought here to be restored."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, JsonDict, utc_now


class UploadState(StrEnum):
    """How far an upload is; how much of it has come tells its file."""

    UPLOADING = "uploading"
    CHECKING = "checking"
    READY = "ready"
    REFUSED = "refused"


class RestoreUpload(Base):
    """One upload; sizes in bytes. Its bytes lie in a folder named by the id, never by `name`."""

    __tablename__ = "restore_upload"
    __table_args__ = (Index("ix_restore_upload_state", "state"),)

    name: Mapped[str] = mapped_column(String(255))
    """For people only."""
    is_script: Mapped[bool] = mapped_column(default=False)
    """It was pasted as text."""
    size: Mapped[int]
    expected_sha256: Mapped[str | None] = mapped_column(String(64))
    manifest: Mapped[JsonDict | None]
    """The manifest of one of our own backups, when it was given with the file."""
    state: Mapped[str] = mapped_column(String(20), default=UploadState.UPLOADING)
    error_code: Mapped[str | None] = mapped_column(String(50))
    error_message: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[JsonDict | None]
    """What the file turned out to be (`DumpFacts`)."""
    encryption: Mapped[str | None] = mapped_column(String(20))
    compression: Mapped[str | None] = mapped_column(String(20))
    sha256: Mapped[str | None] = mapped_column(String(64))
    plain_size: Mapped[int | None]
    plain_sha256: Mapped[str | None] = mapped_column(String(64))
    created_by: Mapped[str] = mapped_column(String(200))
    touched_at: Mapped[datetime] = mapped_column(default=utc_now)
    """When bytes came last, or a restore was made of it: it expires some hours later."""
