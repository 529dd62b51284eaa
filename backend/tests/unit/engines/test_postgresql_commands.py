"""The command lines of PostgreSQL's tools."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from dbbackup.core.secret import Secret
from dbbackup.engines import build_registry
from dbbackup.engines.values import Command, Connection, Survey, TlsMode, ToolInfo
from tests.integration.engines.support import NASTY, fill_options, manifest, restore_options

SECRET = "s3cr3t 'word"
SOURCE = Connection("db", 5432, NASTY, f"user {NASTY}", Secret(SECRET), TlsMode.VERIFY_FULL, "PEM", 7)
TOOLS = ToolInfo(version="15.19", folder="/opt/15", exact=True, note=None)
WORK = Path("/work dir")


def commands(tools: ToolInfo = TOOLS) -> list[Command]:
    pg = build_registry([])["postgresql"]
    return [part.command for part in pg.dump(SOURCE, tools, pg.parse_dump_options({}), WORK)]


def restore_command(backup_options: dict[str, Any] | None = None, **options: Any) -> Command:
    survey = Survey(server_version="15.1", size=0, tables=[], roles=[], extensions=[], properties={})
    backup = manifest(survey, options=backup_options)
    pg = build_registry([])["postgresql"]
    chosen = restore_options("new -db =x", **options)
    archive = Path("/a b.dump") if pg.wants_file(chosen) else None
    return pg.restore(SOURCE, TOOLS, backup, chosen, archive, WORK)


def test_dump_never_has_the_secret_in_argv_but_in_the_environment() -> None:
    roles, database = commands()
    for command in (roles, database, restore_command()):
        assert SECRET not in " ".join(command.argv) and SECRET not in repr(command)
        assert command.env["PGPASSWORD"] == SECRET
        assert command.env["PGCONNECT_TIMEOUT"] == "7"
        assert command.env["PGAPPNAME"] == "dbbackup"
        assert command.env["LC_MESSAGES"] == "C"
        assert command.files == {WORK / "server-ca.pem": b"PEM"}
    assert (roles.tool, database.tool) == ("pg_dumpall 15.19", "pg_dump 15.19")
    assert database.argv[0] == "/opt/15/pg_dump"


def test_connection_is_one_quoted_value() -> None:
    dbname = commands()[1].argv[-1]
    parameters = conninfo_to_dict(dbname.removeprefix("--dbname="))
    assert parameters["dbname"] == NASTY
    assert parameters["user"] == f"user {NASTY}"
    assert parameters["sslmode"] == "verify-full"
    assert parameters["sslrootcert"] == "/work dir/server-ca.pem"


@pytest.mark.parametrize(
    ("tools", "there"), [(TOOLS, True), (ToolInfo(version="18.6", folder="/opt/18", exact=False, note="n"), False)]
)
def test_idle_session_timeout_is_switched_off_only_where_the_server_surely_knows_it(
    tools: ToolInfo, there: bool
) -> None:
    assert ("idle_session_timeout=0" in commands(tools)[1].env["PGOPTIONS"]) is there


def test_restore_never_creates_or_cleans_and_stops_at_the_first_error() -> None:
    plain = restore_command()
    assert "--exit-on-error" in plain.argv
    assert not {"--create", "--clean", "--single-transaction", "--no-owner", "--no-privileges"} & set(plain.argv)
    assert conninfo_to_dict(plain.argv[-1].removeprefix("--dbname="))["dbname"] == "new -db =x"
    assert "default_transaction_read_only=off" in plain.env["PGOPTIONS"]


@pytest.mark.parametrize(
    ("mode", "waits"),
    [("newDatabase", False), ("schemaOnly", False), ("dataOnly", True), ("append", True)],
)
def test_restore_waits_for_the_disk_only_in_a_database_that_was_there(mode: str, waits: bool) -> None:
    chosen = restore_options("db", mode=mode) if not waits else fill_options(mode, "db")
    survey = Survey(server_version="15.1", size=0, tables=[], roles=[], extensions=[], properties={})
    pg = build_registry([])["postgresql"]
    command = pg.restore(SOURCE, TOOLS, manifest(survey), chosen, None, WORK, "")
    assert ("synchronous_commit=off" not in command.env["PGOPTIONS"]) is waits


@pytest.mark.parametrize(
    ("options", "flags"),
    [
        ({"jobs": 4}, {"--jobs=4", "/a b.dump"}),
        ({"singleTransaction": True}, {"--single-transaction"}),
        ({"noOwner": True, "noPrivileges": True}, {"--no-owner", "--no-privileges"}),
        ({"role": "-r"}, {"--no-owner", "--role=-r"}),
        ({"mode": "schemaOnly", "noTablespaces": True}, {"--schema-only", "--no-tablespaces"}),
    ],
)
def test_restore_options_become_flags(options: dict[str, Any], flags: set[str]) -> None:
    assert flags <= set(restore_command(**options).argv)


def test_restore_of_a_backup_made_without_owners_leaves_them_out() -> None:
    assert "--no-owner" in restore_command({"noOwner": True}).argv


def test_restore_from_stdin_is_never_parallel() -> None:
    pg = build_registry([])["postgresql"]
    survey = Survey(server_version="15.1", size=0, tables=[], roles=[], extensions=[], properties={})
    command = pg.restore(SOURCE, TOOLS, manifest(survey), restore_options("new", jobs=4), None, WORK)
    assert not any(flag.startswith("--jobs") for flag in command.argv)
