"""What the API shows of schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from dbbackup.api.envelope import Envelope


class BlackoutView(Struct, kw_only=True, rename="camel"):
    """A window in which nothing starts; no days means every day, no timezone the schedule's."""

    start: str
    end: str
    days: list[str]
    timezone: str | None


class LastRun(Struct, kw_only=True, rename="camel"):
    """The newest backup of a schedule, whatever became of it."""

    id: str
    status: str
    slot: datetime | None
    created_at: datetime
    completed_at: datetime | None
    error_message: str | None


class ScheduleView(Struct, kw_only=True, rename="camel"):
    """A schedule; times in seconds."""

    id: str
    database_id: str
    database_name: str
    database_enabled: bool
    """Nothing runs while its database is disabled."""
    name: str
    type: str
    cron_expression: str
    reading: str
    """The expression in plain English; what is wrong with it when this machine cannot use it any more."""
    timezone: str
    enabled: bool
    managed_by: str | None
    """`labels`: the labels of the database's container keep it in step; null: people do."""
    next_run_at: datetime | None
    """The next slot; null while it is disabled."""
    last_run: LastRun | None
    missed_slot: datetime | None
    """The newest slot that came and got no run."""
    missed_count: int
    missed_reason: str | None
    local: bool
    upload_to_s3: bool
    s3_config_ids: list[str] | None
    """Null means the default one."""
    retention_policy_id: str | None
    retention_policy_name: str | None
    compression: str
    compression_level: int | None
    encryption: str | None
    options: dict[str, Any]
    retry_limit: int
    retry_delay: int
    retry_max_delay: int
    jitter: int
    catch_up: bool
    blackout: list[BlackoutView]
    verify_every: int | None
    verify_level: int
    has_ping_url: bool
    created_at: datetime
    updated_at: datetime


class NextRunView(Struct, kw_only=True, rename="camel"):
    """A slot in the schedule's zone, and when its backup starts: later by its jitter."""

    slot: datetime
    starts_at: datetime


class SchedulePreview(Struct, kw_only=True, rename="camel"):
    """What an expression means."""

    reading: str
    timezone: str
    next_runs: list[datetime]
    """In the zone of the schedule."""
    warnings: list[str]


class ScheduleEnvelope(Envelope, kw_only=True, rename="camel"):
    """One schedule."""

    data: ScheduleView


class ScheduleListEnvelope(Envelope, kw_only=True, rename="camel"):
    """A page of schedules."""

    data: list[ScheduleView]


class NextRunListEnvelope(Envelope, kw_only=True, rename="camel"):
    """The next runs of a schedule."""

    data: list[NextRunView]


class SchedulePreviewEnvelope(Envelope, kw_only=True, rename="camel"):
    """A preview."""

    data: SchedulePreview
