"""What the connection test says about a role that may not dump, against what pg_dump says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dbbackup.core.errors import DatabaseError
from dbbackup.core.secret import Secret
from dbbackup.engines.postgresql import PostgresqlEngine
from dbbackup.engines.postgresql_tools import PostgresqlTools
from dbbackup.engines.tools import ToolFinder
from dbbackup.engines.values import Connection
from devtools.servers import PostgresServer
from tests.integration.engines.support import connection, engine, run, sql, stderr_lines

SCHEMA = """
CREATE SCHEMA hidden;
CREATE TABLE hidden."a table" (i int);
CREATE TABLE plain (i serial);
CREATE TABLE guarded (i int);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
GRANT SELECT ON guarded TO "low role";
CREATE VIEW not_needed AS SELECT * FROM plain;
CREATE EXTENSION seg;
CREATE TABLE of_extension (i int);
ALTER EXTENSION seg ADD TABLE of_extension;
SELECT lo_create(815);
CREATE SCHEMA empty_and_hidden;
"""


@pytest.fixture
def low(server: PostgresServer) -> Connection:
    server.psql("DROP DATABASE IF EXISTS priv")
    server.psql('DROP ROLE IF EXISTS "low role"')
    server.psql("CREATE ROLE \"low role\" LOGIN PASSWORD 'x'")
    server.psql("CREATE DATABASE priv")
    sql(server, SCHEMA, "priv")
    return connection(server, "priv", username="low role", password=Secret("x"))


async def test_missing_privileges_granted_as_told_make_the_dump_work(
    low: Connection, server: PostgresServer, tmp_path: Path
) -> None:
    pg = engine()
    probe = await pg.probe(low)
    assert not probe.can_dump
    assert "a table" in {table.name for table in (await pg.survey(low)).tables}
    assert [re.sub(r":.*", "", sentence) for sentence in probe.missing_privileges] == [
        "USAGE on schema hidden is missing",
        'SELECT on table hidden."a table" is missing',
        "SELECT on table public.plain is missing",
        "SELECT on sequence public.plain_i_seq is missing",
        'row security on table public.guarded would hide rows from "low role", so pg_dump stops',
        "SELECT on large object 815 is missing",
    ]
    assert probe.tool is not None
    (database,) = pg.dump(low, probe.tool, pg.parse_dump_options({"globals": "none"}), tmp_path)
    for sentence in probe.missing_privileges:
        failed = run(database.command, tmp_path)
        assert failed.returncode == 1
        error = pg.explain(database.command, 1, stderr_lines(failed))
        assert type(error) is DatabaseError and "low role" in error.message, error
        sql(server, sentence.partition(": ")[2], "priv")
    assert run(database.command, tmp_path).returncode == 0
    assert (await pg.probe(low)).can_dump


async def test_many_missing_privileges_are_counted(low: Connection, server: PostgresServer) -> None:
    sql(server, "DO $$ BEGIN FOR i IN 1..30 LOOP EXECUTE format('CREATE TABLE t%s ()', i); END LOOP; END $$", "priv")
    missing = (await engine().probe(low)).missing_privileges
    assert len(missing) == 21
    assert missing[-1].startswith("and 16 more.")


async def test_password_hashes_asked_for_by_a_low_role_are_explained(low: Connection, tmp_path: Path) -> None:
    pg = engine()
    version = (await pg.probe(low)).server_version
    options = pg.parse_dump_options({"globals": "roles-with-passwords"})
    roles, _ = pg.dump(low, pg.choose_tools(version), options, tmp_path)
    failed = run(roles.command, tmp_path)
    error = pg.explain(roles.command, failed.returncode, stderr_lines(failed))
    assert "set the option globals to roles" in error.message


async def test_probe_without_any_tool_names_what_is_missing(server15: PostgresServer) -> None:
    tools = PostgresqlTools(ToolFinder(("pg_dump",), list, lambda path: None))
    probe = await PostgresqlEngine(tools).probe(connection(server15))
    assert probe.tool is None
    assert probe.tool_error is not None and "postgresql-client-15" in probe.tool_error
