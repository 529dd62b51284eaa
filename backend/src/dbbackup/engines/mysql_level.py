"""Writing rows of a script so that those of a copy are the same: without what a server computes or writes otherwise.

A negative zero comes back without its sign. In MySQL's JSON fractions may have been decimals, and are floating numbers
once they were read from a text. Columns that are generated are computed anew. All rows here are masked: see `masked`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_FLOATING = ("float", "double")
# no quote is left in a string
_CELL = rb"(?:'[^']*'|[^,']+|[^,']+'[^']*')"
_SIGNED_ZERO = re.compile(rb"(?<![^(,])-(0(?:\.0*)?)(?![^),])")
# Those that a copy may write otherwise: fractions, and what is longer than an integer. Without its sign: a pattern that
# begins with a digit is looked for several times as fast.
_NUMBER = re.compile(rb"[0-9](?:[0-9]*(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)|[0-9]{18,})")
_QUOTE = b'\\"'
"""What begins and ends a string of JSON, in a script."""
_ESCAPED = {b"\0\1\0\1": b"\0\5", b"\0\1" + _QUOTE: b"\0\6"}
"""A backslash and a quote within one, masked, and what stands for them meanwhile; in this order."""
_BETWEEN_VALUES, _BETWEEN_STRINGS = b"\0\3", b"\0\4"
"""A zero byte is in no value, and no mask is written so."""


def masked(data: bytes) -> bytes:
    """Write escaped backslashes and quotes in another way: what quotes are left begin and end strings.

    A zero byte stands nowhere in what the tools write. Done twice it is the same as once, so that a rest may be
    done again with what follows.
    """
    if b"\\" not in data:
        return data
    return data.replace(b"\\\\", b"\0\1").replace(b"\\'", b"\0\2")


class Leveller:
    """Levels the rows of statements of one table."""

    def __init__(self, columns: Mapping[str, str]) -> None:
        """Take the types of the columns by their names."""
        self._columns = columns
        self._zeros = any(kind.startswith(_FLOATING) for kind in columns.values())
        self._row: re.Pattern[bytes] | None = None
        self._json: list[int] = []

    def begin(self, names: list[str]) -> None:
        """Note the columns of the statement that follows.

        Unknown ones are left out: MariaDB's tool writes what is generated, too, and a restore computes it anew out of
        values that may have been rounded.
        """
        kept = [name for name in names if name in self._columns]
        self._json = [at for at, name in enumerate(kept) if self._columns[name].lower() == "json"]
        cells = (b"(" + _CELL + b")" if name in self._columns else _CELL for name in names)
        self._row = re.compile(b",".join(cells)) if self._json or kept != names else None

    def level(self, rows: list[bytes]) -> list[bytes]:
        """Return the rows as a copy's would be. Raises ValueError where one has another number of cells."""
        if self._zeros:
            rows = [_SIGNED_ZERO.sub(rb"\1", row) if b",-0" in row or row.startswith(b"-0") else row for row in rows]
        if self._row is None or not rows:
            return rows
        found = list(map(self._row.fullmatch, rows))
        if None in found:
            raise ValueError("a row with another number of cells than columns")
        kept = [match.groups() for match in found if match]
        if self._json:
            columns = list(zip(*kept, strict=True))
            for at in self._json:
                columns[at] = _level_json(columns[at])
            kept = list(zip(*columns, strict=True))
        return [b",".join(cells) for cells in kept]


def _level_json(values: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Write the numbers outside strings that a copy may write otherwise alike: of all values at once."""
    text = _BETWEEN_VALUES.join(values)
    for escaped, meanwhile in _ESCAPED.items():
        text = text.replace(escaped, meanwhile)
    # Every second part is the inside of a string.
    parts = text.split(_QUOTE)
    outside = _BETWEEN_STRINGS.join(parts[::2])
    if len(parts) % 2 == 0 or outside.count(_BETWEEN_VALUES) != len(values) - 1:
        raise ValueError("a value that is no JSON")
    levelled = _NUMBER.sub(b"~", outside)
    if levelled == outside:
        return values
    parts[::2] = levelled.replace(b"-~", b"~").split(_BETWEEN_STRINGS)
    text = _QUOTE.join(parts)
    for escaped, meanwhile in _ESCAPED.items():
        text = text.replace(meanwhile, escaped)
    return tuple(text.split(_BETWEEN_VALUES))
