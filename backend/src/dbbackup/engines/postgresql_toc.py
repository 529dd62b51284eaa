"""The table of contents of an archive in pg_dump's custom format, which stands at its front.

Read here and not by `pg_restore --list`: that prints names with blanks so that they cannot be told apart, leaves out
what depends on what, and wants the whole archive on its way. The layout is that of `pg_backup_archiver.c`; archive
versions 1.12 (PostgreSQL 9.0) to 1.16 (17 and 18) are known.
"""

from __future__ import annotations

from dataclasses import dataclass

from dbbackup.core.errors import RestoreError

MAGIC = b"PGDMP"
MAX_TOC = 64 << 20
"""Bytes; about half a million entries."""
_OLDEST, _NEWEST = (1, 12), (1, 16)
_CUSTOM = 1
_MAX_INT_BYTES = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: `kind` is pg_dump's word, such as `TABLE DATA`; `needs` are ids of other entries."""

    id: int
    kind: str
    schema: str
    name: str
    owner: str
    definition: str
    needs: tuple[int, ...]
    section: int = 0


@dataclass(frozen=True, slots=True)
class Toc:
    """The head of an archive."""

    database: str
    server_version: str
    tool_version: str
    entries: tuple[Entry, ...]


class TocReader:
    """Takes the beginning of an archive in pieces, until the table of contents is whole."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._tried = 0
        self.toc: Toc | None = None

    @property
    def done(self) -> bool:
        """Tell whether nothing more is needed."""
        return self.toc is not None

    def feed(self, chunk: bytes) -> None:
        """Take more bytes.

        Raises:
            RestoreError: it is no archive this version reads.
        """
        if self.done:
            return
        self._data += chunk
        # Each try begins at the front: twice the bytes before the next one keeps that cheap.
        if self._tried and len(self._data) < 2 * self._tried:
            return
        self._tried = len(self._data)
        self._try()

    def finish(self) -> Toc:
        """Return the table of contents. Raises RestoreError when the archive ends before it is whole."""
        if self.toc is None:
            self._try()
        if self.toc is None:
            raise RestoreError("The archive is cut off: it ends within its table of contents.")
        return self.toc

    def _try(self) -> None:
        try:
            self.toc = _Cursor(bytes(self._data)).read()
        except _NeedMoreError:
            if len(self._data) > MAX_TOC:
                raise RestoreError("The archive's table of contents is longer than 64 MiB.") from None
        else:
            self._data.clear()


class _NeedMoreError(Exception):
    """The bytes end too early."""


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._int_size = 4

    def read(self) -> Toc:
        if not MAGIC.startswith(self._data[: len(MAGIC)]):
            raise RestoreError("This is no archive of pg_dump in custom format.")
        self._take(len(MAGIC))
        version = (self._byte(), self._byte())
        self._byte()
        self._check_version(version)
        self._int_size, offset_size, form = self._byte(), self._byte(), self._byte()
        if form != _CUSTOM or not 1 <= self._int_size <= _MAX_INT_BYTES or not 1 <= offset_size <= _MAX_INT_BYTES:
            raise _damaged()
        if version >= (1, 15):
            self._byte()  # the algorithm of compression
        else:
            self._int()  # its level
        for _ in range(7):
            self._int()  # when it was made
        database, server, tool = self._text(), self._text(), self._text()
        count = self._int()
        if not 0 <= count <= MAX_TOC:
            raise _damaged()
        entries = tuple(self._entry(version, offset_size) for _ in range(count))
        return Toc(database, server, tool, entries)

    def _check_version(self, version: tuple[int, int]) -> None:
        if version < _OLDEST:
            raise RestoreError(f"The archive is of version {version[0]}.{version[1]}, older than PostgreSQL 9.0.")
        if version > _NEWEST:
            raise RestoreError(
                f"The archive is of version {version[0]}.{version[1]}, newer than this program reads "
                f"({_NEWEST[0]}.{_NEWEST[1]}). Restore it with pg_restore of the version that made it."
            )

    def _entry(self, version: tuple[int, int], offset_size: int) -> Entry:
        identity = self._int()
        self._int()  # whether there are data
        self._text(), self._text()  # the object's oid and its catalogue's
        name, kind = self._text(), self._text()
        section = self._int()
        definition = self._text()
        self._text(), self._text()  # how to drop it, and the COPY of its rows
        schema = self._text()
        self._text()  # tablespace
        if version >= (1, 14):
            self._text()  # access method
        if version >= (1, 16):
            self._int()  # kind of relation
        owner = self._text()
        self._text()  # whether it has oids
        needs = []
        while (need := self._optional()) is not None:
            if not need.isdecimal():
                raise _damaged()
            needs.append(int(need))
        self._take(1 + offset_size)  # where its data are
        return Entry(identity, kind, schema, name, owner, definition, tuple(needs), section)

    def _text(self) -> str:
        return self._optional() or ""

    def _optional(self) -> str | None:
        length = self._int()
        if length < 0:
            return None
        if length > MAX_TOC:
            raise _damaged()
        return self._take(length).decode("utf-8", "surrogateescape")

    def _int(self) -> int:
        sign = self._byte()
        value = int.from_bytes(self._take(self._int_size), "little")
        if sign not in (0, 1):
            raise _damaged()
        return -value if sign else value

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise _NeedMoreError
        taken, self._at = self._data[self._at : end], end
        return taken


def _damaged() -> RestoreError:
    return RestoreError("The archive's table of contents cannot be read: it is damaged.")
