"""Tests of engines.mysql_user_script and mysql_selection."""

from __future__ import annotations

import pytest

from dbbackup.core.errors import RestoreError
from dbbackup.core.manifest import TableFacts
from dbbackup.engines.contents import Selection
from dbbackup.engines.mysql_selection import ManifestContents, Wanted, unquoted
from dbbackup.engines.mysql_user_script import UserScript
from tests.unit.engines.archives import manifest_of

GOOD = rb"""-- a comment; \! no
# another; system x
SELECT 'it\'s; \\!', "\"; \! b", `na``me;` /* ; \! */;
INSERT INTO t
VALUES (1);
DELIMITER //
CREATE PROCEDURE p() BEGIN SELECT 1; SELECT ';'; END//
DELIMITER ;
SET SESSION sql_mode = '';
SELECT 2;"""


def passed(script: bytes, size: int = 1 << 20, *, trusted: bool = False) -> bytes:
    reading = UserScript(trusted=trusted)
    out = [piece for at in range(0, len(script), size) for piece in reading.update(script[at : at + size])]
    return b"".join([*out, *reading.finish()])


@pytest.mark.parametrize("size", [1, 5, 64, 1 << 20])
def test_script_when_it_is_good_then_all_statements_pass(size: int) -> None:
    assert passed(GOOD, size).splitlines() == [
        rb"""SELECT 'it\'s; \\!', "\"; \! b", `na``me;` /* ; \! */ ;""",
        b"INSERT INTO t",
        b"VALUES (1) ;",
        b"DELIMITER //",
        b"CREATE PROCEDURE p() BEGIN SELECT 1; SELECT ';'; END //",
        b"DELIMITER ;",
        b"SET SESSION sql_mode = '' ;",
        b"SELECT 2 ;",
    ]


def test_script_when_it_ends_within_a_statement_then_it_is_refused() -> None:
    for script in (b"SELECT 1", b"SELECT 'a;\n", b"DELIMITER //\nSELECT 1;\n"):
        with pytest.raises(RestoreError, match="ends within a statement"):
            passed(script)


def test_script_when_it_is_trusted_then_the_server_decides_and_client_commands_stay_refused() -> None:
    assert passed(b"SELECT 1 INTO OUTFILE 'x';", trusted=True) == b"SELECT 1 INTO OUTFILE 'x' ;\n"
    for script in (b"SET @@GLOBAL.x = 1;", b"SET x = 1, GLOBAL y = 2;", b"LOAD DATA INFILE 'x' INTO TABLE t;"):
        assert passed(script, trusted=True)
        with pytest.raises(RestoreError, match="A statement of the script"):
            passed(script)
    for script in (b"tee x;", b"SELECT 1 \\G\n;", b"use other;", b"drop schema x;"):
        with pytest.raises(RestoreError, match="A statement of the script"):
            passed(script, trusted=True)


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        (b"CREATE TABLE `a` (x int)", True),
        (b"CREATE TABLE `b` (x int)", False),
        (b"DROP TABLE IF EXISTS `odd ``x`", True),
        (b" ALTER TABLE `b` DISABLE KEYS", False),
        (b" CREATE ALGORITHM=UNDEFINED  DEFINER=`b`@`%` SQL SECURITY DEFINER  VIEW `a` AS SELECT 1", True),
        (b" CREATE  DEFINER=`b`@`%`  TRIGGER `b` BEFORE INSERT ON `a` FOR EACH ROW SET @x = 1", True),
        (b" CREATE  TRIGGER `a` AFTER DELETE ON `b` FOR EACH ROW SET @x = 1", False),
        (b"DROP TRIGGER IF EXISTS `a`", False),
        (b" CREATE  DEFINER=`b`@`%` PROCEDURE `a`() SELECT 1", False),
        (b"DROP FUNCTION IF EXISTS `a`", False),
        (b"CREATE SEQUENCE `a` START WITH 1", True),
        (b"DO SETVAL(`b`, 1, 0)", False),
        (b"SET NAMES utf8mb4", True),
        (b"UNLOCK TABLES", True),
    ],
)
def test_wanted_when_a_statement_belongs_to_what_was_chosen_then_it_is(statement: bytes, wanted: bool) -> None:
    assert Wanted({"a", "odd `x"}).statement(statement) is wanted


def test_contents_when_there_are_no_programs_then_nothing_is_said_of_them() -> None:
    tables = [TableFacts(schema="shop", name="a", rows=1, rows_exact=False, size=2)]
    reader = ManifestContents(manifest_of("mysql", "sql", tables=tables))
    reader.feed(b"rows")
    assert [(o.name, o.rows, o.size) for o in reader.objects()] == [("a", 1, 2)]
    assert [f.code for f in reader.choose(Selection(schemas=["shop"])).findings] == ["selection"]


def test_unquoted_when_a_name_is_quoted_in_either_way_then_the_quotes_go() -> None:
    assert [unquoted(name) for name in (b"`a``b`", b'"a""b"', b"ab")] == [b"a`b", b'a"b', b"ab"]
