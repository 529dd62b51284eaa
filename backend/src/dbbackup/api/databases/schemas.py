"""What the API shows of databases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from dbbackup.api.envelope import Envelope, ErrorBody
from dbbackup.core.run_limits import LimitOverrides
from dbbackup.engines.values import Probe


class LastBackup(Struct, kw_only=True, rename="camel"):
    """The newest backup of a database, whatever became of it."""

    id: str
    status: str
    completed_at: datetime | None
    created_at: datetime
    size: int | None


class Assertion(Struct, kw_only=True, rename="camel"):
    """A query that must hold in a restored copy: it gives no rows, or one value that is true."""

    name: str
    sql: str


class DatabaseView(Struct, kw_only=True, rename="camel"):
    """A configured database; sizes in bytes. The password is never shown, only whether there is one."""

    id: str
    name: str
    slug: str
    type: str
    host: str
    port: int
    database: str
    username: str
    has_password: bool
    tls_mode: str
    tls_ca: str | None
    container_name: str | None
    container_state: str | None
    """Of the container it is linked to: `running`, `stopped` or `gone`; null: no link, or nobody looked yet."""
    managed_by: str | None
    """`labels`: the labels of its container keep it in step; null: people do."""
    enabled: bool
    dump_options: dict[str, Any]
    limits: LimitOverrides
    dump_via: str
    """`network`, or `container`: by the tools in its own container."""
    container_dump: str
    """Whether it can be dumped there: `possible`, `switchedOff` by the settings, or it is `notLinked`."""
    server_version: str | None
    size: int | None
    reachable: bool | None
    checked_at: datetime | None
    last_error: str | None
    last_backup: LastBackup | None
    last_good_backup_at: datetime | None
    next_backup_at: datetime | None
    """The earliest slot of its enabled schedules; null while it is disabled itself."""
    schedules: int
    """How many enabled schedules it has."""
    last_proven_at: datetime | None
    """When a backup was last restored into a scratch database and compared."""
    last_restore_seconds: float | None
    """How long that restore took."""
    rpo_seconds: float | None
    """Age of what the last good backup holds: what would be lost now."""
    rto_seconds: float | None
    """The measured time of the last proven restore: about what a real one takes."""
    assertions: list[Assertion]
    """What level 4 of a verification asks of a restored copy."""
    verify_target_id: str | None
    """The database on whose server copies are restored on the side; null: its own."""
    verify_target_kind: str
    """`server`, or `container`: a throwaway container of the image that it runs."""
    scratch_container: str
    """Whether a throwaway container can be chosen: `possible`, `switchedOff` by the settings, or it is `notLinked`."""
    created_at: datetime
    updated_at: datetime


class ConnectionTest(Struct, kw_only=True, rename="camel"):
    """The result of a connection test: either what was found or why it failed."""

    ok: bool
    probe: Probe | None
    error: ErrorBody | None


class DatabaseEnvelope(Envelope, kw_only=True, rename="camel"):
    """One database."""

    data: DatabaseView


class DatabaseListEnvelope(Envelope, kw_only=True, rename="camel"):
    """A page of databases."""

    data: list[DatabaseView]


class ConnectionTestEnvelope(Envelope, kw_only=True, rename="camel"):
    """The result of a connection test."""

    data: ConnectionTest


class Deleted(Struct, kw_only=True, rename="camel"):
    """What was deleted."""

    id: str


class DeletedEnvelope(Envelope, kw_only=True, rename="camel"):
    """The id of what was deleted."""

    data: Deleted
