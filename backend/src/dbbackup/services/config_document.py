"""The file that carries the configuration of an instance: its form, and how its secrets are sealed by a passphrase."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from dbbackup.core.crypto import ITERATIONS, Sealer, derive_key, new_salt
from dbbackup.core.errors import InternalError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.db.models import KeyKind, KeyState
from dbbackup.engines.values import TlsMode
from dbbackup.services.inputs import EngineType, Id, Input, Name, Port, Text, Via
from dbbackup.services.retention_inputs import RetentionPolicyInput
from dbbackup.services.s3_inputs import LockDays, LockMode, Rate, SseMode
from dbbackup.services.schedule_inputs import ScheduleInput
from dbbackup.services.verification_inputs import AssertionInput

FORMAT: Final = "dbbackup-configuration"
VERSION: Final = 1
_CHECK = Secret("the passphrase is right")
_KDF: Final = "pbkdf2-hmac-sha256"
_LEAST_ITERATIONS = 600_000
"""Not `ITERATIONS`: files stay readable when that is raised."""
_MOST_ITERATIONS = 10_000_000
"""A file must not be able to keep this machine busy for minutes."""
_MAC = "mac"
_ALTERED = "the file was altered after it was exported. Export it again. Nothing was changed."
Sealed = Annotated[str, Meta(max_length=100_000)]
"""A secret under the key of the passphrase, bound to its record and field."""


class Seal(Input):
    """How the passphrase becomes the key, and a text that opens only with the right one."""

    kdf: Literal["pbkdf2-hmac-sha256"]
    iterations: Annotated[int, Meta(ge=_LEAST_ITERATIONS, le=_MOST_ITERATIONS)]
    salt: Annotated[str, Meta(min_length=16, max_length=100)]
    check: Sealed


class S3ConfigRecord(Input):
    """A bucket."""

    id: Id
    name: Name
    bucket: Text
    region: Annotated[str, Meta(min_length=1, max_length=100)]
    endpoint: str | None
    path_style: bool
    path_prefix: Annotated[str, Meta(max_length=500)]
    sse_mode: SseMode
    kms_key_id: str | None
    storage_class: str | None
    tag_objects: bool
    object_lock_mode: LockMode | None
    object_lock_days: LockDays | None
    upload_limit: Rate | None
    download_limit: Rate | None
    allow_http: bool
    delete_versions: bool
    enabled: bool
    is_default: bool
    access_key: Sealed
    secret_key: Sealed
    customer_key: Sealed | None


class RetentionPolicyRecord(RetentionPolicyInput, kw_only=True):
    """A retention policy."""

    id: Id


class EncryptionKeyRecord(Input):
    """A key backups are encrypted to; `identity` is null where the private part stayed behind."""

    id: Id
    name: Name
    recipient: Annotated[str, Meta(max_length=200)]
    state: KeyState
    recovery: bool
    comment: Annotated[str, Meta(max_length=1000)]
    identity: Sealed | None
    # an older program's file has neither
    kind: KeyKind = KeyKind.AGE
    public_key: Annotated[str, Meta(max_length=100_000)] | None = None


class DatabaseRecord(Input):
    """A database."""

    id: Id
    name: Name
    slug: Annotated[str, Meta(min_length=1, max_length=80)]
    type: EngineType
    host: Text
    port: Port
    database_name: Text
    username: Text
    tls_mode: TlsMode
    tls_ca: str | None
    container_name: str | None
    enabled: bool
    dump_options: dict[str, Any]
    limits: dict[str, Any]
    assertions: list[AssertionInput]
    verify_target_id: Id | None
    password: Sealed | None
    verify_target_kind: Literal["server", "container"] = "server"
    dump_via: Via = "network"


class ScheduleRecord(ScheduleInput, kw_only=True):
    """A schedule."""

    id: Id
    cron_expression: Annotated[str, Meta(min_length=1, max_length=200)]
    timezone: Annotated[str, Meta(min_length=1, max_length=64)]
    upload_to_s3: bool
    ping_url: Sealed | None = None


class NotificationChannelRecord(Input):
    """A notification channel; `secrets` is one JSON object, sealed as a whole."""

    id: Id
    name: Name
    kind: Annotated[str, Meta(max_length=20)]
    settings: dict[str, Any]
    events: list[str]
    database_ids: list[Id] | None
    failure_threshold: Annotated[int, Meta(ge=1, le=100)]
    recovery: bool
    enabled: bool
    secrets: Sealed | None


class ConfigDocument(Input):
    """The whole file. `mac` is over everything else, so that nothing in it can be altered unseen."""

    format: Literal["dbbackup-configuration"]
    version: Literal[1]
    exported_at: datetime
    program: Annotated[str, Meta(max_length=50)]
    instance_id: Annotated[str, Meta(max_length=20)]
    seal: Seal
    s3_configs: list[S3ConfigRecord]
    retention_policies: list[RetentionPolicyRecord]
    encryption_keys: list[EncryptionKeyRecord]
    databases: list[DatabaseRecord]
    schedules: list[ScheduleRecord]
    notification_channels: list[NotificationChannelRecord]
    settings: dict[str, bool | int | float | str]
    mac: Annotated[str, Meta(max_length=100)]


class FileSealer:
    """Seals and opens what is in one file."""

    def __init__(self, passphrase: Secret, seal: Seal | None = None) -> None:
        """Derive the key, for a new file or for the one with this seal; takes a moment on purpose.

        Raises:
            ValidationError: the passphrase is not the file's.
        """
        salt = _salt(seal) if seal else new_salt()
        iterations = seal.iterations if seal else ITERATIONS
        self._sealer = Sealer({1: derive_key(passphrase, salt, iterations)})
        if seal is None:
            check = self.seal(_CHECK, FORMAT, "check")
            seal = Seal(kdf=_KDF, iterations=iterations, salt=base64.b64encode(salt).decode(), check=check)
        else:
            self._check(seal)
        self.info = seal

    def seal(self, secret: Secret, record_id: str, field: str) -> str:
        """Return the sealed text of a field."""
        return self._sealer.seal(secret, table=FORMAT, row_id=record_id, column=field)

    def open(self, sealed: str | None, record_id: str, field: str) -> Secret | None:
        """Return the secret of a field. Raises ValidationError."""
        if sealed is None:
            return None
        try:
            return self._sealer.open(sealed, table=FORMAT, row_id=record_id, column=field)
        except InternalError as error:
            raise ValidationError.of("file", f"The secret {field} of {record_id} does not open: {_ALTERED}") from error

    def mac(self, content: dict[str, Any]) -> str:
        """Return the checksum of a file without its own."""
        key = self._sealer.derive("configuration file")
        return hmac.new(key, _canonical(content), hashlib.sha256).hexdigest()

    def _check(self, seal: Seal) -> None:
        try:
            self._sealer.open(seal.check, table=FORMAT, row_id=FORMAT, column="check")
        except InternalError as error:
            raise ValidationError.of(
                "passphrase", "This is not the passphrase the file was exported with. Nothing was changed."
            ) from error


def encode(document: ConfigDocument, sealer: FileSealer) -> bytes:
    """Return the file, its checksum set."""
    content = msgspec.to_builtins(document)
    content[_MAC] = sealer.mac({name: value for name, value in content.items() if name != _MAC})
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def decode(content: dict[str, Any]) -> ConfigDocument:
    """Read a file. Raises ValidationError saying which part is wrong."""
    if content.get("format") != FORMAT:
        raise ValidationError.of(
            "file", "This is no configuration exported by this program: it does not say so in `format`."
        )
    version = content.get("version")
    if version != VERSION:
        raise ValidationError.of(
            "file", f"The file has version {version}; this program reads {VERSION}. Import it with a newer program."
        )
    try:
        return msgspec.convert(content, ConfigDocument)
    except msgspec.ValidationError as error:
        raise ValidationError.of("file", f"The file cannot be read: {str(error).replace('`$.', '`')}.") from error


def check_unaltered(content: dict[str, Any], sealer: FileSealer) -> None:
    """Raise ValidationError when anything in the file is not as it was exported."""
    rest = {name: value for name, value in content.items() if name != _MAC}
    if not hmac.compare_digest(str(content.get(_MAC)), sealer.mac(rest)):
        raise ValidationError.of("file", f"The checksum is wrong: {_ALTERED}")


def duplicates(document: ConfigDocument) -> Iterator[str]:
    """Yield the ids that stand in one list twice."""
    for records in (
        document.s3_configs,
        document.retention_policies,
        document.encryption_keys,
        document.databases,
        document.schedules,
        document.notification_channels,
    ):
        ids = [record.id for record in records]
        yield from {found for found in ids if ids.count(found) > 1}


def _salt(seal: Seal) -> bytes:
    try:
        return base64.b64decode(seal.salt, validate=True)
    except binascii.Error as error:
        raise ValidationError.of("file", f"The salt is no base64: {_ALTERED}") from error


def _canonical(content: Any) -> bytes:
    """Return the same bytes whatever wrote the file in between: spaces, order and `2.0` for `2` do not count."""
    return json.dumps(_whole(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
