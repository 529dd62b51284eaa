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
    keep_replaced_days: Annotated[
        int,
        Meta(
            ge=0,
            le=365,
            description="Days that the old database, or the safety backup, is kept after a restore replaced it",
            extra=_about("restore.keepReplacedDays", "KEEP_REPLACED_DAYS"),
        ),
    ] = 7


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
