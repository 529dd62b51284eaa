"""Looks at what a restore made and compares it with the manifest."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from dbbackup.core.comparison import Check, compare, compare_objects
from dbbackup.core.manifest import Manifest
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.pipeline.restore import RestoreJob
from dbbackup.worker.run import RunTools

_NOT_COUNTED = (
    "Not counted: the rows were added to those that were there. One transaction put in every row of the backup."
)

_NOT_KNOWN = "Not compared: what comes from elsewhere says nowhere how many tables and rows it has."


async def check_restored(job: RestoreJob, name: str, tools: RunTools) -> tuple[list[Check], str | None]:
    """Count and compare what is in the database `name`; return what was found, and what makes it no restore.

    Columns and other objects that differ are told and no more: another server writes types in other words. A table that
    is missing, or another number of rows where the manifest counted them, is a loss. Raises DatabaseError.
    """
    mode = restore_mode(job.options)
    if mode is RestoreMode.RUN_SCRIPT or job.options.get("foreign"):
        return [Check(name="rows", ok=True, message=_NOT_KNOWN)], None
    if mode is RestoreMode.APPEND:
        return [Check(name="rows", ok=True, message=_NOT_COUNTED)], None
    tools.report.stage("Comparing with the manifest")
    manifest = _expected(job, mode)
    made = replace(job.target, database=name)
    tables = await job.engine.counted_tables(made, manifest.source.tables)
    ours = _keys(manifest, name if job.engine.in_place else None)
    if mode.adds_rows or mode is RestoreMode.CLEAN:
        # What was there before and is none of the backup's stays out of it.
        tables = [table for table in tables if (table.schema, table.name) in ours]
    # Where a schema is a database (MySQL) the target's name stands for the source's.
    schema = name if job.engine.in_place else ""
    checks = compare(manifest, tables, schema)
    if _makes_all(job, mode):
        wanted = manifest.source.properties.get("objects", {})
        checks.append(compare_objects(manifest, wanted, await job.engine.object_facts(made)))
    for check in checks:
        tools.log.say("info" if check.ok else "warn", check.message, check=check.name)
    missing = ours - {(table.schema, table.name) for table in tables}
    lost = [check.message for check in checks if not check.ok and _is_loss(check, missing)]
    return checks, " ".join(lost) or None


def _expected(job: RestoreJob, mode: RestoreMode) -> Manifest:
    manifest = job.manifest
    if mode is RestoreMode.SCHEMA_ONLY:
        manifest = structs.replace(manifest, options={**manifest.options, "schemaOnly": True})
    if job.engine.in_place:
        # Their rows are hashed in a dump of the whole copy: a verification does that, and takes the time.
        tables = [structs.replace(table, sample=None) for table in manifest.source.tables]
        manifest = structs.replace(manifest, source=structs.replace(manifest.source, tables=tables))
    if manifest.source.engine != job.engine.type:
        tables = [structs.replace(table, columns={}) for table in manifest.source.tables]
        manifest = structs.replace(manifest, source=structs.replace(manifest.source, tables=tables))
    return manifest


def _makes_all(job: RestoreJob, mode: RestoreMode) -> bool:
    """Tell whether the database holds what the backup held, and nothing else, as the same kind of server has it."""
    whole = mode.creates_database or mode is RestoreMode.REPLACE
    return whole and not job.options.get("selection") and job.manifest.source.engine == job.engine.type


def _is_loss(check: Check, missing: set[tuple[str, str]]) -> bool:
    return check.name == "rows" or (check.name == "tables" and bool(missing))


def _keys(manifest: Manifest, database: str | None) -> set[tuple[str, str]]:
    """Return the backup's tables by their names on the target."""
    return {(database or table.schema, table.name) for table in manifest.source.tables}
