"""What the API shows of its own state."""

from __future__ import annotations

from datetime import date, datetime

from msgspec import Struct, field

from dbbackup.api.envelope import Envelope
from dbbackup.core.live_settings import Kind, Source
from dbbackup.core.logbook import SystemLogLine


class HealthCheck(Struct, kw_only=True, rename="camel"):
    """One thing that must work."""

    name: str
    ok: bool
    essential: bool
    """False: the page stays up and says so when this fails."""
    message: str


class Health(Struct, kw_only=True, rename="camel"):
    """Whether the program can do its work."""

    ok: bool
    checks: list[HealthCheck]


class Disk(Struct, kw_only=True, rename="camel"):
    """The file system of the local storage; bytes."""

    path: str
    total: int
    free: int


class UnprotectedServer(Struct, kw_only=True, rename="camel"):
    """A container with a database server of which nothing is backed up."""

    container_name: str
    image: str


class OverdueDatabase(Struct, kw_only=True, rename="camel"):
    """A database without a good backup for longer than its schedules or the settings promise; seconds."""

    database_id: str
    database_name: str
    limit_seconds: float
    newest_at: datetime | None
    """When its newest good backup ended; null: there is none."""


class SystemStatus(Struct, kw_only=True, rename="camel"):
    """What the page wants to know at once."""

    version: str
    uptime_seconds: float
    auth_mode: str
    instance_id: str
    timezone: str
    local_storage: Disk
    health: Health
    running: int
    queued: int
    max_retention_days: int | None
    """No backup is kept longer, whatever its policy says, unless it is pinned; null: there is no such limit."""
    unprotected: list[UnprotectedServer]
    """Seen in containers around, and not added; empty as well where the Docker engine cannot be asked."""
    overdue: list[OverdueDatabase]
    """As of the last look, which is taken every minute."""


class MaintenanceResult(Struct, kw_only=True, rename="camel"):
    """What a maintenance task did: in words, in numbers by name, and what it could not do. Duration in seconds."""

    task: str
    started_at: datetime
    duration: float
    message: str
    figures: dict[str, int]
    problems: list[str]
    details: list[str]
    """What a dry run would do, a line each."""


class MaintenanceEnvelope(Envelope, kw_only=True, rename="camel"):
    """The result of a task."""

    data: MaintenanceResult


class RebuiltInstance(Struct, kw_only=True, rename="camel"):
    """How many manifests of one instance lie in the storage."""

    instance_id: str
    manifests: int


class CatalogueRebuild(Struct, kw_only=True, rename="camel"):
    """What a storage holds, and what of it the catalogue was given."""

    dry_run: bool
    manifests: int
    backups_added: int
    copies_added: int
    known: int
    """Copies the catalogue had already."""
    instances: list[RebuiltInstance]
    problem_count: int
    problems: list[str]
    """The first hundred manifests that cannot be used, each with the reason."""


class CatalogueRebuildEnvelope(Envelope, kw_only=True, rename="camel"):
    """What became of it."""

    data: CatalogueRebuild


class StatisticsDay(Struct, kw_only=True, rename="camel"):
    """What ended on one day of UTC; `stored` is what lay in all storages at its end. Bytes and seconds."""

    date: date
    completed: int
    failed: int
    size: int
    mean_duration: float | None
    stored: int


class SystemStatistics(Struct, kw_only=True, rename="camel"):
    """Totals now, and one entry a day, the oldest first. Bytes, seconds, shares from 0 to 1."""

    backups: int
    completed_24h: int = field(name="completed24h")
    failed_24h: int = field(name="failed24h")
    restores: int
    stored_local: int
    stored_s3: int
    databases: int
    protected: int
    """Enabled databases with a completed backup."""
    proven: int
    """Enabled databases with a backup that was restored on trial."""
    success_rate: float | None
    mean_duration: float | None
    mean_size: float | None
    upload_success_rate: float | None
    active_schedules: int
    next_run_at: datetime | None
    days: list[StatisticsDay]


class StatisticsEnvelope(Envelope, kw_only=True, rename="camel"):
    """Figures over all runs."""

    data: SystemStatistics


class SystemLogEnvelope(Envelope, kw_only=True, rename="camel"):
    """Lines of the program's own log, in order."""

    data: list[SystemLogLine]


class SettingView(Struct, kw_only=True, rename="camel"):
    """A live setting. What the environment sets is `locked`: it cannot be changed here."""

    key: str
    description: str
    kind: Kind
    # A whole number would be two of these at once to a JSON Schema.
    value: bool | float | str
    default: bool | float | str
    source: Source
    locked: bool
    environment: str | None
    """The variable that would set it."""
    minimum: float | None
    maximum: float | None
    choices: list[str] | None


class SettingListEnvelope(Envelope, kw_only=True, rename="camel"):
    """All live settings."""

    data: list[SettingView]


class HealthEnvelope(Envelope, kw_only=True, rename="camel"):
    """Health."""

    data: Health


class SystemStatusEnvelope(Envelope, kw_only=True, rename="camel"):
    """Status."""

    data: SystemStatus
