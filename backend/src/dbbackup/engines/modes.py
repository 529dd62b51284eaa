"""What a restore does to its target."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class RestoreMode(StrEnum):
    """What a restore does to the target; `options["mode"]` of every engine's restore options.

    The first two create the database `options["newDatabase"]`. The last two work on the database
    `options["existingDatabase"]`, create and drop nothing in it, and change all of it or nothing:
    one transaction.
    """

    NEW_DATABASE = "newDatabase"
    SCHEMA_ONLY = "schemaOnly"
    """A new database with all definitions and no rows."""
    DATA_ONLY = "dataOnly"
    """Rows into tables that exist and are empty."""
    APPEND = "append"
    """Rows added to tables that exist, beside those that are there."""
    RUN_SCRIPT = "runScript"
    """A plain SQL file or script run in an existing database: what it does there is its own affair."""

    @property
    def creates_database(self) -> bool:
        """Tell whether the restore makes the database it fills."""
        return self in (RestoreMode.NEW_DATABASE, RestoreMode.SCHEMA_ONLY)


def restore_mode(options: dict[str, Any]) -> RestoreMode:
    """Return the mode of parsed restore options; what was queued before there were modes has none."""
    return RestoreMode(options.get("mode", RestoreMode.NEW_DATABASE))


def target_database(options: dict[str, Any]) -> str:
    """Return the name of the database that parsed restore options work on."""
    name: str = options["newDatabase"] if restore_mode(options).creates_database else options["existingDatabase"]
    return name
