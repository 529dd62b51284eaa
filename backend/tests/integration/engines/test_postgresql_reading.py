"""One snapshot for survey, counts and dump; what cannot be counted stays an estimate; a copy gives the same hashes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from dbbackup.core.comparison import compare, compare_objects
from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError
from dbbackup.core.manifest import TableFacts, TableSample
from dbbackup.core.secret import Secret
from dbbackup.engines import postgresql_reading, postgresql_sample
from devtools.servers import PostgresServer
from tests.integration.engines.support import connection, dump, engine, restore, restore_options, run, sql

# All that people put into columns, and what a restore changes: an order of columns, a dropped one, a partition.
_SHOP = """
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE TABLE dropped (gone int, a int, b text, UNIQUE (b)); ALTER TABLE dropped DROP COLUMN gone;
ALTER TABLE dropped ADD CHECK (b IN ('x', 'y'));
INSERT INTO dropped VALUES (1, 'x'), (2, NULL);
CREATE TABLE kinds (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), at timestamptz DEFAULT now(), f float8 DEFAULT 1/3.0,
    j jsonb DEFAULT '{"a": [1]}', b bytea DEFAULT '\\x00ff', m mood DEFAULT 'ok', i interval DEFAULT '1 mon 3 days',
    money money DEFAULT 12.5, arr text[] DEFAULT '{"a b",NULL}', twice int GENERATED ALWAYS AS (2) STORED);
INSERT INTO kinds SELECT FROM generate_series(1, 30);
CREATE TABLE parent (id int, note text) PARTITION BY RANGE (id);
CREATE TABLE child PARTITION OF parent FOR VALUES FROM (0) TO (100);
INSERT INTO parent SELECT n, 'n' FROM generate_series(1, 50) n;
CREATE TABLE older (a int); CREATE TABLE heir (c int) INHERITS (older); ALTER TABLE older ADD b int;
INSERT INTO heir VALUES (1, 2, 3);
CREATE TABLE large (k1 int, k2 text, v text, PRIMARY KEY (k1, k2));
INSERT INTO large SELECT n, n || 'k', 'v' FROM generate_series(1, 11000) n; ANALYZE large;
CREATE TABLE keyless AS SELECT * FROM large; ANALYZE keyless;
CREATE TABLE nothing (); CREATE VIEW seen AS SELECT * FROM kinds; CREATE SEQUENCE s;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER t BEFORE INSERT ON dropped FOR EACH ROW EXECUTE FUNCTION f();
"""


@pytest.fixture(scope="module")
def read(server15: PostgresServer) -> PostgresServer:
    server15.psql("CREATE DATABASE read")
    sql(server15, _SHOP, "read")
    return server15


async def counts(server: PostgresServer, seconds: float = 30, *, hashed: bool = True, **more: Any) -> list[TableFacts]:
    async with engine().reading(connection(server, "read", **more)) as reading:
        survey = await reading.survey()
        found = {(t.schema, t.name): t async for t in reading.counted(survey.tables, seconds, hashed=hashed)}
    return [found.get((t.schema, t.name), t) for t in survey.tables]


async def test_reading_when_the_server_refuses_a_setting_then_nothing_is_counted_and_the_snapshot_stays(
    read: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_sample, "TEXT_FORM", ("SET timezone = 'No/Where'",))
    async with engine().reading(connection(read, "read")) as reading:
        survey = await reading.survey()
        assert [t async for t in reading.counted(survey.tables, 30, hashed=True)] == []
        with psycopg.connect(read.dsn("read"), autocommit=True) as dump:
            dump.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            dump.execute(f"SET TRANSACTION SNAPSHOT '{reading.snapshot}'")


async def test_reading_when_rows_change_meanwhile_then_dump_and_counts_have_those_of_the_snapshot(
    read: PostgresServer, tmp_path: Path
) -> None:
    pg, source = engine(), connection(read, "read")
    async with pg.reading(source) as reading:
        survey = await reading.survey()
        sql(read, "INSERT INTO dropped VALUES (3, 'y'); CREATE TABLE later (i int)", "read")
        found = {t.name: t async for t in reading.counted(survey.tables, 30, hashed=True)}
        parts = pg.dump(source, pg.choose_tools("15"), pg.parse_dump_options({}), tmp_path, None, reading.snapshot)
        dumped = await asyncio.to_thread(run, parts[-1].command, tmp_path)
    sql(read, "DELETE FROM dropped WHERE a = 3; DROP TABLE later", "read")
    assert dumped.returncode == 0, dumped.stderr
    assert (found["dropped"].rows, "later" in found) == (2, False)
    assert b"2\t\\N\n" in dumped.stdout
    assert b"3\ty\n" not in dumped.stdout
    assert b"later" not in dumped.stdout


async def test_counted_when_restored_elsewhere_then_counts_hashes_and_objects_are_the_same(
    read: PostgresServer, server18: PostgresServer, tmp_path: Path
) -> None:
    pg = engine()
    made, outputs = await dump(connection(read, "read"), {"globals": "none"}, tmp_path)
    wanted = {table.name: table for table in await counts(read)}
    assert all(table.rows_exact for table in wanted.values())
    assert {name: t.sample.every for name, t in wanted.items() if t.sample} == {
        "child": 1, "dropped": 1, "heir": 1, "kinds": 1, "older": 1, "parent": 1, "large": 11,
    }  # fmt: skip
    assert (wanted["parent"].rows, wanted["child"].rows, wanted["keyless"].rows) == (0, 50, 11000)
    source = replace(made.source, tables=list(wanted.values()))
    made = replace(made, source=source)
    for server, name in ((read, "same"), (server18, "newer")):
        target = connection(server)
        done = await restore(target, made, outputs["database"], restore_options(name), tmp_path)
        assert done.returncode == 0, done.stderr
        copy = connection(server, name)
        checks = compare(made, await pg.counted_tables(copy, source.tables), name)
        checks.append(compare_objects(made, source.properties["objects"], await pg.object_facts(copy)))
        assert [c.message for c in checks if not c.ok] == []
        sql(server, "UPDATE kinds SET f = f + 1e-10; DROP FUNCTION f() CASCADE; ALTER TABLE large DROP v", name)
        sql(server, "ALTER TABLE large RENAME k2 TO k3", name)
        checks = compare(made, await pg.counted_tables(copy, source.tables), name)
        checks.append(compare_objects(made, source.properties["objects"], await pg.object_facts(copy)))
        assert {c.name for c in checks if not c.ok} == {"columns", "sampled-rows", "objects"}
        assert "the functions differ (0 instead of 1, or others)" in checks[-1].message
        server.psql(f"DROP DATABASE {name}")


async def test_counted_when_a_server_hashes_otherwise_then_the_sample_is_not_compared(read: PostgresServer) -> None:
    wanted = [replace(t, sample=t.sample and replace(t.sample, probe="other")) for t in await counts(read)]
    found = {t.name: t for t in await engine().counted_tables(connection(read, "read"), wanted)}
    assert found["large"].sample is None
    assert found["large"].rows == 11000


async def test_counted_when_hashing_is_off_then_there_are_counts_only(read: PostgresServer) -> None:
    found = await counts(read, hashed=False)
    assert all(table.rows_exact and table.sample is None for table in found)


async def test_counted_when_a_table_is_locked_or_gone_or_time_is_up_then_it_stays_an_estimate(
    read: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_reading, "LOCK_WAIT", "10ms")
    with psycopg.connect(read.dsn("read")) as holder:
        holder.execute("LOCK TABLE large IN ACCESS EXCLUSIVE MODE")
        found = {table.name: table.rows_exact for table in await counts(read)}
    assert (found.pop("large"), set(found.values())) == (False, {True})
    assert not any(table.rows_exact for table in await counts(read, 0))


async def test_counted_when_the_connection_is_lost_then_what_was_counted_is_kept(
    read: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql_sample, "TOGETHER", 2)
    async with engine().reading(connection(read, "read")) as reading:
        survey = await reading.survey()
        found = []
        async for table in reading.counted(survey.tables, 30, hashed=True):
            found.append(table)
            if len(found) == 1:
                read.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'read'")
    assert len(found) == 2


async def test_reading_when_it_cannot_begin_or_look_then_an_error_says_why(
    read: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatabaseError, match="password"):
        async with engine().reading(connection(read, "read", password=Secret("wrong"))):
            pass
    monkeypatch.setattr(postgresql_reading, "BEGIN", "BEGIN NOTHING")
    with pytest.raises(DatabaseError, match="syntax error"):
        async with engine().reading(connection(read, "read")):
            pass
    monkeypatch.undo()
    async with engine().reading(connection(read, "read")) as reading:
        read.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'read'")
        with pytest.raises(DatabaseUnreachableError):
            await reading.survey()
    monkeypatch.setattr(postgresql_reading, "QUESTIONS_TIMEOUT", 0)
    async with engine().reading(connection(read, "read")) as reading:
        with pytest.raises(DatabaseUnreachableError, match="stopped answering"):
            await reading.survey()


def test_plan_when_rows_are_not_known_then_it_goes_by_the_size() -> None:
    def table(rows: int, size: int, *columns: str) -> TableFacts:
        return TableFacts(
            schema="s", name="t", rows=rows, rows_exact=False, size=size, columns=dict.fromkeys(columns, "int")
        )

    def sample(key: list[str], every: int, probe: str) -> TableSample:
        return TableSample(key=key, every=every, probe=probe, rows=0, sha256="")

    plan = postgresql_sample.plan
    assert plan(table(0, 8192), ["a"], "p") is None
    assert plan(table(0, 8192, "a"), ["a"], "p") == sample([], 1, "")
    assert plan(table(0, 10 << 20, "a"), ["a"], "p") == sample(["a"], 104, "p")
    assert plan(table(10, 1 << 30, "a"), ["a"], "p") == sample(["a"], 2, "p")
    assert plan(table(10, 1 << 30, "a"), [], "p") is None
    assert plan(table(10**6, 1 << 20, "a"), ["generated"], "p") is None


def test_groups_when_tables_are_small_then_they_are_together_up_to_a_number_and_a_size() -> None:
    def sizes(*of_tables: int) -> list[list[int]]:
        table = TableFacts(schema="s", name="t", rows=0, rows_exact=False, size=0, columns={})
        groups = postgresql_sample.groups(replace(table, size=size) for size in of_tables)
        return [[each.size for each in group] for group in groups]

    most = postgresql_sample.TOGETHER_BYTES
    assert sizes() == []
    assert sizes(0, 1, most - 1, 1, most, most + 1, 2) == [[0, 1, most - 1], [1], [most], [most + 1], [2]]
    assert [len(group) for group in sizes(*[0] * 101)] == [50, 50, 1]
