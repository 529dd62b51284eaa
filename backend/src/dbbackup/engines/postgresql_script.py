"""Plain SQL on its way into psql: it is read as psql reads it, and what reaches beyond the database is refused.

The first guard is psql itself: the first line it gets is `\\restrict` with a random word, after which it refuses every
command of its own (`\\!`, `\\copy`, `\\i`, `\\o`, `\\g |`, `\\lo_import` and so on). The lines `\\restrict` and
`\\unrestrict` that pg_dump writes into a dump are such commands, so they are taken out here. The second guard is this
reading: it names the line, before anything is run.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator

from dbbackup.core.errors import RestoreError

MAX_STATEMENT = 16 << 20
"""Bytes of one statement."""

_BLANK = re.compile(rb"\s+|--[^\n]*\n")
_RESTRICT = re.compile(rb"\\(?:un)?restrict[ \t]+[A-Za-z0-9]+[ \t\r]*\n")
_NAME = rb"[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*"
_TOKEN = re.compile(
    rb"(?P<escaped>[eE]')|(?P<text>')|(?P<name>\")|--|/\*|(?P<dollar>\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*)?\$)"
    rb"|\\|;|[()]|(?P<word>" + _NAME + rb")"
)
_END_OF_TEXT = re.compile(rb"[^']*+'")
_END_OF_ESCAPED = re.compile(rb"(?:[^'\\]|\\.)*+'", re.DOTALL)
_END_OF_NAME = re.compile(rb'[^"]*+"')
_COMMENT_MARK = re.compile(rb"/\*|\*/")
_COPY_IN = re.compile(rb"\s*COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
_ROUTINE = re.compile(rb"\s*CREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b", re.IGNORECASE)
_END_OF_COPY = re.compile(rb"^\\\.\r?\n", re.MULTILINE)

_TRANSACTION = re.compile(
    rb"\s*(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|ROLLBACK(?!\s+(?:WORK\s+|TRANSACTION\s+)?TO\b)"
    rb"|PREPARE\s+TRANSACTION)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(rb"\s*(?:CREATE|DROP)\s+DATABASE\b", re.IGNORECASE)
_PLAIN_STRINGS = re.compile(rb"\s*SET\s+(?:\w+\s+)?standard_conforming_strings\s*(?:=|TO)\s*(?:OFF|'|FALSE|0)", re.I)
# Quoted text stands as '' in what these look at.
_REACHING = (
    (re.compile(rb"\s*COPY\b.*\b(?:FROM|TO)\s+PROGRAM\b", re.I | re.S), "runs a program on the server (COPY PROGRAM)"),
    (re.compile(rb"\s*COPY\b.*\b(?:FROM|TO)\s+E?''", re.I | re.S), "reads or writes a file of the server (COPY)"),
    (re.compile(rb"\bpg_(?:read_(?:binary_)?file|ls_\w+|stat_file|file_\w+)\s*\(", re.I), "reads files of the server"),
    (re.compile(rb"\blo_(?:import|export)\s*\(", re.I), "moves files of the server (lo_import, lo_export)"),
    (re.compile(rb"\s*ALTER\s+SYSTEM\b", re.I), "changes the server's own settings (ALTER SYSTEM)"),
    (re.compile(rb"\s*LOAD\s+''", re.I), "loads a library into the server (LOAD)"),
    (re.compile(rb"\bLANGUAGE\s+(?:C|internal|pl\w+u)\b", re.I), "makes a function that is not confined to SQL"),
    (re.compile(rb"\s*CREATE\s+EXTENSION\b.*\b(?:file_fdw|adminpack|pl\w+u)\b", re.I | re.S), "adds access to files"),
)


class PsqlScript:
    """Passes a script on statement by statement; the shape of `Filter`.

    `alone`: the script runs inside one transaction, which it must not end itself. `trusted`: statements that reach the
    server's files are let through; the server decides.
    """

    def __init__(self, *, alone: bool, trusted: bool) -> None:
        self._alone = alone
        self._trusted = trusted
        self._rest = b""
        self._at = 0
        self._line = 1
        self._copying = False
        self._begun = False

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk and give the statements that are whole."""
        self._rest, self._at = self._rest[self._at :] + chunk, 0
        if not self._begun:
            self._begun = True
            yield b"\\restrict " + secrets.token_hex(16).encode() + b"\n"
        for piece in self._pieces():
            self._line += piece.count(b"\n")
            yield piece
        if len(self._rest) - self._at > MAX_STATEMENT:
            raise self._refused("begins a statement longer than 16 MiB, or its quotes do not match")

    def finish(self) -> Iterable[bytes]:
        """Raise RestoreError when the script ends within something."""
        rest = self._rest[self._at :] + b"\n"
        if self._copying:
            raise self._refused("is within the rows of a COPY that has no end (a line with \\. only): it was cut off")
        self._rest, self._at = rest, 0
        for _ in self._blank():
            pass
        if self._at < len(self._rest):
            raise self._refused(
                "begins a statement that does not end: it was cut off, or its last semicolon is missing"
            )
        return ()

    def _pieces(self) -> Iterator[bytes]:
        while True:
            if self._copying:
                rows, ended = self._rows()
                yield rows
                if not ended:
                    return
                self._copying = False
                continue
            yield from self._blank()
            if self._rest.startswith(b"\\", self._at):
                if not self._leave_out():
                    return
                # an empty line in its place: psql's line numbers stay those of the script, plus ours at the front
                yield b"\n"
                continue
            statement = self._statement()
            if statement is None:
                return
            yield statement

    def _blank(self) -> Iterator[bytes]:
        """Give white space and comments before a statement."""
        while True:
            begin = self._at
            if match := _BLANK.match(self._rest, begin):
                self._at = match.end()
            elif self._rest.startswith(b"/*", begin) and (end := _comment_end(self._rest, begin + 2)) is not None:
                self._at = end
            else:
                return
            yield self._rest[begin : self._at]

    def _leave_out(self) -> bool:
        """Leave out pg_dump's own `\\restrict` lines and refuse every other command; False where more is needed."""
        if self._rest.find(b"\n", self._at) < 0:
            return False
        if match := _RESTRICT.match(self._rest, self._at):
            self._at = match.end()
            return True
        word = self._rest[self._at : self._at + 40].split()[0].decode("utf-8", "replace")
        raise self._refused(f"is the psql command {word}. Only SQL is run here, and the rows of a COPY")

    def _rows(self) -> tuple[bytes, bool]:
        """Return rows of a COPY, and whether their end was among them."""
        begin = self._at
        match = _END_OF_COPY.search(self._rest, begin)
        # without one, the last line that is not whole yet may be it
        self._at = match.end() if match else max(begin, self._rest.rfind(b"\n", begin) + 1)
        return self._rest[begin : self._at], match is not None

    def _statement(self) -> bytes | None:
        found = _find_end(self._rest, self._at)
        if found is None:
            return None
        if found.backslash is not None:
            self._line += self._rest.count(b"\n", self._at, found.backslash)
            raise self._refused("holds a psql command (\\) within a statement. Only SQL is run here")
        begin, code = self._at, found.code
        self._check(code)
        if _COPY_IN.match(code):
            line_end = self._rest.find(b"\n", found.end)
            if line_end < 0:
                return None
            if self._rest[found.end : line_end].strip():
                raise self._refused("goes on behind a COPY: its rows must begin on the next line")
            self._copying, self._at = True, line_end + 1
        else:
            self._at = found.end
        return self._rest[begin : self._at]

    def _check(self, code: bytes) -> None:
        if _PLAIN_STRINGS.match(code):
            raise self._refused("switches standard_conforming_strings off, and texts could not be told from code")
        if _ELSEWHERE.match(code):
            raise self._refused("creates or drops a database. Make the dump without --create, and name the target here")
        if self._alone and _TRANSACTION.match(code):
            raise self._refused(
                "begins or ends a transaction. All of the script runs in one transaction, so that a failure changes "
                "nothing: take this out"
            )
        if self._trusted:
            return
        for pattern, what in _REACHING:
            if pattern.search(code) if pattern.pattern.startswith(rb"\b") else pattern.match(code):
                raise self._refused(f"{what}. Trust the source only if you know it (trusted), or take this out")

    def _refused(self, what: str) -> RestoreError:
        return RestoreError(f"Line {self._line} of the script {what}.")


class _Found:
    """Where a statement ends, its text without quoted parts and comments, and a backslash that does not belong."""

    def __init__(self, end: int, code: bytes, backslash: int | None = None) -> None:
        self.end = end
        self.code = code
        self.backslash = backslash


def _find_end(text: bytes, begin: int) -> _Found | None:
    """Find the semicolon that ends the statement, as psql's own lexer does; None where more is needed."""
    code: list[bytes] = []
    position, brackets, depth = begin, 0, 0
    is_routine = False
    while match := _TOKEN.search(text, position):
        code.append(text[position : match.start()])
        word, position = match[0], match.end()
        if match["word"]:
            code.append(word)
            if word.upper() == b"BEGIN":
                is_routine = is_routine or _ROUTINE.match(b"".join(code)) is not None
            depth += _step(word.upper(), depth, is_routine)
        elif word == b"\\":
            if position == len(text):
                return None
            if text[position : position + 1] in (b";", b":"):
                position += 1
                continue
            return _Found(position, b"", match.start())
        elif word in (b"(", b")"):
            brackets += 1 if word == b"(" else -1
            code.append(word)
        elif word == b";":
            if brackets <= 0 and depth <= 0:
                return _Found(position, b"".join(code))
            code.append(word)
        else:
            end = _quoted_end(text, match)
            if end is None:
                return None
            code.append(b" " if word in (b"--", b"/*") else b'""' if match["name"] else b"''")
            position = end
    return None


def _step(word: bytes, depth: int, is_routine: bool) -> int:
    """Count the blocks of a routine whose body is SQL itself (BEGIN ATOMIC ... END): no semicolon in it ends it."""
    if not is_routine:
        return 0
    if word == b"BEGIN" or (word == b"CASE" and depth):
        return 1
    return -1 if word == b"END" and depth else 0


def _quoted_end(text: bytes, match: re.Match[bytes]) -> int | None:
    position = match.end()
    if match[0] == b"--":
        end = text.find(b"\n", position)
        return None if end < 0 else end + 1
    if match[0] == b"/*":
        return _comment_end(text, position)
    if match["dollar"]:
        end = text.find(match[0], position)
        return None if end < 0 else end + len(match[0])
    closing = _END_OF_ESCAPED if match["escaped"] else _END_OF_TEXT if match["text"] else _END_OF_NAME
    found = closing.match(text, position)
    return None if found is None else found.end()


def _comment_end(text: bytes, position: int) -> int | None:
    """Comments nest in PostgreSQL."""
    depth = 1
    while match := _COMMENT_MARK.search(text, position):
        depth += 1 if match[0] == b"/*" else -1
        position = match.end()
        if depth == 0:
            return position
    return None
