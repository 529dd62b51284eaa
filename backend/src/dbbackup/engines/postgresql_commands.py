"""The command lines of pg_dump, pg_dumpall and pg_restore."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from dbbackup.core.errors import RestoreError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.contents import selection_of
from dbbackup.engines.division import MAIN, divide
from dbbackup.engines.modes import RestoreMode, restore_mode, target_database
from dbbackup.engines.postgresql_connect import APPLICATION_NAME, conninfo, wants_ca
from dbbackup.engines.postgresql_contents import SCRATCH, chosen_rows, leaves_out, without_links, without_standing
from dbbackup.engines.postgresql_division import dumps
from dbbackup.engines.postgresql_selection import taken_entries
from dbbackup.engines.postgresql_toc import TocReader
from dbbackup.engines.tools import major_of
from dbbackup.engines.values import Command, Connection, Divisible, DumpPart, ReaderCheck, TailCheck, ToolInfo

LOCK_WAIT = 120
"""Seconds pg_dump waits for a table somebody holds exclusively, before it gives up."""

ARCHIVE = "pg_custom"
"""The format of a part that pg_restore reads; every other is plain SQL for psql."""
_CA_FILE = "server-ca.pem"
_LIST_FILE = "contents.list"


def dump_parts(
    connection: Connection,
    tools: ToolInfo,
    options: dict[str, Any],
    work: Path,
    snapshot: str | None = None,
    apart: Divisible | None = None,
) -> list[DumpPart]:
    """Say what to run for a backup: the roles first, if wanted, and the database last, divided as `apart` allows."""
    parts = [] if options["globals"] == "none" else [_globals_part(connection, tools, options, work)]
    whole = partial(_database_part, connection, tools, options, work, snapshot)
    divided = divide(apart, options.get("jobs", 1)) if apart and snapshot else {}
    return [*parts, *dumps(whole, divided)] if divided else [*parts, whole([])]


def restore_command(
    target: Connection,
    tools: ToolInfo,
    manifest: Manifest,
    options: dict[str, Any],
    archive: Path | None,
    work: Path,
    contents: str | None = None,
) -> Command:
    """Say what to run to fill the database from the archive, or from stdin.

    Never with --create: with --clean it would drop the database the archive names, not the one connected to. And
    --clean only where the mode says so: a new database is ours and empty, one that gets rows loses nothing.
    """
    if manifest.main.format != ARCHIVE:
        return _script_command(target, tools, options, work)
    mode, chosen = restore_mode(options), _chosen_entries(archive, options)
    flags = ["--exit-on-error", "--verbose", "--no-password"]
    if mode.adds_rows:
        flags += _filling(options, work)
    elif mode is RestoreMode.CLEAN:
        flags += _cleaning(manifest, options, work)
    else:
        flags += _creating(manifest, options, archive)
        flags += [f"--use-list={work / _LIST_FILE}"] if chosen is not None or leaves_out(options) else []
    connection = replace(target, database=target_database(options))
    flags.append(dbname_flag(connection, work))
    files = [] if archive is None else [str(archive)]
    environment = {"PGOPTIONS": filling_options(tools, options)}
    command = tool_command("pg_restore", tools, connection, [*flags, *files], work, environment)
    if mode.adds_rows:
        return _with_list(command, work, chosen_rows(contents or "", manifest, chosen))
    if mode is RestoreMode.CLEAN:
        return _with_list(command, work, without_standing(contents or "", options))
    if leaves_out(options):
        return _with_list(command, work, without_links(contents or ""))
    if chosen is None:
        return command
    return _with_list(command, work, "".join(f"{id_}; chosen\n" for id_ in chosen).encode())


def _with_list(command: Command, work: Path, entries: bytes) -> Command:
    return replace(command, files={**command.files, work / _LIST_FILE: entries})


def _chosen_entries(archive: Path | None, options: dict[str, Any]) -> list[int] | None:
    """Return the ids of the entries a selection takes, in the archive's order; None when all are taken."""
    selection = selection_of(options)
    if selection is None:
        return None
    if archive is None:
        raise RestoreError("A selection is read from a file, and there is none.")
    reader = TocReader()
    with archive.open("rb") as file:
        while not reader.done and (chunk := file.read(1 << 20)):
            reader.feed(chunk)
    toc = reader.finish()
    taken = taken_entries(toc, selection)
    return [entry.id for entry in toc.entries if entry.id in taken]


def _script_command(target: Connection, tools: ToolInfo, options: dict[str, Any], work: Path) -> Command:
    """Say what to run for plain SQL. psql reads no file of its own, and the first line it is fed restricts it."""
    flags = ["--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--file=-"]
    if not restore_mode(options).creates_database:
        flags.append("--single-transaction")
    connection = replace(target, database=target_database(options))
    environment = {
        "PGOPTIONS": filling_options(tools, options),
        "PSQL_HISTORY": "/dev/null",
    }
    return tool_command("psql", tools, connection, [*flags, dbname_flag(connection, work)], work, environment)


def _creating(manifest: Manifest, options: dict[str, Any], archive: Path | None) -> Iterator[str]:
    """Yield the flags for a database that is new."""
    if options.get(SCRATCH):
        yield "--no-subscriptions"
    if options["singleTransaction"]:
        yield "--single-transaction"
    if options["jobs"] > 1 and archive is not None:  # parallel jobs cannot share stdin
        yield f"--jobs={options['jobs']}"
    if restore_mode(options) is RestoreMode.SCHEMA_ONLY:
        yield "--schema-only"
    yield from ownership(manifest, options)


def ownership(manifest: Manifest, options: dict[str, Any]) -> Iterator[str]:
    """Yield the flags about owners, privileges and tablespaces."""
    if without_owner(manifest, options):
        yield "--no-owner"
    if options["noPrivileges"]:
        yield "--no-privileges"
    if options["noTablespaces"]:
        yield "--no-tablespaces"
    if options["role"] is not None:
        yield f"--role={options['role']}"


def _filling(options: dict[str, Any], work: Path) -> Iterator[str]:
    """Yield the flags for a database that was there before: all the rows or none."""
    yield "--single-transaction"
    yield "--data-only"
    yield f"--use-list={work / _LIST_FILE}"
    if options["disableTriggers"]:
        yield "--disable-triggers"


def _cleaning(manifest: Manifest, options: dict[str, Any], work: Path) -> Iterator[str]:
    """Yield the flags for a database whose objects are made anew: all of that or nothing."""
    yield "--single-transaction"
    yield "--clean"
    yield "--if-exists"
    yield f"--use-list={work / _LIST_FILE}"
    yield from ownership(manifest, options)


def end_check(part: str, tools: ToolInfo) -> ReaderCheck | TailCheck:
    """Say how a part is known to be whole; see `Engine.end_check`."""
    if part == "globals":
        return TailCheck(b"PostgreSQL database cluster dump complete")
    # --list would accept an archive that is cut off; reading it out notices
    return ReaderCheck(
        Command(
            argv=(str(Path(tools.folder) / "pg_restore"), "--file=/dev/null"),
            env={"LC_MESSAGES": "C"},
            tool=f"pg_restore {tools.version}",
        )
    )


def without_owner(manifest: Manifest, options: dict[str, Any]) -> bool:
    """Tell whether owners are left out. pg_dump keeps them in a custom archive whatever it is told,
    so a backup made with noOwner is honoured here.
    """
    return bool(options["noOwner"] or options["role"] is not None or manifest.options.get("noOwner", False))


def _globals_part(connection: Connection, tools: ToolInfo, options: dict[str, Any], work: Path) -> DumpPart:
    dbname = dbname_flag(connection, work)
    flags = ["--globals-only", "--no-password", dbname]
    # pg_dumpall ignores the database of --dbname, and reads a bare name given here as conninfo if it holds a `=`
    flags.append(dbname.replace("--dbname=", "--database=", 1))
    if options["globals"] == "roles":
        flags.append("--no-role-passwords")
    return DumpPart(
        name="globals",
        format="sql",
        extension="globals.sql",
        command=tool_command("pg_dumpall", tools, connection, flags, work, {"PGOPTIONS": pg_options(tools)}),
        trailer=end_check("globals", tools),
    )


def _database_part(
    connection: Connection,
    tools: ToolInfo,
    options: dict[str, Any],
    work: Path,
    snapshot: str | None,
    more: list[str],
    name: str = MAIN,
) -> DumpPart:
    flags = [
        "--format=custom",
        "--compress=0",  # compressed outside, on another core
        "--verbose",
        "--no-password",
        f"--lock-wait-timeout={LOCK_WAIT}s",
        *([] if snapshot is None else [f"--snapshot={snapshot}"]),
        *_selection(options),
        *more,
        dbname_flag(connection, work, name),
    ]
    return DumpPart(
        name=name,
        format="pg_custom",
        extension="dump" if name == MAIN else f"{name}.dump",
        command=tool_command("pg_dump", tools, connection, flags, work, {"PGOPTIONS": pg_options(tools)}, name),
        trailer=end_check(name, tools),
    )


def _selection(options: dict[str, Any]) -> Iterator[str]:
    yield "--strict-names"
    for option, flag in (
        ("schemaOnly", "--schema-only"),
        ("dataOnly", "--data-only"),
        ("noOwner", "--no-owner"),
        ("noPrivileges", "--no-privileges"),
    ):
        if options[option]:
            yield flag
    for option, flag in (
        ("includeTables", "--table"),
        ("excludeTables", "--exclude-table"),
        ("includeSchemas", "--schema"),
        ("excludeSchemas", "--exclude-schema"),
    ):
        for pattern in options[option]:
            yield f"{flag}={pattern}"


def dbname_flag(connection: Connection, work: Path, part: str = MAIN) -> str:
    """Return the flag that names server and database; `part` as in `tool_command`."""
    return f"--dbname={conninfo(connection, _ca_file(work, part) if wants_ca(connection) else None)}"


def tool_command(
    name: str,
    tools: ToolInfo,
    connection: Connection,
    flags: list[str],
    work: Path,
    environment: dict[str, str],
    part: str = MAIN,
) -> Command:
    """Return the command of a tool that connects; those that run at once have files of their own, by `part`."""
    files = {_ca_file(work, part): (connection.ca_pem or "").encode()} if wants_ca(connection) else {}
    return Command(
        argv=(str(Path(tools.folder) / name), *flags),
        env={
            "PGPASSWORD": connection.password.reveal(),
            "PGPASSFILE": str(work / "no-pgpass"),  # never there: the password given is the only one tried
            "PGCONNECT_TIMEOUT": str(connection.connect_timeout),
            "PGAPPNAME": APPLICATION_NAME,
            "LC_MESSAGES": "C",  # the lines are read by `explain` and `progress`
            **environment,
        },
        files=files,
        tool=f"{name} {tools.version}",
    )


def _ca_file(work: Path, part: str) -> Path:
    return work / (_CA_FILE if part == MAIN else f"{part}-{_CA_FILE}")


def pg_options(tools: ToolInfo, **more: str) -> str:
    """Return the server settings of a tool's connection, in the form of PGOPTIONS: no timeouts."""
    settings = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0", **more}
    # unknown before 14, where it would end the connection; the server is not newer than an exact tool
    if tools.exact and major_of(tools.version) >= 14:
        settings["idle_session_timeout"] = "0"
    return " ".join(f"-c {name}={value}" for name, value in settings.items())


def filling_options(tools: ToolInfo, options: dict[str, Any]) -> str:
    """Return the server settings of what fills a database: a role may be set to read only, and is not for this.

    A new database bears our mark until `finish_database` or a swap is through. Their commits wait for the disk, and so
    for all that was committed before: no statement of the tool's has to wait by itself.
    """
    settings = {"default_transaction_read_only": "off"}
    if restore_mode(options).creates_database:
        settings["synchronous_commit"] = "off"
    return pg_options(tools, **settings)
