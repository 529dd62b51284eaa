"""The settings that can change while the program runs: their names, kinds, bounds and defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from dbbackup.core.errors import FieldError, ValidationError


def _about(key: str, environment: str | None = None) -> dict[str, Any]:
    return {"key": key, "environment": environment}


class LiveSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
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
    stall_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=86_400,
            description="Seconds after which a storage that takes no data is left behind; its copy is made again later",
            extra=_about("backup.stallSeconds", "BACKUP_STALL_SECONDS"),
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


Value = bool | int | float | str
Kind = Literal["boolean", "number", "string"]
Source = Literal["default", "page", "environment"]


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
    """Return every setting by its key, in the order they are declared in."""
    info = msgspec.inspect.type_info(LiveSettings)
    if not isinstance(info, msgspec.inspect.StructType):
        raise TypeError("LiveSettings is not a Struct")
    return {spec.key: spec for spec in map(_spec, info.fields)}


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
