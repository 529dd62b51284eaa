"""New databases: created like the original, finished, and dropped only when ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from dbbackup.core.errors import ConflictError, DatabaseError, DatabaseUnreachableError
from dbbackup.core.secret import Secret
from dbbackup.engines import postgresql_birth, postgresql_target
from dbbackup.engines.postgresql_birth import birth_name
from devtools.servers import PostgresServer
from tests.integration.engines.support import (
    as_role,
    backup,
    connection,
    engine,
    restore_options,
    sql,
    uses,
)

pytestmark = pytest.mark.usefixtures("creators")


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
    assert server.psql("SELECT count(*) FROM pg_roles WHERE rolname = 'made too'") == "0"


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


async def test_maintenance_goes_to_another_database_only_where_that_helps(server: PostgresServer) -> None:
    pg, target = engine(), connection(server)
    assert await pg.maintenance(target) == target
    gone = replace(target, database="dropped long ago")
    assert (await pg.maintenance(gone)).database == "postgres"
    with pytest.raises(DatabaseError, match="refused the password"):
        await pg.maintenance(replace(gone, password=Secret("wrong")))
    server.psql("ALTER DATABASE postgres ALLOW_CONNECTIONS false", database="template1")
    try:
        assert (await pg.maintenance(gone)).database == "template1"
    finally:
        server.psql("ALTER DATABASE postgres ALLOW_CONNECTIONS true", database="template1")


async def test_maintenance_when_the_server_is_unreachable_then_that_is_said(server: PostgresServer) -> None:
    with pytest.raises(DatabaseUnreachableError, match="Nothing listens"):
        await engine().maintenance(replace(connection(server), port=1))


@contextmanager
def creation_held_up(server: PostgresServer) -> Iterator[None]:
    """Lock the list of databases: CREATE DATABASE then waits, as it does for a large template or a slow disk."""
    with psycopg.connect(server.dsn()) as holder:
        holder.execute("LOCK TABLE pg_database IN SHARE MODE")
        yield
        holder.rollback()


def being_created(server: PostgresServer) -> str:
    return server.psql("SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE%' AND state = 'active'")


async def test_create_whose_connection_broke_is_ended_and_leaves_no_database(server15: PostgresServer) -> None:
    pg, target, options = engine(), connection(server15), restore_options("broken")
    with creation_held_up(server15):
        creating = asyncio.create_task(pg.create_database(target, backup(), options))
        while not being_created(server15):
            await asyncio.sleep(0.02)
        creating.cancel()
        with pytest.raises(asyncio.CancelledError):
            await creating
        # What a server does that never heard of the end of its client: it goes on creating.
        orphan = asyncio.create_task(_create_as(server15, birth_name(options["marker"])))
        while not being_created(server15):
            await asyncio.sleep(0.02)
        assert not await pg.drop_database(target, "broken", options["marker"])
        with pytest.raises(psycopg.errors.AdminShutdown):
            await orphan
    assert server15.psql("SELECT datname FROM pg_database WHERE datname LIKE 'dbbackup_new_%'") == ""


async def _create_as(server: PostgresServer, name: str) -> None:
    async with await psycopg.AsyncConnection.connect(server.dsn(), autocommit=True) as opened:
        await opened.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))


async def test_database_that_never_got_its_name_is_dropped_beside_one_that_has_it(server15: PostgresServer) -> None:
    pg, target, options = engine(), connection(server15), restore_options("taken")
    server15.psql(f'CREATE DATABASE "{birth_name(options["marker"])}"')
    server15.psql("CREATE DATABASE taken")
    assert await pg.drop_database(target, "taken", options["marker"])
    assert server15.psql("SELECT datname FROM pg_database WHERE datname LIKE 'dbbackup_new_%'") == ""
    with pytest.raises(ConflictError):
        await pg.drop_database(target, "taken", options["marker"])
    server15.psql("DROP DATABASE taken")


async def test_create_when_the_name_is_taken_at_the_last_moment_says_so_and_leaves_nothing(
    server15: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def overlook(*_: Any) -> None:
        server15.psql("CREATE DATABASE snatched")

    monkeypatch.setattr(postgresql_target, "refuse_taken", overlook)
    with pytest.raises(ConflictError, match="snatched exists already"):
        await engine().create_database(connection(server15), backup(), restore_options("snatched"))
    assert server15.psql("SELECT datname FROM pg_database WHERE datname LIKE 'dbbackup_new_%'") == ""
    server15.psql("DROP DATABASE snatched")


async def test_creation_that_does_not_end_is_told_and_tried_again_later(
    server15: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_birth, "_PATIENCE", 0.1)
    monkeypatch.setattr(postgresql_birth, "_END_CREATION", "SELECT %s")
    with pytest.raises(DatabaseUnreachableError, match="still creating"):
        await engine().drop_database(connection(server15), "any", "run-any")
