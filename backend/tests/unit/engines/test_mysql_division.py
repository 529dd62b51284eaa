"""How a parallel dump of MySQL and MariaDB is shared out, and what does not pass for a whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dbbackup.core.errors import BackupError
from dbbackup.core.manifest import SourceFacts, TableFacts
from dbbackup.core.secret import Secret
from dbbackup.engines import build_registry, mysql_division
from dbbackup.engines.mysql_division import Ask, Division, divided, has_begun
from dbbackup.engines.mysql_options import parse_dump_options
from dbbackup.engines.values import BigTable, Connection, Divisible, ToolInfo

TOOLS = ToolInfo(version="9.7.4", folder="/t", exact=True, note=None)
MAIN = b"CREATE TABLE `%s` (\n  `id` int\n) ENGINE=InnoDB AUTO_INCREMENT=%d;\n"
ROWS = b"LOCK TABLES `%s` WRITE;\nINSERT INTO `%s` (`id`) VALUES (1);\nUNLOCK TABLES;\n"
END = b"-- Dump completed\n"


def source(*names: str, **properties: Any) -> SourceFacts:
    tables = [TableFacts(schema="shop", name=name, rows=1, rows_exact=False, size=1) for name in names]
    known = {"views": ["seen"], "sequences": [], "withoutRows": [], "nonTransactional": [], **properties}
    return SourceFacts(
        config_id="c",
        config_name="Shop",
        slug="shop",
        engine="mysql",
        server_version="9.7.4",
        host="db",
        port=1,
        database="shop",
        size=1,
        tables=tables,
        roles=[],
        extensions=[],
        properties=known,
    )


def big(*sizes: tuple[str, int], rest: int = 0) -> Divisible:
    return Divisible(tuple(BigTable("shop", name, size) for name, size in sizes), rest)


def test_divided_when_tables_are_big_then_they_go_apart_and_the_rest_is_not_named() -> None:
    asked = divided(parse_dump_options({"jobs": 2}), source("a", "b", "c"), big(("a", 90), ("b", 50), rest=60))
    assert [(ask.part, ask.tables, sorted(ask.only)) for ask in asked] == [
        ("data1", ("a",), ["a"]),
        ("data2", (), ["b", "c"]),
        ("after", (), []),
        ("database", (), []),
    ]
    assert asked[1].flags[-2:] == ("--ignore-table=shop.a", "--ignore-table=shop.seen")
    without = parse_dump_options({"jobs": 3, "excludeTables": ["b"], "triggers": False, "events": False})
    asked = divided(without, source("a", "b", "c"), big(("a", 90), ("b", 50), ("c", 9), rest=99))
    assert [(ask.part, ask.tables) for ask in asked] == [("data1", ("a",)), ("data2", ("c",)), ("database", ())]


def test_divided_when_there_is_nothing_to_divide_or_it_cannot_be_then_it_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options, two = parse_dump_options({"jobs": 2}), big(("a", 9), rest=9)
    assert divided(options, source("a"), big(rest=9)) == []
    assert divided(options, source("a"), None) == []
    assert divided(parse_dump_options({}), source("a"), two) == []
    with pytest.raises(BackupError, match=r"without transactions.*: b\. Set jobs to 1"):
        divided(options, source("a", "b", nonTransactional=["b"]), two)
    assert divided(options, source("a", "b", nonTransactional=["b"], withoutRows=["b"]), two)
    monkeypatch.setattr(mysql_division, "MOST_LEFT_OUT", 1)
    with pytest.raises(BackupError, match="at most 1 views"):
        divided(options, source("a", "b"), two)


def test_dump_when_divided_then_each_tool_has_files_of_its_own_and_is_watched() -> None:
    engine = build_registry([])["mysql"]
    connection = Connection("db", 1, "shop", "u", Secret("x"))
    options = parse_dump_options({"jobs": 2})
    parts = engine.dump(connection, TOOLS, options, Path("/w"), source("a", "b"), None, big(("a", 9), rest=9))
    assert [part.extension for part in parts] == ["data1.sql", "data2.sql", "after.sql", "sql"]
    files = [path for part in parts for path in part.command.files]
    assert len(set(files)) == len(files) == 4
    assert [part.begun is not None for part in parts] == [True, True, False, False]
    assert all("--single-transaction" in part.command.argv for part in parts)
    assert engine.standstill(connection, parts) is not None
    assert engine.standstill(connection, parts[2:]) is None


@pytest.mark.parametrize(
    ("line", "begun"),
    [
        ("-- Connecting to db...", False),
        ("-- Starting transaction...", False),
        ("-- Setting savepoint...", True),
        ("-- Retrieving table structure for table a...", True),
        ("-- Retrieving sequence structure for  s...", True),
    ],
)
def test_has_begun_when_the_tool_says_so_then_only_after_its_transaction_is_there(line: str, begun: bool) -> None:
    assert has_begun(line) is begun


def compared(main: bytes, data: bytes, **properties: Any) -> list[tuple[str, str]]:
    """Let a division see both parts; return the tables of the one with rows."""
    division = Division([Ask("data1", ()), Ask("after", ()), Ask("database", ())], source("a", **properties))
    watches = [division.watch("data1"), division.watch("database")]
    for watch, text in zip(watches, (data, main), strict=True):
        assert b"".join(watch.update(text)) == text
        list(watch.finish())
    return watches[0].tables


def test_parts_when_they_make_a_whole_then_counters_and_views_do_not_matter() -> None:
    view = b"/*!50001 CREATE TABLE `seen` (\n `id` tinyint\n) ENGINE=MyISAM */;\n"
    assert compared(MAIN % (b"a", 7) + view + END, MAIN % (b"a", 9) + ROWS % (b"a", b"a") + END) == [("shop", "a")]
    other = MAIN % (b"a", 7) + MAIN % (b"elsewhere", 1) + END
    assert compared(other, MAIN % (b"a", 9) + ROWS % (b"a", b"a") + END, withoutRows=["elsewhere"])


@pytest.mark.parametrize(
    ("main", "data"),
    [
        (MAIN % (b"a", 1) + MAIN % (b"b", 1), MAIN % (b"a", 1) + ROWS % (b"a", b"a")),
        (MAIN % (b"a", 1), MAIN % (b"a", 1) + ROWS % (b"a", b"a") + MAIN % (b"b", 1) + ROWS % (b"b", b"b")),
        (MAIN % (b"a", 1) + ROWS % (b"a", b"a"), MAIN % (b"a", 1) + ROWS % (b"a", b"a")),
        ((MAIN % (b"a", 1)).replace(b"int", b"bigint"), MAIN % (b"a", 1) + ROWS % (b"a", b"a")),
    ],
    ids=["in no part", "not defined", "twice", "altered"],
)
def test_parts_when_something_fell_between_then_the_backup_fails_and_may_be_tried_again(
    main: bytes, data: bytes
) -> None:
    with pytest.raises(BackupError, match="made, dropped or altered") as caught:
        compared(main + END, data + END)
    assert caught.value.retryable


def test_parts_when_one_is_not_as_the_tools_write_then_it_says_what_to_do() -> None:
    with pytest.raises(BackupError, match=r"no dump tool wrote.*set jobs to 1"):
        compared(b"INSERT INTO odd VALUES (1);\n", END)


def test_row_counter_when_the_part_has_tables_of_its_own_then_it_speaks_of_those_only() -> None:
    engine = build_registry([])["mysql"]
    facts = replace(source("a", "b"), server_version="9.7.4")
    counter = engine.row_counter(parse_dump_options({"jobs": 2}), facts, TOOLS, 0, frozenset({"a"}))
    assert counter is not None
    list(counter.update(ROWS % (b"a", b"a") + END))
    assert [(table.rows, table.rows_exact) for table in counter.counted(facts.tables)] == [(1, True), (1, False)]
    assert engine.row_counter(parse_dump_options({"jobs": 2}), facts, TOOLS, 0, frozenset()) is None
