"""What the API shows of uploads."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from dbbackup.api.envelope import Envelope


class RestoreUploadView(Struct, kw_only=True, rename="camel"):
    """An upload; sizes in bytes.

    `state` is uploading, checking, ready or refused. `offset` is how many bytes have come, and where the next belongs.
    """

    id: str
    name: str
    size: int
    offset: int
    state: str
    error_code: str | None
    error_message: str | None
    kind: str | None
    """What it turned out to be, in words; null until it was checked."""
    format: str | None
    """`pg_custom`, `sql` (a dump tool's) or `script`."""
    engine: str | None
    """`postgresql`, `mysql` or `mariadb`; null where nothing in the file tells."""
    server_version: str | None
    database: str | None
    tables: int | None
    compression: str | None
    encryption: str | None
    sha256: str | None
    plain_size: int | None
    has_manifest: bool
    created_by: str
    created_at: datetime
    expires_at: datetime


class RestoreUploadEnvelope(Envelope, kw_only=True, rename="camel"):
    """One upload."""

    data: RestoreUploadView


class RestoreUploadListEnvelope(Envelope, kw_only=True, rename="camel"):
    """All uploads."""

    data: list[RestoreUploadView]
