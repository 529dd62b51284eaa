"""The checks before a restore into a MySQL or MariaDB server touches anything."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dbbackup.core.errors import ToolMissingError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.modes import RestoreMode, restore_mode, target_database
from dbbackup.engines.mysql_connect import Session, session
from dbbackup.engines.mysql_fill import existing_tables
from dbbackup.engines.mysql_findings import error, ok, warning
from dbbackup.engines.mysql_flavour import Flavour, release
from dbbackup.engines.mysql_options import database_name_problem
from dbbackup.engines.mysql_privileges import Grants, grants
from dbbackup.engines.mysql_probe import server_version
from dbbackup.engines.mysql_replace import check_replacing
from dbbackup.engines.mysql_source_checks import fits_mode, is_free, reach, script_target
from dbbackup.engines.mysql_tools import MysqlTools
from dbbackup.engines.values import Connection, Finding

_NAMES = {"mysql": "MySQL", "mariadb": "MariaDB"}
_MARIADB_TYPES = ("uuid", "inet4", "inet6", "vector", "xmltype")
_FACTS = """
SELECT @@global.read_only, @@global.lower_case_table_names, @@global.max_allowed_packet, @@global.event_scheduler,
    @@global.log_bin, @@global.log_bin_trust_function_creators, CURRENT_USER()
"""


@dataclass(frozen=True, slots=True)
class _Target:
    """The server and the account that are to take the backup."""

    version: str
    read_only: bool
    lower_case: int
    packet: int
    scheduler: str
    distrusts_functions: bool
    account: str
    grants: Grants


async def preflight(
    flavour: Flavour, target: Connection, manifest: Manifest, options: dict[str, Any], tools: MysqlTools
) -> list[Finding]:
    """Check that the restore can work; see `Engine.preflight`."""
    if manifest.source.engine not in _NAMES:
        return [error("wrong-engine", f"This is a backup of {manifest.source.engine}, not of {flavour.name}.")]
    findings = [*_backup(manifest, options), *fits_mode(manifest, options)]
    async with session(target) as opened:
        there = await _look(opened, target, flavour)
        findings += _server(flavour, there, manifest)
        findings += await asyncio.to_thread(_tools, tools, there.version)
        findings += await _collations(opened, manifest)
        findings += await _engines(opened, manifest)
        findings += _settings(there, manifest)
        if is_free(manifest, options):
            findings += await reach(opened, there.grants, there.account, options)
        mode = restore_mode(options)
        if mode is RestoreMode.RUN_SCRIPT:
            return findings + await script_target(opened, options)
        if mode.adds_rows:
            return findings + await existing_tables(opened, flavour, there.grants, manifest, options)
        if mode.creates_database:
            findings += await _name(opened, options["newDatabase"])
        else:
            findings += await check_replacing(opened, manifest, options)
        findings += _privileges(there, manifest, target_database(options))
        findings += _definers(flavour, there, manifest, options)
        findings += _events(there, manifest, options)
    return findings


async def _look(opened: Session, target: Connection, flavour: Flavour) -> _Target:
    version = await server_version(opened, target, flavour)
    [(read_only, lower_case, packet, scheduler, log_bin, trusts, account)] = await opened.ask(_FACTS)
    return _Target(
        version=version,
        read_only=str(read_only) not in ("0", "OFF"),
        lower_case=int(lower_case),
        packet=int(packet),
        scheduler=str(scheduler),
        distrusts_functions=bool(log_bin) and not trusts,
        account=account,
        grants=await grants(opened),
    )


def _backup(manifest: Manifest, options: dict[str, Any]) -> Iterator[Finding]:
    part = manifest.part("database")
    if part is None or part.format == "pg_custom":
        yield error("no-script", "The backup holds no script of mysqldump or mariadb-dump.")
    mode = restore_mode(options)
    if manifest.options.get("dataOnly") and (mode.creates_database or mode is RestoreMode.REPLACE):
        yield error("data-only", "The backup holds data only: a new database would have no tables to put it in.")
    if manifest.options.get("schemaOnly") and mode.adds_rows:
        yield error("schema-only", "The backup holds no rows: it was made with schemaOnly.")


def _server(flavour: Flavour, there: _Target, manifest: Manifest) -> Iterator[Finding]:
    source = manifest.source
    if not source.server_version:
        yield warning("source-version-unknown", "Nothing in the source tells which version of the server it is of.")
    elif source.engine != flavour.type:
        yield from _other_flavour(flavour, manifest)
    elif release(there.version)[0] < release(source.server_version)[0]:
        yield error(
            "downgrade",
            f"The backup is of {flavour.name} {source.server_version}, the target is {there.version}: an older server "
            "does not understand a newer one's dump. Restore into version "
            f"{release(source.server_version)[0]} or newer.",
        )
    elif release(there.version) < release(source.server_version):
        yield warning(
            "older-server",
            f"The backup is of {flavour.name} {source.server_version}, the target is {there.version}: what is new in "
            "the source's version stops the restore.",
        )
    else:
        yield ok("server-version", f"{flavour.name} {there.version} takes a backup of {source.server_version}.")
    if there.read_only:
        yield error("read-only", "The target is read only (a replica?): restore into its primary.")


def _other_flavour(flavour: Flavour, manifest: Manifest) -> Iterator[Finding]:
    """Refuse what one kind of server writes and the other does not read; tables and views are sound."""
    source, properties = manifest.source, manifest.source.properties
    origin = _NAMES[source.engine]
    programs = [
        kind for kind in ("routines", "triggers", "events") if properties[kind] and manifest.options.get(kind, 1)
    ]
    problems = [f"{', '.join(programs)} (their SQL mode and collations)"] if programs else []
    for kind, words in (
        ("sequences", "sequences"),
        ("systemVersioned", "system-versioned tables"),
        ("generated", "generated columns" if flavour.type == "mysql" else ""),
    ):
        if words and properties[kind]:
            problems.append(f"{words} ({', '.join(properties[kind])})")
    types = {column for table in source.tables for column in table.columns.values()}
    if flavour.type == "mysql" and (foreign := sorted(t for t in types if t.split("(")[0] in _MARIADB_TYPES)):
        problems.append(f"columns of type {', '.join(foreign)}")
    if problems:
        yield error(
            "other-flavour",
            f"The backup is of {origin} and holds what {flavour.name} does not take over: {'; '.join(problems)}. "
            f"Restore into {origin}.",
        )
    else:
        yield warning(
            "other-flavour",
            f"The backup is of {origin}, the target is {flavour.name}: tables and views are taken over, but try the "
            "application on the result.",
        )
    if flavour.is_mariadb and "json" in types:
        yield warning("json", "Columns of type json become longtext with a check: MariaDB has no type of that name.")


def _tools(tools: MysqlTools, version: str) -> list[Finding]:
    try:
        chosen = tools.choose(version)
    except ToolMissingError as e:
        return [error("tool-missing", e.message)]
    if chosen.note:
        return [warning("tool-older", chosen.note)]
    return [ok("tool", f"The client {chosen.version} is used.")]


async def _collations(opened: Session, manifest: Manifest) -> list[Finding]:
    known = {name for (name,) in await opened.ask("SELECT collation_name FROM information_schema.collations")}
    # MariaDB 10.10 and newer lists the uca1400 collations without the name of their character set
    unknown = [
        name
        for name in manifest.source.properties["collations"]
        if name not in known and name.partition("_")[2] not in known
    ]
    if not unknown:
        return [ok("collations", "The target knows all collations of the backup.")]
    message = f"The target does not know the collations {', '.join(unknown)}: restore into a server that does."
    return [error("unknown-collations", message)]


async def _engines(opened: Session, manifest: Manifest) -> list[Finding]:
    rows = await opened.ask("SELECT engine FROM information_schema.engines WHERE support IN ('YES', 'DEFAULT')")
    known = {name.lower() for (name,) in rows}
    missing = [name for name in manifest.source.properties["engines"] if name.lower() not in known]
    if not missing:
        return []
    message = f"The target has no storage engine {', '.join(missing)}: switch it on there, or restore elsewhere."
    return [error("missing-engines", message)]


def _settings(there: _Target, manifest: Manifest) -> Iterator[Finding]:
    source, properties = manifest.source, manifest.source.properties
    names = [table.name for table in source.tables] + properties["views"]
    if there.lower_case and len({name.lower() for name in names}) < len(names):
        yield error(
            "case-collision",
            "Names of tables differ in upper and lower case only, and the target does not tell these apart "
            "(lower_case_table_names): restore into a server that does.",
        )
    elif there.lower_case != properties["lowerCaseTableNames"]:
        yield warning(
            "case-of-names",
            f"lower_case_table_names is {there.lower_case} on the target and was {properties['lowerCaseTableNames']} "
            "on the source: names in queries may have to be written in another case.",
        )
    if there.packet < properties["maxAllowedPacket"]:
        yield warning(
            "packet",
            f"max_allowed_packet is {there.packet} on the target and was {properties['maxAllowedPacket']} on the "
            "source: a larger row stops the restore. SET GLOBAL max_allowed_packet on the target to be sure.",
        )


async def _name(opened: Session, name: str) -> list[Finding]:
    if problem := database_name_problem(name):
        return [error("name-invalid", f"The name of the new database {problem}.")]
    # compared as the server compares: where it does not tell cases apart, neither must we
    if await opened.ask("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", name):
        return [error("name-taken", f"The database {name} exists already: choose another name.")]
    return [ok("name-free", f"The name {name} is free.")]


def _privileges(there: _Target, manifest: Manifest, name: str) -> Iterator[Finding]:
    properties = manifest.source.properties
    needed = ["CREATE", "DROP", "ALTER", "INDEX", "INSERT", "SELECT", "REFERENCES"]
    for kind, privileges in (
        ("views", ["CREATE VIEW", "SHOW VIEW"]),
        ("triggers", ["TRIGGER"]),
        ("routines", ["CREATE ROUTINE", "ALTER ROUTINE"]),
        ("events", ["EVENT"]),
    ):
        needed += privileges if properties[kind] else []
    missing = [privilege for privilege in needed if not there.grants.has(privilege, name)]
    if missing:
        grant = f"GRANT {', '.join(missing)} ON `{name.replace('`', '``')}`.* TO {there.account}"
        yield error(
            "missing-privileges", f"The account {there.account} lacks privileges for the database {name}: {grant}."
        )
    programs = properties["triggers"] or properties["routines"]
    if programs and there.distrusts_functions and not there.grants.has("SUPER", "*"):
        yield error(
            "binary-log",
            "The target keeps a binary log and lets only an account with SUPER create triggers and functions: SET "
            "GLOBAL log_bin_trust_function_creators = 1 there, or GRANT SUPER.",
        )


def _definers(flavour: Flavour, there: _Target, manifest: Manifest, options: dict[str, Any]) -> Iterator[Finding]:
    if "strip" in (options["definer"], manifest.options.get("definer")):
        if manifest.source.roles:
            yield warning(
                "definer-stripped", f"Views and routines will belong to {there.account} and run with its rights."
            )
        return
    others = [name for name in manifest.source.roles if name != there.account]
    if others and not any(there.grants.has(grant, "*") for grant in flavour.definer_grants):
        yield error(
            "definer",
            f"The account {there.account} may not give views and routines to {', '.join(others)}: GRANT it one of "
            f"{', '.join(sorted(flavour.definer_grants))}, or restore without definers (definer: strip).",
        )
    elif others:
        yield warning("definers", f"Definers must exist on the target for what is theirs to work: {', '.join(others)}.")


def _events(there: _Target, manifest: Manifest, options: dict[str, Any]) -> Iterator[Finding]:
    if manifest.source.properties["events"]:
        told = {
            "disabled": "come disabled: ALTER EVENT ... ENABLE those that are to run.",
            "enabled": f"run as soon as they are restored (event_scheduler is {there.scheduler}), also those that name "
            "another database.",
            "skip": "are left out.",
        }
        yield warning("events", f"Events of the backup {told[options['events']]}")
