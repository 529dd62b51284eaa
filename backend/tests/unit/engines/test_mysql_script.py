"""Taking dump scripts apart, whatever they hold and however they are cut into chunks."""

from __future__ import annotations

import random

import pytest

from dbbackup.core.errors import RestoreError
from dbbackup.engines import mysql_script
from dbbackup.engines.mysql_script import Rows, Script, Statement

END = b"-- Dump completed on 2026-01-01  0:00:00\n"


def taken_apart(text: bytes, sizes: list[int] | None = None) -> list[bytes]:
    """Return the statements' texts; the pieces of an INSERT joined."""
    script, found, position, step = Script(), list[bytes](), 0, 0
    while position < len(text):
        size = sizes[step % len(sizes)] if sizes else len(text)
        for piece in script.update(text[position : position + size]):
            if isinstance(piece, Statement):
                found.append(piece.script if piece.is_delimiter else piece.text)
            elif piece.table is None:
                found[-1] += piece.data
            else:
                found.append(piece.data)
        position, step = position + size, step + 1
    script.finish()
    return found


SCRIPT = (
    rb"""/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump; "
/* a comment; ' */ # another; `
/*!40101 SET NAMES utf8mb4 */;
CREATE TABLE `a;``b` (`c` varchar(9) DEFAULT 'x;\'y''--', /* ; */ `d` int COMMENT "q;\"");
INSERT INTO `a;``b` (`c`, `d`) VALUES (';\n\'\\',1),(NULL,2);
INSERT INTO `m` VALUES
(1,'a'),
(2,';');
/*!50003 SET sql_mode              = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' */ ;
DELIMITER ;;
CREATE PROCEDURE "p"() select '\' as ";", ';' -- it's;; a comment
 # isn't it;;
 /* nor "this;; */ , 1 ;;
DELIMITER ;
/*!50003 SET sql_mode              = @saved_sql_mode */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `m` FOR EACH ROW set @a = '
DELIMITER ;
INSERT INTO `m` VALUES (9,"\"");
' */;;
DELIMITER ;
DO SETVAL(`s`, 1, 0);
"""  # noqa: W291 - as the tool writes it
    + END
)
EXPECTED = [
    b"/*!40101 SET NAMES utf8mb4 */",
    rb"""CREATE TABLE `a;``b` (`c` varchar(9) DEFAULT 'x;\'y''--', /* ; */ `d` int COMMENT "q;\"")""",
    rb"INSERT INTO `a;``b` (`c`, `d`) VALUES (';\n\'\\',1),(NULL,2);" + b"\n",
    b"INSERT INTO `m` VALUES\n(1,'a'),\n(2,';');\n",
    b"/*!50003 SET sql_mode              = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES' */",
    b"DELIMITER ;;\n",
    b"""CREATE PROCEDURE "p"() select '\\' as ";", ';' -- it's;; a comment
 # isn't it;;
 /* nor "this;; */ , 1""",
    b"DELIMITER ;\n",
    b"/*!50003 SET sql_mode              = @saved_sql_mode */",
    b"DELIMITER ;;\n",
    b"""/*!50003 CREATE*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `m` FOR EACH ROW set @a = '
DELIMITER ;
INSERT INTO `m` VALUES (9,"\\"");
' */""",
    b"DELIMITER ;\n",
    b"DO SETVAL(`s`, 1, 0)",
]


@pytest.mark.parametrize("sizes", [None, [1], [7], [3, 50, 1, 200]])
def test_a_script_comes_apart_the_same_however_it_is_cut(sizes: list[int] | None) -> None:
    assert taken_apart(SCRIPT, sizes) == EXPECTED


def test_cuts_at_random_change_nothing() -> None:
    chance = random.Random(7)
    for _ in range(50):
        assert taken_apart(SCRIPT, [chance.randint(1, 90) for _ in range(40)]) == EXPECTED


@pytest.mark.parametrize(
    ("body", "healed"),
    [
        (b"set @a = 1 -- it's odd */;;\nDELIMITER ;\n", b"set @a = 1 -- it's odd\n */"),
        (b"set @a = 1 # odd */ ;;\n/*!50003 SET time_zone = 'UTC' */ ;;\n", b"set @a = 1 # odd\n */"),
        (b"set @a = 1 -- odd ;;\nDELIMITER ;\n", b"set @a = 1 -- odd"),
    ],
)
@pytest.mark.parametrize("sizes", [None, [1]])
def test_a_body_that_ends_in_a_comment_ends_where_the_dump_meant(
    body: bytes, healed: bytes, sizes: list[int] | None
) -> None:
    found = taken_apart(b"DELIMITER ;;\n" + body + b"DELIMITER ;\n" + END, sizes)
    assert found[1] == healed


def test_rows_pass_without_being_kept() -> None:
    def found(chunk: bytes) -> list[tuple[bytes, bytes | None, bytes]]:
        return [(rows.data, rows.table, rows.opening) for rows in script.update(chunk) if isinstance(rows, Rows)]

    script = Script()
    assert found(b"INSERT INTO `t` VALUES (1,'") == [(b"INSERT INTO `t` VALUES (1,'", b"t", b"INSERT INTO `t` VALUES")]
    assert found(b"x;x" * 100) == [(b"x;x" * 100, None, b"")]
    assert found(b";") == []
    assert found(b"');\n") == [(b";');\n", None, b"")]


@pytest.mark.parametrize("size", range(2, 9))
def test_values_come_in_small_pieces_and_the_end_of_a_statement_in_one(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(mysql_script, "_PIECE", size)
    [rows] = Script().update(b"INSERT INTO `t` VALUES (1),(22),(333);\n")
    assert isinstance(rows, Rows)
    pieces = list(rows.values())
    assert b"".join(pieces) == b" (1),(22),(333);\n"
    assert max(map(len, pieces)) <= size + 1
    assert pieces[-1].endswith(b";\n")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"CREATE TABLE `t` (`i` int)",
        b"CREATE TABLE `t` (`i` int);\n",
        b"INSERT INTO `t` VALUES (1)",
        b"INSERT INTO `t` (`i",
        b"INSERT INTO `t` VALUES (1);\n-- Dump comple",
        END + b"DROP TABLE `t`;\n",
        END + b"/* unfinished ",
    ],
)
def test_an_end_that_is_none_is_noticed(text: bytes) -> None:
    with pytest.raises(RestoreError, match="cut off"):
        taken_apart(text)


def test_inserts_no_tool_wrote_are_refused() -> None:
    for text in (b"INSERT INTO t VALUES (1);\n", b"INSERT INTO `a`.`b` VALUES (1);\n", b"INSERT INTO `t` SELECT 1;\n"):
        with pytest.raises(RestoreError, match="no dump tool wrote"):
            taken_apart(text + END)


def test_a_statement_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mysql_script, "MAX_STATEMENT", 1000)
    script = Script()
    with pytest.raises(RestoreError, match="longer than"):
        for _ in range(20):
            list(script.update(b"CREATE TABLE `t` (`c` int COMMENT 'never ended\n" * 10))
