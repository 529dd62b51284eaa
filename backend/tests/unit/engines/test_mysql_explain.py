"""What the tools of MySQL and MariaDB say, in words a person can act on."""

# ruff: noqa: E501 - one case a line

from __future__ import annotations

from pathlib import Path

import pytest

from dbbackup.core.errors import BackupError, DatabaseError, DatabaseUnreachableError, RestoreError, ToolFailedError
from dbbackup.engines.mysql_explain import explain, progress
from dbbackup.engines.mysql_faults import mask
from dbbackup.engines.values import Command, Progress

FILE = b'[client]\nhost="db\\"x"\nport=3307\nuser="me"\npassword="s3\\tcret"\n'


def command(tool: str, *arguments: str) -> Command:
    return Command((f"/t/{tool}", *arguments), files={Path("/w/client.cnf"): FILE}, tool=f"{tool} 9.7.4")


DUMP = command("mysqldump", "--", "shop")
RESTORE = command("mariadb", "--database=copy")


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ('mariadb-dump: Got error: 1045: "Access denied for user \'me\'@\'h\'" when trying to connect', DatabaseError, "refused user me"),
        ("mysqldump: Got error: 1044: Access denied for user 'me'@'%' to database 'shop' when selecting the database", DatabaseError, "database shop"),
        ("mysqldump: Error 2013: Lost connection to MySQL server during query when dumping table `t` at row: 5", DatabaseUnreachableError, 'db"x:3307 broke'),
        ("mysqldump: Error 2020: Got packet bigger than 'max_allowed_packet' bytes when dumping table `t` at row: 1", DatabaseError, "max_allowed_packet"),
        ("mysqldump: Got errno 28 on write", DatabaseError, "disk"),
        ("mysqldump: Error 1194: Table 't' is marked as crashed and should be repaired when dumping table `t`", DatabaseError, "REPAIR TABLE"),
        ("mysqldump: Couldn't execute 'x': Lock wait timeout exceeded; try restarting transaction (1205)", DatabaseError, "held a table"),
        ("mysqldump: Error 1412: Table definition has changed, please retry transaction when dumping table `t`", DatabaseError, "altered during the backup"),
        ("mysqldump: Got error: 1356: View 'shop.v' references invalid table(s) or column(s) when using LOCK TABLES", DatabaseError, "A view of shop"),
        ("mysqldump: Got error: 1449: The user specified as a definer ('x'@'%') does not exist when using LOCK TABLES", DatabaseError, "definer"),
        ("mysqldump: me has insufficient privileges to SHOW CREATE PROCEDURE `p`!", DatabaseError, "every PROCEDURE"),
        ('mysqldump: Couldn\'t find table: "x"', BackupError, "has no table x"),
        ("mysqldump: Couldn't execute 'SHOW CREATE VIEW': SHOW VIEW command denied to user 'me'@'%' for table 'v' (1142)", DatabaseError, "lacks a privilege"),
    ],
)  # fmt: skip
def test_failures_of_a_dump(line: str, error: type[Exception], words: str) -> None:
    found = explain(DUMP, 2, ["-- Connecting to db...", "-- Retrieving table structure for table errno 28...", line])
    assert type(found) is error
    assert words in found.message


@pytest.mark.parametrize(
    ("line", "error", "words"),
    [
        ("ERROR 1273 (HY000) at line 5: Unknown collation: 'utf8mb4_0900_ai_ci'", RestoreError, "does not know a collation"),
        ("ERROR 1062 (23000) at line 9: Duplicate entry 'secret value' for key 't.PRIMARY'", RestoreError, "(key t.PRIMARY)"),
        ("ERROR 1227 (42000) at line 9: Access denied; you need (at least one of) the SUPER privilege(s) for this operation", RestoreError, "privilege SUPER"),
        ("ERROR 1142 (42000) at line 9: INSERT command denied to user 'me'@'%' for table `copy`.`t`", RestoreError, "INSERT on the database copy"),
        ("ERROR 1114 (HY000) at line 7: The table 't' is full", DatabaseError, "disk"),
        ("ERROR 1064 (42000) at line 1: You have an error in your SQL syntax", RestoreError, "ended with exit code 1: ERROR 1064"),
    ],
)  # fmt: skip
def test_failures_of_a_restore(line: str, error: type[Exception], words: str) -> None:
    statement = ["--------------", "INSERT INTO `t` VALUES ('Lost connection, secret value')", "--------------", ""]
    found = explain(RESTORE, 1, [*statement, line])
    assert type(found) is error
    assert words in found.message
    assert "secret value" not in found.message


def test_an_end_without_words_is_told_by_its_signal() -> None:
    killed = explain(DUMP, -9, ["-- Retrieving rows..."])
    assert type(killed) is ToolFailedError
    assert killed.message.startswith("mysqldump 9.7.4 ended with signal SIGKILL: it was killed from outside")
    assert "signal SIGTERM: it gave no reason" in explain(RESTORE, 143, []).message
    assert "signal 99" in explain(RESTORE, -99, []).message
    assert "exit code 7" in explain(Command(("/t/mysql",)), 7, ["ERROR at line 1: odd"]).message


def test_passwords_are_masked() -> None:
    said = explain(RESTORE, 1, ["ERROR 1 (X): near 'CREATE USER x IDENTIFIED BY 'geheim'', s3\tcret"]).message
    assert "geheim" not in said
    assert "s3\tcret" not in said
    assert mask("x") == "x"


def test_progress_names_the_table_the_dump_has_come_to() -> None:
    assert progress("-- Retrieving table structure for table a.b...\n") == Progress("a.b")
    assert progress("-- Retrieving rows...") is None
