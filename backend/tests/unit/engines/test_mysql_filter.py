"""What of a script gets through to the client, and how it is changed."""

from __future__ import annotations

import pytest

from dbbackup.core.errors import RestoreError
from dbbackup.engines.mysql_filter import Definitions, PartOfRows, RowsOnly
from dbbackup.engines.mysql_selection import Wanted

END = b"-- Dump completed on 2026-01-01  0:00:00\n"


def through(filter_: Definitions | PartOfRows | RowsOnly, script: bytes) -> bytes:
    return b"".join([*filter_.update(script + END), *filter_.finish()])


def definitions(*, strip: bool = False, events: str = "disabled", rows: bool = True) -> Definitions:
    return Definitions(with_rows=rows, strip_definer=strip, events=events)


def changed(statement: bytes, **more: bool | str) -> bytes:
    script = b"DELIMITER ;;\n" + statement + b" ;;\nDELIMITER ;\n"
    done = through(definitions(**more), script)  # type: ignore[arg-type]
    return done.removeprefix(b"DELIMITER ;;\n").removesuffix(b"DELIMITER ;\n").removesuffix(b" ;;\n")


EVENT = (
    b"/*!50106 CREATE*/ /*!50117 DEFINER=`a``b`@`%%`*/ /*!50106 EVENT `e``v` ON SCHEDULE EVERY '1:2' MINUTE_SECOND "
    b"STARTS '2026-01-01 00:00:00' ON COMPLETION NOT PRESERVE %s COMMENT 'ON COMPLETION PRESERVE ENABLE' DO SELECT 1 */"
)


@pytest.mark.parametrize("state", [b"ENABLE", b"DISABLE", b"DISABLE ON SLAVE", b"DISABLE ON REPLICA"])
def test_events_are_disabled_before_they_are_made(state: bytes) -> None:
    assert changed(EVENT % state) == EVENT % b"DISABLE"
    assert changed(EVENT % state, events="enabled") == EVENT % state
    assert changed(EVENT % state, events="skip") == b""


def test_an_event_whose_state_cannot_be_read_is_refused() -> None:
    with pytest.raises(RestoreError, match="leave events out"):
        changed(b"CREATE EVENT `e` ON SCHEDULE EVERY 1 DAY DO SELECT 'ON COMPLETION'")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"CREATE DEFINER=`r`@`%` PROCEDURE `p`()\nSELECT 1", b"CREATE  PROCEDURE `p`()\nSELECT 1"),
        (
            b'CREATE DEFINER="r"@"%" FUNCTION "f"() RETURNS int\nRETURN 1',
            b'CREATE  FUNCTION "f"() RETURNS int\nRETURN 1',
        ),
        (
            b"/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`a@b`@`%` SQL SECURITY DEFINER */\n"
            b"/*!50001 VIEW `v` AS select 'DEFINER=`x`@`y`' */",
            b"/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013  SQL SECURITY DEFINER */\n"
            b"/*!50001 VIEW `v` AS select 'DEFINER=`x`@`y`' */",
        ),
        (b"CREATE DEFINER=`role` PROCEDURE `p`()\nSELECT 1", b"CREATE  PROCEDURE `p`()\nSELECT 1"),
        (
            b"CREATE TABLE `t` (`c` text DEFAULT 'DEFINER=`a`@`b`')",
            b"CREATE TABLE `t` (`c` text DEFAULT 'DEFINER=`a`@`b`')",
        ),
    ],
)
def test_definers_are_taken_away_where_wanted(before: bytes, after: bytes) -> None:
    assert changed(before, strip=True) == after
    assert changed(before) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"trigger `qu al`.tr1 before insert on `qu al`.t for", b"trigger tr1 before insert on t for"),
        (b"TRIGGER src . `t``r` AFTER UPDATE ON src.`t` FOR", b"TRIGGER `t``r` AFTER UPDATE ON `t` FOR"),
        (b"TRIGGER if not exists tr AFTER DELETE ON t FOR", b"TRIGGER if not exists tr AFTER DELETE ON t FOR"),
    ],
)
def test_triggers_come_into_the_new_database(before: bytes, after: bytes) -> None:
    frame = b"/*!50003 CREATE*/ /*!50017 DEFINER=`r`@`%%`*/ /*!50003 %s EACH ROW set @a = 1 */"
    assert changed(frame % before) == frame % after


def test_the_original_database_is_not_altered() -> None:
    text = b"ALTER DATABASE `shop``x` CHARACTER SET latin1 COLLATE latin1_swedish_ci"
    assert changed(text) == b"ALTER DATABASE CHARACTER SET latin1 COLLATE latin1_swedish_ci"


KNOWN = b"""/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;
/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */;
DROP TABLE IF EXISTS `t`;
CREATE SEQUENCE `s` start with 1;
DO SETVAL(`s`, 1, 0);
INSERT INTO `t` VALUES (1);
/*!40000 ALTER TABLE `t` ENABLE KEYS */;
commit;
"""


def test_what_the_tools_write_is_let_through() -> None:
    assert through(definitions(), KNOWN).replace(b" ;\n", b";\n") == KNOWN
    assert b"INSERT" not in through(definitions(rows=False), KNOWN)
    assert through(definitions(), b"LOCK TABLES `t` WRITE;\nUNLOCK TABLES;\n") == b""


@pytest.mark.parametrize(
    "statement",
    [
        b"USE mysql",
        b"CREATE DATABASE x",
        b"CREATE USER x",
        b"DROP DATABASE shop",
        b"DROP TABLE IF EXISTS `mysql`.`user`",
        b"CREATE TABLE `a` . `b` (`i` int)",
        b"CREATE VIEW `a`.`b` AS SELECT 1",
        b"CREATE DEFINER=`r`@`%` PROCEDURE `mysql`.`p`() SELECT 1",
        b"CREATE EVENT a.b ON SCHEDULE EVERY 1 DAY ON COMPLETION PRESERVE ENABLE DO SELECT 1",
        b"GRANT ALL ON *.* TO x",
        b"SET GLOBAL read_only = 1",
        b"SET @a = 1, GLOBAL read_only = 1",
        b"SET @a = 1, @@global.read_only = 1",
        b"SET PASSWORD FOR root = 'x'",
        b"LOAD DATA INFILE '/etc/passwd' INTO TABLE t",
        b"ALTER TABLE `t` ADD COLUMN `x` int",
        b"ALTER DATABASE CHARACTER SET latin1",
        b"REPLACE INTO `mysql`.`user` VALUES (1)",
        b"SELECT 1 INTO OUTFILE '/tmp/x'",
        b"/*!50001 DELETE FROM t */",
        b"CALL p()",
    ],
)
def test_anything_else_is_refused(statement: bytes) -> None:
    with pytest.raises(RestoreError, match="not of one database's dump"):
        through(definitions(), statement + b";\n")


def test_rows_alone_are_one_transaction_that_the_end_commits() -> None:
    filter_ = RowsOnly("latin1")
    begun = b"".join(filter_.update(KNOWN))
    assert begun.startswith(b"SET NAMES latin1;\n")
    assert begun.endswith(b"SET SESSION autocommit = 0;\nSTART TRANSACTION;\nINSERT INTO `t` VALUES (1);\n")
    assert b"\nCOMMIT" not in begun.upper()
    assert b"".join(filter_.update(b"INSERT INTO `t` VALUES (2);\n" + END)) == b"INSERT INTO `t` VALUES (2);\n"
    assert b"".join(filter_.finish()) == b"COMMIT;\n"


def test_rows_of_a_part_come_with_their_settings_and_only_those_of_wanted_tables() -> None:
    script = b"SET NAMES utf8mb4;\nINSERT INTO `kept` VALUES (1);\nINSERT INTO `left` VALUES (2);\n"
    wanted = through(PartOfRows(Wanted({"kept"})), script + END)
    assert (b"SET NAMES utf8mb4" in wanted, b"`kept` VALUES (1)" in wanted, b"`left`" in wanted) == (True, True, False)
    assert b"`left` VALUES (2)" in through(PartOfRows(), script + END)
