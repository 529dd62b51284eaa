"""Reading what pg_dump, pg_dumpall and pg_restore say: failures and progress."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from dbbackup.core.errors import (
    AppError,
    BackupError,
    DatabaseError,
    DumpIncompleteError,
    IntegrityError,
    RestoreError,
    ToolFailedError,
    ToolMissingError,
)
from dbbackup.engines.faults import Where, diagnose, fault
from dbbackup.engines.postgresql_faults import CONNECTION_FAULTS, mask
from dbbackup.engines.values import Command, Progress

LAST_LINES = 5

_SCRIPT_ERROR = re.compile(r"^psql:<stdin>:(?P<line>\d+): (?:ERROR: *|error: *)(?P<said>.+)$", re.MULTILINE | re.DOTALL)

_VERBOSE = re.compile(r"^pg_\w+: (?!error:|fatal:|warning:|detail:|hint:)")
_PROGRESS = re.compile(
    r'^(?:pg_dump: dumping contents of table|pg_restore: processing data for table) "(?P<table>.+)"$'
)

_COMMON_FAULTS = (
    fault(
        r"no space left on device|could not extend file|disk full",
        DatabaseError,
        "The disk of the server at {host} is full: free space there.",
    ),
    fault(
        r"out of shared memory|max_locks_per_transaction",
        DatabaseError,
        "The server's lock table is too small for this many objects: raise max_locks_per_transaction there.",
    ),
    fault(
        r"aborting because of server version mismatch",
        ToolMissingError,
        "The client tool is older than the server at {host}:{port}: install the tools of the server's version.",
    ),
)

_DUMP_FAULTS = (
    fault(
        r"permission denied for (?:table|view|relation) pg_authid",
        DatabaseError,
        "Only a superuser may read the password hashes of roles: set the option globals to roles, or back up as a "
        "superuser.",
    ),
    fault(
        r"query would be affected by row-level security policy for table \"(?P<table>.+)\"",
        DatabaseError,
        "Row security on table {table} would hide rows from role {username}: ALTER ROLE ... BYPASSRLS, or back up as "
        "the owner of the table.",
    ),
    fault(
        r"failed to get data for sequence (?P<what>\S+);",
        DatabaseError,
        "The role {username} may not read the sequence {what}: GRANT SELECT on it. The connection test names every "
        "missing grant.",
    ),
    fault(
        r"permission denied for (?P<what>[^\n]+)",
        DatabaseError,
        "The role {username} may not read {what}: GRANT it. The connection test names every missing grant.",
    ),
    fault(
        r"canceling statement due to (?:statement|lock) timeout",
        ToolFailedError,
        "A table stayed locked by another session (ALTER TABLE, VACUUM FULL, TRUNCATE) for longer than the backup "
        "waits: it can be tried again when that has ended.",
    ),
    fault(
        r"due to conflict with recovery",
        ToolFailedError,
        "The standby cancelled the dump to keep up with its primary: raise max_standby_streaming_delay, set "
        "hot_standby_feedback, or back up from the primary.",
    ),
    fault(
        r"no matching (?P<what>\w+) were found(?P<pattern>[^\n]*)",
        BackupError,
        "No {what} in the database match what is to be included{pattern}: correct the patterns.",
    ),
    fault(
        r"improper (?:qualified|relation) name|cross-database references are not implemented",
        BackupError,
        "A pattern of the tables or schemas is not valid: it has too many parts. Quote names that hold dots.",
    ),
)

_RESTORE_FAULTS = (
    fault(
        r"unsupported version \((?P<format>.+)\) in file header",
        RestoreError,
        "The backup was written by a newer pg_dump than this pg_restore reads (archive format {format}): restore into "
        "a server of the newer version.",
    ),
    fault(
        r'unrecognized configuration parameter "(?P<parameter>.+)"',
        RestoreError,
        "The target server does not know the setting {parameter}, which the backup or a newer pg_restore sets: use "
        "the tools of the target's version, or a newer target.",
    ),
    fault(
        r'role "(?P<role>.+)" does not exist',
        RestoreError,
        "The role {role} does not exist on the target: create it, let missing roles be created, or restore without "
        "owners and privileges.",
    ),
    fault(
        r'must be (?:able to SET ROLE|a? ?member of role) "(?P<role>.+)"',
        RestoreError,
        "The role {username} may not give objects to {role}: make it a member, restore as a superuser, or restore "
        "without owners.",
    ),
    fault(
        r'extension (?:control file )?"(?:.*/)?(?P<extension>.+?)(?:\.control)?"(?: is not available|: No such file)',
        RestoreError,
        "An extension of the backup is not installed on the target server ({extension}): install its package there.",
    ),
    fault(
        r'tablespace "(?P<tablespace>.+)" does not exist',
        RestoreError,
        "The tablespace {tablespace} does not exist on the target: create it, or restore without tablespaces.",
    ),
    fault(
        r"permission denied (?P<what>to|for) (?P<object>[^\n]+)",
        RestoreError,
        "The role {username} lacks a permission on the target ({object}): restore as a superuser, or without what "
        "needs it.",
    ),
)

_ARCHIVE_BROKEN = re.compile(
    r"input file (?:is too short|does not appear to be a valid archive|is a directory)|unexpected end of file"
    r"|could not read from input file|found unexpected block ID|did not find magic string|corrupt"
)


def explain(command: Command, exit_code: int, stderr_tail: Sequence[str]) -> AppError:
    """Turn a tool's failure into an error a person can act on; never holds a secret.

    `exit_code` is negative for a signal, as subprocess has it.
    """
    tool = Path(command.argv[0]).name
    text = mask(_from_first_error(stderr_tail), command.env.get("PGPASSWORD", ""))
    if tool == "pg_restore" and _ARCHIVE_BROKEN.search(text):
        return _broken_archive(command)
    if tool == "psql" and (failed := _SCRIPT_ERROR.search(text)):
        # the first line is ours
        said = "\n".join(failed["said"].splitlines()[:LAST_LINES])
        return RestoreError(f"Line {int(failed['line']) - 1} of the script failed: {said}")
    faults = CONNECTION_FAULTS + _COMMON_FAULTS + (_RESTORE_FAULTS if tool == "pg_restore" else _DUMP_FAULTS)
    return diagnose(text, _where(command), faults) or _unknown(tool, command, exit_code, text)


def progress(line: str) -> Progress | None:
    """Read the table a verbose tool has come to; None for every other line."""
    match = _PROGRESS.match(line.rstrip())
    return Progress(match["table"]) if match else None


def _from_first_error(lines: Sequence[str]) -> str:
    """Leave out the verbose lines before the error: they hold names of the user's choosing, and no reason."""
    start = next((i for i, line in enumerate(lines) if re.match(r"^pg_\w+: (?:error|fatal):", line)), None)
    kept = [line for line in lines if not _VERBOSE.match(line)] if start is None else lines[start:]
    return "\n".join(line.rstrip() for line in kept)


def _where(command: Command) -> Where:
    argument = next((arg for arg in command.argv if arg.startswith("--dbname=")), "--dbname=")
    parameters = conninfo_to_dict(argument.removeprefix("--dbname="))
    return Where(
        host=str(parameters.get("host", "?")),
        port=int(parameters.get("port") or 0),
        database=str(parameters.get("dbname", "?")),
        username=str(parameters.get("user", "?")),
    )


def _checks_only(command: Command) -> bool:
    return "--file=/dev/null" in command.argv


def _broken_archive(command: Command) -> AppError:
    if _checks_only(command):
        return DumpIncompleteError("The dump is not whole: pg_restore cannot read it to its end.")
    return IntegrityError("The backup's archive is cut off or damaged: pg_restore cannot read it.")


def _unknown(tool: str, command: Command, exit_code: int, text: str) -> AppError:
    """Say how the tool ended and what it said last. A dump may be tried again, a restore not by itself."""
    ended = f"exit code {exit_code}"
    if exit_code < 0 or exit_code > 128:
        number = -exit_code if exit_code < 0 else exit_code - 128
        names = {entry.value: entry.name for entry in signal.Signals}
        ended = f"signal {names.get(number, number)}"
    said = "\n".join([line for line in text.splitlines() if line.strip()][:LAST_LINES])
    # The kernel kills the largest process when memory runs out; it leaves no other word.
    killed = "it was killed from outside, by a person or for lack of memory. Run it again."
    reason = said or (killed if ended == "signal SIGKILL" else "it gave no reason. Run it again.")
    message = f"{command.tool or tool} ended with {ended}: {reason}"
    return (
        RestoreError(message)
        if tool in ("pg_restore", "psql") and not _checks_only(command)
        else ToolFailedError(message)
    )
