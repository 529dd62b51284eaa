"""The contract every database engine keeps.

An engine knows its tools and its server; it spawns nothing. It returns `Command` values that
`pipeline.process` runs, and it asks the server questions over its own short connections.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from dbbackup.core.errors import AppError
from dbbackup.core.manifest import Manifest, SourceFacts, TableFacts
from dbbackup.core.secret import Secret


class RestoreMode(StrEnum):
    """What a restore does to the target; `options["mode"]` of every engine's restore options.

    The first two create the database `options["newDatabase"]`. The last two work on the database
    `options["existingDatabase"]`, create and drop nothing in it, and change all of it or nothing:
    one transaction.
    """

    NEW_DATABASE = "newDatabase"
    SCHEMA_ONLY = "schemaOnly"
    """A new database with all definitions and no rows."""
    DATA_ONLY = "dataOnly"
    """Rows into tables that exist and are empty."""
    APPEND = "append"
    """Rows added to tables that exist, beside those that are there."""

    @property
    def creates_database(self) -> bool:
        """Tell whether the restore makes the database it fills."""
        return self in (RestoreMode.NEW_DATABASE, RestoreMode.SCHEMA_ONLY)


def restore_mode(options: dict[str, Any]) -> RestoreMode:
    """Return the mode of parsed restore options; what was queued before there were modes has none."""
    return RestoreMode(options.get("mode", RestoreMode.NEW_DATABASE))


def target_database(options: dict[str, Any]) -> str:
    """Return the name of the database that parsed restore options work on."""
    name: str = options["newDatabase"] if restore_mode(options).creates_database else options["existingDatabase"]
    return name


class TlsMode(StrEnum):
    """How the connection to the server is protected; the words of libpq's `sslmode`."""

    DISABLE = "disable"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach one database; `ca_pem` is a CA bundle in PEM, `connect_timeout` in seconds."""

    host: str
    port: int
    database: str
    username: str
    password: Secret
    tls_mode: TlsMode = TlsMode.PREFER
    ca_pem: str | None = None
    connect_timeout: int = 10


@dataclass(frozen=True, slots=True)
class Command:
    """One process to run.

    `env` is all the environment the process gets beside PATH, HOME, LANG and TZ. `files` are
    written with mode 0600 before the start and removed after the end; their paths must lie in the
    run's private work folder. `argv` never holds a secret.
    """

    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict, repr=False)
    files: dict[Path, bytes] = field(default_factory=dict, repr=False)
    tool: str = ""
    """Name and version for people and manifests, such as `pg_dump 15.19`."""


@dataclass(frozen=True, slots=True)
class ReaderCheck:
    """The dump is whole when this command reads it from stdin to its end and exits 0."""

    command: Command


@dataclass(frozen=True, slots=True)
class TailCheck:
    """The dump is whole when its last bytes contain this."""

    pattern: bytes
    window: int = 256


@dataclass(frozen=True, slots=True)
class DumpPart:
    """One named stream of a backup."""

    name: Literal["database", "globals"]
    format: Literal["pg_custom", "sql"]
    extension: str
    """Of the plain file, without dot: `dump`, `globals.sql`."""
    command: Command
    trailer: ReaderCheck | TailCheck


class Filter(Protocol):
    """Changes the plain dump on its way into the restore tool; the shape of the pipeline's `Transform`."""

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk and give what is ready, in pieces of about 4 MiB at most."""
        ...

    def finish(self) -> Iterable[bytes]:
        """Give what is left; called at the verified end only."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check: `error` forbids going on, `warning` is shown, `ok` is told."""

    level: Literal["ok", "warning", "error"]
    code: str
    """Stable kebab-case name, such as `missing-roles`."""
    message: str


class ToolInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The client tools chosen for a server. `exact` is false when only a newer major was there."""

    version: str
    folder: str
    exact: bool
    note: str | None
    """What a user should know when the tool is not of the server's own major."""


class Probe(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a connection test found; sizes in bytes, times in milliseconds."""

    server_version: str
    flavour: str
    size: int
    tls: bool
    tls_version: str | None
    latency_ms: float
    can_dump: bool
    missing_privileges: list[str]
    """Each one a sentence naming the object and the grant that is missing."""
    tool: ToolInfo | None
    tool_error: str | None


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What the run wants to know of the source before it dumps; goes into the manifest."""

    server_version: str
    size: int
    tables: list[TableFacts]
    roles: list[str]
    extensions: list[str]
    properties: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Progress:
    """What a line of a tool's stderr tells of the progress: an object being worked on."""

    table: str
    """Schema-qualified, as people write it: `public.orders`."""


class Engine(Protocol):
    """One kind of database server."""

    @property
    def type(self) -> str:
        """The value of `database_config.type`."""
        ...

    @property
    def restores(self) -> frozenset[str]:
        """The engine types whose backups this engine's servers can be given; `preflight` may still refuse."""
        ...

    def parse_dump_options(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Check options of a backup (camelCase) and return them with defaults filled in.

        Raises ValidationError naming each bad field; leaves nothing behind.
        """
        ...

    def parse_restore_options(self, raw: dict[str, Any]) -> dict[str, Any]:
        """The same for the options of a restore."""
        ...

    async def probe(self, connection: Connection) -> Probe:
        """Connect and look around; a missing tool or privilege is a result, not an error.

        Raises DatabaseError with a message that says what to do (host, port, password, database,
        TLS told apart); leaves nothing behind.
        """
        ...

    async def survey(self, connection: Connection) -> Survey:
        """Collect what the manifest holds of the source. Raises DatabaseError as `probe` does."""
        ...

    def choose_tools(self, server_version: str) -> ToolInfo:
        """Pick the client tools for a server. Raises ToolMissingError naming what to install."""
        ...

    def dump(
        self,
        connection: Connection,
        tools: ToolInfo,
        options: dict[str, Any],
        work: Path,
        source: SourceFacts | None = None,
    ) -> Sequence[DumpPart]:
        """Say what to run for a backup, the small parts first and `database` last. Runs nothing.

        `source` holds what the survey just found, for what depends on it. Raises BackupError where the
        options do not fit it.
        """
        ...

    def end_check(self, part: str, tools: ToolInfo) -> ReaderCheck | TailCheck:
        """Say how the named part of a backup is known to be whole, as `dump` said when it was made."""
        ...

    def explain(self, command: Command, exit_code: int, stderr_tail: Sequence[str]) -> AppError:
        """Turn a tool's failure into an error a person can act on; never holds a secret.

        `exit_code` is negative for a signal, as subprocess has it.
        """
        ...

    def progress(self, line: str) -> Progress | None:
        """Read progress out of one line of a tool's stderr."""
        ...

    async def counted_tables(self, connection: Connection) -> list[TableFacts]:
        """Return the tables of a database that `create_database` made, with all their rows counted.

        As `survey` has them, but for the rows, which are exact, and without the mark. May take as long as
        reading all tables does. Raises DatabaseError as `probe` does.
        """
        ...

    async def maintenance(self, target: Connection) -> Connection:
        """Return the connection through which databases of that server are made and dropped.

        The given one while it works; when its database is gone or closed, one to a database that is always
        there: on the worst day the source itself was dropped. Raises DatabaseError as `probe` does.
        """
        ...

    async def preflight(self, target: Connection, manifest: Manifest, options: dict[str, Any]) -> list[Finding]:
        """Check that the restore can work and will harm nothing; changes nothing.

        `target.database` is the maintenance database to connect to; the database to make or to fill
        is `target_database(options)`. Where it exists already (`dataOnly`, `append`) every table that
        gets rows must be there with the same columns, and for `dataOnly` be empty. Raises DatabaseError
        only when the server cannot be asked at all.
        """
        ...

    async def create_database(self, target: Connection, manifest: Manifest, options: dict[str, Any]) -> None:
        """Create the new, empty database as the manifest describes the original; only in modes that create.

        `options["marker"]` is put there by the caller, beside the parsed options; see `drop_database`.
        Raises DatabaseError or ConflictError (it exists); on failure no database is left behind.
        """
        ...

    async def finish_database(self, target: Connection, manifest: Manifest, options: dict[str, Any]) -> None:
        """After the data: ANALYZE, then settings, ACL, comment (replacing the marker) and owner at once.

        In a database that was there before (`dataOnly`, `append`) only ANALYZE, and what makes its next rows
        come after those that were put in (sequences, counters): raised where it is behind, never set back.

        Raises DatabaseError; what belongs to the database itself is then as `create_database` left it.
        """
        ...

    async def drop_database(self, target: Connection, name: str, marker: str) -> bool:
        """Drop a database this run created, ending its connections; tell whether it was there.

        `marker` is what `create_database` wrote into the new database (comment): a database
        without it was made by somebody else and is never dropped (ConflictError).
        """
        ...

    def restore(
        self,
        target: Connection,
        tools: ToolInfo,
        manifest: Manifest,
        options: dict[str, Any],
        archive: Path | None,
        work: Path,
        contents: str | None = None,
    ) -> Command:
        """Say what to run to fill the database; `archive` None means: the plain dump on stdin.

        `contents` is what the command of `list_contents` printed, None when there was none to run.
        """
        ...

    def list_contents(self, tools: ToolInfo, options: dict[str, Any], archive: Path | None) -> Command | None:
        """Say what to run to list what is in the archive, when `restore` must choose from it; else None."""
        ...

    def restore_filter(self, manifest: Manifest, options: dict[str, Any]) -> Filter | None:
        """Return a new filter for the plain dump on stdin; None when the tool takes it as it is."""
        ...

    def wants_file(self, options: dict[str, Any]) -> bool:
        """Tell whether this restore needs the plain dump as a seekable file (parallel jobs, a choice of contents)."""
        ...
