"""What the API shows of backups."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.api.retention_policies.schemas import RetentionDecision
from dbbackup.core.manifest import TableFacts
from dbbackup.core.progress import ProgressView
from dbbackup.services.anomalies import Anomaly
from dbbackup.services.execution_logs import LogLine
from dbbackup.services.signatures import SignatureFacts


class CopyView(Struct, kw_only=True, rename="camel"):
    """One copy of a backup."""

    id: str
    storage: str
    """`local` or `s3`."""
    s3_config_id: str | None
    s3_config_name: str | None
    bucket: str | None
    key: str | None
    version: str | None
    etag: str | None
    size: int | None
    sha256: str | None
    state: str
    error: str | None
    locked_until: datetime | None
    """Object lock forbids the removal before."""
    upload_started_at: datetime | None
    upload_completed_at: datetime | None
    checked_at: datetime | None
    """When its stored bytes were last read again and were right."""
    seen_at: datetime | None
    """When its files were last seen to be there."""


class PartView(Struct, kw_only=True, rename="camel"):
    """One file of a backup; sizes in bytes, `size` and `sha256` as it is stored, the others as the tool wrote it."""

    name: str
    """`database`, `globals`, or of a parallel dump `data1` and so on."""
    format: str
    file: str
    size: int
    sha256: str
    plain_size: int
    plain_sha256: str
    tool: str
    tables: list[tuple[str, str]]
    """Schema and name of the tables whose rows are in this part alone; of `data1` and so on only."""


class BackupView(Struct, kw_only=True, rename="camel"):
    """A backup as lists show it; sizes in bytes, duration in seconds."""

    id: str
    database_id: str | None
    database_name: str
    engine: str
    type: str
    status: str
    label: str | None
    pinned: bool
    retention_policy_id: str | None
    """The policy of its own, if it has one."""
    keep_forever: bool
    """Made to be kept for ever: only the ceiling judges it."""
    file_name: str | None
    size: int | None
    plain_size: int | None
    source_size: int | None
    compression: str
    compression_level: int | None
    encryption: str | None
    sha256: str | None
    plain_sha256: str | None
    server_version: str | None
    tool_version: str | None
    schedule_id: str | None
    schedule_name: str | None
    """Its name, or its expression when it has none."""
    slot: datetime | None
    """The moment the schedule meant."""
    not_before: datetime | None
    """While queued: when it may start (jitter, a blackout window, the wait before a retry)."""
    attempt: int
    verified_level: int | None
    """Highest proof of any copy: 0 publish gate, 1 stored bytes, 2 read to the end, 3 restored, 4 assertions hold."""
    verified_at: datetime | None
    deleted_at: datetime | None
    """When it was deleted; its files may still be stored somewhere, as `copies` tells."""
    deleted_by: str | None
    """Who deleted it; `retention` when the program did."""
    deleted_reason: str | None
    damage: str | None
    """Why what it holds is not what it should be, in every copy."""
    anomalies: list[Anomaly]
    """What is odd about it, seen against the backups before it."""
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    duration: float | None
    error_code: str | None
    error_message: str | None
    queue_position: int | None
    s3_uploaded: bool
    s3_bucket: str | None
    s3_key: str | None
    s3_upload_at: datetime | None
    copies: list[CopyView]
    progress: ProgressView | None


class BackupDetail(BackupView, kw_only=True, rename="camel"):
    """A backup with everything known of it."""

    options: dict[str, Any]
    recipients: list[str]
    """The public keys it is encrypted to; the private key of any of them opens it."""
    signature: SignatureFacts | None
    """Who signed its manifest; null while there is none."""
    parts: list[PartView]
    tables: list[TableFacts]
    roles: list[str]
    retention: RetentionDecision | None
    """What the policies in force make of it now; null while it is no good backup."""
    log_tail: list[LogLine]


class BackupEnvelope(Envelope, kw_only=True, rename="camel"):
    """One backup."""

    data: BackupDetail


class BackupListEnvelope(Envelope, kw_only=True, rename="camel"):
    """A page of backups."""

    data: list[BackupView]


class LogListEnvelope(Envelope, kw_only=True, rename="camel"):
    """Log lines."""

    data: list[LogLine]
