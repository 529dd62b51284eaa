"""What the API shows of verifications."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.core.comparison import Check
from dbbackup.core.progress import ProgressView
from dbbackup.services.execution_logs import LogLine


class VerificationView(Struct, kw_only=True, rename="camel"):
    """A verification; times in seconds. Level 1 reads the stored bytes, 2 reads to the end, 3 restores, 4 asks."""

    id: str
    backup_id: str
    copy_id: str | None
    storage: str
    """Where the copy was, in words."""
    database_id: str | None
    database_name: str
    target_id: str | None
    """The database on whose server the copy on the side is made."""
    target_name: str | None
    target_kind: str
    """`server`, or `container`: a throwaway one of the image that the target's own container runs."""
    level: int
    status: str
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    duration: float | None
    restore_seconds: float | None
    """How long the restore of level 3 took: what a real one of this database takes, about."""
    checks: list[Check]
    error_code: str | None
    error_message: str | None
    started_by: str
    queue_position: int | None
    progress: ProgressView | None


class CountedTable(Struct, kw_only=True, rename="camel"):
    """A table of the scratch database, its rows counted."""

    schema: str
    name: str
    rows: int


class VerificationDetail(VerificationView, kw_only=True, rename="camel"):
    """A verification with what level 3 counted and the end of its log."""

    tables: list[CountedTable]
    log_tail: list[LogLine]


class VerificationEnvelope(Envelope, kw_only=True, rename="camel"):
    """One verification."""

    data: VerificationDetail


class VerificationListEnvelope(Envelope, kw_only=True, rename="camel"):
    """A page of verifications."""

    data: list[VerificationView]
