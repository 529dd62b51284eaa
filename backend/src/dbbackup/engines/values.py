"""The values that engines take and give."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from dbbackup.core.manifest import TableFacts
from dbbackup.core.secret import Secret


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

    name: str
    """`globals`, `database`, or of a divided dump `data1`, `data2` and so on: rows dumped beside `database`, at the
    same time; and `after`: what is made only when all rows are there, where `database` does not hold that itself."""
    format: Literal["pg_custom", "sql"]
    extension: str
    """Of the plain file, without dot: `dump`, `globals.sql`, `data1.dump`."""
    command: Command
    trailer: ReaderCheck | TailCheck
    watch: PartWatch | None = None
    """Looks at the plain dump on its way, where the dump is divided."""
    only: frozenset[str] | None = None
    """The tables whose rows are asked for in this part, where its rows are counted on their way; None: all."""
    begun: Callable[[str], bool] | None = None
    """Tells by a line of the tool's stderr that what it reads is settled; see `Engine.standstill`."""


class Filter(Protocol):
    """Changes the plain dump on its way into the restore tool; the shape of the pipeline's `Transform`."""

    def update(self, chunk: bytes) -> Iterable[bytes]:
        """Take a chunk and give what is ready, in pieces of about 1 MiB at most."""
        ...

    def finish(self) -> Iterable[bytes]:
        """Give what is left; called at the verified end only."""
        ...


class PartWatch(Filter, Protocol):
    """Passes a part on unchanged; its `finish` raises BackupError when the parts do not make one whole."""

    @property
    def tables(self) -> list[tuple[str, str]]:
        """Return schema and name of the tables whose rows are in this part alone. After the end."""
        ...


@dataclass(frozen=True, slots=True)
class BigTable:
    """A table whose rows may be dumped apart from the rest; size in bytes."""

    schema: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Divisible:
    """What a parallel dump may divide: big tables, the largest first, and how many bytes all the rest has."""

    tables: tuple[BigTable, ...]
    rest: int


class Standstill(Protocol):
    """A source that nobody changes until all tools of a dump have begun."""

    @property
    def how(self) -> str:
        """Say by what means, for the log."""
        ...

    async def end(self) -> None:
        """Let the source go on. Raises BackupError when it was not kept still all the time."""
        ...


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of restoring a backup whose dump was divided.

    `definitions` makes tables, `rows` fills them from the named part, and `finish` makes what wants all rows to be
    there: indexes, constraints, triggers, and rights.
    """

    name: Literal["definitions", "rows", "finish"]
    part: str = "database"


class HeadReader(Protocol):
    """Takes the front of a plain dump until it knows what is in it."""

    @property
    def done(self) -> bool:
        """Tell whether no more is needed."""
        ...

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes. Raises RestoreError when they are not what they should be."""
        ...

    def finish(self) -> object:
        """End it, when there is no more. Raises RestoreError when that was too little."""
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


class Reading(Protocol):
    """One look at a database that stays the same while it is dumped."""

    @property
    def snapshot(self) -> str | None:
        """What a dump is told so that it sees the same rows; None where the server has no such thing."""
        ...

    async def survey(self) -> Survey:
        """Collect what the manifest holds of the source; raises as `Engine.survey`."""
        ...

    async def divisible(self) -> Divisible | None:
        """Return what may be dumped by several tools at once, and keep all of that as it is until the reading ends.

        None where tools cannot share the snapshot. Raises DatabaseError, BackupError (a table was changed in a way
        that the snapshot does not outlive: run again).
        """
        ...

    def counted(self, tables: Sequence[TableFacts], seconds: float, *, hashed: bool) -> AsyncIterator[TableFacts]:
        """Yield each of the tables whose rows could be counted in that time: those of the snapshot, nothing else.

        With `hashed` they have a sample where the engine can take one.
        Smaller tables come first. A table that is locked, or that the role may not read, is left out, and so are
        all when the server is gone. Raises nothing of the server's. Close it to end it early.
        """
        ...


class RowCounter(Filter, Protocol):
    """Counts the rows in a plain dump on its way, and passes it on unchanged. Raises nothing."""

    def counted(self, tables: Sequence[TableFacts]) -> list[TableFacts]:
        """Return the tables, those that the dump was seen to hold whole with their exact rows. After the end.

        They have a sample where rows were hashed, too.
        """
        ...


@dataclass(frozen=True, slots=True)
class Recount:
    """How the rows of a restored copy are hashed as those of its backup were: dump it once more through this."""

    part: DumpPart
    counter: RowCounter


@dataclass(frozen=True, slots=True)
class Answer:
    """What a statement of the user's gave: the number of its rows, at most two, and the first cell."""

    rows: int
    columns: int
    value: Any


@dataclass(frozen=True, slots=True)
class Progress:
    """What a line of a tool's stderr tells of the progress: an object being worked on."""

    table: str
    """Schema-qualified, as people write it: `public.orders`."""
