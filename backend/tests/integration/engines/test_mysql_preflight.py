"""What a preflight refuses, and what a survey finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dbbackup.core.errors import BackupError
from dbbackup.core.manifest import Manifest, TableFacts
from dbbackup.engines import build_registry
from devtools.servers import MariadbServer, MysqlServer
from tests.integration.engines.mysql_support import Family
from tests.integration.engines.support import part_facts, run

TABLES = "CREATE TABLE t (i INT PRIMARY KEY, s VARCHAR(9)); CREATE TABLE u (i INT); INSERT INTO t VALUES (1, 'a')"


@pytest.fixture
async def backup(family: Family, tmp_path: Path) -> Manifest:
    family.create("pre", TABLES)
    return (await family.dump("pre", tmp_path))[0]


@pytest.fixture
def free(family: Family) -> Iterator[str]:
    family.sql("DROP DATABASE IF EXISTS free")
    yield "free"
    family.sql("DROP DATABASE IF EXISTS free")


def changed(backup: Manifest, *, properties: dict[str, Any] | None = None, **source: Any) -> Manifest:
    facts = msgspec.structs.replace(backup.source, **source)
    facts = msgspec.structs.replace(facts, properties={**facts.properties, **(properties or {})})
    return msgspec.structs.replace(backup, source=facts)


def table(name: str, **columns: str) -> TableFacts:
    return TableFacts(schema="pre", name=name, rows=0, rows_exact=False, size=0, columns=columns)


async def test_a_survey_holds_what_a_restore_asks(family: Family) -> None:
    family.create(
        "surveyed",
        TABLES
        + "; CREATE TABLE g (i INT, j INT AS (i + 1), k INT COLLATE utf8mb4_bin) ENGINE = MyISAM".replace(
            "k INT COLLATE", "k VARCHAR(3) COLLATE"
        )
        + "; CREATE VIEW v AS SELECT 1; CREATE PROCEDURE p() SELECT 1",
    )
    survey = await family.engine.survey(family.connection("surveyed"))
    assert [found.name for found in survey.tables] == ["g", "t", "u"]
    assert list(survey.tables[0].columns) == ["i", "k"]
    assert survey.tables[1].columns["s"] == "varchar(9)"
    assert not survey.tables[1].rows_exact
    assert survey.properties["views"] == ["v"]
    assert survey.properties["nonTransactional"] == ["g"]
    assert survey.properties["generated"] == ["g"]
    assert survey.properties["engines"] == ["InnoDB", "MyISAM"]
    assert "utf8mb4_bin" in survey.properties["collations"]
    assert (survey.properties["routines"], survey.properties["events"]) == (1, 0)
    assert survey.roles == ["root@%"]
    assert survey.extensions == []


async def test_a_restore_that_can_work_is_let_through(family: Family, backup: Manifest, free: str) -> None:
    options = family.options(free)
    assert await family.codes(backup, options) == set()
    assert await family.codes(backup, options, "ok") == {"server-version", "tool", "collations", "name-free"}


async def test_a_name_that_cannot_be_used_is_told(family: Family, backup: Manifest) -> None:
    assert await family.codes(backup, family.options("pre")) == {"name-taken"}
    options = {**family.options("x"), "newDatabase": "mysql"}
    assert await family.codes(backup, options) == {"name-invalid"}


async def test_backups_that_do_not_fit_are_refused(family: Family, backup: Manifest, free: str) -> None:
    options, fill = family.options(free), family.options("pre", "append")
    assert await family.codes(changed(backup, engine="postgresql"), options) == {"wrong-engine"}
    custom = msgspec.structs.replace(backup, parts=[part_facts(format_="pg_custom")])
    assert await family.codes(custom, options) == {"no-script"}
    data_only = msgspec.structs.replace(backup, options={"dataOnly": True})
    schema_only = msgspec.structs.replace(backup, options={"schemaOnly": True})
    assert await family.codes(data_only, options) == {"data-only"}
    assert await family.codes(schema_only, fill) == {"schema-only"}
    assert await family.codes(changed(backup, server_version="99.1.0"), options) == {"downgrade"}
    major = family.server.version.split(".")[0]
    assert "older-server" in await family.codes(changed(backup, server_version=f"{major}.99.0"), options, "warning")
    missing = changed(backup, properties={"engines": ["InnoDB", "ROCKSDB"]})
    assert await family.codes(missing, options) == {"missing-engines"}


async def test_settings_of_the_target_that_matter_are_told(family: Family, backup: Manifest, free: str) -> None:
    other = changed(backup, properties={"lowerCaseTableNames": 1, "maxAllowedPacket": 1 << 40})
    assert await family.codes(other, family.options(free), "warning") == {"case-of-names", "packet"}


async def test_a_read_only_target_is_refused(family: Family, backup: Manifest, free: str) -> None:
    family.sql("SET GLOBAL read_only = ON")
    try:
        assert "read-only" in await family.codes(backup, family.options(free))
    finally:
        family.sql("SET GLOBAL read_only = OFF")


async def test_names_the_target_does_not_tell_apart_are_refused(tmp_path: Path) -> None:
    with MariadbServer.start(settings={"lower_case_table_names": "1"}) as server:
        family = Family.of("mariadb", server)
        family.create("pre", TABLES)
        backup, _ = await family.dump("pre", tmp_path)
        collides = changed(backup, tables=[table("T"), table("t")])
        assert await family.codes(collides, family.options("free")) == {"case-collision"}


async def test_missing_tools_and_older_ones_are_told(
    family: Family, backup: Manifest, free: str, tmp_path: Path
) -> None:
    engine, options = family.engine, family.options(free)
    tools = family.engine._tools  # type: ignore[attr-defined]
    finder = tools._finder
    try:
        finder._folders = lambda: [tmp_path]
        assert "tool-missing" in await family.codes(backup, options)
        probe = await engine.probe(family.connection("pre"))
        assert probe.tool is None
        assert "install" in (probe.tool_error or "")
        old = b"\x0010.4.1-MariaDB\x00" if family.is_mariadb else b"\x008.0.1\x00"
        for name in ("mysql", "mysqldump", "mariadb", "mariadb-dump"):
            (tmp_path / name).write_bytes(old)
        assert "tool-older" in await family.codes(backup, options, "warning")
    finally:
        family.engine = build_registry([])[engine.type]


async def test_privileges_the_target_needs_are_named(family: Family, backup: Manifest, free: str) -> None:
    programs = changed(backup, properties={"views": ["v"], "triggers": 1, "routines": 1, "events": 1}, roles=["boss@%"])
    who = family.account("maker", "GRANT CREATE, DROP ON free.* TO maker@'%'")
    findings = await family.engine.preflight(family.connection(**who), programs, family.options(free))
    told = {finding.code: finding.message for finding in findings if finding.level == "error"}
    assert set(told) == {"missing-privileges", "definer"}
    assert (
        "GRANT ALTER, INDEX, INSERT, SELECT, REFERENCES, CREATE VIEW, SHOW VIEW, TRIGGER, CREATE ROUTINE, "
        in told["missing-privileges"]
    )
    options = family.options(free, definer="strip", events="skip")
    assert await family.codes(programs, options, "warning", **who) == {"definer-stripped", "events"}
    assert await family.codes(backup, options, "warning", **who) == set()


async def test_a_binary_log_that_distrusts_functions_is_told(mysql: MysqlServer, tmp_path: Path) -> None:
    with MariadbServer.start(settings={"log_bin": "log", "server_id": "1"}) as server:
        family = Family.of("mariadb", server)
        family.create("pre", TABLES + "; CREATE PROCEDURE p() SELECT 1")
        backup, _ = await family.dump("pre", tmp_path)
        who = family.account("maker", "GRANT ALL ON free.* TO maker@'%'")
        options = family.options("free", definer="strip")
        assert await family.codes(backup, options, **who) == {"binary-log"}
        assert await family.codes(backup, options) == set()


async def test_tables_that_get_rows_must_fit(family: Family, backup: Manifest) -> None:
    async def refused(statements: str, mode: str = "append", **more: Any) -> set[str]:
        family.create("filled", statements)
        return await family.codes(more.pop("source", backup), family.options("filled", mode), **more)

    assert await refused(TABLES) == set()
    assert await refused(TABLES, "dataOnly") == {"tables-not-empty"}
    assert await refused("CREATE TABLE t (i INT PRIMARY KEY, s VARCHAR(9))") == {"missing-tables"}
    assert await refused(TABLES + "; ALTER TABLE t DROP s") == {"columns"}
    assert await refused(TABLES + "; ALTER TABLE t ADD x INT") == {"columns"}
    assert await refused(TABLES + "; ALTER TABLE t MODIFY s VARCHAR(8)") == {"columns"}
    assert await refused(TABLES + "; ALTER TABLE u ENGINE = MyISAM") == {"no-transactions"}
    trigger = "; CREATE TRIGGER x BEFORE INSERT ON u FOR EACH ROW SET NEW.i = 1"
    assert await refused(TABLES + trigger) == {"insert-triggers"}
    only_t = msgspec.structs.replace(backup, options={"excludeTables": ["u"]})
    assert await refused(TABLES + trigger, source=only_t) == set()
    who = family.account("reader", "GRANT SELECT ON filled.* TO reader@'%'")
    assert await refused(TABLES, **who) == {"missing-privileges"}
    assert await family.codes(backup, family.options("nowhere", "append")) == {"no-database"}


async def test_tables_that_are_not_there_cannot_be_chosen(family: Family, backup: Manifest, tmp_path: Path) -> None:
    assert backup.source.tables
    with pytest.raises(BackupError, match="no table or view nope"):
        await family.dump("pre", tmp_path, includeTables=["nope"])
    _, script = await family.dump("pre", tmp_path, includeTables=["u"])
    assert b"`t`" not in script
    _, script = await family.dump("pre", tmp_path, excludeTables=["t"])
    assert b"`t`" not in script
    command, _ = await family.dump_command(family.connection("pre"), {"schemaOnly": True}, tmp_path)
    assert b"INSERT" not in run(command, tmp_path).stdout


@pytest.mark.parametrize("origin", ["mysql", "mariadb"])
async def test_plain_tables_and_views_go_from_one_kind_to_the_other(
    mysql: MysqlServer, mariadb: MariadbServer, origin: str, tmp_path: Path
) -> None:
    both = {"mysql": Family.of("mysql", mysql), "mariadb": Family.of("mariadb", mariadb)}
    source, target = both.pop(origin), next(iter(both.values()))
    statements = (
        "CREATE TABLE a (id INT AUTO_INCREMENT PRIMARY KEY, j JSON, d DECIMAL(9, 2), t TEXT, b BLOB, at DATETIME(6));"
        "INSERT INTO a VALUES (1, '{\"k\": [1]}', 1.5, 'ü ☕\\n', 0x00FF, '2026-01-01 00:00:00.5');"
    )
    source.create("crossing", statements)
    backup, script = await source.dump("crossing", tmp_path)
    target.sql("DROP DATABASE IF EXISTS crossed")
    options = target.options("crossed")
    assert await target.codes(backup, options) == set()
    assert "other-flavour" in await target.codes(backup, options, "warning")
    await target.restore(backup, script, options, tmp_path)
    query = "SELECT id, JSON_EXTRACT(j, '$.k[0]'), d, HEX(t), HEX(b), at FROM a"
    assert target.sql(query, "crossed") == source.sql(query, "crossing")
    fill = target.options("crossed", "append")
    assert await target.codes(backup, fill) == set()


@pytest.mark.parametrize("origin", ["mysql", "mariadb"])
async def test_what_only_one_kind_knows_is_refused_by_the_other(
    mysql: MysqlServer, mariadb: MariadbServer, origin: str, tmp_path: Path
) -> None:
    both = {"mysql": Family.of("mysql", mysql), "mariadb": Family.of("mariadb", mariadb)}
    source, target = both.pop(origin), next(iter(both.values()))
    source.create("crossing", "CREATE TABLE a (i INT, j INT AS (i + 1)); CREATE PROCEDURE p() SELECT 1")
    if origin == "mariadb":
        source.sql(
            "CREATE SEQUENCE s; CREATE TABLE n (u UUID); CREATE TABLE v (i INT) WITH SYSTEM VERSIONING", "crossing"
        )
    else:
        source.sql("CREATE TABLE c (t TEXT COLLATE utf8mb4_0900_ai_ci)", "crossing")
    backup, _ = await source.dump("crossing", tmp_path)
    findings = await target.engine.preflight(target.connection(), backup, target.options("crossed"))
    told = {finding.code: finding.message for finding in findings if finding.level == "error"}
    assert "routines (their SQL mode and collations)" in told["other-flavour"]
    if origin == "mariadb":
        for words in ("sequences (s)", "system-versioned tables (v)", "generated columns (a)", "columns of type uuid"):
            assert words in told["other-flavour"]
    else:
        assert "utf8mb4_0900_ai_ci" in told["unknown-collations"]
