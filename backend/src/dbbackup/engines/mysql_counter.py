"""Counts the rows in the script of mysqldump or mariadb-dump while it passes, and has them hashed.

The tools write values only: strings in single quotes with a backslash before what would end them, numbers, NULL.
So outside strings every opening parenthesis begins a row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from dbbackup.core.errors import RestoreError
from dbbackup.core.manifest import TableFacts
from dbbackup.engines.mysql_sample import RowSampler
from dbbackup.engines.mysql_script import Rows, Script


class TupleCounter:
    """Counts the rows of each table; see `RowCounter`."""

    def __init__(self, without_rows: Sequence[str], sampler: RowSampler | None = None) -> None:
        self._without_rows = frozenset(without_rows)
        self._sampler = sampler
        self._hashing = False
        self._script: Script | None = Script()
        self._rows: Counter[bytes] = Counter()
        self._table = b""
        self._inside = False
        """In a string."""
        self._escaped = False
        """The last byte was a backslash that speaks of the next one."""

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Look at a chunk and pass it on."""
        if self._script is not None:
            try:
                for piece in self._script.update(chunk):
                    if isinstance(piece, Rows):
                        self._look(piece)
            except RestoreError:
                # Not what a dump tool writes: the backup is what it is, but nothing exact can be said of it.
                self._script = None
        return (chunk,)

    def finish(self) -> Iterable[bytes]:
        """Nothing is left."""
        return ()

    def counted(self, tables: Sequence[TableFacts]) -> list[TableFacts]:
        """Return the tables with what was counted; see `RowCounter.counted`."""
        names = {table.name for table in tables}
        found = {_unquoted(name): rows for name, rows in self._rows.items()}
        # A name that cannot be told leaves open whose rows these are, and so who has none.
        if self._script is None or not found.keys() <= names:
            return list(tables)
        samples = {}
        if self._sampler is not None:
            self._sampler.finish(names - self._without_rows)
            samples = self._sampler.samples
        return [
            table
            if table.name in self._without_rows
            else replace(table, rows=found.get(table.name, 0), rows_exact=True, sample=samples.get(table.name))
            for table in tables
        ]

    def _look(self, piece: Rows) -> None:
        if piece.table is not None:
            self._table, self._inside, self._escaped = piece.table, False, False
            self._hashing = self._sampler is not None and self._sampler.begin(_unquoted(piece.table), piece.opening)
        for data in piece.values():
            self._take(data)

    def _take(self, data: bytes) -> None:
        if self._hashing and self._sampler is not None:
            count, rest = self._sampler.add(data)
            self._rows[self._table] += count
            if rest is None:
                return
            self._hashing, data = False, rest  # from here on they are only counted
        self._count(data)

    def _count(self, data: bytes) -> None:
        if self._escaped:
            data = data[1:]
        if b"\\" in data:
            data = data.replace(b"\\\\", b"")
            self._escaped = data.endswith(b"\\")
            data = data.replace(b"\\'", b"")
        else:
            self._escaped = False
        between = data.split(b"'")
        self._rows[self._table] += b"".join(between[self._inside :: 2]).count(b"(")
        self._inside ^= not len(between) % 2


def _unquoted(name: bytes) -> str:
    return name.replace(b"``", b"`").decode("utf-8", "replace")
