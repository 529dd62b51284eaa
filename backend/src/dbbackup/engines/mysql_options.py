"""The options of MySQL and MariaDB backups and restores: what is allowed, what is meant when nothing is said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dbbackup.core.errors import FieldError
from dbbackup.engines.modes import RestoreMode
from dbbackup.engines.options import (
    MAX_DUMP_JOBS,
    MAX_JOBS,
    Fields,
    flag,
    names,
    one_of,
    read_options,
    refuse,
    whole_up_to,
)

MAX_NAME = 64
"""Characters in the name of a database."""
SYSTEM_DATABASES = frozenset({"mysql", "information_schema", "performance_schema", "sys"})

# a byte of a character may be that of a quote or backslash, or a client cannot speak it at all
_UNREADABLE = frozenset({"big5", "cp932", "gb18030", "gbk", "sjis", "ucs2", "utf16", "utf16le", "utf32"})
_REQUIRED = {
    "newDatabase": "newDatabase is required: the name of the database to create",
    "existingDatabase": "existingDatabase is required: the name of the database to restore into",
}


def parse_dump_options(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of a backup and fill in the defaults.

    Raises:
        ValidationError: naming every field that is wrong or unknown.
    """
    options, errors = read_options(raw, _DUMP_FIELDS)
    for one, other in (("dataOnly", "schemaOnly"), ("excludeTables", "includeTables")):
        if options[one] and options[other]:
            errors.append(FieldError(one, f"{one} and {other} exclude each other"))
    if options["jobs"] != 1:
        errors += [
            FieldError("jobs", f"jobs above 1 takes the whole database: it cannot be had with {name}")
            for name in _WHOLE_ONLY
            if options[name]
        ]
        if options["characterSet"] != "utf8mb4":
            errors.append(FieldError("jobs", "jobs above 1 needs names as they are: characterSet must be utf8mb4"))
    refuse(errors)
    return options


def parse_restore_options(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Check the options of a restore and fill in the defaults; each mode has its own.

    Raises:
        ValidationError: naming every field that is wrong, unknown or of no use in this mode.
    """
    mode = raw.get("mode", RestoreMode.NEW_DATABASE.value)
    fields = _CREATING_FIELDS
    if mode in (RestoreMode.DATA_ONLY, RestoreMode.APPEND, RestoreMode.RUN_SCRIPT):
        fields = _FILLING_FIELDS
    elif mode in (RestoreMode.REPLACE, RestoreMode.CLEAN):
        fields = _REPLACING_FIELDS
    options, errors = read_options(raw, fields)
    required = "newDatabase" if "newDatabase" in fields else "existingDatabase"
    if required not in raw:
        errors.append(FieldError(required, _REQUIRED[required]))
    refuse(errors)
    return options


def database_name_problem(name: Any) -> str | None:
    """Say why a name cannot be that of a database to restore into; None when it can."""
    if not isinstance(name, str) or not name:
        return "must be the name of a database"
    if len(name) > MAX_NAME:
        return f"must not be longer than {MAX_NAME} characters"
    if not name.isprintable() or any(ord(character) > 0xFFFF for character in name):
        return "must not hold control characters, nor characters outside Unicode's first plane"
    if name.endswith(" "):
        return "must not end with a space"
    if name.lower() in SYSTEM_DATABASES:
        return f"must not be the system database {name}"
    return None


def _character_set(value: Any) -> str | None:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z0-9_]{2,32}", value):
        return "must be the name of a character set, such as utf8mb4"
    return f"must not be {value}, in which a dump cannot be read reliably" if value in _UNREADABLE else None


_DUMP_FIELDS: Fields = {
    "schemaOnly": (False, flag),
    "dataOnly": (False, flag),
    "includeTables": ([], names),
    "excludeTables": ([], names),
    "characterSet": ("utf8mb4", _character_set),
    "definer": ("keep", one_of("keep", "strip")),
    "routines": (True, flag),
    "triggers": (True, flag),
    "events": (True, flag),
    "jobs": (1, whole_up_to(MAX_DUMP_JOBS)),
}
_WHOLE_ONLY = ("schemaOnly", "dataOnly", "includeTables")

# parts with rows that are read at the same time; a backup in one part is always read by one
_JOBS = (1, whole_up_to(MAX_JOBS))
_MODE = ("newDatabase", one_of(*RestoreMode))
_CREATING_FIELDS: Fields = {
    "mode": _MODE,
    "newDatabase": ("", database_name_problem),
    "definer": ("keep", one_of("keep", "strip")),
    "events": ("disabled", one_of("disabled", "enabled", "skip")),
    "jobs": _JOBS,
}
_FILLING_FIELDS: Fields = {
    "mode": _MODE,
    "existingDatabase": ("", database_name_problem),
}
_REPLACING_FIELDS: Fields = {
    "mode": _MODE,
    "existingDatabase": ("", database_name_problem),
    "definer": ("keep", one_of("keep", "strip")),
    # not a copy beside the original, but the database itself: its events are to live as they did
    "events": ("enabled", one_of("disabled", "enabled", "skip")),
    "jobs": _JOBS,
}
