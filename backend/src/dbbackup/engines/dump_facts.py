"""Learning what an uploaded dump is from the dump itself, as far as it tells."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from typing import Any, Protocol

import msgspec

from dbbackup.core.content import Content
from dbbackup.core.errors import RestoreError
from dbbackup.engines.mysql_filter import USER_SCRIPT, check_known
from dbbackup.engines.mysql_script import Rows, Script
from dbbackup.engines.mysql_selection import unquoted
from dbbackup.engines.postgresql_commands import ARCHIVE
from dbbackup.engines.postgresql_script import PsqlScript
from dbbackup.engines.postgresql_selection import grantees
from dbbackup.engines.postgresql_toc import Toc, TocReader

_HEAD = 4096
_TAIL = 512
_POSTGRESQL = re.compile(rb"^-- PostgreSQL database (?P<cluster>cluster )?dump", re.MULTILINE)
_POSTGRESQL_SERVER = re.compile(rb"^-- Dumped from database version (?P<version>\d[\w.]*)", re.MULTILINE)
_POSTGRESQL_TOOL = re.compile(rb"^-- Dumped by pg_dump version (?P<version>\d[\w.]*)", re.MULTILINE)
_POSTGRESQL_END = b"\n-- PostgreSQL database dump complete"
_MYSQL = re.compile(
    rb"^-- (?P<kind>MySQL|MariaDB) dump [^\n]*?(?:Distrib (?P<distrib>[\w.-]+)|(?=\n|,))[^\n]*\n", re.MULTILINE
)
_MYSQL_SERVER = re.compile(rb"^-- Server version\t(?P<version>\S+)", re.MULTILINE)
_MYSQL_DATABASE = re.compile(rb"^-- Host: .*?Database: (?P<name>[^\n]*)$", re.MULTILINE)
_ENCODING = re.compile(r"client_encoding = '(\w+)'")
_COLUMN_SET = re.compile(rb"\bCOLLATE[ =]+(\w+)", re.IGNORECASE)
_ENGINE = re.compile(rb"\bENGINE=(\w+)", re.IGNORECASE)
_DEFINER = re.compile(rb"DEFINER\s*=\s*`((?:[^`]|``)+)`@`((?:[^`]|``)*)`", re.IGNORECASE)
_DEFINES = re.compile(
    rb"\s*CREATE\s(?:[^`\"']|`(?:[^`]|``)*`@`(?:[^`]|``)*`)*?(?P<kind>TABLE|VIEW|SEQUENCE|TRIGGER|EVENT|PROCEDURE"
    rb"|FUNCTION)\s+(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>`(?:[^`]|``)+`|[^\s`(]+)",
    re.IGNORECASE,
)
_MAX_TABLES = 100_000


class DumpFacts(msgspec.Struct, kw_only=True, rename="camel"):
    """What is known of a dump; `engine` is None where nothing tells. `properties` are the manifest's."""

    format: str
    engine: str | None = None
    server_version: str = ""
    tool: str = ""
    database: str = ""
    tables: list[tuple[str, str]] = []
    roles: list[str] = []
    extensions: list[str] = []
    properties: dict[str, Any] = {}


class Scan(Protocol):
    """Reads a plain dump to its end; the shape of `Filter`, and gives nothing."""

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk. Raises RestoreError for what a restore would refuse."""
        ...

    def finish(self) -> Iterable[bytes]:
        """Raise RestoreError when the dump is cut off."""
        ...

    def facts(self) -> DumpFacts:
        """Return what was learnt, once it was read to its end."""
        ...


def scan_for(content: Content, head: bytes) -> Scan:
    """Return what reads a dump that begins like this. Raises RestoreError when it is of a kind not taken."""
    if content is Content.PG_CUSTOM:
        return ArchiveScan()
    if match := _POSTGRESQL.search(head[:_HEAD]):
        if match["cluster"]:
            raise RestoreError(
                "This is a dump of a whole PostgreSQL cluster (pg_dumpall). Dump one database: pg_dump --format=custom."
            )
        return PlainPostgresqlScan(head)
    if match := _MYSQL.search(head[:_HEAD]):
        return MysqlDumpScan(head, match)
    return ScriptScan()


class ArchiveScan:
    """An archive of pg_dump: its table of contents tells it all."""

    def __init__(self) -> None:
        self._reader = TocReader()

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Read the table of contents; pg_restore reads the rest."""
        self._reader.feed(chunk)
        return ()

    def finish(self) -> Iterable[bytes]:
        """Raise RestoreError when it ended within the table of contents."""
        self._reader.finish()
        return ()

    @property
    def known(self) -> bool:
        """Tell whether the table of contents was read."""
        return self._reader.done

    def facts(self) -> DumpFacts:
        """Return what the table of contents tells."""
        toc = self._reader.finish()
        owners = sorted({entry.owner for entry in toc.entries if entry.owner})
        return DumpFacts(
            format=ARCHIVE,
            engine="postgresql",
            server_version=toc.server_version.split(" ")[0],
            tool=f"pg_dump {toc.tool_version.split(' ')[0]}",
            database=toc.database,
            tables=[(entry.schema, entry.name) for entry in toc.entries if entry.kind == "TABLE"],
            roles=owners,
            extensions=[f"{entry.name} ?" for entry in toc.entries if entry.kind == "EXTENSION"],
            properties=_archive_properties(toc, owners),
        )


class PlainPostgresqlScan:
    """Plain SQL of pg_dump: read as a restore would, and it must end with pg_dump's own words."""

    def __init__(self, head: bytes) -> None:
        server, tool = _POSTGRESQL_SERVER.search(head), _POSTGRESQL_TOOL.search(head)
        self._facts = DumpFacts(
            format="sql",
            engine="postgresql",
            server_version=server["version"].decode() if server else "",
            tool=f"pg_dump {tool['version'].decode()}" if tool else "pg_dump",
        )
        # it is to be readable at all: what it may do is looked at when it is known whether the source is trusted
        self._script = PsqlScript(alone=False, trusted=True)
        self._tail = b""

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Read a chunk."""
        self._tail = (self._tail + chunk)[-_TAIL:]
        deque(self._script.update(chunk), maxlen=0)
        return ()

    def finish(self) -> Iterable[bytes]:
        """Look at the end."""
        if _POSTGRESQL_END not in self._tail:
            raise RestoreError("The dump is cut off: its last line (-- PostgreSQL database dump complete) is missing.")
        deque(self._script.finish(), maxlen=0)
        return ()

    def facts(self) -> DumpFacts:
        """Return what the head told."""
        return self._facts


class MysqlDumpScan:
    """SQL of mysqldump or mariadb-dump: only statements they write, and their last line."""

    def __init__(self, head: bytes, match: re.Match[bytes]) -> None:
        server, database = _MYSQL_SERVER.search(head[:_HEAD]), _MYSQL_DATABASE.search(head[:_HEAD])
        version = server["version"].decode("utf-8", "replace") if server else ""
        kind = "mariadb" if match["kind"] == b"MariaDB" or "mariadb" in version.lower() else "mysql"
        self._facts = DumpFacts(
            format="sql",
            engine=kind,
            server_version=version,
            tool=match[0][3:].decode("utf-8", "replace").split(",")[0].strip()[:60],
            database=database["name"].decode("utf-8", "replace").strip() if database else "",
        )
        self._script = Script()
        self._names: dict[bytes, dict[str, None]] = {}
        self._sets: dict[str, set[str]] = {"collations": set(), "engines": set()}
        self._definers: set[str] = set()

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Read a chunk."""
        for piece in self._script.update(chunk):
            if not isinstance(piece, Rows) and not piece.is_delimiter:
                self._learn(piece.text)
        return ()

    def finish(self) -> Iterable[bytes]:
        """Look at the end."""
        self._script.finish()
        return ()

    def facts(self) -> DumpFacts:
        """Return what the statements told."""
        named = {kind: list(names) for kind, names in self._names.items()}
        views = named.get(b"VIEW", [])
        self._facts.tables = [(self._facts.database, t) for t in named.get(b"TABLE", []) if t not in views]
        self._facts.roles = sorted(self._definers)
        self._facts.properties = {
            "characterSet": "utf8mb4",
            "collation": "utf8mb4_general_ci",
            "collations": sorted(self._sets["collations"]),
            "engines": sorted(self._sets["engines"]),
            "nonTransactional": [],
            "generated": [],
            "views": views,
            "sequences": named.get(b"SEQUENCE", []),
            "systemVersioned": [],
            "events": len(named.get(b"EVENT", [])),
            "routines": len(named.get(b"PROCEDURE", [])) + len(named.get(b"FUNCTION", [])),
            "triggers": len(named.get(b"TRIGGER", [])),
            "lowerCaseTableNames": 0,
            "maxAllowedPacket": 0,
            "sqlMode": "",
        }
        return self._facts

    def _learn(self, text: bytes) -> None:
        # a statement about the whole database stands in every dump that has routines made under another collation
        if re.match(rb"\s*ALTER\s+DATABASE\b", text, re.IGNORECASE):
            return
        plain = check_known(text)
        if match := _DEFINES.match(plain):
            kind, name = match["kind"].upper(), unquoted(match["name"]).decode("utf-8", "replace")
            self._names.setdefault(kind, {})[name] = None
            if len(self._names[kind]) > _MAX_TABLES:
                raise RestoreError(f"The dump holds more than {_MAX_TABLES} objects of one kind.")
            if kind == b"TABLE":
                self._sets["collations"] |= {m.decode() for m in _COLUMN_SET.findall(text)}
                self._sets["engines"] |= {m.decode() for m in _ENGINE.findall(text)}
            if definer := _DEFINER.search(plain):
                self._definers.add("@".join(part.replace(b"``", b"`").decode() for part in definer.groups()))


class ScriptScan:
    """Any other text: which server it is for only its user knows, and its end cannot be told."""

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Look for what no script holds."""
        if b"\0" in chunk:
            raise RestoreError("This is neither a dump nor SQL: it holds bytes that no text has.")
        return ()

    def finish(self) -> Iterable[bytes]:
        """Nothing tells whether it is whole; the statements are looked at when the server is known."""
        return ()

    def facts(self) -> DumpFacts:
        """Return that nothing is known."""
        return DumpFacts(format=USER_SCRIPT)


def _archive_properties(toc: Toc, owners: list[str]) -> dict[str, Any]:
    granted: set[str] = set()
    encoding = "UTF8"
    largeobjects, public = False, False
    for entry in toc.entries:
        if entry.kind in ("ACL", "DEFAULT ACL"):
            granted |= grantees(entry.definition)
        elif entry.kind == "ENCODING" and (match := _ENCODING.search(entry.definition)):
            encoding = match[1]
        elif entry.kind in ("BLOB", "BLOBS", "BLOB METADATA"):
            largeobjects = True
        elif entry.kind == "SCHEMA" and entry.name == "public" and "CREATE SCHEMA public" in entry.definition:
            public = True
    return {
        "encoding": encoding,
        "roleUses": {"owners": owners, "grantees": sorted(granted), "others": []},
        "largeObjects": largeobjects,
        # the archive makes it itself: the one of the new database would be in its way
        "publicSchema": not public,
    }
