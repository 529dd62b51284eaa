"""The checks before a restore into a PostgreSQL server touches anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dbbackup.core.errors import ToolMissingError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.postgresql_clean import check_cleaning
from dbbackup.engines.postgresql_commands import ARCHIVE
from dbbackup.engines.postgresql_connect import Session, ask, session
from dbbackup.engines.postgresql_fill_checks import check_filling
from dbbackup.engines.postgresql_findings import error, ok, warning
from dbbackup.engines.postgresql_options import database_name_problem
from dbbackup.engines.postgresql_probe import server_version
from dbbackup.engines.postgresql_replace_checks import check_replacing, skipped_settings
from dbbackup.engines.postgresql_roles import missing_roles, needed_roles, owners
from dbbackup.engines.postgresql_source_checks import fits_mode, reach, script_target, script_tool
from dbbackup.engines.postgresql_tools import PostgresqlTools
from dbbackup.engines.tools import major_of
from dbbackup.engines.values import Connection, Finding

_ME = """
SELECT rolname, rolsuper, rolcreatedb OR rolsuper, rolcreaterole OR rolsuper, pg_is_in_recovery()
FROM pg_roles WHERE rolname = current_user
"""


@dataclass(frozen=True, slots=True)
class _Me:
    """Who restores, and what it may do."""

    name: str
    superuser: bool
    create_database: bool
    create_role: bool
    standby: bool


async def preflight(
    target: Connection, manifest: Manifest, options: dict[str, Any], tools: PostgresqlTools
) -> list[Finding]:
    """Check that the restore can work; see `Engine.preflight`."""
    if not manifest.parts:
        return [*_backup(manifest), error("no-archive", "The manifest names no dump: there is nothing to restore.")]
    findings = [*_backup(manifest), *fits_mode(manifest, options)]
    async with session(target) as opened:
        [row] = await ask(opened, _ME)
        me = _Me(*row)
        version = server_version(opened)
        findings += _server(me, manifest, version)
        findings += await asyncio.to_thread(_tools, tools, manifest, version)
        findings += await reach(opened, me.name, options)
        mode = restore_mode(options)
        if mode.creates_database or mode is RestoreMode.REPLACE:
            findings += _creator(me, manifest)
        if mode.creates_database:
            findings += await _name(opened, options["newDatabase"])
        makes_objects = not mode.adds_rows and mode is not RestoreMode.RUN_SCRIPT
        findings += await _needs(opened, me, manifest, options) if makes_objects else []
    if mode is RestoreMode.RUN_SCRIPT:
        return findings + await script_target(target, options)
    if mode is RestoreMode.REPLACE:
        return findings + await check_replacing(target, manifest, options)
    if mode is RestoreMode.CLEAN:
        return findings + await check_cleaning(target, manifest, options)
    if mode.adds_rows:
        return findings + await check_filling(target, manifest, options, superuser=me.superuser)
    async with session(target) as opened:
        return findings + await skipped_settings(opened, manifest)


async def _needs(opened: Session, me: _Me, manifest: Manifest, options: dict[str, Any]) -> list[Finding]:
    """Check for what definitions need outside their database."""
    findings = await _roles(opened, me, manifest, options)
    findings += await _role(opened, me, options)
    findings += await _extensions(opened, me, manifest, restore_mode(options))
    findings += await _tablespaces(opened, manifest, options)
    return findings


def _backup(manifest: Manifest) -> Iterator[Finding]:
    if manifest.source.engine != "postgresql":
        yield error("wrong-engine", f"This is a backup of {manifest.source.engine}, not of PostgreSQL.")


def _server(me: _Me, manifest: Manifest, version: str) -> Iterator[Finding]:
    source = manifest.source.server_version
    if not source:
        yield warning("source-version-unknown", "Nothing in the source tells which version of PostgreSQL it is of.")
    elif major_of(version) < major_of(source):
        yield error(
            "downgrade",
            f"The backup is of PostgreSQL {source}, the target is {version}: an older server does not understand a "
            "newer one's dump. Restore into version "
            f"{major_of(source)} or newer.",
        )
    else:
        yield ok("server-version", f"PostgreSQL {version} takes a backup of {source}.")
    if me.standby:
        yield error("standby", "The target is a standby and read only: restore into its primary.")


def _creator(me: _Me, manifest: Manifest) -> Iterator[Finding]:
    if manifest.options.get("dataOnly", False):
        yield error("data-only", "The backup holds data only: a new database would have no tables to put it in.")
    if not me.create_database:
        yield error("no-createdb", f"The role {me.name} may not create databases: ALTER ROLE ... CREATEDB.")
    if not me.superuser:
        yield warning(
            "not-superuser",
            f"The role {me.name} is no superuser: event triggers, subscriptions, objects of others and some "
            "extensions cannot be restored by it; the restore stops at the first it may not create.",
        )


def _tools(tools: PostgresqlTools, manifest: Manifest, version: str) -> Iterable[Finding]:
    try:
        chosen = tools.choose(version)
    except ToolMissingError as e:
        return [error("tool-missing", e.message)]
    if manifest.main.format != ARCHIVE:
        return [script_tool(chosen)]
    findings = [ok("tool", f"pg_restore {chosen.version} is used.")]
    if not chosen.exact:
        # pg_restore 17 and newer set transaction_timeout, and older servers end the restore there
        hopeless = major_of(chosen.version) >= 17 > major_of(version)
        message = (
            f"Only pg_restore {chosen.version} is installed, which does not suit a server {version}: "
            f"apt-get install postgresql-client-{major_of(version)}."
        )
        findings = [error("tool-newer", message) if hopeless else warning("tool-newer", message)]
    part = manifest.main
    if major_of(part.tool) > major_of(chosen.version):
        findings.append(
            error(
                "archive-newer",
                f"The backup was written by {part.tool}, which pg_restore {chosen.version} does not read: restore into "
                f"a server of version {major_of(part.tool)} or newer.",
            )
        )
    return findings


async def _name(opened: Session, name: str) -> list[Finding]:
    if problem := database_name_problem(name):
        return [error("name-invalid", f"The name of the new database {problem}.")]
    if await ask(opened, "SELECT 1 FROM pg_database WHERE datname = %s", name):
        return [error("name-taken", f"The database {name} exists already: choose another name.")]
    return [ok("name-free", f"The name {name} is free.")]


async def _roles(opened: Session, me: _Me, manifest: Manifest, options: dict[str, Any]) -> list[Finding]:
    findings = []
    missing = await missing_roles(opened, needed_roles(manifest, options))
    if not missing:
        findings.append(ok("roles", "All roles the backup needs are there."))
    elif options["missingRoles"] == "create":
        findings.append(warning("roles-created", f"Roles without login will be created: {', '.join(missing)}."))
        if not me.create_role:
            findings.append(error("no-createrole", f"The role {me.name} may not create roles."))
    else:
        findings.append(
            error(
                "missing-roles",
                f"Roles of the backup are missing: {', '.join(missing)}. Create them (the globals of the backup hold "
                "them), let missing roles be created without login (missingRoles), give everything to one role that "
                "is there (role, noPrivileges), or leave out owners and privileges (noOwner, noPrivileges).",
            )
        )
    foreign = await _not_mine(opened, owners(manifest, options) - set(missing))
    if foreign:
        findings.append(
            error(
                "not-member",
                f"The role {me.name} may not give objects to {', '.join(foreign)}: GRANT it these roles, restore as a "
                "superuser, or leave out owners (noOwner).",
            )
        )
    return findings


async def _not_mine(opened: Session, names: Iterable[str]) -> list[str]:
    """Return the roles the one who restores cannot act as; since 16 membership alone is not enough."""
    right = "SET" if opened.info.server_version >= 160000 else "MEMBER"
    query = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND NOT pg_has_role(oid, %s) ORDER BY 1"
    return [name for (name,) in await ask(opened, query, sorted(names), right)]


async def _role(opened: Session, me: _Me, options: dict[str, Any]) -> list[Finding]:
    role = options["role"]
    if role is None:
        return []
    if await missing_roles(opened, [role]):
        return [error("role-unknown", f"The role {role}, who is to own everything, does not exist.")]
    if await _not_mine(opened, [role]):
        return [error("not-member", f"The role {me.name} may not act as {role}: GRANT it that role.")]
    return []


async def _extensions(opened: Session, me: _Me, manifest: Manifest, mode: RestoreMode) -> list[Finding]:
    names = [text.rpartition(" ")[0] for text in manifest.source.extensions]
    available = dict(
        await ask(
            opened,
            "SELECT a.name, v.superuser AND NOT v.trusted FROM pg_available_extensions a "
            "JOIN pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version",
        )
    )
    findings = []
    if missing := [name for name in names if name not in available]:
        message = f"Extensions are not installed on the target: {', '.join(missing)}. Install their packages there."
        # a dump of some tables or schemas holds no extensions: what was chosen may do without
        partial = manifest.options.get("includeTables") or manifest.options.get("includeSchemas")
        findings.append(warning("missing-extensions", message) if partial else error("missing-extensions", message))
    locked = [name for name in names if available.get(name, False) and name != "plpgsql"]
    # where the database is there its extensions mostly are, too
    if locked and not me.superuser and mode is not RestoreMode.CLEAN:
        message = f"Only a superuser may create these extensions: {', '.join(locked)}."
        findings.append(error("extension-superuser", message))
    return findings


async def _tablespaces(opened: Session, manifest: Manifest, options: dict[str, Any]) -> list[Finding]:
    if options["noTablespaces"]:
        return []
    there = {name for (name,) in await ask(opened, "SELECT spcname FROM pg_tablespace")}
    missing = [name for name in manifest.source.properties.get("tablespaces", []) if name not in there]
    if not missing:
        return []
    message = f"Tablespaces are missing: {', '.join(missing)}. Create them, or set noTablespaces."
    return [error("missing-tablespaces", message)]
