"""Reading the options of backups and restores: every engine names its fields, this checks them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

from dbbackup.core.errors import FieldError, ValidationError

Check = Callable[[Any], str | None]
"""Says what is wrong with a value, in words that follow the field's name; None when it is good."""
Fields = Mapping[str, tuple[Any, Check]]
"""Default and check by the field's name."""

MAX_DUMP_JOBS = 8
MAX_JOBS = 16
"""Of a restore."""


def read_options(raw: Mapping[str, Any], fields: Fields) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the options with defaults filled in, and what is wrong with them; unknown fields are wrong."""
    errors = [FieldError(name, f"{name} is not an option here") for name in raw if name not in fields]
    options: dict[str, Any] = {}
    for name, (default, check) in fields.items():
        options[name] = raw.get(name, copy(default))
        if name in raw and (problem := check(raw[name])) is not None:
            errors.append(FieldError(name, f"{name} {problem}"))
    return options, errors


def refuse(errors: list[FieldError]) -> None:
    """Raise ValidationError naming every field, if there is any."""
    if errors:
        raise ValidationError("; ".join(error.message for error in errors), details=errors)


def flag(value: Any) -> str | None:
    """Accept true and false."""
    return None if isinstance(value, bool) else "must be true or false"


def one_of(*choices: str) -> Check:
    """Make a check that accepts these words."""
    return lambda value: None if value in choices else f"must be one of {', '.join(choices)}"


def names(value: Any) -> str | None:
    """Accept a list of names."""
    if not isinstance(value, list) or not all(isinstance(name, str) and name for name in value):
        return "must be a list of names"
    return None if all(name.isprintable() for name in value) else "must not hold control characters"


def whole_up_to(most: int) -> Check:
    """Make a check that accepts a whole number from 1 to `most`."""

    def check(value: Any) -> str | None:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return None if whole and 1 <= value <= most else f"must be a whole number from 1 to {most}"

    return check
