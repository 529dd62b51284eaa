"""What a restore does to its target."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from dbbackup.core.manifest import Manifest


class RestoreMode(StrEnum):
    """What a restore does to the target; `options["mode"]` of every engine's restore options.

    The first two create the database `options["newDatabase"]`; the others work on the database
    `options["existingDatabase"]`.
    """

    NEW_DATABASE = "newDatabase"
    SCHEMA_ONLY = "schemaOnly"
    """A new database with all definitions and no rows."""
    DATA_ONLY = "dataOnly"
    """Rows into tables that exist and are empty. By one transaction; creates and drops nothing."""
    APPEND = "append"
    """Rows added to tables that exist, beside those that are there. By one transaction, too."""
    RUN_SCRIPT = "runScript"
    """A plain SQL file or script run in an existing database: what it does there is its own affair."""
    REPLACE = "replace"
    """Drop and recreate: afterwards the database holds what the backup holds, and nothing else."""
    CLEAN = "clean"
    """Objects of the backup are dropped and made again; what else is in the database stays."""

    @property
    def creates_database(self) -> bool:
        """Tell whether the restore makes a database under a new name and touches nothing else."""
        return self in (RestoreMode.NEW_DATABASE, RestoreMode.SCHEMA_ONLY)

    @property
    def adds_rows(self) -> bool:
        """Tell whether the restore only adds rows to a database that is there."""
        return self in (RestoreMode.DATA_ONLY, RestoreMode.APPEND)

    @property
    def destroys(self) -> bool:
        """Tell whether the restore drops something that is there."""
        return self in (RestoreMode.REPLACE, RestoreMode.CLEAN)


def restore_mode(options: dict[str, Any]) -> RestoreMode:
    """Return the mode of parsed restore options; what was queued before there were modes has none."""
    return RestoreMode(options.get("mode", RestoreMode.NEW_DATABASE))


def target_database(options: dict[str, Any]) -> str:
    """Return the name of the database that parsed restore options work on."""
    name: str = options["newDatabase"] if restore_mode(options).creates_database else options["existingDatabase"]
    return name


def as_new_database(options: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the options of a restore that replaces, for making all of it under another name."""
    return {**options, "mode": RestoreMode.NEW_DATABASE.value, "newDatabase": name}


def restores_parts(manifest: Manifest, options: dict[str, Any]) -> bool:
    """Tell whether the restore reads several parts of the backup, each on its own; then no file is needed."""
    if restore_mode(options) is RestoreMode.SCHEMA_ONLY:
        # definitions are all in the main part, unless some of them wait for the rows
        return manifest.part("after") is not None
    return bool(manifest.data_parts)
