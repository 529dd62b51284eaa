"""Exact rows out of real dumps, the fingerprint of objects, and the user's statements, on MySQL and MariaDB."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from dbbackup.core.comparison import compare_objects
from dbbackup.core.errors import DatabaseError, RestoreError
from dbbackup.engines import mysql_proof
from dbbackup.engines.values import Answer
from tests.integration.engines.mysql_support import NASTY, Family
from tests.integration.engines.test_mysql_roundtrip import make_nasty


async def test_counter_when_a_nasty_database_is_dumped_then_every_table_is_counted_exactly(
    family: Family, tmp_path: Path
) -> None:
    name = f"{NASTY} counted"
    make_nasty(family, name)
    made, script = await family.dump(name, tmp_path)
    counter = family.engine.row_counter(made.options, made.source)
    assert counter is not None
    for start in range(0, len(script), 777):
        list(counter.update(script[start : start + 777]))
    list(counter.finish())
    tables = counter.counted(made.source.tables)
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
