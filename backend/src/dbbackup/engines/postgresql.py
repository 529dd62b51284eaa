"""The engine for PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from dbbackup.core.errors import AppError
from dbbackup.core.manifest import Manifest, SourceFacts, TableFacts
from dbbackup.engines import (
    postgresql_clean,
    postgresql_commands,
    postgresql_contents,
    postgresql_explain,
    postgresql_finish,
    postgresql_options,
    postgresql_preflight,
    postgresql_probe,
    postgresql_proof,
    postgresql_reading,
    postgresql_stages,
    postgresql_survey,
    postgresql_target,
)
from dbbackup.engines.contents import ContentsReader
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.postgresql_script import PsqlScript
from dbbackup.engines.postgresql_selection import ArchiveContents
from dbbackup.engines.postgresql_swap import PostgresqlSwapping
from dbbackup.engines.postgresql_toc import TocReader
from dbbackup.engines.postgresql_tools import PostgresqlTools
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


class PostgresqlEngine:
    """PostgreSQL 14 to 18; keeps the contract of `engines.base.Engine`."""

    type = "postgresql"
    restores = frozenset({"postgresql"})
    swapping = PostgresqlSwapping()
    in_place = None

    def __init__(self, tools: PostgresqlTools) -> None:
        self._tools = tools

    def parse_dump_options(self, raw: dict[str, Any]) -> dict[str, Any]:
        """See `postgresql_options`."""
        return postgresql_options.parse_dump_options(raw)

    def parse_restore_options(self, raw: dict[str, Any]) -> dict[str, Any]:
        """See `postgresql_options`."""
        return postgresql_options.parse_restore_options(raw)

    async def probe(self, connection: Connection) -> Probe:
        """See `postgresql_probe`."""
        return await postgresql_probe.probe(connection, self._tools)

    async def databases(self, connection: Connection) -> list[str]:
        """See `postgresql_probe`."""
        return await postgresql_probe.databases(connection)

    async def survey(self, connection: Connection) -> Survey:
        """See `postgresql_survey`."""
        return await postgresql_survey.survey(connection)

    def choose_tools(self, server_version: str) -> ToolInfo:
        """See `postgresql_tools`."""
        return self._tools.choose(server_version)

    def dump(
        self,
        connection: Connection,
        tools: ToolInfo,
        options: dict[str, Any],
        work: Path,
        source: SourceFacts | None = None,  # one command fits every database
        snapshot: str | None = None,
        apart: Divisible | None = None,
    ) -> Sequence[DumpPart]:
        """See `postgresql_commands`."""
        return postgresql_commands.dump_parts(connection, tools, options, work, snapshot, apart)

    def reading(self, connection: Connection) -> AbstractAsyncContextManager[Reading]:
        """See `postgresql_reading`."""
        return postgresql_reading.reading(connection)

    def standstill(
        self, connection: Connection, parts: Sequence[DumpPart]
    ) -> AbstractAsyncContextManager[Standstill] | None:
        """None: all parts are of one snapshot."""
        return None

    def row_counter(
        self,
        options: dict[str, Any],
        source: SourceFacts,
        tools: ToolInfo,
        hash_seconds: float,
        only: frozenset[str] | None = None,
    ) -> RowCounter | None:
        """None: an archive is not counted, the snapshot it is made of is."""
        return None

    def recount(
        self, copy: Connection, tools: ToolInfo, server_version: str, manifest: Manifest, work: Path
    ) -> Recount | None:
        """None: `counted_tables` asks the server."""
        return None

    def scratch_options(self, manifest: Manifest, name: str) -> dict[str, Any]:
        """See `postgresql_contents`."""
        return postgresql_contents.scratch_options(manifest, self.parse_restore_options({"newDatabase": name}))

    def end_check(self, part: str, tools: ToolInfo) -> ReaderCheck | TailCheck:
        """See `postgresql_commands`."""
        return postgresql_commands.end_check(part, tools)

    def explain(self, command: Command, exit_code: int, stderr_tail: Sequence[str]) -> AppError:
        """See `postgresql_explain`."""
        return postgresql_explain.explain(command, exit_code, stderr_tail)

    def progress(self, line: str) -> Progress | None:
        """See `postgresql_explain`."""
        return postgresql_explain.progress(line)

    async def counted_tables(self, connection: Connection, wanted: Sequence[TableFacts]) -> list[TableFacts]:
        """See `postgresql_proof`."""
        return await postgresql_proof.counted_tables(connection, wanted)

    async def object_facts(self, connection: Connection) -> dict[str, dict[str, Any]]:
        """See `postgresql_proof`."""
        return await postgresql_proof.object_facts(connection)

    async def answer(self, connection: Connection, statement: str, seconds: int) -> Answer:
        """See `postgresql_proof`."""
        return await postgresql_proof.answer(connection, statement, seconds)

    async def maintenance(self, target: Connection) -> Connection:
        """See `postgresql_target`."""
        return await postgresql_target.maintenance(target)

    async def preflight(self, target: Connection, manifest: Manifest, options: dict[str, Any]) -> list[Finding]:
        """See `postgresql_preflight`."""
        return await postgresql_preflight.preflight(target, manifest, options, self._tools)

    async def standing(self, target: Connection, options: dict[str, Any]) -> dict[str, Any]:
        """See `postgresql_clean`."""
        return await postgresql_clean.standing(target, options)

    async def create_database(self, target: Connection, manifest: Manifest, options: dict[str, Any]) -> None:
        """See `postgresql_target`."""
        await postgresql_target.create_database(target, manifest, options)

    async def finish_database(self, target: Connection, manifest: Manifest, options: dict[str, Any]) -> None:
        """See `postgresql_finish`."""
        await postgresql_finish.finish_database(target, manifest, options)

    async def drop_database(self, target: Connection, name: str, marker: str) -> bool:
        """See `postgresql_target`."""
        return await postgresql_target.drop_database(target, name, marker)

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
        """See `postgresql_commands`."""
        return postgresql_commands.restore_command(target, tools, manifest, options, archive, work, contents)

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
        """See `postgresql_stages`."""
        return postgresql_stages.stage_command(target, tools, manifest, options, stage, heads, work)

    def head_reader(self) -> HeadReader:
        """The table of contents."""
        return TocReader()

    def list_contents(self, tools: ToolInfo, options: dict[str, Any], archive: Path | None) -> Command | None:
        """See `postgresql_contents`."""
        return postgresql_contents.list_command(tools, options, archive)

    def restore_filter(self, manifest: Manifest, options: dict[str, Any], part: str = "database") -> Filter | None:
        """pg_restore takes every archive as it is; plain SQL is looked through on its way into psql."""
        if manifest.main.format == postgresql_commands.ARCHIVE:
            return None
        creates = restore_mode(options).creates_database
        return PsqlScript(alone=not creates, trusted=options.get("trusted", False))

    def contents_reader(self, manifest: Manifest) -> ContentsReader:
        """See `postgresql_selection`."""
        return ArchiveContents(manifest)

    def wants_file(self, options: dict[str, Any]) -> bool:
        """Parallel jobs and a choice of contents seek in the archive; everything else reads it from stdin."""
        mode = restore_mode(options)
        if mode is RestoreMode.RUN_SCRIPT:
            return False
        chooses = mode.adds_rows or mode is RestoreMode.CLEAN or bool(options.get("selection"))
        return bool(options["jobs"] > 1 or chooses or postgresql_contents.leaves_out(options))
