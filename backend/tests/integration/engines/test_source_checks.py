"""The preflight of what was uploaded or pasted, on real servers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.secret import Secret
from dbbackup.engines.postgresql_source_checks import script_tool
from dbbackup.engines.values import ToolInfo
from devtools.servers import PostgresServer
from tests.integration.engines.mysql_support import Family
from tests.integration.engines.support import connection, engine, levels
from tests.unit.engines.archives import manifest_of

SCRIPT = {"format_": "script", "server_version": ""}
MYSQL: dict[str, Any] = {
    "characterSet": "utf8mb4", "collation": "utf8mb4_general_ci", "collations": [], "engines": [], "views": [],
    "generated": [], "sequences": [], "systemVersioned": [], "nonTransactional": [], "events": 0, "routines": 0,
    "triggers": 0, "lowerCaseTableNames": 0, "maxAllowedPacket": 0, "sqlMode": "",
}  # fmt: skip


async def found(server: PostgresServer, made: Any, options: dict[str, Any], **who: Any) -> tuple[set[str], set[str]]:
    """Return the codes of errors, and those of warnings."""
    own = {key: value for key, value in options.items() if key not in ("foreign", "trusted", "selection")}
    parsed: dict[str, Any] = {**options, **engine().parse_restore_options(own)}
    findings = await engine().preflight(connection(server, **who), made, parsed)
    return levels(findings, "error"), levels(findings, "warning")


async def test_postgresql_when_a_script_and_its_mode_do_not_fit_then_it_is_refused(server15: PostgresServer) -> None:
    script, archive = manifest_of(**SCRIPT), manifest_of()
    server15.psql("CREATE DATABASE scripts")
    run = {"mode": "runScript", "existingDatabase": "scripts"}
    assert await found(server15, script, dict(run)) == (set(), {"source-version-unknown", "script-acts"})
    assert "no-script" in (await found(server15, archive, dict(run)))[0]
    assert "script-whole" in (await found(server15, script, {"newDatabase": "x", "jobs": 2}))[0]
    assert "database-missing" in (await found(server15, script, {**run, "existingDatabase": "nowhere"}))[0]
    server15.psql("CREATE DATABASE closed_to_scripts ALLOW_CONNECTIONS false")
    assert "database-refused" in (await found(server15, script, {**run, "existingDatabase": "closed_to_scripts"}))[0]


async def test_postgresql_when_a_role_reaches_programs_then_a_foreign_source_must_be_trusted(
    server15: PostgresServer,
) -> None:
    server15.psql("CREATE ROLE runner LOGIN CREATEDB PASSWORD 'p-secret'; GRANT pg_execute_server_program TO runner")
    who = {"username": "runner", "password": Secret("p-secret")}
    options = {"newDatabase": "x", "foreign": True}
    archive = manifest_of(properties={"encoding": "UTF8", "owner": "runner"})
    assert "source-not-trusted" in (await found(server15, archive, dict(options), **who))[0]
    assert "source-trusted" in (await found(server15, archive, {**options, "trusted": True}, **who))[1]
    server15.psql("REVOKE pg_execute_server_program FROM runner")
    errors, warnings = await found(server15, archive, dict(options), **who)
    assert not {"source-not-trusted", "source-trusted"} & (errors | warnings)


def test_psql_when_it_is_missing_or_cannot_be_restricted_then_scripts_are_refused(tmp_path: Path) -> None:
    def code(version: str) -> str:
        return script_tool(ToolInfo(version=version, folder=str(tmp_path), exact=True, note=None)).code

    assert code("15.19") == "psql-missing"
    (tmp_path / "psql").touch()
    assert {version: code(version) for version in ("15.13", "15.14", "17.5", "17.6", "18beta1", "12.1")} == {
        "15.13": "psql-unrestricted",
        "15.14": "tool",
        "17.5": "psql-unrestricted",
        "17.6": "tool",
        "18beta1": "tool",
        "12.1": "psql-unrestricted",
    }


@pytest.mark.parametrize(
    ("format_", "options", "expected"),
    [
        ("script", {"mode": "schemaOnly", "newDatabase": "x"}, "script-whole"),
        ("script", {"newDatabase": "x", "selection": {"schemas": ["shop"]}}, "script-whole"),
        ("script", {"mode": "runScript", "existingDatabase": "nowhere"}, "no-database"),
        ("pg_custom", {"newDatabase": "x"}, "no-script"),
    ],
)
async def test_mysql_when_a_script_and_its_mode_do_not_fit_then_it_is_refused(
    family: Family, format_: str, options: dict[str, Any], expected: str
) -> None:
    own = {key: value for key, value in options.items() if key != "selection"}
    made = manifest_of(family.engine.type, format_, server_version="", properties=MYSQL)
    parsed = {**options, **family.engine.parse_restore_options(own)}
    findings = await family.engine.preflight(family.connection(), made, parsed)
    assert expected in levels(findings, "error")


async def test_mysql_when_the_server_touches_no_files_then_file_is_no_danger(family: Family) -> None:
    family.sql("CREATE USER IF NOT EXISTS 'filer'@'%' IDENTIFIED BY 'p-secret'; GRANT FILE ON *.* TO 'filer'@'%'")
    made = manifest_of(family.engine.type, "script", server_version="", properties=MYSQL)
    parsed = family.engine.parse_restore_options({"mode": "runScript", "existingDatabase": "x"})
    who = family.connection(username="filer", password=Secret("p-secret"))
    for foreign in (True, False):
        findings = await family.engine.preflight(who, made, {**parsed, "foreign": foreign})
        reaches = family.sql("SELECT @@global.secure_file_priv") != "NULL"
        assert ("source-not-trusted" in levels(findings, "error")) is (reaches and foreign)
        assert ("source-confined" in levels(findings, "ok")) is (foreign and not reaches)
