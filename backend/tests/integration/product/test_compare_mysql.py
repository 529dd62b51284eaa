"""The comparison of MySQL and MariaDB databases that says EQUAL sees each thing that may differ."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.compare_mysql import compare
from devtools.sample_mysql import create_shop
from devtools.servers import MariadbServer, MysqlFamilyServer, MysqlServer

SOURCE, COPY = "compared", "compared_copy"
_SQL = """
CREATE TABLE kinds (
    id INT PRIMARY KEY, f FLOAT, b BIT(3), e ENUM('a', 'b'), t TEXT, bin VARBINARY(9), g GEOMETRY,
    doubled INT AS (id * 2)
);
INSERT INTO kinds (id, f, b, e, t, bin, g) VALUES
    (1, 0.1, b'101', 'a', '', '', ST_GeomFromText('POINT(1 2)')), (2, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE no_key (i INT);
INSERT INTO no_key VALUES (1), (1), (2);
CREATE PROCEDURE nothing() SELECT 1;
"""


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[MysqlFamilyServer]:
    running: MysqlFamilyServer = request.getfixturevalue(request.param)
    create_shop(running, SOURCE, orders=60)
    running.sql(_SQL, database=SOURCE)
    yield running
    running.sql(f"DROP DATABASE {SOURCE}")


@pytest.fixture(scope="module")
def copy(server: MysqlFamilyServer) -> Iterator[str]:
    """Make a copy with the flavour's own tools, its events switched off; tests leave it as it was."""
    login = f"--defaults-file={server.client_file}"
    dump: list[str | Path] = [server.bin_dir / server.dump_tool, login, "--hex-blob", "--routines", "--events"]
    dump += ["--set-gtid-purged=OFF"] if isinstance(server, MysqlServer) else []
    server.sql(f"CREATE DATABASE {COPY}")
    text = subprocess.run([*dump, SOURCE], check=True, capture_output=True).stdout
    subprocess.run([server.bin_dir / server.client, login, COPY], check=True, input=text)
    server.sql("ALTER EVENT send_paid DISABLE", database=COPY)
    yield COPY
    assert compare(server, SOURCE, COPY).equal
    server.sql(f"DROP DATABASE {COPY}")


@pytest.mark.parametrize(
    ("damage", "undo", "noticed"),
    [
        ("SELECT 1", "SELECT 1", None),
        (
            "UPDATE product SET title = CONCAT(title, ' ') WHERE sku = 'SKU-7'",
            "UPDATE product SET title = TRIM(title)",
            "rows of product",
        ),
        ("UPDATE kinds SET f = 0.100000009 WHERE id = 1", "UPDATE kinds SET f = 0.1 WHERE id = 1", "rows of kinds"),
        ("UPDATE kinds SET b = b'100' WHERE id = 1", "UPDATE kinds SET b = b'101' WHERE id = 1", "rows of kinds"),
        ("UPDATE kinds SET e = 'b' WHERE id = 1", "UPDATE kinds SET e = 'a' WHERE id = 1", "rows of kinds"),
        ("UPDATE kinds SET t = NULL WHERE id = 1", "UPDATE kinds SET t = '' WHERE id = 1", "rows of kinds"),
        ("UPDATE kinds SET t = 'NULL' WHERE id = 2", "UPDATE kinds SET t = NULL WHERE id = 2", "rows of kinds"),
        ("UPDATE kinds SET bin = 0x00 WHERE id = 1", "UPDATE kinds SET bin = '' WHERE id = 1", "rows of kinds"),
        (
            "UPDATE kinds SET g = ST_GeomFromText('POINT(2 1)') WHERE id = 1",
            "UPDATE kinds SET g = ST_GeomFromText('POINT(1 2)') WHERE id = 1",
            "rows of kinds",
        ),
        (
            "UPDATE no_key SET i = 2 WHERE i = 1 LIMIT 1",
            "UPDATE no_key SET i = 1 WHERE i = 2 LIMIT 1",
            "rows of no_key",
        ),
        ("DELETE FROM no_key WHERE i = 2", "INSERT INTO no_key VALUES (2)", "rows of no_key"),
        ("DROP TABLE empty_on_purpose", "CREATE TABLE empty_on_purpose (id INT)", "list of tables"),
        ("ALTER TABLE kinds MODIFY t LONGTEXT", "ALTER TABLE kinds MODIFY t TEXT", "list of tables"),
        ("ALTER TABLE customer AUTO_INCREMENT = 4711", "ALTER TABLE customer AUTO_INCREMENT = 4", "AUTO_INCREMENT"),
        (f"ALTER DATABASE {COPY} COLLATE utf8mb4_bin", "{database as it was}", "database"),
        ("ALTER EVENT send_paid ENABLE", "ALTER EVENT send_paid DISABLE", "states of events"),
        ("ALTER EVENT send_paid COMMENT 'other'", "ALTER EVENT send_paid COMMENT ''", "text of a second dump"),
        ("CREATE VIEW more AS SELECT 1 AS sold", "DROP VIEW more", "text of a second dump"),
        (
            "CREATE TRIGGER more BEFORE INSERT ON no_key FOR EACH ROW SET NEW.i = 3",
            "DROP TRIGGER more",
            "text of a second dump",
        ),
        ("DROP PROCEDURE nothing", "CREATE PROCEDURE nothing() SELECT 1", "text of a second dump"),
        (
            "ALTER TABLE kinds MODIFY t TEXT COMMENT 'other'",
            "ALTER TABLE kinds MODIFY t TEXT",
            "text of a second dump",
        ),
        ("ALTER TABLE kinds ADD INDEX more (f)", "ALTER TABLE kinds DROP INDEX more", "text of a second dump"),
    ],
)
def test_compare_when_one_thing_differs_names_it(
    server: MysqlFamilyServer, copy: str, damage: str, undo: str, noticed: str | None
) -> None:
    server.sql(damage, database=copy)
    result = compare(server, SOURCE, copy)
    usual = server.sql("SELECT @@collation_server")
    server.sql(undo.replace("{database as it was}", f"ALTER DATABASE {COPY} COLLATE {usual}"), database=copy)
    assert [d.what for d in result.differences][:1] == ([noticed] if noticed else []), result.differences


def test_compare_when_events_should_be_as_they_were_wants_the_same_state(server: MysqlFamilyServer, copy: str) -> None:
    disabled = compare(server, SOURCE, copy, events_disabled=False)
    assert [d.what for d in disabled.differences] == ["states of events"]
    server.sql("ALTER EVENT send_paid ENABLE", database=copy)
    assert compare(server, SOURCE, copy, events_disabled=False).equal
    server.sql("ALTER EVENT send_paid DISABLE", database=copy)


def test_compare_between_flavours_compares_the_rows(mysql: MysqlServer, mariadb: MariadbServer) -> None:
    create_shop(mysql, "across", orders=60)
    create_shop(mariadb, "across", orders=60)
    try:
        result = compare(mysql, "across", "across", mariadb)
        assert result.equal, result.differences
        assert (result.tables, result.rows, result.sequences) == (4, 563, 2)
        mariadb.sql("UPDATE product SET price = price + 0.01 WHERE sku = 'SKU-9'", database="across")
        result = compare(mysql, "across", "across", mariadb)
        assert [d.what for d in result.differences] == ["rows of product"]
    finally:
        for server in (mysql, mariadb):
            server.sql("DROP DATABASE across")
