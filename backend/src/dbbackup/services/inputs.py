"""What callers may send; the API's request bodies are these Structs as they stand."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from dbbackup.core.run_limits import LimitOverrides
from dbbackup.engines.values import TlsMode

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(min_length=1, max_length=255)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Id = Annotated[str, Meta(min_length=1, max_length=36)]
Via = Literal["network", "container"]
EngineType = Literal["postgresql", "mysql", "mariadb"]
Compression = Literal["gzip", "zstd", "none"]
Encryption = Literal["age", "openpgp", "none"]
IdempotencyKey = Annotated[str, Meta(min_length=8, max_length=100)]


class Input(Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Base of all request bodies: camelCase, unknown fields refused by name."""


class DatabaseInput(Input):
    """A database to add, or an unsaved form to test."""

    name: Name
    type: EngineType
    host: Text
    port: Port
    database: Text
    username: Text
    password: str = ""
    tls_mode: TlsMode = TlsMode.PREFER
    tls_ca: str | None = None
    container_name: str | None = None
    enabled: bool = True
    dump_options: dict[str, Any] = {}
    limits: LimitOverrides | None = None
    dump_via: Via = "network"
    """`container`: the tool that dumps runs in the database's own container."""


class DatabaseTestInput(Input):
    """An unsaved form to test; with `databaseId` what is left out comes from the saved database."""

    database_id: Id | None = None
    type: EngineType = "postgresql"
    host: Text | UnsetType = UNSET
    port: Port | UnsetType = UNSET
    database: Text | UnsetType = UNSET
    username: Text | UnsetType = UNSET
    password: str | UnsetType = UNSET
    tls_mode: TlsMode | UnsetType = UNSET
    tls_ca: str | UnsetType | None = UNSET


class DatabaseUpdate(Input):
    """The fields to change; what is left out stays, the password too."""

    name: Name | UnsetType = UNSET
    host: Text | UnsetType = UNSET
    port: Port | UnsetType = UNSET
    database: Text | UnsetType = UNSET
    username: Text | UnsetType = UNSET
    password: str | UnsetType = UNSET
    tls_mode: TlsMode | UnsetType = UNSET
    tls_ca: str | UnsetType | None = UNSET
    container_name: str | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    dump_options: dict[str, Any] | UnsetType = UNSET
    limits: LimitOverrides | UnsetType = UNSET
    dump_via: Via | UnsetType = UNSET


class BackupInput(Input):
    """A backup to make now.

    `local` and the S3 configs say where the copies go; at least one place is needed.
    `uploadToS3` without `s3ConfigIds` means the default S3 config; left out, the default is used
    when there is one. `encryption` left out means that of the active encryption key, age first.
    `retentionPolicyId` left out lets the policies of the database's schedules judge the backup; an id gives it a
    policy of its own, and null keeps it for ever, but for the ceiling of MAX_BACKUP_RETENTION_DAYS.
    """

    database_id: Id
    local: bool = True
    upload_to_s3: bool | None = None
    s3_config_ids: list[Id] | None = None
    label: Annotated[str, Meta(max_length=200)] | None = None
    pinned: bool = False
    retention_policy_id: Id | UnsetType | None = UNSET
    compression: Compression = "gzip"
    compression_level: Annotated[int, Meta(ge=0, le=22)] | None = None
    encryption: Encryption | None = None
    options: dict[str, Any] = {}


class EncryptionKeyBase(Input):
    """What people call a key."""

    name: Name
    comment: Annotated[str, Meta(max_length=1000)] = ""


class EncryptionKeyInput(EncryptionKeyBase):
    """A key pair to generate."""

    kind: Literal["age", "openpgp"] = "age"


class EncryptionKeyImport(EncryptionKeyBase):
    """A key that exists: the private `identity`, or only the public `recipient`.

    Of age the lines `AGE-SECRET-KEY-1…` and `age1…`, of OpenPGP the keys in ASCII armour, a private one without a
    passphrase.

    A `recovery` key is a recipient whose private part is kept offline; every encrypted backup is encrypted to it, too.
    """

    identity: Annotated[str, Meta(max_length=100_000)] | None = None
    recipient: Annotated[str, Meta(max_length=100_000)] | None = None
    recovery: bool = False


class VerifyInput(Input):
    """How far to prove a copy: 1 its stored bytes, 2 read to the end, 3 restored on the side, 4 the own assertions.

    Without `copyId` the first complete copy is taken, local first. `targetDatabaseId` names the database on whose
    server the copy on the side is made; without it that of the database's settings, else its own. `targetKind`
    `container` makes it in a throwaway container of the image that the database runs; null: as the settings say.
    """

    level: Annotated[int, Meta(ge=1, le=4)]
    copy_id: Id | None = None
    target_database_id: Id | None = None
    target_kind: Literal["server", "container"] | None = None


class PinInput(Input):
    """Whether retention must leave the backup alone."""

    pinned: bool


class UploadInput(Input):
    """The S3 configs to copy the backup to; none named means the default one."""

    s3_config_ids: list[Id] | None = None


class RestoreSource(Input):
    """Where to restore from, when it is no backup of the catalogue. One of:

    `s3ConfigId` and `key` (a backup found by browsing a bucket: the key of its manifest or of its main file),
    `uploadId` (an uploaded file), `script` (SQL as text).
    """

    s3_config_id: Id | None = None
    key: Annotated[str, Meta(min_length=1, max_length=1024)] | None = None
    upload_id: Id | None = None
    script: Annotated[str, Meta(min_length=1, max_length=8_388_608)] | None = None


class ContentsInput(Input):
    """Whose objects to list: those of a backup (`copyId` picks a copy), or of another source."""

    backup_id: Id | None = None
    copy_id: Id | None = None
    source: RestoreSource | None = None


class RestorePlanInput(Input):
    """What to restore and where to.

    `databaseId` names the configured database whose server is the target. Exactly one of
    `backupId` and `source` is given; `copyId` picks one copy of the backup (otherwise local first).
    `options.mode` is one of newDatabase (the default), schemaOnly, dataOnly, append, replace, clean and runScript. The
    first two create the database `options.newDatabase`; dataOnly and append put rows into `options.existingDatabase`
    and drop nothing; replace (drop and recreate) and clean drop what is there, and take `stopConnections`,
    `safetyBackup` and `safetyS3ConfigId` besides; runScript runs a script in `options.existingDatabase`, whatever it
    does there. `options.selection` takes only these `schemas` and `objects` (kind, schema, name) of the backup, as
    its contents list them. `options.trusted` lets an uploaded source run with rights that reach beyond the database.
    """

    database_id: Id
    backup_id: Id | None = None
    copy_id: Id | None = None
    source: RestoreSource | None = None
    options: dict[str, Any] = {}


class RestoreInput(RestorePlanInput):
    """A restore to start; nothing happens unless `confirm` is true.

    The modes that drop something want the name of the database in `confirmName` as well. A request that is sent
    again with the same `idempotencyKey` (or header Idempotency-Key) starts nothing new.
    """

    confirm: bool = False
    confirm_name: Annotated[str, Meta(max_length=255)] | None = None
    idempotency_key: IdempotencyKey | None = None


class UndoInput(Input):
    """To take a restore back; nothing happens unless `confirm` is true.

    `stopConnections` ends the sessions in the database, which must be without any for a moment.
    """

    confirm: bool = False
    stop_connections: bool = False


class CatalogueRebuildInput(Input):
    """Which storage to look through: an S3 config, or the local disk when left out.

    `instanceId` leaves out what other instances wrote there; `dryRun` tells what would be added.
    """

    s3_config_id: Id | None = None
    instance_id: Annotated[str, Meta(min_length=1, max_length=20)] | None = None
    dry_run: bool = False


class SettingsInput(Input):
    """Live settings to change, by their keys; null sets one back to its default."""

    values: dict[str, bool | int | float | str | None]
