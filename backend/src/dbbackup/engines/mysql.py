"""The engine for MySQL, and all that its relatives share with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, ClassVar

from dbbackup.core.errors import AppError
from dbbackup.core.manifest import Manifest, SourceFacts, TableFacts
from dbbackup.engines import (
    mysql_commands,
    mysql_explain,
    mysql_filter,
    mysql_options,
    mysql_preflight,
    mysql_probe,
    mysql_proof,
    mysql_reading,
    mysql_standstill,
    mysql_survey,
    mysql_target,
)
from dbbackup.engines.contents import ContentsReader
from dbbackup.engines.division import MAIN
from dbbackup.engines.mysql_flavour import Flavour
from dbbackup.engines.mysql_replace import MysqlInPlace
from dbbackup.engines.mysql_selection import ManifestContents
from dbbackup.engines.mysql_tools import MysqlTools, mysql_version
from dbbackup.engines.values import (
    Answer,
    Command,
    Connection,
    Divisible,
    DumpPart,
    Filter,
    Finding,
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
    TlsMode,
    ToolInfo,
)

_TLS_WORDS = {
    TlsMode.DISABLE: "DISABLED",
    TlsMode.PREFER: "PREFERRED",
    TlsMode.REQUIRE: "REQUIRED",
    TlsMode.VERIFY_CA: "VERIFY_CA",
    TlsMode.VERIFY_FULL: "VERIFY_IDENTITY",
}


def _tls_lines(mode: TlsMode, ca_file: str | None) -> list[str]:
    lines = [f"ssl-mode={_TLS_WORDS[mode]}"]
    if ca_file is not None:
        lines.append(f"ssl-ca={ca_file}")
    if mode in (TlsMode.DISABLE, TlsMode.PREFER):
        # caching_sha2_password without TLS: the server's key is asked for, so that the password is encrypted
        lines.append("get-server-public-key=ON")
    # the client can run programs; said here again because binary mode, which forbids it too, is one option away
    return [*lines, "[mysql]", "loose-skip-system-command"]


MYSQL = Flavour(
    type="mysql",
    name="MySQL",
    other="mariadb",
    is_mariadb=False,
    dump_tool="mysqldump",
    client="mysql",
    oldest_tool=(8, 0),
    version_of=mysql_version(),
    packages="package mysql-client of Ubuntu, or mysql-community-client of MySQL's own archive; Debian's "
    "default-mysql-client is MariaDB's",
    dump_flags=("--set-gtid-purged=OFF", "--column-statistics=0"),
    client_flags=(),
    tls_lines=_tls_lines,
    routine_grants=(("SHOW_ROUTINE", "*.*"), ("SELECT", "*.*")),
    definer_grants=frozenset({"SET_ANY_DEFINER", "SET_USER_ID", "SUPER"}),
)


class MysqlEngine:
    """MySQL 8.0 and newer; keeps the contract of `engines.base.Engine`."""

    flavour: ClassVar[Flavour] = MYSQL
    restores = frozenset({"mysql", "mariadb"})
    swapping = None
    in_place = MysqlInPlace()

    def __init__(self, tools: MysqlTools) -> None:
        self._tools = tools

    @classmethod
    def installed(cls, client_dirs: Sequence[Path]) -> MysqlEngine:
        """Make the engine with the tools of this machine."""
        return cls(MysqlTools.installed(cls.flavour, client_dirs))

    @property
    def type(self) -> str:
        """The flavour's."""
        return self.flavour.type

    def parse_dump_options(self, raw: dict[str, Any]) -> dict[str, Any]:
        """See `mysql_options`."""
        return mysql_options.parse_dump_options(raw)

    def parse_restore_options(self, raw: dict[str, Any]) -> dict[str, Any]:
        """See `mysql_options`."""
        return mysql_options.parse_restore_options(raw)

    async def probe(self, connection: Connection) -> Probe:
        """See `mysql_probe`."""
        return await mysql_probe.probe(connection, self.flavour, self._tools)

    async def databases(self, connection: Connection) -> list[str]:
        """See `mysql_probe`."""
        return await mysql_probe.databases(connection, self.flavour)

    async def survey(self, connection: Connection) -> Survey:
        """See `mysql_survey`."""
        return await mysql_survey.survey(connection, self.flavour)

    def choose_tools(self, server_version: str) -> ToolInfo:
        """See `mysql_tools`."""
        return self._tools.choose(server_version)

    def dump(
        self,
        connection: Connection,
        tools: ToolInfo,
        options: dict[str, Any],
        work: Path,
        source: SourceFacts | None = None,
        snapshot: str | None = None,  # a dump has one of its own
        apart: Divisible | None = None,
    ) -> Sequence[DumpPart]:
        """See `mysql_commands`."""
        return mysql_commands.dump_parts(self.flavour, connection, tools, options, work, source, apart)

    def standstill(
        self, connection: Connection, parts: Sequence[DumpPart]
    ) -> AbstractAsyncContextManager[Standstill] | None:
        """See `mysql_standstill`."""
        tables = frozenset[str]().union(*(part.only or () for part in parts if part.begun))
        return mysql_standstill.standstill(connection, self.flavour, sorted(tables)) if tables else None

    def reading(self, connection: Connection) -> AbstractAsyncContextManager[Reading]:
        """See `mysql_reading`."""
        return mysql_reading.reading(connection, self.flavour)

    def row_counter(
        self,
        options: dict[str, Any],
        source: SourceFacts,
        tools: ToolInfo,
        hash_seconds: float,
        only: frozenset[str] | None = None,
    ) -> RowCounter | None:
        """See `mysql_reading`."""
        return mysql_reading.row_counter(options, source, self.flavour, tools, hash_seconds, only)

    def recount(
        self, copy: Connection, tools: ToolInfo, server_version: str, manifest: Manifest, work: Path
    ) -> Recount | None:
        """See `mysql_reading`."""
        return mysql_reading.recount(copy, manifest, self.flavour, tools, server_version, work)

    def scratch_options(self, manifest: Manifest, name: str) -> dict[str, Any]:
        """Everything, events disabled; refused where tables lie on other servers."""
        mysql_proof.refuse_outgoing(manifest)
        return self.parse_restore_options({"newDatabase": name, "events": "disabled"})

    def end_check(self, part: str, tools: ToolInfo) -> ReaderCheck | TailCheck:
        """A dump that is whole ends with its own words, whichever tool wrote it."""
        return mysql_commands.END

    def explain(self, command: Command, exit_code: int, stderr_tail: Sequence[str]) -> AppError:
        """See `mysql_explain`."""
        return mysql_explain.explain(command, exit_code, stderr_tail)

    def progress(self, line: str) -> Progress | None:
        """See `mysql_explain`."""
        return mysql_explain.progress(line)

    async def counted_tables(self, connection: Connection, wanted: Sequence[TableFacts]) -> list[TableFacts]:
        """See `mysql_proof`; rows are not hashed here: see `recount`."""
        return await mysql_proof.counted_tables(connection)

    async def object_facts(self, connection: Connection) -> dict[str, dict[str, Any]]:
        """See `mysql_proof`."""
        return await mysql_proof.object_facts(connection)

    async def answer(self, connection: Connection, statement: str, seconds: int) -> Answer:
        """See `mysql_proof`."""
        return await mysql_proof.answer(connection, statement, seconds, is_mariadb=self.flavour.is_mariadb)

    async def maintenance(self, target: Connection) -> Connection:
        """See `mysql_target`."""
        return await mysql_target.maintenance(target)

    async def preflight(self, target: Connection, manifest: Manifest, options: dict[str, Any]) -> list[Finding]:
        """See `mysql_preflight`."""
        return await mysql_preflight.preflight(self.flavour, target, manifest, options, self._tools)

    async def standing(self, target: Connection, options: dict[str, Any]) -> dict[str, Any]:
        """Nothing: a script drops what it makes, and knows neither schemas nor extensions."""
        return {}

    async def create_database(self, target: Connection, manifest: Manifest, options: dict[str, Any]) -> None:
        """See `mysql_target`."""
        await mysql_target.create_database(target, manifest, options)

    async def finish_database(self, target: Connection, manifest: Manifest, options: dict[str, Any]) -> None:
        """See `mysql_target`."""
        await mysql_target.finish_database(target, manifest, options)

    async def drop_database(self, target: Connection, name: str, marker: str) -> bool:
        """See `mysql_target`."""
        return await mysql_target.drop_database(target, name, marker)

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
        """See `mysql_commands`; the script always comes on stdin."""
        return mysql_commands.restore_command(self.flavour, target, tools, options, work)

    def restore_stage(
        self,
        target: Connection,
        tools: ToolInfo,
        manifest: Manifest,
        options: dict[str, Any],
        stage: Stage,
        heads: Mapping[str, Path],
        work: Path,
    ) -> Command:
        """The client on the part's script: what it takes of it is the filter's affair."""
        return mysql_commands.restore_command(self.flavour, target, tools, options, work, stage.part)

    def head_reader(self) -> None:
        """None: a script is read to its end."""
        return

    def list_contents(self, tools: ToolInfo, options: dict[str, Any], archive: Path | None) -> Command | None:
        """Nothing: a script has no list of contents."""
        return None

    def restore_filter(self, manifest: Manifest, options: dict[str, Any], part: str = MAIN) -> Filter | None:
        """See `mysql_filter`."""
        return mysql_filter.restore_filter(manifest, options, part)

    def contents_reader(self, manifest: Manifest) -> ContentsReader:
        """See `mysql_selection`."""
        return ManifestContents(manifest)

    def wants_file(self, options: dict[str, Any]) -> bool:
        """Never: the client reads the script from stdin."""
        return False
