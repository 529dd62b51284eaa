"""The settings that can change while the program runs: their names, kinds, bounds and defaults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from dbbackup.core.cron_slots import cron_problem
from dbbackup.core.errors import FieldError, ValidationError
from dbbackup.core.sign_in_settings import CHECKS, SignInSettings


def _about(key: str, environment: str | None = None) -> dict[str, Any]:
    return {"key": key, "environment": environment}


def forward_problem(url: Any) -> str | None:
    """Return what is wrong with the address of another log system."""
    schemes = ("https", "http", "syslog+tls", "syslog+tcp", "syslog+udp")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if url and not usable:
        return f"it must be an address that begins with one of {', '.join(f'{scheme}://' for scheme in schemes)}"
    if url and (parts.username or parts.password):
        return "leave user and password out of it: a token is set by AUDIT_FORWARD_TOKEN"
    return None


class LiveSettings(SignInSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One consistent set of values. The key in each field's `extra` is its name for people, files and the API."""

    max_concurrent: Annotated[
        int,
        Meta(
            ge=1,
            le=64,
            description="Backups, restores and verifications that run at the same time",
            extra=_about("backup.maxConcurrent", "MAX_CONCURRENT_BACKUPS"),
        ),
    ] = 3
    audit_keep_days: Annotated[
        int,
        Meta(
            ge=30,
            le=36_500,
            description="Days that events stay in the audit log",
            extra=_about("audit.keepDays", "AUDIT_KEEP_DAYS"),
        ),
    ] = 365
    audit_forward_url: Annotated[
        str,
        Meta(
            max_length=2000,
            description="Where the audit log is forwarded to: https://… (JSON Lines), syslog+tls://host:6514,"
            " syslog+tcp://… or syslog+udp://…; empty: nowhere",
            extra=_about("audit.forwardUrl", "AUDIT_FORWARD_URL"),
        ),
    ] = ""
    session_idle_minutes: Annotated[
        int,
        Meta(
            ge=5,
            le=43_200,
            description="Minutes without a request after which a session ends",
            extra=_about("access.sessionIdleMinutes", "SESSION_IDLE_MINUTES"),
        ),
    ] = 720
    session_max_hours: Annotated[
        int,
        Meta(
            ge=1,
            le=8_760,
            description="Hours after the sign-in at which a session ends in any case",
            extra=_about("access.sessionMaxHours", "SESSION_MAX_HOURS"),
        ),
    ] = 168
    requests_per_minute: Annotated[
        int,
        Meta(
            ge=60,
            le=1_000_000,
            description="Requests a minute that one address may send",
            extra=_about("access.requestsPerMinute", "REQUESTS_PER_MINUTE"),
        ),
    ] = 12_000
    stall_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=86_400,
            description="Seconds without a single byte after which a running backup is ended",
            extra=_about("backup.stallSeconds", "BACKUP_STALL_SECONDS"),
        ),
    ] = 1800
    check_interval: Annotated[
        int,
        Meta(
            ge=1000,
            le=600_000,
            description="Milliseconds after which the scheduler looks at the clock anew, even if nothing is due",
            extra=_about("scheduler.checkInterval", "SCHEDULER_CHECK_INTERVAL"),
        ),
    ] = 60_000
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s]+)?$",
            max_length=500,
            description="Where people reach this page, for the links in messages: https://backups.example.com",
            extra=_about("server.publicUrl", "PUBLIC_URL"),
        ),
    ] = ""
    allow_private_addresses: Annotated[
        bool,
        Meta(
            description="Whether notifications may go to private addresses: this machine, 10.x, 192.168.x and so on",
            extra=_about("network.allowPrivateAddresses", "ALLOW_PRIVATE_ADDRESSES"),
        ),
    ] = True
    notification_attempts: Annotated[
        int,
        Meta(
            ge=1,
            le=100,
            description="Attempts before a notification counts as failed; 15 take about eight hours",
            extra=_about("notifications.maxAttempts"),
        ),
    ] = 15
    notification_keep_days: Annotated[
        int,
        Meta(
            ge=1,
            le=3650,
            description="Days that finished notifications stay listed",
            extra=_about("notifications.keepDays"),
        ),
    ] = 30
    disk_warn_percent: Annotated[
        int,
        Meta(
            ge=0,
            le=90,
            description="Less free space than so many percent of the backup disk is told of; 0: never",
            extra=_about("notifications.diskFreePercent"),
        ),
    ] = 10
    overdue_factor: Annotated[
        float,
        Meta(
            ge=1,
            le=100,
            description="A backup is overdue after so many times its schedule's interval without a good one",
            extra=_about("notifications.overdueFactor"),
        ),
    ] = 2.0
    overdue_hours: Annotated[
        int,
        Meta(
            ge=0,
            le=87_600,
            description="A database without a good backup for so many hours is overdue, scheduled or not; 0: never",
            extra=_about("notifications.overdueHours"),
        ),
    ] = 0
    max_retention_days: Annotated[
        int,
        Meta(
            ge=0,
            le=36_500,
            description="Days after which a backup is deleted whatever its policy says; 0: never",
            extra=_about("retention.maxRetentionDays", "MAX_BACKUP_RETENTION_DAYS"),
        ),
    ] = 365
    cleanup_cron: Annotated[
        str,
        Meta(
            max_length=100,
            description="When the cleanup job runs: a cron expression, in the zone of TZ",
            extra=_about("retention.cleanupInterval", "RETENTION_CLEANUP_INTERVAL"),
        ),
    ] = "0 3 * * *"
    failed_run_days: Annotated[
        int,
        Meta(
            ge=0,
            le=36_500,
            description="Days after which the records of failed and cancelled backups are removed; 0: never",
            extra=_about("retention.failedRunDays"),
        ),
    ] = 90
    log_days: Annotated[
        int,
        Meta(
            ge=0,
            le=36_500,
            description="Days after which the log lines of runs are removed; 0: never",
            extra=_about("retention.logDays"),
        ),
    ] = 365
    catalogue_copies: Annotated[
        int,
        Meta(
            ge=0,
            le=365,
            description="Copies of the catalogue that are kept in the default storage, one a day; 0: none is made",
            extra=_about("catalogue.keepCopies", "CATALOGUE_KEEP_COPIES"),
        ),
    ] = 7
    upload_max_mib: Annotated[
        int,
        Meta(
            ge=1,
            le=16_777_216,
            description="Largest file that may be uploaded for a restore, in MiB",
            extra=_about("restore.uploadMaxMib", "UPLOAD_MAX_MIB"),
        ),
    ] = 102_400
    upload_max_unpacked_mib: Annotated[
        int,
        Meta(
            ge=1,
            le=16_777_216,
            description="Largest size an uploaded file may unpack to, in MiB",
            extra=_about("restore.uploadMaxUnpackedMib", "UPLOAD_MAX_UNPACKED_MIB"),
        ),
    ] = 1_048_576
    upload_expiry_hours: Annotated[
        int,
        Meta(
            ge=1,
            le=8_760,
            description="Hours after which an upload that is neither finished nor used is removed",
            extra=_about("restore.uploadExpiryHours", "UPLOAD_EXPIRY_HOURS"),
        ),
    ] = 48
    script_max_kib: Annotated[
        int,
        Meta(
            ge=1,
            le=8_192,
            description="Longest script that may be pasted for a restore, in KiB; longer ones are uploaded",
            extra=_about("restore.scriptMaxKib", "SCRIPT_MAX_KIB"),
        ),
    ] = 1_024
    keep_replaced_days: Annotated[
        int,
        Meta(
            ge=0,
            le=365,
            description="Days that the old database, or the safety backup, is kept after a restore replaced it",
            extra=_about("restore.keepReplacedDays", "KEEP_REPLACED_DAYS"),
        ),
    ] = 7
    count_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=86_400,
            description="Seconds a backup of PostgreSQL may count rows beside its dump; tables not counted by then"
            " stay estimates. 0: nothing is counted, and the dump is not tied to a snapshot. On MySQL and MariaDB,"
            " seconds of computing that hashing rows may take",
            extra=_about("backup.countSeconds"),
        ),
    ] = 60
    hash_rows: Annotated[
        bool,
        Meta(
            description="Hash sampled rows for the manifest, so that a trial restore sees altered cells."
            " Who reads a manifest can confirm a guess of all the sampled rows of a table",
            extra=_about("backup.hashRows"),
        ),
    ] = True
    reread_days: Annotated[
        int,
        Meta(
            ge=0,
            le=3650,
            description="Days within which every stored byte is read again and compared; 0: never by itself",
            extra=_about("verify.rereadDays", "VERIFY_REREAD_DAYS"),
        ),
    ] = 30
    reread_bytes_per_day: Annotated[
        int,
        Meta(
            ge=0,
            description="Bytes that reading again may take a day at most; 0: no limit",
            extra=_about("verify.rereadBytesPerDay"),
        ),
    ] = 0
    reread_minutes: Annotated[
        int,
        Meta(
            ge=1,
            le=1440,
            description="Minutes from one copy that is read again to the next",
            extra=_about("verify.rereadMinutes"),
        ),
    ] = 1
    reread_s3: Annotated[
        bool,
        Meta(
            description="Read copies in S3 again, too: providers may charge for what leaves the bucket",
            extra=_about("verify.rereadS3"),
        ),
    ] = False
    assertion_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=86_400,
            description="Seconds each assertion of a verification may take",
            extra=_about("verify.assertionSeconds"),
        ),
    ] = 60
    allow_exec: Annotated[
        bool,
        Meta(
            description="Let dumps be made by the tools in the database's own container. The Docker socket, or the"
            " proxy before it, must let this program run commands in containers",
            extra=_about("backup.allowContainerExec", "BACKUP_ALLOW_CONTAINER_EXEC"),
        ),
    ] = False
    allow_containers: Annotated[
        bool,
        Meta(
            description="Let verifications restore into throwaway containers of the image that the database runs. The"
            " Docker socket, or the proxy before it, must let this program make containers",
            extra=_about("verify.allowContainers", "VERIFY_ALLOW_CONTAINERS"),
        ),
    ] = False
    container_memory: Annotated[
        int,
        Meta(
            ge=256,
            le=1_048_576,
            description="Memory that a throwaway container may take, MiB",
            extra=_about("verify.containerMemoryMib", "VERIFY_CONTAINER_MEMORY_MIB"),
        ),
    ] = 1_024
    container_network: Annotated[
        str,
        Meta(
            max_length=200,
            description="Docker network that throwaway containers join; empty: the one shared with the database",
            extra=_about("verify.containerNetwork", "VERIFY_CONTAINER_NETWORK"),
        ),
    ] = ""
    presence_hours: Annotated[
        int,
        Meta(
            ge=0,
            le=8760,
            description="Hours within which it is looked whether the files of each copy are still there; 0: never",
            extra=_about("verify.presenceHours"),
        ),
    ] = 24
    size_drop_percent: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="A backup smaller than those before it by so many percent is an anomaly; 0: none is",
            extra=_about("anomaly.sizeDropPercent"),
        ),
    ] = 50
    rows_drop_percent: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="A table that lost so many percent of its rows since the backup before is an anomaly;"
            " 0: none is",
            extra=_about("anomaly.rowsDropPercent"),
        ),
    ] = 50
    storage_stall_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=86_400,
            description="Seconds after which a storage that takes no data is left behind; its copy is made again later",
            extra=_about("backup.storageStallSeconds", "BACKUP_STORAGE_STALL_SECONDS"),
        ),
    ] = 300
    s3_upload_timeout: Annotated[
        int,
        Meta(
            ge=1_000,
            le=86_400_000,
            description="How long one part of an upload to S3 may take, all its tries together; milliseconds",
            extra=_about("s3.uploadTimeout", "S3_UPLOAD_TIMEOUT"),
        ),
    ] = 3_600_000
    s3_upload_limit: Annotated[
        int,
        Meta(
            ge=0,
            le=100_000_000,
            description="Bandwidth of all uploads to S3 together, kB/s; 0 is no limit, under 64 counts as 64",
            extra=_about("s3.uploadLimit", "S3_UPLOAD_LIMIT"),
        ),
    ] = 0
    s3_download_limit: Annotated[
        int,
        Meta(
            ge=0,
            le=100_000_000,
            description="Bandwidth of all downloads from S3 together, kB/s; 0 is no limit, under 64 counts as 64",
            extra=_about("s3.downloadLimit", "S3_DOWNLOAD_LIMIT"),
        ),
    ] = 0
    run_niceness: Annotated[
        int,
        Meta(
            ge=0,
            le=19,
            description="Niceness of the dump and restore tools: 0 is the usual priority, 19 the lowest",
            extra=_about("limits.niceness", "RUN_NICENESS"),
        ),
    ] = 0
    run_io_class: Annotated[
        Literal["normal", "bestEffort", "idle"],
        Meta(
            description="Disk priority of the tools: as usual, the lowest of best effort, or only an idle disk",
            extra=_about("limits.ioClass", "RUN_IO_CLASS"),
        ),
    ] = "normal"
    run_memory: Annotated[
        int,
        Meta(
            ge=0,
            le=1_048_576,
            description="Address space of each tool, MiB; 0 is no limit, under 128 counts as 128",
            extra=_about("limits.memory", "RUN_MEMORY"),
        ),
    ] = 0
    run_read_limit: Annotated[
        int,
        Meta(
            ge=0,
            le=100_000_000,
            description="Bandwidth of reading one database, kB/s; 0 is no limit, under 64 counts as 64",
            extra=_about("limits.readLimit", "RUN_READ_LIMIT"),
        ),
    ] = 0
    run_upload_limit: Annotated[
        int,
        Meta(
            ge=0,
            le=100_000_000,
            description="Bandwidth of one backup to each S3 config, kB/s; 0 is no limit, under 64 counts as 64",
            extra=_about("limits.uploadLimit", "RUN_UPLOAD_LIMIT"),
        ),
    ] = 0
    auto_discover: Annotated[
        bool,
        Meta(
            description="Add the databases of labelled containers by themselves, and keep them in step",
            extra=_about("discovery.auto", "AUTO_DISCOVER"),
        ),
    ] = False
    discovery_credentials: Annotated[
        bool,
        Meta(
            description="Read users and passwords from the environments of database containers",
            extra=_about("discovery.readCredentials", "DISCOVERY_READ_CREDENTIALS"),
        ),
    ] = True
    discovery_seconds: Annotated[
        int,
        Meta(
            ge=2,
            le=3600,
            description="Seconds from one look at linked and labelled containers to the next",
            extra=_about("discovery.intervalSeconds"),
        ),
    ] = 15


_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "retention.cleanupInterval": cron_problem,
    "audit.forwardUrl": forward_problem,
    **CHECKS,
}
"""What bounds cannot say: each returns what is wrong with a value."""
Value = bool | int | float | str
Kind = Literal["boolean", "number", "string"]
Source = Literal["default", "file", "page", "environment"]


@dataclass(frozen=True, slots=True)
class Spec:
    """What is known of one setting without its value."""

    field: str
    key: str
    environment: str | None
    description: str
    kind: Kind
    default: Value
    minimum: float | None
    maximum: float | None
    choices: tuple[str, ...] | None


def specs() -> dict[str, Spec]:
    """Return every setting by its key, in the order they are declared in; those of the sign-in come last."""
    info = msgspec.inspect.type_info(LiveSettings)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError("LiveSettings is not a Struct")
    fields = sorted(info.fields, key=lambda field: field.name in SignInSettings.__struct_fields__)
    return {spec.key: spec for spec in map(_spec, fields)}


def build(values: dict[str, Any]) -> LiveSettings:
    """Return settings with the given values by key, and defaults for the rest.

    Raises:
        ValidationError: naming every key that does not exist and every value that does not fit.
    """
    known, problems, fields = specs(), [], {}
    for key, value in values.items():
        if key not in known:
            problems.append(FieldError(key, f"There is no setting {key}."))
            continue
        try:
            msgspec.convert({known[key].field: value}, LiveSettings)
        except msgspec.ValidationError as error:
            problems.append(FieldError(key, f"{key}: {str(error).split(' - at')[0]}."))
        else:
            if (check := _CHECKS.get(key)) and (problem := check(value)):
                problems.append(FieldError(key, f"{key}: {problem}."))
        fields[known[key].field] = value
    if problems:
        raise ValidationError(" ".join(p.message for p in problems), details=problems)
    return msgspec.convert(fields, LiveSettings)


def _spec(field: msgspec.inspect.Field) -> Spec:
    metadata = field.type
    if not isinstance(metadata, msgspec.inspect.Metadata):
        raise TypeError(f"{field.name} has no Meta")
    inner, about = metadata.type, metadata.extra or {}
    choices = tuple(str(v) for v in inner.values) if isinstance(inner, msgspec.inspect.LiteralType) else None
    if isinstance(inner, msgspec.inspect.BoolType):
        kind: Kind = "boolean"
    else:
        kind = "number" if isinstance(inner, msgspec.inspect.IntType | msgspec.inspect.FloatType) else "string"
    return Spec(
        field=field.name,
        key=about["key"],
        environment=about["environment"],
        description=(metadata.extra_json_schema or {}).get("description", ""),
        kind=kind,
        default=field.default,
        minimum=getattr(inner, "ge", None),
        maximum=getattr(inner, "le", None),
        choices=choices,
    )
