"""Rows of a script as those of its copy would be: of JSON the numbers, zeros, what is generated."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dbbackup.engines.mysql_level import Leveller, masked
from tests.unit.engines.test_mysql_counter import ESCAPES

_TEXT = st.text(st.sampled_from("a1.5e-,:[]{}~()'\"\\ \nä"), max_size=12)
_NUMBERS = st.one_of(
    st.integers(-(10**24), 10**24), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0, -1.5, 1e300])
)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), _NUMBERS, _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXT, inner, max_size=4)),
    max_leaves=12,
)


def quoted(text: str) -> bytes:
    """Return a string as the dump tools write it."""
    return f"'{text.translate(ESCAPES)}'".encode()


def levelled(document: Any) -> str:
    """Say slowly what is to become of a document: with a parser that knows what is a number."""
    plain = json.dumps(document, ensure_ascii=False)
    out, at = "", 0
    while at < len(plain):
        if string := re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL).match(plain, at):
            end = string.end()
        elif number := re.compile(r"-?[0-9.eE+-]*[0-9][0-9.eE+-]*").match(plain, at):
            digits = number[0].removeprefix("-")
            out += number[0] if digits.isdigit() and len(digits) < 19 else "~"
            at = number.end()
            continue
        else:
            end = at + 1
        out, at = out + plain[at:end], end
    return out


@given(st.lists(st.tuples(_TEXT, _VALUES, _TEXT), min_size=1, max_size=6))
def test_level_when_there_is_any_json_then_its_long_numbers_and_nothing_else_change(
    rows: list[tuple[str, Any, str]],
) -> None:
    leveller = Leveller({"a": "text", "j": "json", "b": "text"})
    leveller.begin(["a", "j", "b"])

    def script(cells: tuple[str, str, str]) -> bytes:
        return masked(b",".join(map(quoted, cells)))

    found = leveller.level([script((a, json.dumps(j, ensure_ascii=False), b)) for a, j, b in rows])

    assert found == [script((a, levelled(j), b)) for a, j, b in rows]


def test_level_when_columns_are_generated_then_they_are_left_out() -> None:
    leveller = Leveller({"a": "int", "j": "JSON", "k": "json", "z": "double"})
    leveller.begin(["x", "a", "j", "k", "y", "z", "w"])
    assert leveller.level([b"'1,2',3,'[1.5]',NULL,0x41,-0.00,_binary 'w'", b"NULL,4,'[2]','1.0',5,1.5,'v'"]) == [
        b"3,'[~]',NULL,0.00",
        b"4,'[2]','~',1.5",
    ]
    leveller.begin(["x"])
    assert leveller.level([b"1", b"2"]) == [b"", b""]


def test_level_when_nothing_needs_it_then_the_rows_are_not_taken_apart() -> None:
    leveller = Leveller({"a": "int", "j": "json"})
    leveller.begin(["a"])
    rows = [b"-0,'1.5'"]
    assert leveller.level(rows) is rows
    leveller.begin(["a", "j"])
    assert leveller.level([]) == []


@pytest.mark.parametrize("row", [b"1", b"1,'{}',2", b"1,'[\\\"]'", b"1,'\\\"'"])
def test_level_when_a_row_is_not_understood_then_it_says_so(row: bytes) -> None:
    leveller = Leveller({"a": "int", "j": "json"})
    leveller.begin(["a", "j"])
    for rows in ([row], [b"1,'{}'", row], [row, b"1,'{}'"]):
        with pytest.raises(ValueError, match=r"cells|JSON"):
            leveller.level(rows)
