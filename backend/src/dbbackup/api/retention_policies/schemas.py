"""What the API shows of retention."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.core.retention_values import ReasonKind, Strategy


class RetentionPolicyView(Struct, kw_only=True, rename="camel"):
    """A policy; sizes in bytes, ages in days. A limit that is null says nothing."""

    id: str
    name: str
    description: str
    strategy: Strategy
    keep_hourly: int
    keep_daily: int
    keep_weekly: int
    keep_monthly: int
    keep_yearly: int
    max_count: int | None
    max_total_size: int | None
    max_age_days: int | None
    min_keep: int
    schedules: int
    """How many schedules go by it."""
    backups: int
    """How many backups have it as their own policy."""
    created_at: datetime
    updated_at: datetime


class RetentionReason(Struct, kw_only=True, rename="camel"):
    """Why a backup is kept, or is not; `until` is when a reason to keep ends by itself, if that is known."""

    kind: ReasonKind
    text: str
    policy: str | None
    until: datetime | None


class RetentionDecision(Struct, kw_only=True, rename="camel"):
    """What becomes of one backup, and every reason for it."""

    keep: bool
    reasons: list[RetentionReason]
    until: datetime | None
    """When its policies and the ceiling will have let it go; null when later backups decide that, or it never comes."""


class PreviewedBackup(RetentionDecision, kw_only=True, rename="camel"):
    """One backup of a preview; `at` is the moment its dump began, size in bytes."""

    id: str
    type: str
    label: str | None
    at: datetime
    size: int


class RetentionPreview(Struct, kw_only=True, rename="camel"):
    """Every good backup of a database, newest first, and what a policy would do to it now."""

    now: datetime
    timezones: list[str]
    """In which the buckets are counted: those of the database's schedules, else the product's own."""
    ceiling_days: int | None
    """Nothing is kept longer, whatever a policy says; null: there is no such limit."""
    kept: int
    kept_size: int
    deleted: int
    deleted_size: int
    cut_by_ceiling: int
    """How many of the deleted ones the ceiling deletes."""
    backups: list[PreviewedBackup]


class SimulationPoint(Struct, kw_only=True, rename="camel"):
    """How many backups there would be at a moment, and what they would take together (bytes)."""

    at: datetime
    count: int
    size: int


class SimulatedBackup(Struct, kw_only=True, rename="camel"):
    """A backup that would be there in the end."""

    at: datetime
    reasons: list[RetentionReason]


class RetentionSimulation(Struct, kw_only=True, rename="camel"):
    """What a policy would keep of a schedule's backups in the months to come."""

    start: datetime
    end: datetime
    ceiling_days: int | None
    points: list[SimulationPoint]
    most: int
    """The most backups there would be at any of the points."""
    kept: list[SimulatedBackup]
    """Those there in the end, newest first."""


class RetentionPolicyEnvelope(Envelope, kw_only=True, rename="camel"):
    """One policy."""

    data: RetentionPolicyView


class RetentionPolicyListEnvelope(Envelope, kw_only=True, rename="camel"):
    """All policies."""

    data: list[RetentionPolicyView]


class RetentionPreviewEnvelope(Envelope, kw_only=True, rename="camel"):
    """A preview."""

    data: RetentionPreview


class RetentionSimulationEnvelope(Envelope, kw_only=True, rename="camel"):
    """A simulation."""

    data: RetentionSimulation
