"""Rows counted in a passing dump: whatever is in them, and wherever it is cut."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dbbackup.core.manifest import SourceFacts, TableFacts
from dbbackup.engines import mysql_reading
from dbbackup.engines.mysql import MYSQL
from dbbackup.engines.mysql_counter import TupleCounter
from dbbackup.engines.values import ToolInfo
from tests.unit.pipeline.jobs import SOURCE

END = b"\n-- Dump completed on 2026-11-26\n"
ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\0": "\\0", "\r": "\\r", '"': '\\"', "\x1a": "\\Z"})
NASTY = "'\\(),;\n`\" ä"


def tables(*names: str) -> list[TableFacts]:
    return [TableFacts(schema="s", name=name, rows=7, rows_exact=False, size=1) for name in names]


def counted(counter: TupleCounter, *chunks: bytes, names: Iterable[str]) -> dict[str, tuple[int, bool]]:
    passed = b"".join(piece for chunk in chunks for piece in counter.update(chunk))
    assert passed == b"".join(chunks)
    assert list(counter.finish()) == []
    return {table.name: (table.rows, table.rows_exact) for table in counter.counted(tables(*names))}


def insert(table: str, rows: list[list[str | None]], between: bytes) -> bytes:
    """Write rows as the tools do with all names of columns: MySQL's puts all on one line, MariaDB's each on its own."""
    cells = [
        [b"NULL" if cell is None else b"'" + cell.translate(ESCAPES).encode() + b"'" for cell in row] for row in rows
    ]
    values = between.join(b"(" + b",".join(row) + b")" for row in cells)
    return b"INSERT INTO `" + table.replace("`", "``").encode() + b"` (`a(`, `b'`) VALUES " + values + b";\n"


cell = st.none() | st.text(st.sampled_from(NASTY), max_size=6)
rows = st.lists(st.lists(cell, min_size=2, max_size=2), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["t", "u`v"]), rows), max_size=4), st.booleans(), st.integers(1, 40))
def test_counter_when_cut_anywhere_then_every_row_is_counted_once(
    statements: list[tuple[str, list[list[str | None]]]], mariadb: bool, step: int
) -> None:
    between = b",\n" if mariadb else b","
    script = b"".join(insert(table, found, between) for table, found in statements) + END
    chunks = [script[at : at + step] for at in range(0, len(script), step)]
    wanted = {name: sum(len(found) for table, found in statements if table == name) for name in ("t", "u`v", "empty")}
    found = counted(TupleCounter([]), *chunks, names=wanted)
    assert found == {name: (count, True) for name, count in wanted.items()}


def test_counter_when_a_table_is_dumped_without_rows_then_it_stays_an_estimate() -> None:
    script = insert("t", [["1"]], b",") + END
    assert counted(TupleCounter(["far"]), script, names=["t", "far"]) == {"t": (1, True), "far": (7, False)}


@pytest.mark.parametrize(
    "script",
    [insert("other", [["1"]], b",") + END, b"INSERT INTO t SELECT 1;\n" + END],
    ids=["unknown-table", "no-tool-wrote-it"],
)
def test_counter_when_the_script_is_not_understood_then_nothing_exact_is_said(script: bytes) -> None:
    assert counted(TupleCounter([]), script, script, names=["t"]) == {"t": (7, False)}


def source(**properties: object) -> SourceFacts:
    return replace(SOURCE, tables=tables("a", "b", "c"), properties={"withoutRows": [], **properties})


def row_counter(options: dict[str, Any], source: SourceFacts, seconds: float = 0) -> TupleCounter | None:
    tools = ToolInfo(version="9.7.4", folder="", exact=True, note=None)
    return mysql_reading.row_counter(options, replace(source, server_version="9.7.4"), MYSQL, tools, seconds)


def test_row_counter_when_tables_are_left_out_then_they_are_not_counted() -> None:
    options = {"schemaOnly": False, "includeTables": [], "excludeTables": []}
    script = insert("a", [["1"]], b",") + END
    names = ["a", "b", "c"]
    chosen = row_counter({**options, "includeTables": ["a", "b"]}, source())
    assert chosen and counted(chosen, script, names=names) == {"a": (1, True), "b": (0, True), "c": (7, False)}
    chosen = row_counter({**options, "excludeTables": ["b"]}, source(withoutRows=["c"]))
    assert chosen and counted(chosen, script, names=names) == {"a": (1, True), "b": (7, False), "c": (7, False)}
    assert row_counter({**options, "schemaOnly": True}, source()) is None
    [made] = hashing.counted(tables("a")) if (hashing := row_counter(options, source(), 9)) else []
    assert made.sample and made.sample.probe == "mysqldump 9.7, MySQL 9.7"
