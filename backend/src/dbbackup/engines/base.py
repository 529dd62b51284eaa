"""The contract every database engine keeps.

An engine knows its tools and its server; it spawns nothing. It returns `Command` values that
`pipeline.process` runs, and it asks the server questions over its own short connections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol

from dbbackup.core.errors import AppError
from dbbackup.core.manifest import Manifest, SourceFacts, TableFacts
from dbbackup.engines.contents import ContentsReader
from dbbackup.engines.replacing import InPlace, Swapping
from dbbackup.engines.values import (
    Answer,
    Command,
    Connection,
    Divisible,
    DumpPart,
    Filter,
    Finding,
    HeadReader,
    Probe,
    Progress,
    ReaderCheck,
    Reading,
    Recount,
    RowCounter,
    Stage,
    Standstill,
    Survey,
    TailCheck,
    ToolInfo,
)


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

    @property
    def swapping(self) -> Swapping | None:
        """How the engine replaces a database by renaming; None when it replaces in place."""
        ...

    @property
    def in_place(self) -> InPlace | None:
        """How the engine replaces a database in place; None when it swaps. Exactly one of the two is there."""
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

    async def databases(self, connection: Connection) -> list[str]:
        """Return the databases the account can see, those of the server itself left out; `database` need not exist.

        Raises DatabaseError as `probe` does; its details name `type` when the server is of another kind.
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
        snapshot: str | None = None,
        apart: Divisible | None = None,
    ) -> Sequence[DumpPart]:
        """Say what to run for a backup: `globals`, if any, then what is dumped at the same time, `database` last.

        Runs nothing. `source` holds what the survey just found, for what depends on it; `snapshot` is that of the
        `reading` which is open meanwhile, and `apart` what that says may be divided, if it is to be. Raises
        BackupError where the options do not fit the source.
        """
        ...

    def reading(self, connection: Connection) -> AbstractAsyncContextManager[Reading]:
        """Open one look at the database, held until the dump is done. Raises DatabaseError as `probe` does."""
        ...

    def standstill(
        self, connection: Connection, parts: Sequence[DumpPart]
    ) -> AbstractAsyncContextManager[Standstill] | None:
        """Keep others from changing what the parts read, from the beginning of the block to `end`; a moment at most.

        For parts that each take a snapshot of their own: all of them within that moment. None where there is no need.
        Entering raises DatabaseError, BackupError (it cannot be had, or not now). It never outlives the block.
        """
        ...

    def row_counter(
        self,
        options: dict[str, Any],
        source: SourceFacts,
        tools: ToolInfo,
        hash_seconds: float,
        only: frozenset[str] | None = None,
    ) -> RowCounter | None:
        """Return a counter for the plain dump; None when `reading` counts, or the dump holds no rows.

        It hashes rows, too, and spends no more than `hash_seconds` on that; 0: none. `only` is the part's own.
        """
        ...

    def scratch_options(self, manifest: Manifest, name: str) -> dict[str, Any]:
        """Return the options of a restore on the side: everything, but nothing in the copy that lives or reaches out.

        Raises RestoreError when that cannot be had.
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

    async def counted_tables(self, connection: Connection, wanted: Sequence[TableFacts]) -> list[TableFacts]:
        """Return the tables of a database that `create_database` made, with all their rows counted.

        As `survey` has them, but for the rows, which are exact, and without the mark; hashed as the samples of
        `wanted` say. May take as long as reading all tables does. Raises DatabaseError as `probe` does.
        """
        ...

    def recount(
        self, copy: Connection, tools: ToolInfo, server_version: str, manifest: Manifest, work: Path
    ) -> Recount | None:
        """Say how the rows of the restored `copy` are hashed as the manifest's samples want it.

        None where `counted_tables` does that, or it cannot be done with these tools on a server of that version.
        """
        ...

    async def object_facts(self, connection: Connection) -> dict[str, dict[str, Any]]:
        """Return `count` and `sha256` of each kind of object beside tables, as `survey` has them in its properties."""
        ...

    async def answer(self, connection: Connection, statement: str, seconds: int) -> Answer:
        """Run one query of the user's that may only read, and return the beginning of what it gave.

        Raises DatabaseError with the reason in words that follow the statement's name: refused, or not done in time.
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
        gets rows must be there with the same columns, and for `dataOnly` be empty. For `replace` and `clean`
        it says what is dropped, and who is connected. Raises DatabaseError only when the server cannot be
        asked at all.
        """
        ...

    async def standing(self, target: Connection, options: dict[str, Any]) -> dict[str, Any]:
        """Return further options for `restore`: what is found on the target, and must be known to `clean` it.

        Raises DatabaseError; changes nothing.
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
        After `clean` only ANALYZE.

        Raises DatabaseError; what belongs to the database itself is then as `create_database` left it.
        """
        ...

    async def drop_database(self, target: Connection, name: str, marker: str) -> bool:
        """Drop a database this run created, ending its connections; tell whether it was there.

        `marker` is what `create_database` wrote into the new database (comment): a database
        without it was made by somebody else and is never dropped (ConflictError). Roles that
        `create_database` made go with it, unless something else belongs to them by now.
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

    def restore_stage(
        self,
        target: Connection,
        tools: ToolInfo,
        manifest: Manifest,
        options: dict[str, Any],
        stage: Stage,
        heads: Mapping[str, Path],
        work: Path,
    ) -> Command | None:
        """Say what to run for one stage of restoring a backup that was divided; None where it has nothing to do.

        `heads` are files with the front of each part's plain dump, which `head_reader` finds to be enough. `rows`
        reads its part from stdin, the other stages read no stdin. Without a `head_reader` there are no heads, and
        each stage reads its part from stdin, through its `restore_filter`. Raises RestoreError.
        """
        ...

    def head_reader(self) -> HeadReader | None:
        """Return what tells how much of the front of a plain dump `restore_stage` wants; None: nothing of it."""
        ...

    def list_contents(self, tools: ToolInfo, options: dict[str, Any], archive: Path | None) -> Command | None:
        """Say what to run to list what is in the archive, when `restore` must choose from it; else None."""
        ...

    def restore_filter(self, manifest: Manifest, options: dict[str, Any], part: str = "database") -> Filter | None:
        """Return a new filter for the named part's plain dump on stdin; None when the tool takes it as it is."""
        ...

    def contents_reader(self, manifest: Manifest) -> ContentsReader:
        """Return what learns the objects of a backup, so that some of them can be chosen."""
        ...

    def wants_file(self, options: dict[str, Any]) -> bool:
        """Tell whether this restore needs the plain dump as a seekable file (parallel jobs, a choice of contents)."""
        ...
