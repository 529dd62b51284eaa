"""Reading what the dump tools and clients of the MySQL family say: failures and progress."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from pathlib import Path

from dbbackup.core.errors import AppError, BackupError, DatabaseError, RestoreError, ToolFailedError
from dbbackup.engines.faults import Where, diagnose, fault
from dbbackup.engines.mysql_commands import OPTION_FILE
from dbbackup.engines.mysql_faults import CONNECTION_FAULTS, mask
from dbbackup.engines.values import Command, Progress

LAST_LINES = 5

_PROGRESS = re.compile(r"^-- Retrieving table structure for table (?P<table>.+)\.\.\.$")
_ERROR = re.compile(r"^(?:ERROR\b|(?:mysql|mariadb)(?:-?dump)?: )")
_NOISE = re.compile(r"^(?:-- |(?:mysql|mariadb)(?:-?dump)?: \[?Warning|Warning:|-{5,}$)")

_COMMON_FAULTS = (
    fault(
        r"Got errno 28|error:? 28\b|No space left on device|Errcode: 28|The table '[^']*' is full|error:? 1114\b"
        r"|Disk (?:is )?full",
        DatabaseError,
        "The disk of the server at {host} is full, or a table may not grow: free space there.",
    ),
    fault(
        r"max_allowed_packet|Got packet bigger than|error:? (?:1153|2020)\b",
        DatabaseError,
        "A row is larger than the server's max_allowed_packet allows: SET GLOBAL max_allowed_packet (up to 1 GB) on "
        "{host} and run it again.",
    ),
    fault(
        r"Table '(?P<table>[^']*)' is marked as crashed|Incorrect key file for table|error:? (?:144|145|1194|1034)\b",
        DatabaseError,
        "A table of the database {database} is damaged: run REPAIR TABLE or CHECK TABLE on the server, then again.",
    ),
    fault(
        r"Lock wait timeout|error:? 1205\b",
        DatabaseError,
        "Somebody held a table of {database} for too long: run it again when no long change of tables is going on.",
    ),
    fault(
        r"Table definition has changed|error:? 1412\b",
        DatabaseError,
        "A table was altered during the backup, so it is not consistent: run it again.",
    ),
    fault(
        r"references invalid table\(s\) or column\(s\)[^\n]*|error:? 1356\b",
        DatabaseError,
        "A view of {database} refers to a table, column or function that is not there, or whose definer may not use "
        "it: repair or drop the view. SHOW TABLE STATUS names it in its comment.",
    ),
    fault(
        r"The user specified as a definer \('(?P<definer>[^\n]*)'\) does not exist|error:? 1449\b",
        DatabaseError,
        "The definer of a view or trigger does not exist on {host}: create the account, or change the definer.",
    ),
)
_DUMP_FAULTS = (
    # seen in MariaDB's 10.11: it escapes the name where it should not
    fault(
        r"Unknown database '[^\n]*\\[\\'\"]",
        BackupError,
        "The dump tool cannot read events of a database whose name holds quotes or backslashes ({database}): "
        "switch the option events off, or rename the database.",
    ),
    fault(
        r"has insufficient privileges to SHOW CREATE (?P<what>\w+)",
        DatabaseError,
        "User {username} may not read every {what}: the connection test names the missing grant.",
    ),
    fault(
        r"Couldn't find table: \"(?P<table>[^\n]*)\"",
        BackupError,
        "The database {database} has no table {table}: correct the option includeTables.",
    ),
    fault(
        r"command denied to user|Access denied; you need",
        DatabaseError,
        "User {username} lacks a privilege for the dump: the connection test names the missing grant.",
    ),
)
_RESTORE_FAULTS = (
    fault(
        r"Unknown collation: '(?P<collation>[^']*)'|error:? 1273\b",
        RestoreError,
        "The target server does not know a collation of the backup: restore into a server of the same kind and of the "
        "source's version or newer.",
    ),
    fault(
        r"Duplicate entry '[^\n]*' for key '(?P<key>[^\n]*)'",
        RestoreError,
        "A row of the backup is there already (key {key}). Where the restore adds rows to a database, nothing was "
        "changed in it.",
    ),
    fault(
        r"Access denied; you need \(at least one of\) the (?P<privilege>[^\n]+?) privilege",
        RestoreError,
        "User {username} lacks the privilege {privilege} on the target: GRANT it, or restore without definers "
        "(definer: strip).",
    ),
    fault(
        r"(?P<command>[A-Z ]+) command denied to user",
        RestoreError,
        "User {username} lacks the privilege {command} on the database {database}: GRANT it.",
    ),
)


def explain(command: Command, exit_code: int, stderr_tail: Sequence[str]) -> AppError:
    """Turn a tool's failure into an error a person can act on; never holds a secret.

    `exit_code` is negative for a signal, as subprocess has it.
    """
    tool = Path(command.argv[0]).name
    dumps = "dump" in tool
    where, secret = _read_option_file(command)
    text = mask(_from_first_error(stderr_tail), secret)
    specific = _DUMP_FAULTS if dumps else _RESTORE_FAULTS
    return diagnose(text, where, _COMMON_FAULTS + specific + CONNECTION_FAULTS) or _unknown(
        tool, command, exit_code, text, dumps
    )


def progress(line: str) -> Progress | None:
    """Read the table a verbose dump has come to; None for every other line."""
    match = _PROGRESS.match(line.rstrip())
    return Progress(match["table"]) if match else None


def _from_first_error(lines: Sequence[str]) -> str:
    """Leave out the verbose lines, and the statement that MariaDB's client repeats before its error."""
    kept = [line.rstrip() for line in lines if not _NOISE.match(line)]
    start = next((number for number, line in enumerate(kept) if _ERROR.match(line)), 0)
    return "\n".join(kept[start:])


def _read_option_file(command: Command) -> tuple[Where, str]:
    """Return whom the command was to reach, and its password, from the file made for it."""
    content = next((data for path, data in command.files.items() if path.suffix == OPTION_FILE), b"")
    lines = dict(line.split("=", 1) for line in content.decode().splitlines() if "=" in line)
    values = {name: _unquoted(value) for name, value in lines.items()}
    database = next((arg.removeprefix("--database=") for arg in command.argv if arg.startswith("--database=")), None)
    if database is None:
        database = command.argv[command.argv.index("--") + 1] if "--" in command.argv else "?"
    there = Where(values.get("host", "?"), int(values.get("port", 0)), database, values.get("user", "?"))
    return there, values.get("password", "")


def _unquoted(value: str) -> str:
    letters = {"n": "\n", "r": "\r", "t": "\t", "b": "\b"}
    bare = value[1:-1] if value.startswith('"') else value
    return re.sub(r"\\(.)", lambda match: letters.get(match[1], match[1]), bare)


def _unknown(tool: str, command: Command, exit_code: int, text: str, dumps: bool) -> AppError:
    """Say how the tool ended and what it said. A dump may be tried again, a restore not by itself."""
    ended = f"exit code {exit_code}"
    if exit_code < 0 or exit_code > 128:
        number = -exit_code if exit_code < 0 else exit_code - 128
        names = {entry.value: entry.name for entry in signal.Signals}
        ended = f"signal {names.get(number, number)}"
    said = "\n".join([line for line in text.splitlines() if line.strip()][-LAST_LINES:])
    # The kernel kills the largest process when memory runs out; it leaves no other word.
    killed = "it was killed from outside, by a person or for lack of memory. Run it again."
    reason = said or (killed if ended == "signal SIGKILL" else "it gave no reason. Run it again.")
    message = f"{command.tool or tool} ended with {ended}: {reason}"
    return ToolFailedError(message) if dumps else RestoreError(message)
