"""The command lines of the dump tools and clients, and the option file that signs them in."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from dbbackup.core.errors import BackupError
from dbbackup.core.manifest import SourceFacts
from dbbackup.engines.division import MAIN
from dbbackup.engines.modes import target_database
from dbbackup.engines.mysql_connect import VERIFYING, wants_ca
from dbbackup.engines.mysql_division import divided, dumps
from dbbackup.engines.mysql_flavour import Flavour
from dbbackup.engines.values import Command, Connection, Divisible, DumpPart, TailCheck, TlsMode, ToolInfo

OPTION_FILE = ".cnf"
"""How the names of option files end."""
_SYSTEM_BUNDLES = (Path("/etc/ssl/certs/ca-certificates.crt"), Path("/etc/pki/tls/certs/ca-bundle.crt"))
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b"})
# the limit of both kinds of server: the server's own, smaller one decides
_PACKET = "--max-allowed-packet=1073741824"

_TRANSACTION = ("--single-transaction", "--skip-lock-tables")

END = TailCheck(b"\n-- Dump completed")
"""The last line of a dump that is whole."""


def dump_parts(
    flavour: Flavour,
    connection: Connection,
    tools: ToolInfo,
    options: dict[str, Any],
    work: Path,
    source: SourceFacts | None,
    apart: Divisible | None = None,
) -> list[DumpPart]:
    """Say what to run for a backup: one dump of one database, or several where it is divided.

    Raises:
        BackupError: the options name a table that is not there, or do not fit the database.
    """
    if source is not None:
        _check_names(options, source)
    whole = partial(_dump, flavour, connection, tools, options, work)
    asked = divided(options, source, apart) if source is not None else []
    if source is not None and asked:
        return list(dumps(lambda ask: whole([*_TRANSACTION, *ask.flags], ask.tables, ask.part), asked, source))
    return [whole([*_reading(source), *_selection(options)], options["includeTables"], MAIN)]


def _dump(
    flavour: Flavour,
    connection: Connection,
    tools: ToolInfo,
    options: dict[str, Any],
    work: Path,
    chosen: Sequence[str],
    tables: Sequence[str],
    part: str,
) -> DumpPart:
    flags = [
        "--quick",
        "--hex-blob",
        "--extended-insert",
        "--complete-insert",  # rows go into tables whose columns stand in another order, or are generated
        "--comments",  # among them the last line, by which a whole dump is known
        "--no-tablespaces",
        "--verbose",
        _PACKET,
        f"--default-character-set={options['characterSet']}",
        *flavour.dump_flags,
        *chosen,
        *(f"--ignore-table={connection.database}.{table}" for table in options["excludeTables"]),
        "--",  # a name may begin with a dash
        connection.database,
        *tables,
    ]
    return DumpPart(
        name=part,
        format="sql",
        extension="sql" if part == MAIN else f"{part}.sql",
        command=_command(flavour, flavour.dump_tool, tools, connection, flags, work, part),
        trailer=END,
    )


def restore_command(
    flavour: Flavour, target: Connection, tools: ToolInfo, options: dict[str, Any], work: Path, part: str = MAIN
) -> Command:
    """Say what to run to fill the database from stdin: the client stops at the first error.

    In binary mode with piped input the client knows no command of its own but DELIMITER: what the dump holds
    cannot reach this machine (`system`, `source`, `tee`, `pager`).
    """
    connection = replace(target, database=target_database(options))
    flags = [
        "--batch",
        "--binary-mode",
        "--comments",  # those inside routines
        "--local-infile=0",
        "--default-character-set=utf8mb4",
        _PACKET,
        *flavour.client_flags,
        f"--database={connection.database}",
    ]
    return _command(flavour, flavour.client, tools, connection, flags, work, part)


def _check_names(options: dict[str, Any], source: SourceFacts) -> None:
    """Refuse names that are not there: the dump tool ignores an unknown table it is to leave out."""
    there = {table.name for table in source.tables} | set(source.properties["views"])
    for option in ("includeTables", "excludeTables"):
        if unknown := [name for name in options[option] if name not in there]:
            raise BackupError(
                f"The database has no table or view {', '.join(unknown)}, which the option {option} names: correct "
                "the option."
            )


def _reading(source: SourceFacts | None) -> list[str]:
    """Choose how the dump stays consistent: one transaction, or read locks where tables know no transactions."""
    if source is not None and source.properties["nonTransactional"]:
        return ["--skip-single-transaction", "--lock-tables"]
    return list(_TRANSACTION)


def _selection(options: dict[str, Any]) -> Iterator[str]:
    if options["schemaOnly"]:
        yield "--no-data"
    if options["dataOnly"]:
        yield "--no-create-info"
    for option, is_of_table in (("routines", False), ("triggers", True), ("events", False)):
        wanted = options[option] and not options["dataOnly"] and (is_of_table or not options["includeTables"])
        yield f"--{option}" if wanted else f"--skip-{option}"


def _command(
    flavour: Flavour, name: str, tools: ToolInfo, connection: Connection, flags: list[str], work: Path, part: str
) -> Command:
    """Return the command with files of its own: several tools of one run work side by side."""
    beside = "" if part == MAIN else f"-{part}"
    own_ca = work / f"server-ca{beside}.pem"
    signing_in = work / f"client{beside}{OPTION_FILE}"
    files = {signing_in: _option_file(flavour, connection, _ca_file(connection, own_ca))}
    if wants_ca(connection):
        files[own_ca] = (connection.ca_pem or "").encode()
    return Command(
        # --defaults-file, and not -extra-file: what the machine's own option files say must not change a backup
        argv=(str(Path(tools.folder) / name), f"--defaults-file={signing_in}", *flags),
        files=files,
        tool=f"{name} {tools.version}",
    )


def _option_file(flavour: Flavour, connection: Connection, ca_file: str | None) -> bytes:
    verifying = connection.tls_mode is TlsMode.REQUIRE and wants_ca(connection)
    mode = TlsMode.VERIFY_CA if verifying else connection.tls_mode
    lines = [
        "[client]",
        f"host={_quoted(connection.host)}",
        f"port={connection.port}",
        "protocol=tcp",  # localhost would mean a socket
        f"user={_quoted(connection.username)}",
        f"password={_quoted(connection.password.reveal())}",
        *flavour.tls_lines(mode, None if ca_file is None else _quoted(ca_file)),
    ]
    return "\n".join([*lines, ""]).encode()


def _quoted(value: str) -> str:
    return f'"{value.translate(_ESCAPES)}"'


def _ca_file(connection: Connection, own: Path) -> str | None:
    """Choose the CA file: the given one; else, where certificates are verified, the system's own bundle."""
    if wants_ca(connection):
        return str(own)
    if connection.tls_mode not in VERIFYING:
        return None
    default = ssl.get_default_verify_paths().cafile
    bundles = ([Path(default)] if default else []) + list(_SYSTEM_BUNDLES)
    return next((str(bundle) for bundle in bundles if bundle.is_file()), None)
