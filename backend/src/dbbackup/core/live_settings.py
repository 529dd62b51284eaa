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
            description="Backups, restores and verifications that run at the same time; a verification takes only a"
            " place that nothing else wants",
            extra=_about("backup.maxConcurrent", "MAX_CONCURRENT_BACKUPS"),
        ),
    ] = 3
    count_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=86_400,
            description="Seconds a backup of PostgreSQL may count rows beside its dump; tables not counted by then stay"
            " estimates. 0: nothing is counted, and the dump is not tied to a snapshot",
            extra=_about("backup.countSeconds"),
        ),
    ] = 60
    hash_rows: Annotated[
        bool,
        Meta(
            description="Hash sampled rows of PostgreSQL for the manifest, so that a trial restore sees altered cells."
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
