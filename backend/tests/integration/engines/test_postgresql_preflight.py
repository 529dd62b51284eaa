"""The checks before a restore into a new database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from dbbackup.core.manifest import Manifest
from dbbackup.engines import postgresql_preflight
from dbbackup.engines.postgresql import PostgresqlEngine
from dbbackup.engines.postgresql_tools import PostgresqlTools
from dbbackup.engines.tools import FoundTools, ToolFinder
from dbbackup.engines.values import Finding
from devtools.servers import PostgresServer
from tests.integration.engines.support import (
    as_role,
    backup,
    connection,
    engine,
    levels,
    manifest,
    part_facts,
    restore_options,
    uses,
)

pytestmark = pytest.mark.usefixtures("creators")


async def check(
    server: PostgresServer, what: Manifest, who: str | None = None, name: str = "fresh", **options: Any
) -> list[Finding]:
    target = as_role(server, who) if who else connection(server)
    return await engine().preflight(target, what, restore_options(name, **options))


async def test_preflight_of_a_good_restore_finds_no_fault(server: PostgresServer) -> None:
    findings = await check(server, backup(extensions=["plpgsql 1.0", "hstore 1.8"]))
    assert levels(findings, "error") == set()
    assert levels(findings, "warning") == set()
    assert levels(findings, "ok") == {"server-version", "tool", "name-free", "roles"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"parts": []}, "no-archive"),
        ({"parts": [part_facts(tool="pg_dump 18.6")]}, "archive-newer"),
        ({"options": {"dataOnly": True}}, "data-only"),
    ],
)
async def test_preflight_of_a_backup_that_cannot_be_restored_says_why(
    change: dict[str, Any], code: str, server15: PostgresServer
) -> None:
    assert levels(await check(server15, msgspec.structs.replace(backup(), **change)), "error") == {code}


async def test_preflight_refuses_another_engine_and_a_downgrade(server15: PostgresServer) -> None:
    other = manifest(await engine().survey(connection(server15)), engine_type="mysql")
    assert "wrong-engine" in levels(await check(server15, other), "error")
    assert levels(await check(server15, backup("18.0")), "error") == {"downgrade"}


@pytest.mark.parametrize(("name", "code"), [("postgres", "name-invalid"), ("occupied", "name-taken")])
async def test_preflight_refuses_names_that_cannot_be(name: str, code: str, server15: PostgresServer) -> None:
    if not server15.psql("SELECT 1 FROM pg_database WHERE datname = 'occupied'"):
        server15.psql("CREATE DATABASE occupied")
    options = {**restore_options("x"), "newDatabase": name}
    assert levels(await engine().preflight(connection(server15), backup(), options), "error") == {code}


async def test_preflight_names_missing_roles_and_the_ways_out(server15: PostgresServer) -> None:
    what = backup(**uses(["gone"], ["gone too"]))
    findings = await check(server15, what)
    assert levels(findings, "error") == {"missing-roles"}
    assert any("gone, gone too" in finding.message for finding in findings)
    assert levels(await check(server15, what, missingRoles="create"), "warning") == {"roles-created"}
    assert levels(await check(server15, what, noOwner=True, noPrivileges=True), "error") == set()
    assert levels(await check(server15, what, noOwner=True), "error") == {"missing-roles"}
    in_policy = backup(**uses([], [], ["gone"]))
    assert levels(await check(server15, in_policy, noOwner=True, noPrivileges=True), "error") == {"missing-roles"}


async def test_preflight_of_a_role_that_may_little_names_what_it_lacks(server: PostgresServer) -> None:
    what = backup(
        extensions=["file_fdw 1.0"],
        settings=[
            {"role": None, "name": "log_statement", "value": "all"},
            {"role": "stranger", "name": "work_mem", "value": "5MB"},
            {"role": "creator", "name": "work_mem", "value": "5MB"},
            {"role": "absent", "name": "work_mem", "value": "5MB"},
            {"role": None, "name": "no_such_setting", "value": "5MB"},
            {"role": None, "name": "my.setting", "value": "5MB"},
        ],
        **uses(["stranger", "friend", "new_one"]),
    )
    findings = await check(server, what, "plain_user", missingRoles="create")
    assert levels(findings, "error") == {"no-createdb", "no-createrole", "not-member", "extension-superuser"}
    findings = await check(server, what, "creator", missingRoles="create")
    assert next(f.message for f in findings if f.code == "not-member").count("stranger") == 1
    assert not any("friend" in f.message for f in findings)
    assert [f.message.split()[2] for f in findings if f.code == "setting-skipped"] == [
        "log_statement",
        "work_mem",
        "work_mem",
        "no_such_setting",
    ]


async def test_preflight_checks_the_role_everything_is_mapped_to(server15: PostgresServer) -> None:
    assert levels(await check(server15, backup(), "creator", role="absent"), "error") == {"role-unknown"}
    assert levels(await check(server15, backup(), "creator", role="stranger"), "error") == {"not-member"}
    assert levels(await check(server15, backup(), "creator", role="friend"), "error") == set()


async def test_preflight_names_missing_extensions_and_tablespaces(server15: PostgresServer) -> None:
    what = backup(extensions=["no such ext 1.0"], tablespaces=["fast disk", "pg_default"])
    findings = await check(server15, what)
    assert levels(findings, "error") == {"missing-extensions", "missing-tablespaces"}
    assert any("no such ext." in f.message for f in findings)
    partial = msgspec.structs.replace(what, options={"includeTables": ["t"]})
    findings = await check(server15, partial, noTablespaces=True)
    assert levels(findings, "error") == set()
    assert levels(findings, "warning") == {"missing-extensions"}


class _Fixed(ToolFinder):
    def __init__(self, *versions: str) -> None:
        self.versions = versions

    def find(self) -> list[FoundTools]:
        return [FoundTools(Path("/opt"), version) for version in self.versions]


@pytest.mark.parametrize(
    ("versions", "level", "code"),
    [
        ((), "error", "tool-missing"),
        (("18.6",), "error", "tool-newer"),
        (("16.1",), "warning", "tool-newer"),
    ],
)
async def test_preflight_without_the_targets_own_tools(
    versions: tuple[str, ...], level: str, code: str, server15: PostgresServer
) -> None:
    pg = PostgresqlEngine(PostgresqlTools(_Fixed(*versions)))
    findings = await pg.preflight(connection(server15), backup(), restore_options("fresh"))
    assert levels(findings, level) == {code}


async def test_preflight_of_a_standby_is_refused(server15: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    module = postgresql_preflight
    monkeypatch.setattr(module, "_ME", module._ME.replace("pg_is_in_recovery()", "true"))
    assert levels(await check(server15, backup()), "error") == {"standby"}
