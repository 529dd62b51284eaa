"""What PostgreSQL's tools say, turned into errors and progress."""

from __future__ import annotations

import pytest

from dbbackup.core.errors import (
    AppError,
    BackupError,
    DatabaseError,
    DatabaseUnreachableError,
    DumpIncompleteError,
    IntegrityError,
    RestoreError,
    ToolFailedError,
    ToolMissingError,
)
from dbbackup.engines.postgresql_explain import explain, progress
from dbbackup.engines.postgresql_faults import mask
from dbbackup.engines.values import Command, Progress

CONNECTION = "--dbname=host='db host' port=5433 user='app role' dbname='shop'"
DUMP = Command(("/b/pg_dump", CONNECTION), env={"PGPASSWORD": "hunter2"}, tool="pg_dump 15.19")
RESTORE = Command(("/b/pg_restore", CONNECTION), tool="pg_restore 15.19")
CHECK = Command(("/b/pg_restore", "--file=/dev/null"), tool="pg_restore 15.19")


@pytest.mark.parametrize(
    ("command", "line", "kind", "words"),
    [
        (DUMP, "server closed the connection unexpectedly", DatabaseUnreachableError, "db host:5433 broke"),
        (DUMP, "FATAL:  the database system is starting up", DatabaseUnreachableError, "takes no connections yet"),
        (DUMP, "FATAL:  sorry, too many clients already", DatabaseUnreachableError, "no free connection"),
        (DUMP, "FATAL:  unsupported startup parameter: options", DatabaseError, "pooler"),
        (DUMP, 'FATAL:  role "x y" does not exist', DatabaseError, "The role x y does not exist on db host:5433"),
        (DUMP, "ERROR:  could not write block: No space left on device", DatabaseError, "disk of the server"),
        (DUMP, "ERROR:  out of shared memory", DatabaseError, "max_locks_per_transaction"),
        (DUMP, "aborting because of server version mismatch", ToolMissingError, "older than the server"),
        (DUMP, "ERROR:  permission denied for table t", DatabaseError, "app role may not read table t"),
        (DUMP, "ERROR:  canceling statement due to conflict with recovery", ToolFailedError, "standby"),
        (DUMP, "no matching tables were found", BackupError, "No tables in the database match"),
        (DUMP, "network is unreachable", DatabaseUnreachableError, "no way through the network"),
        (DUMP, "SSL error: tlsv1 alert protocol version", DatabaseError, "no TLS version"),
        (DUMP, "FATAL:  connection requires a valid client certificate", DatabaseError, "client certificate"),
        (RESTORE, 'extension "postgis" is not available', RestoreError, "(postgis)"),
        (
            RESTORE,
            'could not open extension control file "/usr/share/x/postgis.control": No such file or directory',
            RestoreError,
            "(postgis)",
        ),
        (RESTORE, 'tablespace "fast" does not exist', RestoreError, "The tablespace fast"),
        (RESTORE, 'unrecognized configuration parameter "transaction_timeout"', RestoreError, "transaction_timeout"),
        (RESTORE, 'must be able to SET ROLE "boss"', RestoreError, "may not give objects to boss"),
        (RESTORE, 'must be member of role "boss"', RestoreError, "may not give objects to boss"),
        (RESTORE, "permission denied to create event trigger", RestoreError, "(create event trigger)"),
        (RESTORE, "permission denied for database shop", RestoreError, "lacks a permission"),
        (RESTORE, "input file is too short (read 0, expected 5)", IntegrityError, "cut off or damaged"),
        (CHECK, "could not read from input file: end of file", DumpIncompleteError, "not whole"),
    ],
)
def test_known_failure_becomes_an_error_that_says_what_to_do(
    command: Command, line: str, kind: type[AppError], words: str
) -> None:
    error = explain(command, 1, [f"{command.tool.split()[0]}: error: {line}"])
    assert type(error) is kind
    assert words in error.message


def test_verbose_lines_before_the_error_are_not_taken_for_it() -> None:
    lines = ['pg_dump: dumping contents of table "public.disk full"', "pg_dump: error: odd thing"]
    assert explain(DUMP, 1, lines).message == "pg_dump 15.19 ended with exit code 1: pg_dump: error: odd thing"


@pytest.mark.parametrize(("code", "words"), [(-9, "SIGKILL"), (137, "SIGKILL"), (-99, "signal 99"), (3, "exit code 3")])
def test_unknown_failure_tells_how_the_tool_ended(code: int, words: str) -> None:
    error = explain(DUMP, code, [])
    assert type(error) is ToolFailedError
    assert words in error.message and error.message.endswith("Run it again.")
    assert ("for lack of memory" in error.message) == (words == "SIGKILL")


def test_verbose_lines_without_an_error_are_not_taken_for_the_reason() -> None:
    error = explain(DUMP, 3, ["pg_dump: last built-in OID is 16383", "pg_dump: reading extensions"])
    assert error.message == "pg_dump 15.19 ended with exit code 3: it gave no reason. Run it again."


@pytest.mark.parametrize(("command", "kind"), [(RESTORE, RestoreError), (CHECK, ToolFailedError)])
def test_unknown_failure_is_told_by_what_was_run(command: Command, kind: type[AppError]) -> None:
    assert type(explain(command, 1, ["odd"])) is kind


def test_unknown_failure_shows_no_secret() -> None:
    lines = [
        "pg_dump: error: odd hunter2",
        "Command was: CREATE USER MAPPING FOR a SERVER s OPTIONS (password 'it''s', host 'h');",
        "Command was: ALTER ROLE a ENCRYPTED PASSWORD 'SCRAM-SHA-256$x';",
        "CONNECTION 'host=h password=abc dbname=d' CONNECTION 'password=''x y'' host=h'",
    ]
    message = explain(DUMP, 1, lines).message
    for secret in ("hunter2", "it''s", "SCRAM", "abc", "x y"):
        assert secret not in message
    assert "host 'h'" in message and "dbname=d" in message


def test_mask_leaves_plain_words_alone() -> None:
    said = 'password authentication failed for user "app"'
    assert mask(said) == said


@pytest.mark.parametrize(
    ("line", "table"),
    [
        ('pg_dump: dumping contents of table "public.orders"', "public.orders"),
        ('pg_restore: processing data for table "public.my "odd" one"\n', 'public.my "odd" one'),
    ],
)
def test_progress_names_the_table(line: str, table: str) -> None:
    assert progress(line) == Progress(table)


def test_progress_of_any_other_line_is_none() -> None:
    assert progress("pg_dump: reading schemas") is None
