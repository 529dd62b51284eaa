"""Rows hashed in a passing dump: the same wherever it is cut and however they are ordered, another when one differs."""

from __future__ import annotations

import random
import tracemalloc
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from dbbackup.core.manifest import TableFacts, TableSample
from dbbackup.engines import mysql_sample, mysql_script
from dbbackup.engines.mysql_counter import TupleCounter
from dbbackup.engines.mysql_sample import RowSampler
from tests.unit.engines.test_mysql_counter import END, insert, rows

COLUMNS = {"a(": "int", "b'": "text"}


def facts(columns: dict[str, str] | None = None, sample: TableSample | None = None) -> TableFacts:
    return TableFacts(schema="s", name="t", rows=7, rows_exact=False, size=1, columns=columns or COLUMNS, sample=sample)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that are long, and chunks that are looked at in pieces, are so with a few bytes already."""
    monkeypatch.setattr(mysql_sample, "_LONG", 8)
    monkeypatch.setattr(mysql_script, "_PIECE", 64)


def hashed(
    script: bytes, *, step: int = 1 << 20, table: TableFacts | None = None, seconds: float | None = None
) -> TableFacts:
    """Return the table after its dump has passed in chunks of so many bytes."""
    table = table or facts()
    counter = TupleCounter([], RowSampler({"t": table}, "probe", seconds))
    for at in range(0, len(script), step):
        list(counter.update(script[at : at + step]))
    [found] = counter.counted([table])
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(rows, min_size=1, max_size=3), st.booleans(), st.integers(1, 40), st.randoms())
def test_sample_when_cut_and_ordered_anyhow_then_the_same_and_rows_are_counted(
    statements: list[list[list[str | None]]], mariadb: bool, step: int, chance: random.Random
) -> None:
    between = b",\n" if mariadb else b","
    script = b"".join(insert("t", found, between) for found in statements) + END
    every_row = [row for found in statements for row in found]
    chance.shuffle(every_row)
    whole = hashed(script, step=step)
    assert whole.sample == hashed(insert("t", every_row, between) + END).sample
    assert whole.sample
    assert (whole.rows, whole.sample.rows, whole.sample.every) == (len(every_row), len(every_row), 1)
    every_row[0][1] = (every_row[0][1] or "") + "."
    other = hashed(insert("t", every_row, between) + END).sample
    assert other and other.sha256 != whole.sample.sha256 and other.checksum != whole.sample.checksum


def test_sample_when_a_table_is_large_then_rows_are_chosen_by_their_text_and_all_are_summed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mysql_sample, "MOST_ROWS", 100)
    many: list[list[str | None]] = [[str(n), "x"] for n in range(1000)]
    table = hashed(insert("t", many, b",") + END, step=777)
    assert table.sample
    assert 50 < table.sample.rows <= 100
    assert table.sample.every == 16
    assert sum(crc32(f"'{n}','x'".encode()) % 16 == 0 for n in range(1000)) == table.sample.rows
    # A copy is asked for the very rows, and unchosen ones are seen in the sum of all.
    known = facts(sample=table.sample)
    assert hashed(insert("t", many[::-1], b",") + END, table=known).sample == table.sample
    unchosen = next(n for n in range(1000) if crc32(f"'{n}','x'".encode()) % 16 and crc32(f"'{n}','y'".encode()) % 16)
    many[unchosen][1] = "y"
    other = hashed(insert("t", many, b",") + END, table=known).sample
    assert other and other.sha256 == table.sample.sha256 and other.checksum != table.sample.checksum


def test_sample_when_all_rows_are_alike_then_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mysql_sample, "MOST_ROWS", 100)
    same: list[list[str | None]] = [["1", "x"]] * 500
    table = hashed(insert("t", same, b",") + END)
    assert (table.rows, table.sample and table.sample.rows) == (500, 0)
    few = TableSample(key=[], every=1, probe="probe", rows=1, sha256="", checksum="")
    forged = hashed(insert("t", same, b",") + insert("t", same, b",") + END, table=facts(sample=few))
    assert forged.rows == 1000
    assert forged.sample and 100 < forged.sample.rows < 120
    monkeypatch.setattr(mysql_sample, "_LAST", 0)
    assert hashed(insert("t", same, b",") * 2 + END).rows == 1000


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize("between", [b",", b",\n"])
def test_sample_when_given_up_then_the_rows_are_still_counted(
    monkeypatch: pytest.MonkeyPatch, step: int, between: bytes
) -> None:
    many: list[list[str | None]] = [["1", "),('"], ["2", "x" * 90], ["\\", "(\\'"], [None, "y"]]
    script = insert("t", many, between) + insert("t", many, between) + END
    monkeypatch.setattr(mysql_sample, "LONGEST_ROW", 30)
    monkeypatch.setattr(mysql_script, "_PIECE", 1 << 20)
    long = hashed(script, step=step)
    assert (long.rows, long.rows_exact) == (8, True)
    assert (long.sample is None) == (step < 90)
    for late in (1e-9, 1e-5, 3e-5):
        found = hashed(script, step=step, seconds=late)
        assert (found.rows, found.rows_exact) == (8, True)
    assert hashed(script, step=step, seconds=0).sample is None


def test_sample_when_the_first_row_has_a_line_of_its_own_then_the_same() -> None:
    # As mariadb-dump writes it where no columns are named.
    many: list[list[str | None]] = [["1", "),('"], ["2", None], ["3", "x" * 90]]
    beside = insert("t", many, b",\n") + END
    below = beside.replace(b"VALUES (", b"VALUES\n(", 1)
    for step in (1, 7, 1 << 20):
        assert hashed(below, step=step) == hashed(beside)
    assert hashed(below).rows == 3


def test_sample_when_a_column_is_unknown_then_it_is_left_out_for_it_is_generated() -> None:
    one, two = (insert("t", [["1", cell]], b",\n") + END for cell in ("x", "y"))
    assert hashed(one).sample != hashed(two).sample
    assert hashed(one, table=facts({"a(": "int"})).sample == hashed(two, table=facts({"a(": "int"})).sample


def test_sample_when_a_table_is_empty_then_that_is_hashed_too() -> None:
    sample = hashed(END).sample
    assert sample and (sample.rows, sample.checksum) == (0, "0" * 16)
    assert hashed(END, seconds=0).sample is None


def test_sample_when_zeros_have_signs_then_they_are_as_a_restore_brings_them() -> None:
    columns = {"a": "double", "b": "float(9,2)"}

    def of(values: bytes) -> TableSample | None:
        return hashed(b"INSERT INTO `t` (`a`, `b`) VALUES " + values + b";\n" + END, table=facts(columns)).sample

    assert of(b"(-0,'2020-01-01'),(-0.00,'x')") == of(b"(0,'2020-01-01'),(0.00,'x')")
    assert of(b"(-0.5,'2020-01-01')") != of(b"(0.5,'2020-01-01')")


def test_sample_when_json_holds_fractions_then_they_are_levelled_and_nothing_else() -> None:
    def of(text: bytes, price: bytes = b"1.10") -> TableSample | None:
        head = b"INSERT INTO `t` (`id`, `j`, `n`) VALUES "
        columns = {"id": "int", "j": "json", "n": "decimal(5,2)"}
        return hashed(head + b"(1,'" + text + b"'," + price + b");\n" + END, table=facts(columns)).sample

    made = of(rb"{\"k\": 1.10, \"big\": 12345678901234567890123, \"s\": \"a \\\"1.50\\\" \\\\\"}")
    assert made is not None
    assert made == of(rb"{\"k\": 1.1, \"big\": 1.2345678901234568e22, \"s\": \"a \\\"1.50\\\" \\\\\"}")
    assert made != of(rb"{\"k\": 1.1, \"big\": 1.2345678901234568e22, \"s\": \"a \\\"1.5\\\" \\\\\"}")
    assert made != of(rb"{\"k\": 1.10, \"big\": 12345678901234567890123, \"s\": \"a \\\"1.50\\\" \\\\\"}", b"1.11")
    assert of(rb"{\"k\": 17}") != of(rb"{\"k\": 18}")
    # another number of cells than columns: not understood, and so not hashed
    assert of(b"1','2") is None


def test_sample_when_a_table_has_none_in_the_manifest_then_it_is_not_hashed() -> None:
    counter = TupleCounter([], RowSampler({}, "probe", None))
    list(counter.update(insert("t", [["1", "2"]], b",") + END))
    assert counter.counted([facts()]) == [replace(facts(), rows=1, rows_exact=True)]


def test_sample_when_tables_are_many_then_the_rows_of_one_are_held_at_a_time() -> None:
    def held(tables: int) -> int:
        """Return the most bytes that were held while so many tables passed, their 500 rows all alike."""
        names = [f"t{n}" for n in range(tables)]
        found = {name: replace(facts(), name=name) for name in names}
        counter = TupleCounter([], RowSampler(found, "probe", None))
        statement: list[list[str | None]] = [[str(n), "x" * 50] for n in range(500)]
        tracemalloc.start()
        for name in names:
            list(counter.update(insert(name, statement, b",")))
        list(counter.update(END))
        samples = [table.sample for table in counter.counted(list(found.values()))]
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert all(sample == samples[0] and sample and sample.rows == 500 for sample in samples)
        return most

    held(2)
    assert held(40) < 2 * held(2)


def test_sample_when_rows_of_a_table_come_apart_then_it_is_counted_and_not_hashed() -> None:
    found = {name: replace(facts(), name=name) for name in ("t", "u")}
    counter = TupleCounter([], RowSampler(found, "probe", None))
    one, other = insert("t", [["1", "2"]], b","), insert("u", [["3", "4"]], b",")
    list(counter.update(one + other + one + END))
    t, u = counter.counted(list(found.values()))
    assert (t.rows, t.sample) == (2, None)
    assert (u.rows, u.sample and u.sample.rows) == (1, 1)
