"""Exact rows out of real dumps, the fingerprint of objects, and the user's statements, on MySQL and MariaDB."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from dbbackup.core.comparison import compare_objects
from dbbackup.core.errors import DatabaseError, RestoreError
from dbbackup.core.manifest import Manifest, TableFacts
from dbbackup.engines import build_registry, mysql_proof
from dbbackup.engines.values import Answer
from devtools.compare_mysql import quoted
from devtools.servers import client_dirs
from tests.integration.engines.mysql_support import NASTY, Family
from tests.integration.engines.support import run
from tests.integration.engines.test_mysql_roundtrip import make_nasty

# What a restore writes otherwise than it was, and what would end a row were it not in a string.
_CHANGING = r"""
SET sql_mode = '';
CREATE TABLE odd (id INT PRIMARY KEY, f FLOAT, d DOUBLE, n DECIMAL(30,4), j JSON, t TIMESTAMP(3) NULL, s TEXT, b BLOB,
    made DOUBLE AS (f * 2) VIRTUAL);
INSERT INTO odd (id, f, d, n, j, t, s, b) VALUES (1, -0.0e0, -0.0e0, -0.00, '{"a": 1.10, "b": "1.10"}',
    '2024-03-31 01:30:00.125', '),(\'\\\\', 'x'),
    (2, 0.12345678, 1e300, 12345678901234567890.1234, NULL, '2024-07-01 00:00:00', 'line\nend);\n', NULL),
    (3, 3.4e38, 0.1, 1, JSON_OBJECT('price', CAST(1.10 AS DECIMAL(5,2)), 'n', 12345678901234567890123), NULL, '', '');
CREATE TABLE twice (i INT);
INSERT INTO twice VALUES (1), (1), (2);
"""


def counted(family: Family, made: Manifest, script: bytes) -> list[TableFacts]:
    """Return the tables as a backup counts and hashes them while it is dumped."""
    tools = family.engine.choose_tools(made.source.server_version)
    counter = family.engine.row_counter(made.options, made.source, tools, 60)
    assert counter is not None
    for start in range(0, len(script), 777):
        list(counter.update(script[start : start + 777]))
    list(counter.finish())
    return counter.counted(made.source.tables)


async def hashed_again(family: Family, made: Manifest, copy: str, work: Path) -> dict[str, TableFacts]:
    """Return the tables of a copy, hashed as the manifest says."""
    tools = family.engine.choose_tools(made.source.server_version)
    asked = family.engine.recount(family.connection(copy), tools, family.server.version, made, work)
    assert asked is not None
    done = run(asked.part.command, work)
    assert done.returncode == 0, done.stderr.decode()
    list(asked.counter.update(done.stdout))
    there = await family.engine.counted_tables(family.connection(copy), made.source.tables)
    return {table.name: table for table in asked.counter.counted(there)}


async def test_hashes_when_restored_then_the_same_for_every_kind_of_value_and_a_changed_cell_is_seen(
    family: Family, tmp_path: Path
) -> None:
    name, copy = f"{NASTY} hashed", f"{NASTY} hashed 2"
    make_nasty(family, name)
    family.sql(_CHANGING, name)
    made, script = await family.dump(name, tmp_path)
    made = replace(made, source=replace(made.source, tables=counted(family, made, script)))
    wanted = {table.name: table.sample for table in made.source.tables if table.sample}
    without = {"large_rows", *made.source.properties["withoutRows"]}
    assert set(wanted) == {t.name for t in made.source.tables} - without
    family.sql(f"DROP DATABASE IF EXISTS {quoted(copy)}")
    await family.restore(made, script, family.options(copy), tmp_path)
    found = await hashed_again(family, made, copy, tmp_path)
    assert {table: facts.sample for table, facts in found.items() if table in wanted} == wanted
    for change in ("UPDATE odd SET s = 'y' WHERE id = 3", "UPDATE twice SET i = 2 WHERE i = 1 LIMIT 1"):
        family.sql(change, copy)
    again = await hashed_again(family, made, copy, tmp_path)
    assert {table for table in wanted if again[table].sample != wanted[table]} == {"odd", "twice"}
    # Other words for the same values: not compared, rather than a false alarm.
    other = "mariadb" if family.engine.type == "mysql" else "mysql"
    elsewhere = build_registry(client_dirs())[other]
    tools = family.engine.choose_tools(made.source.server_version)
    for engine, version in ((elsewhere, "10.11.1-MariaDB"), (family.engine, "8.0.36")):
        assert engine.recount(family.connection(copy), tools, version, made, tmp_path) is None
    family.sql(f"DROP DATABASE {quoted(copy)}")


async def test_counter_when_a_nasty_database_is_dumped_then_every_table_is_counted_exactly(
    family: Family, tmp_path: Path
) -> None:
    name = f"{NASTY} counted"
    make_nasty(family, name)
    made, script = await family.dump(name, tmp_path)
    tables = counted(family, made, script)
    there = {t.name: t.rows for t in await family.engine.counted_tables(family.connection(name), made.source.tables)}
    exact = {table.name: table.rows for table in tables if table.rows_exact}
    assert exact == {table: rows for table, rows in there.items() if table in exact}
    assert set(there) - set(exact) <= set(made.source.properties["withoutRows"])
    assert sum(exact.values()) > 10


async def test_objects_when_restored_then_the_same_and_a_difference_is_named(family: Family, tmp_path: Path) -> None:
    name = family.create(
        "objects",
        """CREATE TABLE a (id INT PRIMARY KEY, KEY k (id)); CREATE TABLE b (a INT, FOREIGN KEY f (a) REFERENCES a (id));
        CREATE VIEW v AS SELECT * FROM a; CREATE PROCEDURE p() SELECT 1;
        CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW SET NEW.id = NEW.id + 1;
        CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1""",
    )
    made, script = await family.dump(name, tmp_path)
    options = {**family.engine.scratch_options(made, "objects_copy"), "marker": "m"}
    assert options["events"] == "disabled"
    family.sql("DROP DATABASE IF EXISTS objects_copy")
    target = family.connection()
    await family.engine.create_database(target, made, options)
    done = family.feed(family.filtered(made, script, options), made, options, tmp_path)
    assert done.returncode == 0, done.stderr
    wanted, copy = made.source.properties["objects"], family.connection("objects_copy")
    same = compare_objects(made, wanted, await family.engine.object_facts(copy))
    assert same.ok, same.message
    assert "1 views, 1 routines, 1 triggers, 1 events" in same.message
    family.sql("DROP VIEW v", "objects_copy")
    other = compare_objects(made, wanted, await family.engine.object_facts(copy))
    assert "the views differ (0 instead of 1, or others)" in other.message
    family.sql("DROP DATABASE objects_copy")


async def test_answer_when_asked_then_it_reads_only_one_statement_and_in_time(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = family.create("asked", "CREATE TABLE t (id INT); INSERT INTO t VALUES (1), (2), (3)")
    connection, ask = family.connection(name), family.engine.answer
    assert await ask(connection, "SELECT COUNT(*) FROM t;", 10) == Answer(1, 1, 3)
    assert await ask(connection, "SELECT * FROM t", 10) == Answer(2, 1, 1)
    assert await ask(connection, "SELECT * FROM t WHERE id > 9", 10) == Answer(0, 0, None)
    for statement in ("DELETE FROM t", "SELECT 1) a; DROP TABLE t; -- ", "SELECT 1) a INTO OUTFILE '/tmp/x' -- "):
        with pytest.raises(DatabaseError, match="the server refused it"):
            await ask(connection, statement, 10)
    assert family.sql("SELECT COUNT(*) FROM t", name).split()[-1] == "3"
    monkeypatch.setattr(mysql_proof, "LATE", -9)
    with pytest.raises(DatabaseError, match="it took too long"):
        await ask(connection, "SELECT SLEEP(20)", 9)


async def test_scratch_when_tables_lie_on_other_servers_then_refused(family: Family, tmp_path: Path) -> None:
    made, _ = await family.dump(family.create("linked", "CREATE TABLE t (id INT)"), tmp_path)
    properties = {**made.source.properties, "engines": ["FEDERATED", "InnoDB"]}
    with pytest.raises(RestoreError, match=r"lie on other servers \(FEDERATED\)"):
        family.engine.scratch_options(replace(made, source=replace(made.source, properties=properties)), "x")


async def test_reading_when_open_then_it_surveys_and_leaves_counting_to_the_dump(family: Family) -> None:
    name = family.create("plain", "CREATE TABLE t (id INT)")
    async with family.engine.reading(family.connection(name)) as reading:
        survey = await reading.survey()
        assert reading.snapshot is None
        exact = replace(survey.tables[0], rows_exact=True)
        given = [*survey.tables, exact]
        assert [table async for table in reading.counted(given, 9, hashed=True)] == [exact]
    assert [table.name for table in survey.tables] == ["t"]
