"""The options of PostgreSQL backups and restores: what is allowed, what is meant when nothing is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import Any

from dbbackup.core.errors import FieldError, ValidationError
from dbbackup.engines.modes import RestoreMode
from dbbackup.engines.options import MAX_DUMP_JOBS, MAX_JOBS, whole_up_to

Check = Callable[[Any], str | None]
"""Says what is wrong with a value, in words that follow the field's name; None when it is good."""

MAX_NAME_BYTES = 63
"""PostgreSQL cuts longer names off without a word (NAMEDATALEN - 1)."""
SYSTEM_DATABASES = frozenset({"postgres", "template0", "template1"})
GLOBALS = ("roles", "roles-with-passwords", "none")
MISSING_ROLES = ("fail", "create")


def parse_dump_options(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of a backup and fill in the defaults.

    Raises:
        ValidationError: naming every field that is wrong or unknown.
    """
    options, errors = _read(raw, _DUMP_FIELDS)
    if options["schemaOnly"] is True and options["dataOnly"] is True:
        errors.append(FieldError("dataOnly", "dataOnly and schemaOnly exclude each other"))
    if options["jobs"] != 1:
        errors += [
            FieldError("jobs", f"jobs above 1 takes the whole database: it cannot be had with {name}")
            for name in _WHOLE_ONLY
            if options[name]
        ]
    _refuse(errors)
    return options


def parse_restore_options(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of a restore and fill in the defaults. An option of another mode must have its default.

    Raises:
        ValidationError: naming every field that is wrong, unknown or not of the chosen mode.
    """
    mode = raw.get("mode", RestoreMode.NEW_DATABASE)
    if problem := _mode(mode):
        raise ValidationError.of("mode", f"mode {problem}")
    own = _OF_MODE[RestoreMode(mode)]
    fields = {name: field if name in own else _unused(*field, mode) for name, field in _RESTORE_FIELDS.items()}
    options, errors = _read(raw, fields)
    required = "newDatabase" if RestoreMode(mode).creates_database else "existingDatabase"
    if required not in raw:
        purpose = "to create" if required == "newDatabase" else _PURPOSES[RestoreMode(mode)]
        errors.append(FieldError(required, f"{required} is required: the name of the database {purpose}"))
    if options["singleTransaction"] is True and options["jobs"] != 1:
        errors.append(FieldError("singleTransaction", "singleTransaction and jobs above 1 exclude each other"))
    _refuse(errors)
    return options


def database_name_problem(name: Any) -> str | None:
    """Say why a name cannot be that of a new database; None when it can."""
    if not isinstance(name, str) or not name:
        return "must be the name of a database"
    if len(name.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        return f"must not be longer than {MAX_NAME_BYTES} bytes"
    if not name.isprintable():
        return "must not hold control characters"
    if name in SYSTEM_DATABASES:
        return f"must not be the system database {name}"
    return None


def _read(raw: Mapping[str, Any], fields: dict[str, tuple[Any, Check]]) -> tuple[dict[str, Any], list[FieldError]]:
    errors = [FieldError(name, f"{name} is not an option here") for name in raw if name not in fields]
    options: dict[str, Any] = {}
    for name, (default, check) in fields.items():
        options[name] = raw.get(name, copy(default))
        if name in raw and (problem := check(raw[name])) is not None:
            errors.append(FieldError(name, f"{name} {problem}"))
    return options, errors


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise ValidationError("; ".join(error.message for error in errors), details=errors)


def _flag(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _patterns(value: Any) -> str | None:
    if not isinstance(value, list) or not all(isinstance(pattern, str) for pattern in value):
        return "must be a list of patterns"
    if not all(pattern.strip() and "\0" not in pattern for pattern in value):
        return "must not hold an empty pattern"
    return None


def _one_of(choices: tuple[str, ...]) -> Check:
    return lambda value: None if value in choices else f"must be one of {', '.join(choices)}"


def _mode(value: Any) -> str | None:
    return _one_of(tuple(RestoreMode))(value)


def _unused(default: Any, _: Check, mode: str) -> tuple[Any, Check]:
    """Return the field as it stands in a mode that has no use for it."""
    same = (type(default), default)  # True is equal to 1
    return default, lambda value: None if (type(value), value) == same else f"is not an option of the mode {mode}"


def _role(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and value and "\0" not in value):
        return None
    return "must be the name of a role"


_DUMP_FIELDS: dict[str, tuple[Any, Check]] = {
    "schemaOnly": (False, _flag),
    "dataOnly": (False, _flag),
    "includeTables": ([], _patterns),
    "excludeTables": ([], _patterns),
    "includeSchemas": ([], _patterns),
    "excludeSchemas": ([], _patterns),
    "noOwner": (False, _flag),
    "noPrivileges": (False, _flag),
    "globals": ("roles", _one_of(GLOBALS)),
    "jobs": (1, whole_up_to(MAX_DUMP_JOBS)),
}
_WHOLE_ONLY = ("schemaOnly", "dataOnly", "includeTables", "includeSchemas", "excludeSchemas")
"""With these pg_dump takes other objects for a named table than for a named table's rows."""

_RESTORE_FIELDS: dict[str, tuple[Any, Check]] = {
    "mode": (RestoreMode.NEW_DATABASE.value, _mode),
    "newDatabase": ("", database_name_problem),
    "existingDatabase": ("", database_name_problem),
    "jobs": (1, whole_up_to(MAX_JOBS)),
    "singleTransaction": (False, _flag),
    "noOwner": (False, _flag),
    "noPrivileges": (False, _flag),
    "noTablespaces": (False, _flag),
    "missingRoles": ("fail", _one_of(MISSING_ROLES)),
    "role": (None, _role),
    "disableTriggers": (False, _flag),
}
_OWNERSHIP = frozenset({"noOwner", "noPrivileges", "noTablespaces", "role"})
_CREATING = _OWNERSHIP | {"mode", "newDatabase", "jobs", "singleTransaction", "missingRoles"}
# Rows alone have no owner, and what goes into a database that was there goes in by one transaction.
_FILLING = frozenset({"mode", "existingDatabase", "disableTriggers"})
_OF_MODE = {
    RestoreMode.NEW_DATABASE: _CREATING,
    RestoreMode.SCHEMA_ONLY: _CREATING,
    RestoreMode.DATA_ONLY: _FILLING,
    RestoreMode.APPEND: _FILLING,
    RestoreMode.RUN_SCRIPT: _FILLING,
    RestoreMode.REPLACE: _CREATING - {"newDatabase"} | {"existingDatabase"},
    RestoreMode.CLEAN: _OWNERSHIP | {"mode", "existingDatabase"},
}
_PURPOSES = {
    RestoreMode.DATA_ONLY: "to fill",
    RestoreMode.APPEND: "to fill",
    RestoreMode.RUN_SCRIPT: "to run it in",
    RestoreMode.REPLACE: "to replace",
    RestoreMode.CLEAN: "to restore into",
}
