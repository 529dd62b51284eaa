"""What the API shows of restores."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.core.comparison import Check
from dbbackup.core.progress import ProgressView
from dbbackup.services.execution_logs import LogLine


class RestoreView(Struct, kw_only=True, rename="camel"):
    """A restore; duration in seconds."""

    id: str
    database_id: str | None
    database_name: str
    target_database: str
    backup_id: str | None
    source_type: str
    source_s3_config_id: str | None
    source_bucket: str | None
    source_key: str
    source_name: str
    """Name of the database the backup was made of."""
    options: dict[str, Any]
    status: str
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    duration: float | None
    error_code: str | None
    error_message: str | None
    started_by: str
    confirmed_by: str
    safety_backup_id: str | None
    """The backup that was made before anything was dropped."""
    checks: list[Check]
    """What was compared with the manifest afterwards."""
    undo_of_id: str | None
    """The restore that this one takes back."""
    undone_by_id: str | None
    """The newest run that takes this one back."""
    undo_state: Literal["available", "undone", "releasing", "released"] | None
    """None: it replaced nothing that could be brought back."""
    kept_database: str | None
    """What was put aside on the server under this name; None with an `undoState`: the safety backup is the way back."""
    kept_until: datetime | None
    attempt: int
    not_before: datetime | None
    queue_position: int | None
    waiting_for: str | None
    """What a queued restore waits for besides its turn: an archived backup on its way back."""
    progress: ProgressView | None


class RestoreDetail(RestoreView, kw_only=True, rename="camel"):
    """A restore with the end of its log."""

    log_tail: list[LogLine]


class FindingView(Struct, kw_only=True, rename="camel"):
    """One result of the preflight: `error` forbids the restore, `warning` is to be read, `ok` is told."""

    level: str
    code: str
    message: str


class Preflight(Struct, kw_only=True, rename="camel"):
    """What the restore would meet; nothing was changed. `ok` is false when a finding is an error."""

    ok: bool
    findings: list[FindingView]
    source_name: str
    source_engine: str
    source_version: str
    source_size: int
    tables: int
    stored_size: int
    backup_completed_at: datetime
    estimated_seconds: float | None
    """Going by the restores measured on that server; None without any."""
    estimated_from: int
    """How many restores say so."""


class RestoreEnvelope(Envelope, kw_only=True, rename="camel"):
    """One restore."""

    data: RestoreDetail


class RestoreListEnvelope(Envelope, kw_only=True, rename="camel"):
    """A page of restores."""

    data: list[RestoreView]


class PreflightEnvelope(Envelope, kw_only=True, rename="camel"):
    """The preflight's findings."""

    data: Preflight
