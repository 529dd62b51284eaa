"""The swap of two PostgreSQL databases, the checks before a database is replaced or cleaned, and roles made for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from msgspec import structs

from dbbackup.core.errors import ConflictError, DatabaseError, DatabaseUnreachableError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.postgresql_swap import PostgresqlSwapping
from dbbackup.engines.replacing import Swap
from dbbackup.engines.values import Finding
from devtools.servers import PostgresServer
from tests.integration.engines.support import (
    as_role,
    backup,
    connection,
    engine,
    fill_options,
    levels,
    manifest,
    restore_options,
    uses,
)

LIVE, SHADOW, KEPT = "swap_live", "swap_shadow", "swap_kept"
SWAP = Swap(LIVE, SHADOW, KEPT, "r1")
swapping = PostgresqlSwapping()


@pytest.fixture
def pair(server15: PostgresServer) -> Iterator[PostgresServer]:
    """A live database, and a shadow that bears a mark."""
    server15.psql(f"CREATE DATABASE {LIVE}")
    server15.psql(f"CREATE DATABASE {SHADOW}")
    server15.psql(f"COMMENT ON DATABASE {SHADOW} IS 'dbbackup:r1'")
    yield server15
    for name in (LIVE, SHADOW, KEPT):
        server15.psql(f"UPDATE pg_database SET datistemplate = false WHERE datname = '{name}'")
        server15.psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def there(server: PostgresServer) -> set[str]:
    return set(server.psql("SELECT datname FROM pg_database WHERE datname LIKE 'swap%'").split())


async def test_swap_when_it_cannot_be_then_all_is_as_it_was_and_it_says_why(pair: PostgresServer) -> None:
    target = connection(pair, LIVE)
    with psycopg.connect(pair.dsn(SHADOW)), pytest.raises(ConflictError, match=r"in use by .*stopConnections"):
        await swapping.swap(target, SWAP, stop_connections=False)
    with pytest.raises(ConflictError, match="made or dropped meanwhile"):
        await swapping.swap(target, Swap(LIVE, SHADOW, KEPT, "r1", new=True), stop_connections=False)
    with pytest.raises(ConflictError, match="no mark of ours"):
        await swapping.swap(target, Swap(LIVE, "swap_nowhere", KEPT, "r1"), stop_connections=False)
    assert there(pair) == {LIVE, SHADOW}
    assert await swapping.swapped(target, SWAP) is False
    await swapping.swap(target, SWAP, stop_connections=False)
    assert there(pair) == {LIVE, KEPT}
    assert await swapping.swapped(target, SWAP) is True
    with pytest.raises(ConflictError, match="not made by this restore"):
        await swapping.drop_kept(target, KEPT, "r2")
    assert await swapping.drop_kept(target, KEPT, "r1") is True
    assert await swapping.drop_kept(target, KEPT, "r1") is False


async def test_swap_when_a_prepared_transaction_holds_it_then_refused(pair: PostgresServer) -> None:
    with psycopg.connect(pair.dsn(LIVE), autocommit=True) as one:
        one.execute("BEGIN")
        one.execute("CREATE TABLE later ()")
        one.execute("PREPARE TRANSACTION 'held'")
    try:
        found = await replaceable(pair)
        assert "prepared" in levels(found, "error")
        with pytest.raises(ConflictError, match="prepared transaction"):
            await swapping.swap(connection(pair), SWAP, stop_connections=False)
    finally:
        with psycopg.connect(pair.dsn(LIVE), autocommit=True) as one:
            one.execute("ROLLBACK PREPARED 'held'")
    assert there(pair) == {LIVE, SHADOW}


async def test_swap_when_sessions_take_long_to_end_then_tried_again(
    pair: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = PostgresqlSwapping._swap

    async def too_long(*_: Any) -> psycopg.errors.ObjectInUse:
        monkeypatch.setattr(PostgresqlSwapping, "_swap", real)
        return psycopg.errors.ObjectInUse()

    monkeypatch.setattr(PostgresqlSwapping, "_swap", too_long)
    await swapping.swap(connection(pair), SWAP, stop_connections=True)
    assert there(pair) == {LIVE, KEPT}


async def test_swap_when_there_is_no_live_one_then_only_the_shadow_is_renamed(pair: PostgresServer) -> None:
    pair.psql(f"DROP DATABASE {LIVE}")
    assert "database-missing" in levels(await replaceable(pair), "warning")
    await swapping.prepare(connection(pair), backup(), SHADOW, LIVE)
    new = Swap(LIVE, SHADOW, KEPT, "r1", new=True)
    assert await swapping.swapped(connection(pair), new) is False
    await swapping.swap(connection(pair), new, stop_connections=True)
    assert (there(pair), await swapping.swapped(connection(pair), new)) == ({LIVE}, True)


@pytest.mark.usefixtures("creators")
async def test_swap_when_a_session_may_not_be_ended_then_named_at_once(pair: PostgresServer) -> None:
    pair.psql(f"ALTER DATABASE {LIVE} OWNER TO creator; ALTER DATABASE {SHADOW} OWNER TO creator")
    mine = as_role(pair, "creator")
    with psycopg.connect(pair.dsn(LIVE)):
        with pytest.raises(ConflictError, match="may not end the sessions of postgres"):
            await swapping.swap(mine, SWAP, stop_connections=True)
        await swapping.end_connections(mine, LIVE)  # leaves alone who may not be ended
        found = await replaceable(pair, who="creator", stopConnections=True)
        assert "sessions-untouchable" in levels(found, "error")
    pair.psql("REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC")
    try:
        with pytest.raises(DatabaseError, match="cannot be renamed from inside itself"):
            await swapping.swap(mine, SWAP, stop_connections=True)
    finally:
        pair.psql("GRANT CONNECT ON DATABASE postgres, template1 TO PUBLIC")


async def replaceable(
    server: PostgresServer, what: Manifest | None = None, who: str | None = None, **options: Any
) -> list[Finding]:
    target = as_role(server, who) if who else connection(server)
    parsed = {**fill_options("replace", LIVE), **options}
    return await engine().preflight(target, what or backup(), parsed)


@pytest.mark.usefixtures("creators")
async def test_preflight_of_replace_names_what_stands_in_the_way(pair: PostgresServer) -> None:
    assert levels(await replaceable(pair), "error") == set()
    assert "not-owner" in levels(await replaceable(pair, who="creator"), "error")
    pair.psql(f"ALTER DATABASE {LIVE} SET work_mem = '5MB'; ALTER DATABASE {LIVE} IS_TEMPLATE true")
    pair.psql(
        "CREATE SUBSCRIPTION mirror CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false)", database=LIVE
    )
    try:
        found = await replaceable(pair)
        assert levels(found, "error") == {"template", "subscriptions"}
    finally:
        pair.psql("ALTER SUBSCRIPTION mirror SET (slot_name = NONE)", database=LIVE)
        pair.psql("DROP SUBSCRIPTION mirror", database=LIVE)
    pair.psql(f"ALTER DATABASE {LIVE} ALLOW_CONNECTIONS false")
    assert "database-refused" in levels(await replaceable(pair), "error")
    pair.psql(f"ALTER DATABASE {LIVE} ALLOW_CONNECTIONS true; ALTER DATABASE {LIVE} CONNECTION LIMIT 0")
    for check in (replaceable, cleanable):
        with pytest.raises(DatabaseUnreachableError):
            await check(pair, who="creator")


async def cleanable(server: PostgresServer, what: Manifest | None = None, who: str | None = None) -> list[Finding]:
    target = as_role(server, who) if who else connection(server)
    return await engine().preflight(target, what or backup(), fill_options("clean", LIVE))


@pytest.mark.usefixtures("creators")
async def test_preflight_of_clean_names_what_is_dropped_and_what_depends_on_it(pair: PostgresServer) -> None:
    empty = await cleanable(pair)
    assert {"dropped", "sessions"} <= levels(empty, "ok")
    pair.psql("CREATE TABLE item (id int PRIMARY KEY); CREATE VIEW mine AS SELECT * FROM item", database=LIVE)
    survey = await engine().survey(connection(pair, LIVE))
    assert survey.properties["views"] == [["public", "mine"]]
    whole = structs.replace(survey, properties={**survey.properties, "largeObjects": True})
    found = await cleanable(pair, manifest(whole))
    assert {"dropped", "large-objects"} <= levels(found, "warning")
    assert levels(found, "error") == set()
    assert "not-owner" in levels(await cleanable(pair, manifest(whole), who="creator"), "error")
    without = {name: value for name, value in survey.properties.items() if name != "views"}
    older = manifest(structs.replace(survey, properties=without))
    [dependents] = [f for f in await cleanable(pair, older) if f.code == "dependents"]
    assert (dependents.level, dependents.message.startswith("Perhaps: ")) == ("warning", True)
    assert "data-only" in levels(await cleanable(pair, structs.replace(older, options={"dataOnly": True})), "error")


async def test_replication_slots_are_told_before_a_database_is_replaced(pair: PostgresServer) -> None:
    pair.psql("SELECT pg_create_logical_replication_slot('reader', 'pgoutput')", database=LIVE)
    try:
        assert "slots" in levels(await replaceable(pair), "warning")
    finally:
        pair.psql("SELECT pg_drop_replication_slot('reader')")


async def test_roles_made_for_a_restore_go_with_it_and_stay_when_they_are_used(server15: PostgresServer) -> None:
    pg, target = engine(), connection(server15)
    known = "SELECT string_agg(rolname || coalesce(shobj_description(oid, 'pg_authid'), ''), ',' ORDER BY rolname)"
    known += " FROM pg_roles WHERE rolname LIKE 'made%'"
    what = backup(**uses(["made_one", "made_two"]))
    options = restore_options("with_roles", missingRoles="create")
    await pg.create_database(target, what, options)
    assert server15.psql(known) == "made_onedbbackup:run-with_roles,made_twodbbackup:run-with_roles"
    server15.psql("CREATE TABLE used (); ALTER TABLE used OWNER TO made_one")
    await pg.drop_database(target, "with_roles", options["marker"])
    assert server15.psql(known) == "made_one"
    server15.psql("DROP TABLE used; DROP ROLE made_one")
    await pg.create_database(target, what, options)
    await pg.finish_database(target, what, options)
    assert server15.psql(known) == "made_one,made_two"
    server15.psql("DROP DATABASE with_roles; DROP ROLE made_one, made_two")
