"""A script that no dump tool wrote, on its way into the mysql or mariadb client.

The first guard is the client itself: with `--binary-mode` and piped input it knows no command of its own but DELIMITER
and the choice of a character set, `--local-infile=0` keeps it from sending files, and the preflight asks that the
account holds no FILE privilege. The second guard is this reading: it names the statement, before anything is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from dbbackup.core.errors import RestoreError
from dbbackup.engines.mysql_script import Script, Statement

_CONDITIONAL = re.compile(rb"/\*M?!\d*+|\*/")
_BLANKED = re.compile(
    rb"'(?:[^'\\]|\\.|'')*+'|\"(?:[^\"\\]|\\.|\"\")*+\"|`(?:[^`]|``)*+`|--(?=\s)[^\n]*|#[^\n]*|/\*(?!M?!).*?\*/",
    re.DOTALL,
)
_COMMAND = re.compile(
    rb"\s*(?:system|source|tee|notee|pager|nopager|edit|connect|print|prompt|rehash|status|warnings|nowarning|query_attributes"
    rb"|resetconnection|ssl_session_data_print|sandbox)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(rb"\s*(?:USE\b|(?:CREATE|DROP|ALTER)\s+(?:DATABASE|SCHEMA)\b)", re.IGNORECASE)
_REACHING = (
    (re.compile(rb"\bINTO\s+(?:OUTFILE|DUMPFILE)\b", re.I), "writes a file on the server (INTO OUTFILE)"),
    (re.compile(rb"\s*LOAD\s+(?:DATA|XML|INDEX)\b", re.I), "reads a file (LOAD DATA)"),
    (re.compile(rb"\bLOAD_FILE\s*\(", re.I), "reads a file of the server (LOAD_FILE)"),
    (re.compile(rb"\bSONAME\b", re.I), "loads a library into the server (SONAME)"),
    (re.compile(rb"\s*(?:UN)?INSTALL\s+(?:PLUGIN|COMPONENT|SONAME)\b", re.I), "changes the server's plugins"),
    (
        re.compile(rb"\s*SET\b.*?(?:\b(?:GLOBAL|PERSIST|PERSIST_ONLY)\b|@@GLOBAL|@@PERSIST)", re.I | re.S),
        "changes the server's settings",
    ),
    (
        re.compile(rb"\s*(?:SHUTDOWN|RESTART|CHANGE\s+(?:MASTER|REPLICATION)|CLONE|RESET)\b", re.I),
        "acts on the server itself",
    ),
    (re.compile(rb"\b(?:INTO|UPDATE|FROM)\s+mysql\s*\.", re.I), "reaches into the server's own tables"),
)


class UserScript:
    """Passes a script on statement by statement; the shape of `Filter`.

    `trusted`: statements that reach the server's files and settings are let through; the server decides.
    """

    def __init__(self, *, trusted: bool) -> None:
        self._trusted = trusted
        self._script = _AnyScript()

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk and give the statements that are whole."""
        passed = []
        for statement in self._script.statements(chunk):
            if not statement.is_delimiter:
                self._check(statement.text)
            passed.append(statement.script)
        yield b"".join(passed)

    def finish(self) -> Iterable[bytes]:
        """Give what ended with the script itself. Raises RestoreError when it ends within a statement."""
        yield from self.update(b"\n")
        self._script.finish()

    def _check(self, text: bytes) -> None:
        code = _CONDITIONAL.sub(b" ", _BLANKED.sub(b"''", text))
        if b"\\" in code or _COMMAND.match(code):
            raise _refused(text, "is a command of the client. Only SQL is run here, and DELIMITER")
        if _ELSEWHERE.match(code):
            raise _refused(text, "turns to another database. Take it out, and name the target here")
        if self._trusted:
            return
        for pattern, what in _REACHING:
            if pattern.search(code) if pattern.pattern.startswith(rb"\b") else pattern.match(code):
                raise _refused(text, f"{what}. Trust the source only if you know it (trusted), or take this out")


class _AnyScript(Script):
    """A script whose `INSERT`s may have any form, and which ends where it ends."""

    strict_rows = False

    def statements(self, chunk: bytes) -> Iterator[Statement]:
        """Take a chunk and give the statements that are whole: there are no other pieces."""
        return (piece for piece in self.update(chunk) if isinstance(piece, Statement))

    def finish(self) -> None:
        """Check that nothing is left but white space and comments."""
        if rest := self._rest[self._at :].strip():
            beginning = " ".join(rest[:60].decode("utf-8", "replace").split())
            raise RestoreError(
                f"The script ends within a statement: it was cut off, or its last delimiter is missing: {beginning}"
            )


def _refused(text: bytes, what: str) -> RestoreError:
    beginning = " ".join(text[:60].decode("utf-8", "replace").split())
    return RestoreError(f"A statement of the script {what}: {beginning}")
