"""New databases: checked before, created like the original, finished, and dropped only when ours."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dbbackup.core.errors import ConflictError, DatabaseError
from dbbackup.core.manifest import Manifest
from dbbackup.core.secret import Secret
from dbbackup.engines import postgresql_target
from dbbackup.engines.base import Finding, Survey
from dbbackup.engines.postgresql import PostgresqlEngine
from dbbackup.engines.postgresql_tools import PostgresqlTools
from dbbackup.engines.tools import FoundTools, ToolFinder
from devtools.servers import PostgresServer
from tests.integration.engines.support import connection, engine, levels, manifest, part_facts, restore_options, sql

PLAIN: dict[str, Any] = {
    "encoding": "UTF8",
    "collate": "C",
    "ctype": "C.UTF-8",
    "localeProvider": "libc",
    "locale": None,
    "owner": "postgres",
    "acl": None,
    "comment": None,
    "connectionLimit": -1,
    "publicSchema": True,
    "tablespaces": [],
    "settings": [],
    "roleUses": {"owners": ["postgres"], "grantees": [], "others": []},
}


def backup(version: str = "15.2", extensions: list[str] | None = None, **properties: Any) -> Manifest:
    survey = Survey(
        server_version=version,
        size=1,
        tables=[],
        roles=["postgres"],
        extensions=extensions or [],
        properties={**PLAIN, **properties},
    )
    return manifest(survey)


def uses(owners: list[str], grantees: list[str] | None = None, others: list[str] | None = None) -> dict[str, Any]:
    return {"roleUses": {"owners": owners, "grantees": grantees or [], "others": others or []}}


@pytest.fixture(scope="module", autouse=True)
def creator(server15: PostgresServer, server18: PostgresServer) -> None:
    for server in (server15, server18):
        server.psql("""
            CREATE ROLE creator LOGIN CREATEDB PASSWORD 'c-secret';
            CREATE ROLE maker LOGIN CREATEDB CREATEROLE PASSWORD 'c-secret';
            CREATE ROLE plain_user LOGIN PASSWORD 'c-secret';
            CREATE ROLE stranger; CREATE ROLE friend; GRANT friend TO creator;
        """)


def as_role(server: PostgresServer, name: str) -> Any:
    return connection(server, username=name, password=Secret("c-secret"))


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
        ({"parts": [part_facts(format_="sql")]}, "no-archive"),
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


@pytest.mark.parametrize(("name", "code"), [("postgres", "name-invalid"), ("taken", "name-taken")])
async def test_preflight_refuses_names_that_cannot_be(name: str, code: str, server15: PostgresServer) -> None:
    if not server15.psql("SELECT 1 FROM pg_database WHERE datname = 'taken'"):
        server15.psql("CREATE DATABASE taken")
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
    from dbbackup.engines import postgresql_preflight as module

    monkeypatch.setattr(module, "_ME", module._ME.replace("pg_is_in_recovery()", "true"))
    assert levels(await check(server15, backup()), "error") == {"standby"}


async def test_create_and_drop_touch_only_what_bears_the_mark(server: PostgresServer) -> None:
    pg, target = engine(), connection(server)
    options = restore_options("made -by =us")
    await pg.create_database(target, backup(), options)
    with pytest.raises(ConflictError, match="exists already"):
        await pg.create_database(target, backup(), options)
    for marker in ("other", ""):
        with pytest.raises(ConflictError, match="not made by this restore"):
            await pg.drop_database(target, "made -by =us", marker)
    server.psql("CREATE DATABASE theirs; COMMENT ON DATABASE theirs IS 'dbbackup:'")
    with pytest.raises(ConflictError):
        await pg.drop_database(target, "theirs", "")
    server.psql("DROP DATABASE theirs")
    assert await pg.drop_database(target, "made -by =us", options["marker"])
    assert not await pg.drop_database(target, "made -by =us", options["marker"])


async def test_create_with_a_locale_the_target_lacks_is_explained(server18: PostgresServer) -> None:
    pg, target = engine(), connection(server18)
    cases: list[dict[str, Any]] = [
        {"collate": "xx_YY.UTF-8"},
        {"localeProvider": "icu", "locale": "de", "icuRules": "&a<b"},
        {"localeProvider": "builtin", "locale": "nonsense"},
    ]
    for properties in cases:
        with pytest.raises(DatabaseError, match="cannot create a database like the original"):
            await pg.create_database(target, backup(**properties), restore_options("foreign_locale"))
    assert not await pg.drop_database(target, "foreign_locale", "run-foreign_locale")


async def test_create_with_the_builtin_provider_repeats_it(server18: PostgresServer) -> None:
    pg, target = engine(), connection(server18)
    options = restore_options("builtin_db")
    await pg.create_database(target, backup(localeProvider="builtin", locale="C.UTF-8"), options)
    survey = await pg.survey(replace(target, database="builtin_db"))
    assert (survey.properties["localeProvider"], survey.properties["locale"]) == ("builtin", "C.UTF-8")
    assert await pg.drop_database(target, "builtin_db", options["marker"])


async def test_create_makes_missing_roles_that_can_own_things(server: PostgresServer) -> None:
    pg, target = engine(), as_role(server, "maker")
    what = backup(**uses(["made 'owner"], ["maker"]), owner="made 'owner")
    options = restore_options("with_roles", missingRoles="create")
    await pg.create_database(target, what, options)
    assert server.psql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'made ''owner'") == "f"
    await pg.finish_database(target, what, options)
    assert (await pg.survey(connection(server, "with_roles"))).properties["owner"] == "made 'owner"
    server.psql('DROP DATABASE with_roles; DROP ROLE "made \'owner"')


async def test_create_by_a_superuser_makes_missing_roles(server: PostgresServer) -> None:
    pg, target = engine(), connection(server)
    options = restore_options("su_roles", missingRoles="create")
    await pg.create_database(target, backup(**uses(["made too"])), options)
    assert server.psql("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'made too'") == "f"
    assert await pg.drop_database(target, "su_roles", options["marker"])
    server.psql('DROP ROLE "made too"')


async def test_create_that_fails_half_way_leaves_no_database(server: PostgresServer) -> None:
    pg, target = engine(), as_role(server, "creator")
    options = restore_options("half", missingRoles="create")
    with pytest.raises(DatabaseError, match="permission denied to create role"):
        await pg.create_database(target, backup(**uses(["cannot be made"])), options)
    assert server.psql("SELECT 1 FROM pg_database WHERE datname = 'half'") == ""


async def test_create_that_is_cancelled_half_way_leaves_no_database(
    server15: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cancelled(*_: Any) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(postgresql_target, "create_roles", cancelled)
    with pytest.raises(asyncio.CancelledError):
        options = restore_options("stopped", missingRoles="create")
        await engine().create_database(connection(server15), backup(), options)
    assert server15.psql("SELECT 1 FROM pg_database WHERE datname = 'stopped'") == ""


async def test_create_by_a_role_set_to_read_only_works(server15: PostgresServer) -> None:
    server15.psql("ALTER ROLE creator SET default_transaction_read_only = on")
    pg, target, options = engine(), as_role(server15, "creator"), restore_options("written")
    await pg.create_database(target, backup(), options)
    assert await pg.drop_database(target, "written", options["marker"])
    server15.psql("ALTER ROLE creator RESET default_transaction_read_only")


async def test_create_without_a_public_schema_at_the_source_has_none(server: PostgresServer) -> None:
    pg, target = engine(), connection(server)
    options = restore_options("bare")
    await pg.create_database(target, backup(publicSchema=False), options)
    assert not (await pg.survey(replace(target, database="bare"))).properties["publicSchema"]
    assert await pg.drop_database(target, "bare", options["marker"])


async def test_finish_by_a_mapped_role_keeps_that_owner(server: PostgresServer) -> None:
    """The original's owner and a grantor who cannot be acted as are replaced by the role."""
    pg, target = engine(), as_role(server, "creator")
    acl = [
        {"grantee": "stranger", "grantor": "stranger", "privilege": "CONNECT", "grantable": False},
        {"grantee": "old owner", "grantor": "old owner", "privilege": "CREATE", "grantable": False},
        {"grantee": None, "grantor": "old owner", "privilege": "TEMPORARY", "grantable": False},
    ]
    what = backup(owner="old owner", acl=acl)
    options = restore_options("mapped", role="friend")
    await pg.create_database(target, what, options)
    await pg.finish_database(target, what, options)
    assert server.psql("SELECT datacl FROM pg_database WHERE datname = 'mapped'") == (
        "{friend=C/friend,=T/friend,stranger=c/friend}"
    )
    assert sql(server, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'mapped'") == "friend"
    server.psql("DROP DATABASE mapped")
