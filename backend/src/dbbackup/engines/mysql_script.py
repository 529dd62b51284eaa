"""Taking a dump script of mysqldump or mariadb-dump apart into statements, as its client would.

Rows come by the gigabyte and are only looked through for the end of their statement: the tools write every
`INSERT` from the beginning of a line and escape line ends in values, so it ends where a line ends in a semicolon.
Everything else is read with its quotes, comments and delimiters, for a routine may hold anything. Memory is bounded
by one definition (`MAX_STATEMENT`) and the beginning of an `INSERT`, not by its rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dbbackup.core.errors import RestoreError

MAX_STATEMENT = 16 << 20
"""Bytes of one definition."""

_SPACE = re.compile(rb"\s+")
_SANDBOX = re.compile(rb"/\*M?!999999\\-[^\n]*\n")
_COMMENT = re.compile(rb"(?:--[^\n]*|\#[^\n]*)\n|/\*(?!M?!).*?\*/", re.DOTALL)
_TRAILER = b"-- Dump completed"
_DELIMITER = re.compile(rb"DELIMITER[ \t]+(\S+)[^\n]*\n", re.IGNORECASE)
_ROWS = re.compile(rb"INSERT INTO `(?P<table>(?:[^`\n]|``)++)` (?:\((?:`(?:[^`\n]|``)++`(?:, )?)++\) )?VALUES(?= |\n)")
_SQL_MODE = re.compile(rb"SET\s+sql_mode\s*=\s*(?P<mode>'[^']*'|@)", re.IGNORECASE)
_END_OF_STRING = {
    (quote, escapes): re.compile(body, re.DOTALL)
    for quote in (b"'", b'"')
    for escapes, body in ((True, rb"(?:[^\\" + quote + rb"]|\\.)*+" + quote), (False, rb"[^" + quote + rb"]*+" + quote))
}
_END_OF_NAME = re.compile(rb"[^`]*+`")
_END_OF_LINE = re.compile(rb"[^\n]*+\n")
_END_OF_COMMENT = re.compile(rb".*?\*/", re.DOTALL)
# MySQL's own dump of a body that ends in a comment: the comment swallows the end of the statement
_SWALLOWED = re.compile(rb"[^\n]*?(?P<end>(?: ?\*/)? ?;;)\n(?=DELIMITER ;\n|/\*!50003 SET time_zone )")
_AHEAD = 40
_PIECE = 64 << 10


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole statement without its delimiter, or a change of the delimiter."""

    text: bytes
    delimiter: bytes
    is_delimiter: bool = False

    @property
    def script(self) -> bytes:
        """Return it as it stands in a script."""
        if self.is_delimiter:
            return b"DELIMITER " + self.delimiter + b"\n"
        return self.text + b" " + self.delimiter + b"\n"


@dataclass(frozen=True, slots=True)
class Rows:
    """A piece of an `INSERT`, from `begin` to `end` of a text; at its first one `table` is the quoted name, and `head`
    the length of the words before the values."""

    text: bytes
    begin: int
    end: int
    table: bytes | None = None
    head: int = 0

    @property
    def data(self) -> bytes:
        """Return all of it."""
        return self.text[self.begin : self.end]

    @property
    def opening(self) -> bytes:
        """Return the words before the values."""
        return self.text[self.begin : self.begin + self.head]

    def values(self) -> Iterator[bytes]:
        """Give the values in small pieces; the two bytes that end the statement come together.

        Pieces that are larger are new memory from the kernel each time, and looking through that takes several times
        as long as through what lies in the processor's cache.
        """
        at = self.begin + self.head
        while at < self.end:
            stop = self.end if self.end - at <= _PIECE + 1 else at + _PIECE
            yield self.text[at:stop]
            at = stop


class Script:
    """Takes a script in chunks and gives its statements; the comments between them are left out."""

    strict_rows = True
    """Rows are as the dump tools write them, and passed on in pieces; False: an `INSERT` is a statement like others."""

    def __init__(self) -> None:
        self.complete = False
        """The last thing seen was the line that a dump tool writes at its end."""
        self._rest = b""
        self._at = 0
        """Where in `_rest` we are: to cut it at every statement would copy it as often."""
        self._in_rows = False
        self._delimiter = b";"
        self._escapes = True

    def update(self, chunk: bytes) -> Iterator[Statement | Rows]:
        """Take a chunk and give what is whole.

        Raises:
            RestoreError: it is not what a dump tool writes.
        """
        self._rest, self._at = self._rest[self._at :] + chunk, 0
        while (piece := self._next()) is not None:
            yield piece
        if len(self._rest) - self._at > MAX_STATEMENT:
            raise RestoreError("A statement of the dump is longer than 16 MiB, or its quotes do not match.")

    def finish(self) -> None:
        """Check that the script has come to its end.

        Raises:
            RestoreError: it ends in the middle of a statement, or without the dump tool's last line.
        """
        if self._at < len(self._rest) or self._in_rows or not self.complete:
            raise RestoreError("The dump is cut off: its last line (-- Dump completed) is missing.")

    def _next(self) -> Statement | Rows | None:
        if self._in_rows:
            return self._more_rows()
        self._skip()
        if self.strict_rows and self._rest.startswith(b"INSERT INTO", self._at) and self._delimiter == b";":
            return self._first_rows()
        # what a statement is may be seen by its first line only; that of an INSERT is as long as all its rows
        return self._statement() if self._rest.find(b"\n", self._at) >= 0 else None

    def _skip(self) -> None:
        """Leave out white space and comments before a statement."""
        while match := (
            _SPACE.match(self._rest, self._at)
            or _SANDBOX.match(self._rest, self._at)
            or _COMMENT.match(self._rest, self._at)
        ):
            if not match[0].isspace():
                self.complete = match[0].startswith(_TRAILER)
            self._at = match.end()

    def _first_rows(self) -> Rows | None:
        self.complete = False
        match = _ROWS.match(self._rest, self._at)
        if match is None:
            if self._rest.find(b"\n", self._at) >= 0:
                raise RestoreError("The dump holds an INSERT that no dump tool wrote.")
            return None
        self._in_rows = True
        return self._more_rows(match["table"], match.end() - match.start())

    def _more_rows(self, table: bytes | None = None, head: int = 0) -> Rows | None:
        begin = self._at
        # One byte is found ten times as fast as two, and many tables hold no semicolon.
        end = self._rest.find(b";", begin)
        if end >= 0 and (end := self._rest.find(b";\n", end)) >= 0:
            self._in_rows = False
            self._at = end + 2
        else:
            # the line end may come with the next chunk
            self._at = max(begin, len(self._rest) - self._rest.endswith(b";"))
        return Rows(self._rest, begin, self._at, table, head) if self._at > begin else None

    def _statement(self) -> Statement | None:
        self.complete = False
        if match := _DELIMITER.match(self._rest, self._at):
            self._at = match.end()
            self._delimiter = match[1]
            return Statement(b"", match[1], is_delimiter=True)
        found = self._find_end()
        if found is None:
            return None
        text, end = found
        self._at = end + len(self._delimiter)
        if mode := _SQL_MODE.search(text[:200]):
            self._escapes = b"NO_BACKSLASH_ESCAPES" not in mode["mode"]
        return Statement(text.rstrip(), self._delimiter)

    def _find_end(self) -> tuple[bytes, int] | None:
        """Return the statement's text and where its delimiter stands; None where more is needed."""
        text, position = self._rest, self._at
        stop = re.compile(rb"['\"`#]|--(?=\s)|/\*(?!M?!)|" + re.escape(self._delimiter))
        while match := stop.search(text, position):
            word = match[0]
            if word == self._delimiter:
                return text[self._at : match.start()], match.start()
            if word in (b"--", b"#"):
                if len(text) < text.find(b"\n", match.end()) + _AHEAD and self._delimiter != b";":
                    return None
                if self._delimiter == b";;" and (swallowed := _SWALLOWED.match(text, match.end())):
                    cut = swallowed.start("end")
                    whole = text[self._at : cut] + b"\n" + swallowed["end"][: -len(self._delimiter)]
                    return whole, swallowed.end("end") - len(self._delimiter)
            closing = self._closing(word).match(text, match.end())
            if closing is None:
                return None
            position = closing.end()
        return None

    def _closing(self, word: bytes) -> re.Pattern[bytes]:
        if word in (b"'", b'"'):
            return _END_OF_STRING[word, self._escapes]
        if word == b"`":
            return _END_OF_NAME
        return _END_OF_COMMENT if word == b"/*" else _END_OF_LINE
