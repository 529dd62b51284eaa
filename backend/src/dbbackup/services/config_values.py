"""What of each kind of record is configuration, and how a record here differs from one in a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dbbackup.core.secret import Secret
from dbbackup.db.models import (
    BackupSchedule,
    DatabaseConfig,
    EncryptionKey,
    NotificationChannel,
    RetentionPolicy,
    S3Config,
)
from dbbackup.services import config_document as document
from dbbackup.services.config_document import FileSealer
from dbbackup.services.context import Context

Values = dict[str, Any]
"""The fields of a record by their names; secrets are opened."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record. Fields are named as the columns are; `secrets` names the columns of those that are sealed."""

    name: str
    part: str
    model: type[Any]
    record: type[Any]
    natural: tuple[str, ...]
    """By what a record is known that was made twice, once here and once there."""
    secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> tuple[str, ...]:
        """Return all fields but the id."""
        return tuple(name for name in self.record.__struct_fields__ if name != "id")

    def json_name(self, name: str) -> str:
        """Return what a field is called in the file."""
        return str(self.record.__struct_encode_fields__[self.record.__struct_fields__.index(name)])


S3_CONFIG = Kind(
    "s3-config",
    "s3_configs",
    S3Config,
    document.S3ConfigRecord,
    ("name",),
    {name: f"{name}_sealed" for name in ("access_key", "secret_key", "customer_key")},
)
RETENTION_POLICY = Kind(
    "retention-policy", "retention_policies", RetentionPolicy, document.RetentionPolicyRecord, ("name",)
)
ENCRYPTION_KEY = Kind(
    "encryption-key",
    "encryption_keys",
    EncryptionKey,
    document.EncryptionKeyRecord,
    ("recipient",),
    {"identity": "identity_sealed"},
)
DATABASE = Kind(
    "database",
    "databases",
    DatabaseConfig,
    document.DatabaseRecord,
    ("name",),
    {"password": "password_sealed"},
)
SCHEDULE = Kind(
    "schedule",
    "schedules",
    BackupSchedule,
    document.ScheduleRecord,
    ("database_id", "name", "type", "cron_expression"),
    {"ping_url": "ping_url_sealed"},
)
NOTIFICATION_CHANNEL = Kind(
    "notification-channel",
    "notification_channels",
    NotificationChannel,
    document.NotificationChannelRecord,
    ("name",),
    {"secrets": "secrets_sealed"},
)
KINDS = (S3_CONFIG, RETENTION_POLICY, ENCRYPTION_KEY, DATABASE, SCHEDULE, NOTIFICATION_CHANNEL)
"""In this order: what others name comes first."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as people read it; of a secret only that it changes."""

    field: str
    before: str | None
    after: str | None
    secret: bool


def row_values(ctx: Context, kind: Kind, row: Any) -> Values:
    """Return the fields of a record here. Raises InternalError when a secret does not open."""
    values = {name: getattr(row, name) for name in kind.fields if name not in kind.secrets}
    for name, column in kind.secrets.items():
        sealed = getattr(row, column)
        values[name] = (
            ctx.sealer.open(sealed, table=row.__tablename__, row_id=row.id, column=column) if sealed else None
        )
    return values


def record_values(sealer: FileSealer, kind: Kind, record: Any) -> Values:
    """Return the fields of a record in the file. Raises ValidationError when a secret does not open."""
    values = {name: msgspec.to_builtins(getattr(record, name)) for name in kind.fields if name not in kind.secrets}
    return values | {name: sealer.open(getattr(record, name), record.id, name) for name in kind.secrets}


def compare(kind: Kind, before: Values, after: Values) -> dict[str, FieldChange]:
    """Return what differs, by the names of the fields."""
    return {
        name: FieldChange(kind.json_name(name), _shown(before[name]), _shown(after[name]), name in kind.secrets)
        for name in kind.fields
        if before[name] != after[name]
    }


def _shown(value: Any) -> str | None:
    if value is None or isinstance(value, Secret):
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
