"""The modes of a restore, and that a failure leaves the target as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbbackup.core.errors import ConflictError, DatabaseError, RestoreError
from dbbackup.engines import mysql_target
from dbbackup.engines.mysql_connect import session
from tests.integration.engines.mysql_support import Family
from tests.integration.engines.support import stderr_lines

SHOP = """
CREATE TABLE customer (
    id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50) UNIQUE, upper_name VARCHAR(50) AS (UPPER(name))
);
CREATE TABLE purchase (
    id INT PRIMARY KEY, customer INT, what VARCHAR(50), FOREIGN KEY (customer) REFERENCES customer (id)
);
INSERT INTO customer (id, name) VALUES (1, 'a;\\n''b'), (2, 'ü ☕'), (0, 'x');
INSERT INTO purchase VALUES (1, 1, 'INSERT INTO `x` VALUES (1);\\n'), (2, 2, NULL);
"""
EXTRAS = """
CREATE VIEW names AS SELECT name FROM customer;
CREATE PROCEDURE answer() SELECT 42;
CREATE TRIGGER busy BEFORE UPDATE ON customer FOR EACH ROW SET NEW.name = TRIM(NEW.name);
CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO production.log VALUES (DATABASE());
"""
ROWS = (
    "SELECT GROUP_CONCAT(HEX(name) ORDER BY id), MAX(upper_name) FROM customer; "
    "SELECT COUNT(*), MAX(what) FROM purchase"
)


@pytest.fixture
def shop(family: Family) -> str:
    return family.create("shop", SHOP)


@pytest.fixture
def production(family: Family) -> str:
    family.create("production", "CREATE TABLE log (who VARCHAR(64))")
    return family.create("shop", SHOP + EXTRAS.replace("DO INSERT", "DISABLE DO INSERT"))


def drop(family: Family, name: str) -> None:
    family.sql(f"DROP DATABASE IF EXISTS `{name}`")


async def test_schema_only_brings_all_definitions_and_no_rows(family: Family, production: str, tmp_path: Path) -> None:
    backup, script = await family.dump(production, tmp_path)
    drop(family, "bare")
    await family.restore(backup, script, family.options("bare", "schemaOnly"), tmp_path)
    assert (
        family.sql("SELECT COUNT(*) FROM customer; SELECT COUNT(*) FROM purchase; CALL answer()", "bare") == "0\n0\n42"
    )
    assert family.sql("SHOW TABLES", "bare").splitlines() == ["customer", "names", "purchase"]
    assert family.sql("SHOW TRIGGERS", "bare").startswith("busy\t")


async def test_data_only_fills_empty_tables(family: Family, shop: str, tmp_path: Path) -> None:
    backup, script = await family.dump(shop, tmp_path)
    before = family.sql(ROWS, shop)
    family.create("empty", SHOP + "DELETE FROM purchase; DELETE FROM customer;")
    options = family.options("empty", "dataOnly")
    assert await family.codes(backup, options) == set()
    await family.restore(backup, script, options, tmp_path)
    assert family.sql(ROWS, "empty") == before


async def test_append_adds_rows_beside_those_that_are_there(family: Family, shop: str, tmp_path: Path) -> None:
    backup, script = await family.dump(shop, tmp_path)
    family.create(
        "more", SHOP + "UPDATE purchase SET id = id + 10, customer = NULL; UPDATE customer SET id = id + 10, name = id;"
    )
    options = family.options("more", "append")
    assert await family.codes(backup, options) == set()
    assert await family.codes(backup, options, "warning") == {"foreign-keys"}
    await family.restore(backup, script, options, tmp_path)
    assert family.sql("SELECT COUNT(*) FROM customer; SELECT COUNT(*) FROM purchase", "more") == "6\n4"


async def test_append_that_meets_a_duplicate_at_its_end_changes_nothing(
    family: Family, shop: str, tmp_path: Path
) -> None:
    backup, script = await family.dump(shop, tmp_path)
    family.create(
        "more",
        SHOP
        + "SET foreign_key_checks = 0; DELETE FROM purchase WHERE id = 1; UPDATE customer SET id = 50 + id, name = id;",
    )
    before = family.sql(ROWS, "more")
    options = family.options("more", "append")
    assert family.sql("SELECT id FROM purchase", "more") == "2"  # the last row of the last table
    done = family.feed(family.filtered(backup, script, options), backup, options, tmp_path)
    assert done.returncode == 1
    assert family.sql(ROWS, "more") == before
    command = family.engine.restore(
        family.connection(), family.engine.choose_tools(family.server.version), backup, options, None, tmp_path
    )
    error = family.engine.explain(command, done.returncode, stderr_lines(done))
    assert isinstance(error, RestoreError)
    assert "is there already" in error.message


async def test_a_second_row_of_a_unique_key_is_noticed(family: Family, shop: str, tmp_path: Path) -> None:
    backup, script = await family.dump(shop, tmp_path)
    family.create("more", SHOP + "DELETE FROM purchase; UPDATE customer SET id = 50 + id;")
    options = family.options("more", "append")
    done = family.feed(family.filtered(backup, script, options), backup, options, tmp_path)
    assert done.returncode == 1
    assert family.sql("SELECT COUNT(*) FROM customer", "more") == "3"


@pytest.mark.parametrize("where", ["mid-statement", "boundary", "before the trailer"])
async def test_a_dump_that_is_cut_off_commits_nothing(family: Family, shop: str, tmp_path: Path, where: str) -> None:
    backup, script = await family.dump(shop, tmp_path)
    cut = {
        "mid-statement": script.index(b"INSERT INTO `purchase`") + 40,
        "boundary": script.index(b"INSERT INTO `purchase`"),
        "before the trailer": script.index(b"-- Dump completed"),
    }[where]
    family.create("empty", SHOP + "DELETE FROM purchase; DELETE FROM customer;")
    options = family.options("empty", "dataOnly")
    filter_ = family.engine.restore_filter(backup, options)
    assert filter_ is not None
    fed = b"".join(filter_.update(script[:cut]))
    assert b"INSERT INTO `customer`" in fed
    with pytest.raises(RestoreError, match="cut off"):
        list(filter_.finish())
    # even a client that saw the end of its input there
    family.feed(fed, backup, options, tmp_path)
    assert family.sql("SELECT COUNT(*) FROM customer; SELECT COUNT(*) FROM purchase", "empty") == "0\n0"


@pytest.mark.parametrize("mode", ["newDatabase", "schemaOnly"])
async def test_a_new_database_without_the_trailer_is_refused(
    family: Family, shop: str, tmp_path: Path, mode: str
) -> None:
    backup, script = await family.dump(shop, tmp_path)
    with pytest.raises(RestoreError, match="cut off"):
        family.filtered(backup, script[: script.index(b"-- Dump completed")], family.options("x", mode))


@pytest.mark.parametrize(("events", "state"), [("disabled", "DISABLED"), ("enabled", "ENABLED"), ("skip", "")])
async def test_events_of_a_copy_do_not_run_unless_wanted(
    family: Family, production: str, tmp_path: Path, events: str, state: str
) -> None:
    backup, script = await family.dump(production, tmp_path)
    script = script.replace(b" DISABLE DO", b" ENABLE DO")  # as if it ran in the source
    drop(family, "copy")
    options = family.options("copy", events=events)
    assert "events" in await family.codes(backup, options, "warning")
    await family.restore(backup, script, options, tmp_path)
    assert family.sql("SELECT status FROM information_schema.events WHERE event_schema = 'copy'") == state
    drop(family, "copy")


async def test_definers_are_kept_or_stripped(family: Family, tmp_path: Path) -> None:
    family.account("owner_of_views", "GRANT ALL ON *.* TO owner_of_views@'%'")
    family.create(
        "shop",
        SHOP
        + EXTRAS.replace("CREATE ", "CREATE DEFINER = owner_of_views@'%' ").replace(
            "EVERY 1 SECOND", "EVERY 1 SECOND DISABLE"
        ),
    )
    backup, script = await family.dump("shop", tmp_path)
    assert backup.source.roles == ["owner_of_views@%"]
    query = (
        "SELECT definer FROM information_schema.views WHERE table_schema = 'copy' "
        "UNION ALL SELECT definer FROM information_schema.triggers WHERE trigger_schema = 'copy' "
        "UNION ALL SELECT definer FROM information_schema.routines WHERE routine_schema = 'copy' "
        "UNION ALL SELECT definer FROM information_schema.events WHERE event_schema = 'copy'"
    )
    for definer, owner, code in (("keep", "owner_of_views@%", "definers"), ("strip", "root@%", "definer-stripped")):
        drop(family, "copy")
        options = family.options("copy", definer=definer)
        assert code in await family.codes(backup, options, "warning")
        await family.restore(backup, script, options, tmp_path)
        assert family.sql(query).splitlines() == [owner] * 4


async def test_a_restore_beside_the_original_leaves_it_alone(family: Family, tmp_path: Path) -> None:
    family.create("shop", "CREATE TABLE t (i INT); CREATE PROCEDURE p() SELECT 1", clauses="CHARACTER SET latin1")
    family.sql("ALTER DATABASE CHARACTER SET utf8mb4", "shop")
    backup, script = await family.dump("shop", tmp_path)
    assert b"ALTER DATABASE `shop`" in script
    family.sql("ALTER DATABASE shop CHARACTER SET latin2")
    drop(family, "copy")
    await family.restore(backup, script, family.options("copy"), tmp_path)
    query = "SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = "
    assert family.sql(f"{query} 'shop'; {query} 'copy'") == "latin2\nutf8mb4"
    assert family.sql("SELECT database_collation FROM information_schema.routines WHERE routine_schema = 'copy'") == (
        "latin1_swedish_ci"
    )


async def test_a_dump_cannot_reach_this_machine_or_another_database(family: Family, shop: str, tmp_path: Path) -> None:
    backup, script = await family.dump(shop, tmp_path)
    options = family.options("shop", "append")
    for words in (rb"\! touch {}", b"system touch {}", rb"\T {}", b"tee {}", rb"SELECT 1 \! touch {}"):
        trace = tmp_path / "trace"
        family.feed(words.replace(b"{}", str(trace).encode()) + b"\n;\n", backup, options, tmp_path)
        assert not trace.exists()
    for statement in (
        "USE mysql",
        "DROP DATABASE shop",
        "INSERT INTO `mysql`.`user` VALUES (1)",
        "CREATE TABLE a.b (i INT)",
    ):
        with pytest.raises(RestoreError, match="dump"):
            family.filtered(
                backup, script.replace(b"DROP TABLE", statement.encode() + b";\nDROP TABLE", 1), family.options("x")
            )


async def test_only_what_this_restore_made_is_dropped(family: Family, shop: str, tmp_path: Path) -> None:
    backup, script = await family.dump(shop, tmp_path)
    target = family.connection()
    options = family.options("copy")
    drop(family, "copy")
    assert not await family.engine.drop_database(target, "copy", "run-copy")
    await family.engine.create_database(target, backup, options)
    with pytest.raises(ConflictError, match="exists already"):
        await family.engine.create_database(target, backup, options)
    for marker in ("another-run", ""):
        with pytest.raises(ConflictError, match="not made by this restore"):
            await family.engine.drop_database(target, "copy", marker)
    assert await family.engine.drop_database(target, "copy", "run-copy")
    await family.restore(backup, script, options, tmp_path)
    with pytest.raises(ConflictError):
        await family.engine.drop_database(target, "copy", "run-copy")
    assert "copy" in family.databases()


async def test_a_database_that_cannot_be_marked_is_not_left_behind(
    family: Family, shop: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup, _ = await family.dump(shop, tmp_path)
    drop(family, "copy")
    monkeypatch.setattr(mysql_target, "MARK_TABLE", "x" * 70)
    with pytest.raises(DatabaseError, match=r"too long|Incorrect table name"):
        await family.engine.create_database(family.connection(), backup, family.options("copy"))
    assert "copy" not in family.databases()


async def test_a_character_set_the_target_does_not_know_is_told(family: Family, shop: str, tmp_path: Path) -> None:
    backup, _ = await family.dump(shop, tmp_path)
    backup.source.properties.update(collation="utf8mb4_klingon_ci", collations=["utf8mb4_klingon_ci"])
    options = family.options("copy")
    assert await family.codes(backup, options) == {"unknown-collations"} | (
        {"name-taken"} if "copy" in family.databases() else set()
    )
    drop(family, "copy")
    with pytest.raises(DatabaseError, match="utf8mb4_klingon_ci"):
        await family.engine.create_database(family.connection(), backup, options)


async def test_maintenance_goes_round_a_source_that_is_gone(family: Family) -> None:
    engine = family.engine
    assert (await engine.maintenance(family.connection("mysql"))).database == "mysql"
    assert (await engine.maintenance(family.connection("gone"))).database == "information_schema"
    who = family.account("known", "")
    with pytest.raises(DatabaseError, match="refused user unknown"):
        await engine.maintenance(family.connection("gone", **{**who, "username": "unknown"}))
    with pytest.raises(DatabaseError, match="Nothing listens"):
        await engine.maintenance(family.connection("gone", port=1))


async def test_a_database_somebody_uses_is_dropped_all_the_same(family: Family, shop: str, tmp_path: Path) -> None:
    backup, _ = await family.dump(shop, tmp_path)
    drop(family, "copy")
    await family.engine.create_database(family.connection(), backup, family.options("copy"))
    async with session(family.connection("copy")) as other:
        await other.ask("CREATE TABLE held (i INT)")
        await other.ask("LOCK TABLES held WRITE")
        assert await family.engine.drop_database(family.connection(), "copy", "run-copy")
        with pytest.raises(Exception, match=r"(?i)lost|gone|closed|killed"):
            await other.ask("SELECT 1")
    assert "copy" not in family.databases()
