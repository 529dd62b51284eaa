"""A parallel dump's parts: which tables go where, how pg_dump is told so, and the proof that nothing fell between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from dbbackup.core.errors import BackupError
from dbbackup.engines.division import MAIN
from dbbackup.engines.postgresql_findings import named
from dbbackup.engines.postgresql_toc import Toc, TocReader
from dbbackup.engines.values import BigTable, DumpPart

Name = tuple[str, str]
"""Schema and name of a table."""


def exactly(table: BigTable) -> str:
    """Return a pattern for pg_dump that only this table fits: within quotes all characters stand for themselves."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in (table.schema, table.name))


def dumps(dump: Callable[..., DumpPart], parts: dict[str, list[BigTable]]) -> Iterator[DumpPart]:
    """Yield the dump of rows alone for each part, and last that of all the rest.

    `dump` makes one of the flags that it is given, and a name where it is not the main part.
    """
    division = Division(parts)
    for name, tables in parts.items():
        flags = ["--data-only", *(f"--table={exactly(table)}" for table in tables)]
        yield replace(dump(flags, name), watch=division.watch(name))
    without = [f"--exclude-table-data={exactly(table)}" for tables in parts.values() for table in tables]
    yield replace(dump(without), watch=division.watch(MAIN))


class Division:
    """What the parts of one dump turn out to hold, by their own tables of contents."""

    def __init__(self, asked: Mapping[str, Sequence[BigTable]]) -> None:
        self._asked = {part: {(table.schema, table.name) for table in tables} for part, tables in asked.items()}
        self._found: dict[str, Toc] = {}

    def watch(self, part: str) -> DivisionWatch:
        """Return what looks at a part."""
        return DivisionWatch(self, part)

    def add(self, part: str, toc: Toc) -> None:
        """Take the contents of a part, and with the last one compare them all. Raises BackupError."""
        self._found[part] = toc
        if len(self._found) == len(self._asked) + 1:
            self._compare()

    def _compare(self) -> None:
        """Every table whose rows the main part leaves out must have them in the part asked, and nowhere else.

        A table that the user left out is in none, so the definitions in the main part say which there are.
        """
        main = self._found[MAIN]
        defined = {(entry.schema, entry.name) for entry in main.entries if entry.kind == "TABLE"}
        wrong = _rows(main) & set[Name]().union(*self._asked.values())
        for part, asked in self._asked.items():
            wrong |= _rows(self._found[part]) ^ (asked & defined)
        if wrong:
            names = named([f"{schema}.{name}" for schema, name in sorted(wrong)])
            raise BackupError(
                f"The parts of the dump do not make one whole: rows are missing, or there twice, of {names}. "
                "Nothing was kept. Run it again, with one dump job (jobs: 1) if it fails again."
            )


class DivisionWatch:
    """Looks at one part on its way; keeps the contract of `PartWatch`."""

    def __init__(self, division: Division, part: str) -> None:
        self._division = division
        self._part = part
        self._reader = TocReader()

    @property
    def tables(self) -> list[Name]:
        """Return the tables whose rows are in this part alone; none of the main one, which is not asked for a list."""
        return [] if self._part == MAIN else sorted(_rows(self._reader.finish()))

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk and give it."""
        self._reader.feed(chunk)
        return (chunk,)

    def finish(self) -> Iterable[bytes]:
        """Raise BackupError when the parts do not make one whole."""
        self._division.add(self._part, self._reader.finish())
        return ()


def _rows(toc: Toc) -> set[Name]:
    return {(entry.schema, entry.name) for entry in toc.entries if entry.kind == "TABLE DATA"}
