"""A parallel dump's parts: which tables go where, how the tools are told so, and the proof that nothing fell between.

One dump writes all definitions (`database`), others the rows of the tables that they are given (`data1` and so on), and
a last one what must not be there while rows come in (`after`): triggers and events. A part with rows holds its tables'
definitions, too, as they were when its rows were read: they must be those of the main part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from dbbackup.core.errors import BackupError, RestoreError
from dbbackup.core.manifest import SourceFacts
from dbbackup.engines.division import MAIN, divide
from dbbackup.engines.mysql_findings import named
from dbbackup.engines.mysql_script import Rows, Script
from dbbackup.engines.mysql_selection import unquoted
from dbbackup.engines.values import Divisible, DumpPart

AFTER = "after"
MOST_LEFT_OUT = 2000
"""Names that one command is told to leave out: a command line is not endless."""

_NAME = rb"(?P<name>`(?:[^`]|``)++`)"
_TABLE = re.compile(rb"(?:/\*!\d+ )?CREATE TABLE " + _NAME)
_DATA_OF = re.compile(rb"LOCK TABLES " + _NAME + rb" WRITE$")
_COUNTER = re.compile(rb" AUTO_INCREMENT=\d+")
_BEGUN = re.compile(r"-- (?:Setting savepoint|Retrieving \w+ structure)")


@dataclass(frozen=True, slots=True)
class Ask:
    """What one part of a divided dump is asked for: flags, and the tables by name where it is not all the rest."""

    part: str
    flags: tuple[str, ...]
    tables: tuple[str, ...] = ()
    only: frozenset[str] = frozenset()


def divided(options: dict[str, Any], source: SourceFacts, apart: Divisible | None) -> list[Ask]:
    """Return what each part is asked for, the main one last; nothing where there is nothing to divide.

    Raises:
        BackupError: the database cannot be dumped by several tools.
    """
    if apart is None or options["jobs"] == 1:
        return []
    excluded = set(options["excludeTables"])
    big = Divisible(tuple(table for table in apart.tables if table.name not in excluded), apart.rest)
    shares = {part: [table.name for table in tables] for part, tables in divide(big, options["jobs"]).items()}
    if not shares:
        return []
    _insist_transactional(source, excluded)
    return [*_rows(options, source, shares), *_after(options), Ask(MAIN, ("--no-data", *_programs(options)))]


def dumps(dump: Callable[[Ask], DumpPart], asked: list[Ask], source: SourceFacts) -> Iterator[DumpPart]:
    """Yield the dump of each part, watched."""
    division = Division(asked, source)
    for ask in asked:
        watch = None if ask.part == AFTER else division.watch(ask.part)
        begun = has_begun if ask.only else None
        yield replace(dump(ask), watch=watch, only=ask.only, begun=begun)


def has_begun(line: str) -> bool:
    """Tell whether a line of the tool's stderr shows that the tool's transaction has begun.

    It says so before it asks for its first savepoint or table, and does that only when the server has told it that
    the snapshot is there.
    """
    return _BEGUN.match(line) is not None


def _rows(options: dict[str, Any], source: SourceFacts, shares: dict[str, list[str]]) -> Iterator[Ask]:
    flags = ("--skip-triggers", "--skip-routines", "--skip-events")
    for part, names in shares.items():
        yield Ask(part, flags, tuple(names), frozenset(names))
    apart = {name for names in shares.values() for name in names}
    rest = frozenset(_with_rows(source)) - apart - set(options["excludeTables"])
    if not rest:
        return
    # The rest is not named: the tools look each name up beforehand, which takes its time with thousands of them.
    others = sorted(apart | set(source.properties["views"]) | set(source.properties["sequences"]))
    if len(others) > MOST_LEFT_OUT:
        raise BackupError(
            f"A parallel dump takes at most {MOST_LEFT_OUT} views, sequences and big tables: set jobs to 1."
        )
    ignored = tuple(f"--ignore-table={source.database}.{name}" for name in others)
    yield Ask(f"data{len(shares) + 1}", (*flags, *ignored), only=rest)


def _after(options: dict[str, Any]) -> Iterator[Ask]:
    if options["triggers"] or options["events"]:
        flags = (_flag(options, "triggers"), "--skip-routines", _flag(options, "events"))
        yield Ask(AFTER, ("--no-data", "--no-create-info", *flags))


def _programs(options: dict[str, Any]) -> tuple[str, ...]:
    return ("--skip-triggers", _flag(options, "routines"), "--skip-events")


def _flag(options: dict[str, Any], name: str) -> str:
    return f"--{name}" if options[name] else f"--skip-{name}"


def _with_rows(source: SourceFacts) -> set[str]:
    return {table.name for table in source.tables} - set(source.properties["withoutRows"])


def _insist_transactional(source: SourceFacts, excluded: set[str]) -> None:
    rows = _with_rows(source) - excluded
    if plain := [name for name in source.properties["nonTransactional"] if name in rows]:
        raise BackupError(
            f"Several dump tools cannot read tables without transactions as of one moment: {named(plain)}. Set jobs to "
            "1, leave them out (excludeTables), or ALTER TABLE ... ENGINE=InnoDB."
        )


@dataclass(slots=True)
class _Found:
    """What a part turned out to hold."""

    definitions: dict[str, bytes] = field(default_factory=dict)
    """A hash of each table's definition."""
    rows: set[str] = field(default_factory=set)


class Division:
    """What the parts of one dump turn out to hold, by their own statements."""

    def __init__(self, asked: Iterable[Ask], source: SourceFacts) -> None:
        self._left = {ask.part for ask in asked if ask.part != AFTER}
        self._found: dict[str, _Found] = {}
        self._views = set(source.properties["views"])
        self._without_rows = set(source.properties["withoutRows"])
        self._database = source.database

    def watch(self, part: str) -> DivisionWatch:
        """Return what looks at a part."""
        return DivisionWatch(self, part, self._database)

    def add(self, part: str, found: _Found) -> None:
        """Take what a part holds, and with the last one compare them all. Raises BackupError."""
        self._found[part] = found
        self._left.discard(part)
        if not self._left:
            self._compare()

    def _compare(self) -> None:
        """Every table that is defined must have its rows in just one part, beside the very same definition."""
        main = self._found[MAIN]
        defined = main.definitions.keys() - self._views
        wrong = set(main.rows)
        seen: set[str] = set()
        for part, found in self._found.items():
            if part != MAIN:
                wrong |= found.rows & seen
                wrong |= {name for name in found.rows if found.definitions.get(name) != main.definitions.get(name)}
                seen |= found.rows
        wrong |= (defined - self._without_rows) ^ (seen - self._without_rows)
        if wrong:
            error = BackupError(
                f"Tables were made, dropped or altered while they were dumped in several parts: {named(sorted(wrong))}."
                " Run the backup again."
            )
            error.retryable = True
            raise error


class DivisionWatch:
    """Looks at one part on its way; keeps the contract of `PartWatch`."""

    def __init__(self, division: Division, part: str, database: str) -> None:
        self._division = division
        self._part = part
        self._database = database
        self._script = Script()
        self._found = _Found()

    @property
    def tables(self) -> list[tuple[str, str]]:
        """Return the tables whose rows are in this part."""
        return [(self._database, name) for name in sorted(self._found.rows)]

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk and give it."""
        try:
            for piece in self._script.update(chunk):
                if isinstance(piece, Rows):
                    if piece.table is not None:
                        self._found.rows.add(_text(piece.table.replace(b"``", b"`")))
                elif match := _TABLE.match(piece.text):
                    self._found.definitions[_text(unquoted(match["name"]))] = _hash(piece.text)
                elif match := _DATA_OF.match(piece.text):
                    self._found.rows.add(_text(unquoted(match["name"])))
        except RestoreError as error:
            raise BackupError(f"{error.message} Such a database cannot be dumped in parts: set jobs to 1.") from error
        return (chunk,)

    def finish(self) -> Iterable[bytes]:
        """Raise BackupError when the parts do not make one whole."""
        self._division.add(self._part, self._found)
        return ()


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")


def _hash(definition: bytes) -> bytes:
    """Hash a table's definition; where its counter stands is another with every row."""
    return sha256(_COUNTER.sub(b"", definition)).digest()
