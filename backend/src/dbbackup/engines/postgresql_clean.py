"""Objects of the backup made anew in a database that is there: what is dropped, and what stands in the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.postgresql_connect import Session, ask, session
from dbbackup.engines.postgresql_findings import error, named, ok, warning
from dbbackup.engines.postgresql_replace_checks import sessions
from dbbackup.engines.values import Connection, Finding

_STANDING = """
SELECT 'SCHEMA', nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL SELECT 'EXTENSION', extname::text FROM pg_extension
"""
_RELATIONS = """
SELECT n.nspname, c.relname, c.relkind::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_'
  AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
      AND d.deptype = 'e')
ORDER BY 1, 2
"""
# What would not let a table go: views over it, foreign keys to it, tables that inherit from it. Each with its own.
_DEPENDENTS = """
WITH gone AS (
    SELECT c.oid FROM unnest(%s::text[], %s::text[]) w(schema, name)
    JOIN pg_namespace n ON n.nspname = w.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
),
dependent AS (
    SELECT r.ev_class AS oid, 'view' AS kind FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
    WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid IN (TABLE gone)
    UNION SELECT conrelid, 'foreign key of' FROM pg_constraint WHERE contype = 'f' AND confrelid IN (TABLE gone)
    UNION SELECT inhrelid, 'child' FROM pg_inherits WHERE inhparent IN (TABLE gone)
)
SELECT DISTINCT d.kind || ' ' || n.nspname || '.' || c.relname
FROM dependent d JOIN pg_class c ON c.oid = d.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE d.oid NOT IN (TABLE gone) ORDER BY 1
"""
_MAY_DROP = """
SELECT w.schema || '.' || w.name FROM unnest(%s::text[], %s::text[]) w(schema, name)
JOIN pg_namespace n ON n.nspname = w.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name
WHERE NOT pg_has_role(c.relowner, 'USAGE') AND NOT pg_has_role(n.nspowner, 'USAGE') ORDER BY 1
"""
_KINDS = {"r": "table", "p": "table", "f": "foreign table", "v": "view", "m": "materialized view"}


async def standing(target: Connection, options: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas and extensions that are there and stay; see `Engine.standing`."""
    if restore_mode(options) is not RestoreMode.CLEAN:
        return {}
    found: dict[str, list[str]] = {"SCHEMA": [], "EXTENSION": []}
    async with session(replace(target, database=options["existingDatabase"])) as opened:
        for kind, name in await ask(opened, _STANDING):
            found[kind].append(name)
    return {"standing": found}


async def check_cleaning(target: Connection, manifest: Manifest, options: dict[str, Any]) -> list[Finding]:
    """Say what the restore drops in the existing database, and what would not let it."""
    name = options["existingDatabase"]
    findings = [] if not manifest.options.get("dataOnly", False) else [_data_only()]
    async with session(target) as opened:
        if not await ask(opened, "SELECT 1 FROM pg_database WHERE datname = %s", name):
            text = f"The database {name} is not there: this mode restores into one that exists."
            return [*findings, error("database-missing", text)]
        findings += _softened(await sessions(opened, name, options), options)
    try:
        async with session(replace(target, database=name)) as opened:
            return findings + await _database(opened, manifest, name)
    except DatabaseUnreachableError:
        raise
    except DatabaseError as e:
        return [*findings, error("database-refused", f"The database {name} cannot be looked into: {e.message}")]


def _softened(found: list[Finding], options: dict[str, Any]) -> list[Finding]:
    """Sessions are not in the way of one transaction: it waits for their locks, and they for its end."""
    if options.get("stopConnections") or found[0].level == "ok":
        return found
    text = found[0].message.partition(" End them")[0]
    return [
        warning("sessions", f"{text} The restore waits for tables they use, and they for its end (or stopConnections).")
    ]


async def _database(opened: Session, manifest: Manifest, name: str) -> list[Finding]:
    there = {(schema, relation): _KINDS[kind] for schema, relation, kind in await ask(opened, _RELATIONS)}
    ours = [(table.schema, table.name) for table in manifest.source.tables]
    ours += [(schema, view) for schema, view in manifest.source.properties.get("views", [])]
    dropped = [key for key in ours if key in there]
    stay = [f"{schema}.{relation}" for schema, relation in there if (schema, relation) not in set(ours)]
    findings = [_told(dropped, name), *_staying(stay, name)]
    names = [schema for schema, _ in dropped], [relation for _, relation in dropped]
    if foreign := [text for (text,) in await ask(opened, _MAY_DROP, *names)]:
        findings.append(error("not-owner", f"Only their owners or a superuser may drop these: {named(foreign)}."))
    if dependent := [text for (text,) in await ask(opened, _DEPENDENTS, *names)]:
        text = (
            f"These are not in the backup and depend on what is dropped: {named(dependent)}. Drop them first and make "
            "them again afterwards, or replace the whole database."
        )
        known = "views" in manifest.source.properties
        sure = known or any(not text.startswith("view ") for text in dependent)
        findings.append(error("dependents", text) if sure else warning("dependents", f"Perhaps: {text}"))
    if manifest.source.properties.get("largeObjects", False):
        text = "Large objects of the backup take the place of those with the same numbers, whatever these are by now."
        findings.append(warning("large-objects", text))
    return findings


def _told(dropped: list[tuple[str, str]], name: str) -> Finding:
    if not dropped:
        return ok("dropped", f"Nothing of the backup is in {name} yet: all of it is made, nothing is dropped.")
    names = named([f"{schema}.{relation}" for schema, relation in dropped])
    return warning(
        "dropped",
        f"{len(dropped)} tables and views in {name} are dropped and made again as they were in the backup: {names}. "
        "Rows that came since are lost; all happens in one transaction or not at all.",
    )


def _staying(stay: list[str], name: str) -> list[Finding]:
    return [ok("staying", f"What is not in the backup stays in {name} as it is: {named(stay)}.")] if stay else []


def _data_only() -> Finding:
    return error("data-only", "The backup holds data only: it has no definitions to drop and make again.")
