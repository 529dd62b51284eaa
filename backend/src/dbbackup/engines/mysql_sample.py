"""Hashes rows in the passing script of mysqldump or mariadb-dump, so that a dump of a whole copy gives the same.

What a row is told by is the text the dump tool wrote of it, for that is what a restore takes in. What does not come
back as it was written is levelled: see `mysql_level`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from hashlib import sha256
from typing import cast

from isal.isal_zlib import crc32

from dbbackup.core.manifest import TableFacts, TableSample
from dbbackup.engines.mysql_level import Leveller, masked

MOST_ROWS = 10_000
"""Rows of one table whose hashes are kept; with more of them every second, fourth … is chosen by its text."""
LONGEST_ROW = 4 << 20
"""Bytes; a table with a longer row is not hashed: it would have to be held in memory."""
_SUM = 1 << 64
_LAST = 1 << 31
_LONG = 64 << 10
"""Bytes of a row that are looked through once only: its end is looked for in what follows."""
_LINES = b"),\n("
"""What MariaDB's tool writes between rows; MySQL's puts them on one line. A line end in a string is escaped: where
there is one, each row has its line, and this stands nowhere but between them."""

_NAMES = re.compile(rb"`((?:[^`]|``)++)`")


class TableHasher:
    """The hashes of one table's rows."""

    def __init__(self, columns: Mapping[str, str], every: int | None) -> None:
        self._leveller = Leveller(columns)
        self._every = every or 1
        self._thins = every is None
        self._kept: list[tuple[int, bytes]] = []
        self._sum = 0

    def begin(self, names: list[str]) -> None:
        """Note the columns of the statement that follows."""
        self._leveller.begin(names)

    def add(self, rows: list[bytes]) -> None:
        """Hash rows. Raises ValueError where one cannot be taken apart."""
        rows = self._leveller.level(rows)
        checks = list(map(crc32, rows))
        self._sum += sum(checks)
        self._keep(rows, checks)

    def sample(self, probe: str) -> TableSample:
        """Return what came of it."""
        digests = sorted(digest for _, digest in self._kept)
        return TableSample(
            key=[],
            every=self._every,
            probe=probe,
            rows=len(digests),
            sha256=sha256(b"".join(digests)).hexdigest(),
            checksum=f"{self._sum % _SUM:016x}",
        )

    def _keep(self, rows: list[bytes], checks: list[int]) -> None:
        every = self._every
        # Beyond the last there is nothing to choose by: rows that are all alike. Where the manifest says how many to
        # choose, more than it can hold are wrong whatever they are.
        if every > _LAST or (not self._thins and len(self._kept) > MOST_ROWS):
            return
        self._kept += [
            (check, sha256(row).digest()) for row, check in zip(rows, checks, strict=True) if check % every == 0
        ]
        while self._thins and len(self._kept) > MOST_ROWS:
            self._every *= 2
            last = self._every > _LAST
            self._kept = [] if last else [(check, kept) for check, kept in self._kept if check % self._every == 0]


class RowSampler:
    """Takes the rows of a dump apart and hashes them table by table, as long as it may."""

    def __init__(self, tables: Mapping[str, TableFacts], probe: str, seconds: float | None) -> None:
        """Hash rows of these tables: as many as their samples say, else as many as seem right.

        `seconds` bounds the time of it all; None: no end.
        """
        self.samples: dict[str, TableSample] = {}
        self._tables = tables
        self._probe = probe
        self._left = float("inf") if seconds is None else seconds
        self._hasher: TableHasher | None = None
        self._concluded: dict[str, TableSample] = {}
        """Of the tables that are over: the hashes of the rows of all of them would fill the memory."""
        self._given_up: set[str] = set()
        self._name = ""
        self._lead = 0
        """Bytes before the first row that are still to come."""
        self._between = b"),("
        self._row = _Row()
        self._rest = b""
        """What follows it, in which its end may begin."""

    def begin(self, table: str, head: bytes) -> bool:
        """Begin an INSERT whose words before the rows are `head`; tell whether its rows are wanted."""
        facts = self._tables.get(table)
        if facts is None or table in self._given_up:
            return False
        if self._left <= 0:
            self._give_up(table)
            return False
        if table != self._name:
            self._conclude()
        if table in self._concluded:
            # The tools write all rows of a table together.
            self._give_up(table)
            return False
        self._name, self._row, self._rest, self._lead = table, _Row(), b"", 2
        names = [name.replace(b"``", b"`").decode("utf-8", "replace") for name in _NAMES.findall(head)[1:]]
        self._hasher = self._hasher or _hasher(facts)
        self._hasher.begin(names)
        return True

    def add(self, data: bytes) -> tuple[int, bytes | None]:
        """Hash the rows that are whole; return their number, and what of others was seen when the table is given up.

        `data` is what follows in the statement, `;` and line end included.
        """
        began = time.perf_counter()
        if self._lead:
            data, self._lead = data[self._lead :], max(0, self._lead - len(data))
        ended = data.endswith(b";\n")
        rows = self._take(data, ended=ended)
        count = len(rows)
        try:
            cast(TableHasher, self._hasher).add(rows)  # `begin` has told that they are wanted
        except ValueError:
            self._give_up(self._name)
        self._left -= time.perf_counter() - began
        if self._row.size + len(self._rest) > LONGEST_ROW or self._left <= 0:
            self._give_up(self._name)
        if self._name not in self._given_up:
            return count, None
        # The beginning of a row was cut off with the end of the one before it.
        return count, b"" if ended or self._lead else b"(" + self._row.text + self._rest

    def finish(self, tables: set[str]) -> None:
        """Conclude at the end of the dump: `tables` are those it holds with all their rows."""
        self._conclude()
        for name in sorted(tables - self._given_up):
            facts = self._tables.get(name)
            if name in self._concluded:
                self.samples[name] = self._concluded[name]
            elif facts is not None and self._left > 0:
                # An empty one has no statement in the dump.
                self.samples[name] = _hasher(facts).sample(self._probe)

    def _conclude(self) -> None:
        if self._hasher is not None:
            self._concluded[self._name] = self._hasher.sample(self._probe)
        self._hasher = None

    def _give_up(self, table: str) -> None:
        self._given_up.add(table)
        self._concluded.pop(table, None)
        if table == self._name:
            self._hasher = None

    def _take(self, data: bytes, *, ended: bool) -> list[bytes]:
        """Return the rows that are whole with this."""
        text = masked(self._rest + data)
        text = text[: -len(b");\n")] if ended else text
        if b"\n" in text:
            self._between = _LINES
        # One byte is looked for ten times as fast as several, and most of a long number in hex holds none.
        pieces = text.split(self._between) if b"(" in text else [text]
        self._rest = b"" if ended else pieces.pop()
        rows = self._rows(pieces)
        if len(self._rest) > _LONG:
            keep = len(_LINES) - 1
            self._row.add(self._rest[:-keep])
            self._rest = self._rest[-keep:]
        return rows

    def _rows(self, pieces: list[bytes]) -> list[bytes]:
        """Put together what was cut inside a string, or before its end came."""
        lines = self._between == _LINES
        if not self._row.size and (lines or not any(piece.count(b"'") & 1 for piece in pieces)):
            return pieces
        rows: list[bytes] = []
        for piece in pieces:
            self._row.add(piece)
            if self._row.in_string and not lines:
                self._row.add(self._between)
            else:
                rows.append(self._row.text)
                self._row = _Row()
        return rows


def _hasher(table: TableFacts) -> TableHasher:
    return TableHasher(table.columns, table.sample.every if table.sample else None)


class _Row:
    """The beginning of a row whose end is still to come."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0
        self.in_string = False

    @property
    def text(self) -> bytes:
        return b"".join(self._parts)

    def add(self, part: bytes) -> None:
        self._parts.append(part)
        self.size += len(part)
        if b"'" in part:  # faster than to count none
            self.in_string ^= bool(part.count(b"'") & 1)
