"""What people are told of: the events, and the message that every channel turns into its own form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct

Severity = Literal["info", "warning", "error"]


class EventType(StrEnum):
    """What happened."""

    BACKUP_SUCCEEDED = "backup.succeeded"
    BACKUP_FAILED = "backup.failed"
    BACKUP_RETRIES_EXHAUSTED = "backup.retries_exhausted"
    BACKUP_MISSED = "backup.missed"
    BACKUP_OVERDUE = "backup.overdue"
    BACKUP_ANOMALY = "backup.anomaly"
    DATABASE_UNPROTECTED = "database.unprotected"
    DATABASE_PROTECTED = "database.protected"
    RESTORE_SUCCEEDED = "restore.succeeded"
    RESTORE_FAILED = "restore.failed"
    VERIFICATION_SUCCEEDED = "verification.succeeded"
    VERIFICATION_FAILED = "verification.failed"
    DISK_LOW = "disk.low"
    DISK_RECOVERED = "disk.recovered"
    S3_FAILING = "s3.failing"
    S3_RECOVERED = "s3.recovered"
    RETENTION_DELETE_FAILED = "retention.delete_failed"
    RETENTION_RECOVERED = "retention.recovered"
    WORKER_FAILED = "worker.failed"
    WORKER_RECOVERED = "worker.recovered"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class EventKind:
    """How an event is dealt with.

    An event may raise a condition, which stays until another event clears it. A `counted` one alarms only after so
    many in a row as the channel says; one that does not `repeat` is told once until it is cleared. Those that only
    clear (`offered` is false) are told to whom the alarm was told.
    """

    label: str
    severity: Severity
    raises: str | None = None
    clears: tuple[str, ...] = ()
    counted: bool = False
    repeats: bool = True
    offered: bool = True


_T = EventType
EVENTS: dict[EventType, EventKind] = {
    _T.BACKUP_SUCCEEDED: EventKind("Backup succeeded", "info", clears=("backup", "overdue")),
    _T.BACKUP_FAILED: EventKind("Backup failed", "error", raises="backup", counted=True),
    _T.BACKUP_RETRIES_EXHAUSTED: EventKind("Backup retries exhausted", "error", raises="backup"),
    _T.BACKUP_MISSED: EventKind("Scheduled backup missed", "warning"),
    _T.BACKUP_OVERDUE: EventKind("Backup overdue", "error", raises="overdue", repeats=False),
    _T.BACKUP_ANOMALY: EventKind("Backup looks unlike the ones before", "warning"),
    _T.DATABASE_UNPROTECTED: EventKind(
        "Database found that nobody backs up", "warning", raises="unprotected", repeats=False
    ),
    _T.DATABASE_PROTECTED: EventKind("Database no longer unprotected", "info", clears=("unprotected",), offered=False),
    _T.RESTORE_SUCCEEDED: EventKind("Restore succeeded", "info"),
    _T.RESTORE_FAILED: EventKind("Restore failed", "error"),
    _T.VERIFICATION_SUCCEEDED: EventKind("Verification succeeded", "info", clears=("verification",)),
    _T.VERIFICATION_FAILED: EventKind("Verification failed", "error", raises="verification", counted=True),
    _T.DISK_LOW: EventKind("Disk space low", "error", raises="disk", repeats=False),
    _T.DISK_RECOVERED: EventKind("Disk space enough again", "info", clears=("disk",), offered=False),
    _T.S3_FAILING: EventKind("S3 storage failing", "error", raises="s3", counted=True, repeats=False),
    _T.S3_RECOVERED: EventKind("S3 storage works again", "info", clears=("s3",), offered=False),
    _T.RETENTION_DELETE_FAILED: EventKind("Old backup not deleted", "warning", raises="retention", repeats=False),
    _T.RETENTION_RECOVERED: EventKind("Old backups deleted again", "info", clears=("retention",), offered=False),
    _T.WORKER_FAILED: EventKind("Background task failing", "error", raises="worker", repeats=False),
    _T.WORKER_RECOVERED: EventKind("Background task works again", "info", clears=("worker",), offered=False),
    _T.TEST: EventKind("Test", "info", offered=False),
}
OFFERED = tuple(event for event, kind in EVENTS.items() if kind.offered)
"""What a channel can be asked to tell of."""


class MessageDatabase(Struct, frozen=True, kw_only=True, rename="camel"):
    """The database a message is about."""

    id: str | None
    name: str


class MessageRun(Struct, frozen=True, kw_only=True, rename="camel"):
    """The run a message is about; `kind` is `backup`, `restore` or `verify`."""

    kind: str
    id: str


class Message(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is told, never with a secret in it; a webhook gets it as it stands."""

    id: str
    """The same for every channel and every attempt: who has seen it before can drop it."""
    type: EventType
    severity: Severity
    recovery: bool
    """Whether an alarm that was told before is over."""
    at: datetime
    title: str
    """One line: what happened, and to what."""
    text: str
    """What happened, exactly."""
    advice: str
    """What to do; empty when nothing is to be done."""
    instance: str
    database: MessageDatabase | None
    run: MessageRun | None
    url: str | None
    """The page about it; null without a public URL in the settings."""

    @property
    def body(self) -> str:
        """Text, advice and link as paragraphs."""
        return "\n\n".join(part for part in (self.text, self.advice, self.url) if part)
