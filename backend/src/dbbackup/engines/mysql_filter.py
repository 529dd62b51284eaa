"""What of a dump script is let through to the client, and how it is changed on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from dbbackup.core.errors import RestoreError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.contents import selection_of
from dbbackup.engines.division import MAIN
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.mysql_division import AFTER
from dbbackup.engines.mysql_script import Rows, Script, Statement
from dbbackup.engines.mysql_selection import Wanted, chosen_names
from dbbackup.engines.mysql_user_script import UserScript
from dbbackup.engines.values import Filter

# Names are quoted by the tools; in the text of a trigger MariaDB keeps them as they were typed.
_NAME = rb"(?:`(?:[^`]|``)++`|\"(?:[^\"]|\"\")++\"|[^\s`\"'.;(]++)"
_ALONE = _NAME + rb"(?!\s*\.)"
_CONDITIONAL = re.compile(rb"/\*M?!\d*+|\*/")
USER_SCRIPT = "script"
"""The format of a part that no dump tool wrote."""
_HEAD = 4096
"""Bytes in which the kind of a statement and its definer stand."""

# All that mysqldump and mariadb-dump write for one database. No statement names a database: none can reach another one.
_KNOWN = tuple(
    re.compile(rb"\s*+" + pattern, re.IGNORECASE)
    for pattern in (
        rb"SET\s+(?!(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|DEFAULT|ROLE|@@GLOBAL|@@PERSIST)\b)",
        rb"DROP\s+(?:TABLE|VIEW|TRIGGER|EVENT|PROCEDURE|FUNCTION|SEQUENCE|PACKAGE|PACKAGE\s+BODY)\s+IF\s+EXISTS\s+"
        + _ALONE,
        rb"CREATE\s+(?:TEMPORARY\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?" + _ALONE,
        rb"CREATE\s+(?:OR\s+REPLACE\s+)?(?:ALGORITHM\s*=\s*\w+\s+)?(?P<definer>DEFINER\s*=\s*NAME(?:\s*@\s*NAME)?\s+)?"
        rb"(?:SQL\s+SECURITY\s+\w+\s+)?(?:AGGREGATE\s+)?"
        rb"(?:VIEW|TRIGGER|EVENT|PROCEDURE|FUNCTION|SEQUENCE|PACKAGE|PACKAGE\s+BODY)\s".replace(b"NAME", _NAME),
        rb"(?:DO|SELECT)\s+SETVAL\s*\(\s*" + _ALONE,
        rb"LOCK\s+TABLES\s+" + _ALONE + rb"\s+WRITE\s*$",
        rb"UNLOCK\s+TABLES\s*$",
        rb"ALTER\s+TABLE\s+" + _ALONE + rb"\s+(?:DISABLE|ENABLE)\s+KEYS\s*$",
        rb"COMMIT\s*$",
    )
)
_LOCKS = re.compile(rb"\s*(?:UN)?LOCK\s+TABLES\b", re.IGNORECASE)
_FORBIDDEN_SET = re.compile(rb"\b(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD)\b", re.IGNORECASE)
_STRING = re.compile(rb"'[^']*'")
# Around what was made while the database had another collation. It names the original, which may still be there.
_ALTER_DATABASE = re.compile(rb"\s*ALTER\s+DATABASE\s+`(?:[^`]|``)++`\s+(CHARACTER\s+SET\s+\w+\s+COLLATE\s+\w+)\s*$")
_DEFINER = re.compile(rb"(CREATE\b[^`\"']*?)DEFINER\s*=\s*NAME(?:\s*@\s*NAME)?".replace(b"NAME", _NAME), re.IGNORECASE)
_TRIGGER = re.compile(
    rb"(TRIGGER\s+(?:IF\s+NOT\s+EXISTS\s+)?)(?:NAME\s*\.\s*)?(NAME\s+(?:BEFORE|AFTER)\s+(?:INSERT|UPDATE|DELETE)\s+ON\s+)"
    rb"(?:NAME\s*\.\s*)?".replace(b"NAME", _NAME),
    re.IGNORECASE,
)
_EVENT = re.compile(rb"\bEVENT\s+" + _NAME + rb"\s+ON\s+SCHEDULE\s", re.IGNORECASE)
_EVENT_STATE = re.compile(rb"(ON COMPLETION (?:NOT )?PRESERVE )(?:ENABLE|DISABLE(?: ON (?:SLAVE|REPLICA))?)\b")
_OTHER_CREATE = re.compile(
    rb"(?:VIEW|EVENT|PROCEDURE|FUNCTION|SEQUENCE|PACKAGE(?:\s+BODY)?)\s+(?:IF\s+NOT\s+EXISTS\s+)?NAME\s*\.".replace(
        b"NAME", _NAME
    ),
    re.IGNORECASE,
)

# What the head of a dump sets, for rows alone; and one transaction around them, ended by the filter's own end.
# Unique keys are checked, unlike in a dump: without that InnoDB may take in a second row of the same key.
_BEFORE_ROWS = b"""SET NAMES %s;
SET SESSION time_zone = '+00:00', SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
SET SESSION unique_checks = 1, SESSION foreign_key_checks = 0;
SET SESSION autocommit = 0;
START TRANSACTION;
"""
_AFTER_ROWS = b"COMMIT;\n"


def restore_filter(manifest: Manifest, options: dict[str, Any], part: str = MAIN) -> Filter:
    """Return the filter of a restore in this mode for one part of the backup."""
    mode = restore_mode(options)
    if mode is RestoreMode.RUN_SCRIPT or manifest.main.format == USER_SCRIPT:
        return UserScript(trusted=options.get("trusted", False))
    selection = selection_of(options)
    wanted = None if selection is None else Wanted(chosen_names(manifest, selection))
    if part not in (MAIN, AFTER):
        return PartOfRows(wanted)
    if mode.adds_rows:
        return RowsOnly(manifest.options.get("characterSet", "utf8mb4"), wanted)
    return Definitions(
        with_rows=mode is not RestoreMode.SCHEMA_ONLY,
        strip_definer="strip" in (options["definer"], manifest.options.get("definer")),
        events=options["events"],
        wanted=wanted,
    )


class Definitions:
    """For a new database, or objects that are made anew: all definitions, with the rows or without.

    Events come disabled unless `events` is `enabled`, so that none of a copy lives for a moment.
    """

    def __init__(self, *, with_rows: bool, strip_definer: bool, events: str, wanted: Wanted | None = None) -> None:
        self._with_rows = with_rows
        self._wanted = wanted
        self._chosen = _Chosen(wanted)
        self._strip_definer = strip_definer
        self._events = events
        self._script = Script()

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk; give the statements that are whole and wanted."""
        yield b"".join(self._pieces(chunk))

    def finish(self) -> Iterable[bytes]:
        """Check the end."""
        self._script.finish()
        return ()

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        for piece in self._script.update(chunk):
            if isinstance(piece, Rows):
                if self._chosen.has(piece) and self._with_rows:
                    yield piece.data
            elif piece.is_delimiter:
                yield piece.script
            elif (text := self._changed(piece.text)) is not None:
                yield Statement(text, piece.delimiter).script

    def _changed(self, text: bytes) -> bytes | None:
        if own := _ALTER_DATABASE.match(text):
            return b"ALTER DATABASE " + own[1]
        plain = check_known(text)
        if self._wanted and not self._wanted.statement(plain):
            return None
        if _LOCKS.match(plain):
            # nobody else is in the new database; and a default that asks a sequence of MariaDB fails under locks
            return None
        head, tail = text[:_HEAD], text[_HEAD:]
        if _EVENT.search(plain) and plain.lstrip()[:6].upper() == b"CREATE":
            if self._events == "skip":
                return None
            if self._events == "disabled":
                head, count = _EVENT_STATE.subn(rb"\1DISABLE", head, count=1)
                if not count:
                    raise RestoreError("The dump holds an event whose state cannot be read: leave events out.")
        if self._strip_definer:
            head = _DEFINER.sub(rb"\1", head, count=1)
        return _TRIGGER.sub(rb"\1\2", head, count=1) + tail


class _Chosen:
    """Tells whether rows are wanted: those that name no table are more of the same."""

    def __init__(self, wanted: Wanted | None) -> None:
        self._wanted = wanted
        self._now = True

    def has(self, rows: Rows) -> bool:
        if self._wanted and rows.table is not None:
            self._now = self._wanted.rows(rows.table)
        return self._now


class PartOfRows:
    """For tables that the main part made: the rows of a part of a divided dump, and the settings they were written in.

    The definitions in it are those of the main part, as was seen when they were dumped.
    """

    def __init__(self, wanted: Wanted | None = None) -> None:
        self._chosen = _Chosen(wanted)
        self._script = Script()

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk; give the rows in it."""
        yield b"".join(self._pieces(chunk))

    def finish(self) -> Iterable[bytes]:
        """Check the end."""
        self._script.finish()
        return ()

    def _pieces(self, chunk: bytes) -> Iterator[bytes]:
        for piece in self._script.update(chunk):
            if isinstance(piece, Rows):
                if self._chosen.has(piece):
                    yield piece.data
            elif not piece.is_delimiter and check_known(piece.text).lstrip()[:3].upper() == b"SET":
                yield piece.script


class RowsOnly:
    """For tables that are there: the rows alone, in one transaction that only the end of the whole dump commits."""

    def __init__(self, character_set: str, wanted: Wanted | None = None) -> None:
        self._opening = _BEFORE_ROWS % character_set.encode()
        self._chosen = _Chosen(wanted)
        self._script = Script()

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk; give the rows in it."""
        opening, self._opening = self._opening, b""
        yield opening + b"".join(self._rows(chunk))

    def finish(self) -> Iterable[bytes]:
        """Commit, after everything has been verified."""
        self._script.finish()
        yield _AFTER_ROWS

    def _rows(self, chunk: bytes) -> Iterator[bytes]:
        for piece in self._script.update(chunk):
            if isinstance(piece, Rows) and self._chosen.has(piece):
                yield piece.data


def check_known(text: bytes) -> bytes:
    """Return the statement's head with the marks of conditional comments taken away.

    Raises:
        RestoreError: it is not of the kinds that a dump of one database holds.
    """
    plain = _CONDITIONAL.sub(b" ", text[:_HEAD])
    known = any(pattern.match(plain) for pattern in _KNOWN)
    setting = plain.lstrip()[:3].upper() == b"SET" and _FORBIDDEN_SET.search(_STRING.sub(b"", plain))
    if not known or setting or (plain.lstrip()[:6].upper() == b"CREATE" and _names_other_database(plain)):
        beginning = " ".join(plain[:60].decode("utf-8", "replace").split())
        raise RestoreError(
            f"The dump holds a statement that is not of one database's dump, and nothing after it was run: {beginning}"
        )
    return plain


def _names_other_database(plain: bytes) -> bool:
    """Tell whether a definition is to be made in a database of its own choosing; a trigger's name is changed later."""
    head = re.split(rb"(?i)\b(?:AS|DO|BEGIN|RETURNS?|ON\s+SCHEDULE)\b|\(", plain, maxsplit=1)[0]
    return _OTHER_CREATE.search(head) is not None
