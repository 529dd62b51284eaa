"""The options every engine's restores have in common, beside the engine's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from dbbackup.core.errors import FieldError, ValidationError
from dbbackup.db.models import DatabaseConfig
from dbbackup.engines.base import Engine
from dbbackup.engines.contents import parse_selection
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.services.context import Context
from dbbackup.services.restore_sources import Source

COMMON = ("stopConnections", "safetyBackup", "safetyS3ConfigId")
"""Of the modes that drop something; see `defaults`."""


def defaults(engine: Engine, mode: RestoreMode) -> dict[str, Any]:
    """Return what is meant when nothing is said.

    Where a database is replaced by a swap the old one is kept, and is the better safety: it is there at once. In
    every other mode that drops something only a backup brings it back.
    """
    swaps = mode is RestoreMode.REPLACE and engine.swapping is not None
    return {"stopConnections": False, "safetyBackup": not swaps, "safetyS3ConfigId": None}


def parse_options(ctx: Context, config: DatabaseConfig, source: Source, raw: dict[str, Any]) -> dict[str, Any]:
    """Check the options of a restore and fill in the defaults.

    Raises:
        ValidationError: naming every field that is wrong, or the backup is of an engine that does not fit.
    """
    engine, manifest = ctx.engines[config.type], source.manifest
    if manifest.source.engine not in engine.restores:
        raise ValidationError.of(
            "databaseId",
            f"This backup is of {manifest.source.engine}; {config.name} is {config.type}, which can be given backups"
            f" of {' and '.join(sorted(engine.restores))} only. Choose a server of a kind that fits.",
        )
    common = {name: raw[name] for name in COMMON if name in raw}
    apart = (*COMMON, "selection", "trusted")
    options = engine.parse_restore_options({name: value for name, value in raw.items() if name not in apart})
    mode = restore_mode(options)
    meant = defaults(engine, mode)
    problems = [*_problems(common, mode), *_of_source(source, raw, mode)]
    if mode.destroys and options["existingDatabase"] != config.database_name:
        text = (
            f"Only a database that is configured here is replaced: {config.name} is {config.database_name}. Add "
            f"{options['existingDatabase']} under Databases, then choose it."
        )
        problems.append(FieldError("existingDatabase", text))
    meant |= common
    if meant["safetyS3ConfigId"] and meant["safetyBackup"] is not True:
        problems.append(FieldError("safetyS3ConfigId", "safetyS3ConfigId is of use with safetyBackup only"))
    if problems:
        raise ValidationError("; ".join(problem.message for problem in problems), details=problems)
    if raw.get("selection") is not None:
        options["selection"] = msgspec.to_builtins(parse_selection(raw["selection"]))
    if source.is_foreign:
        options |= {"foreign": True, "trusted": raw.get("trusted", False)}
    return {**options, **meant} if mode.destroys else options


def _of_source(source: Source, raw: dict[str, Any], mode: RestoreMode) -> Iterator[FieldError]:
    if not isinstance(raw.get("trusted", False), bool):
        yield FieldError("trusted", "trusted must be true or false")
    if mode.destroys and raw.get("selection") is not None:
        text = f"selection is not an option of the mode {mode}: restore the chosen objects into a new database"
        yield FieldError("selection", text)
    if mode.destroys and source.is_foreign:
        text = "What comes from elsewhere replaces nothing, since it cannot be proved: restore it into a new database"
        yield FieldError("mode", text)


def _problems(common: dict[str, Any], mode: RestoreMode) -> list[FieldError]:
    found = []
    for name, value in common.items():
        if not mode.destroys and value:
            found.append(FieldError(name, f"{name} is not an option of the mode {mode}"))
        elif name == "safetyS3ConfigId":
            if value is not None and not (isinstance(value, str) and value):
                found.append(FieldError(name, f"{name} must be the id of an S3 config"))
        elif not isinstance(value, bool):
            found.append(FieldError(name, f"{name} must be true or false"))
    return found
