"""What is read of a MySQL or MariaDB database while it is dumped: the dump has a snapshot of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from dbbackup.core.manifest import Manifest, SourceFacts, TableFacts
from dbbackup.engines import mysql_divisible, mysql_survey
from dbbackup.engines.mysql_commands import dump_parts
from dbbackup.engines.mysql_connect import session
from dbbackup.engines.mysql_counter import TupleCounter
from dbbackup.engines.mysql_flavour import Flavour, release
from dbbackup.engines.mysql_objects import MARK_TABLE
from dbbackup.engines.mysql_options import parse_dump_options
from dbbackup.engines.mysql_sample import RowSampler
from dbbackup.engines.values import Connection, Divisible, Recount, Survey, ToolInfo


class MysqlReading:
    """Surveys, and counts nothing: that is done in the dump itself; see `Reading`."""

    snapshot = None

    def __init__(self, connection: Connection, flavour: Flavour) -> None:
        self._connection = connection
        self._flavour = flavour

    async def survey(self) -> Survey:
        """See `mysql_survey`."""
        return await mysql_survey.survey(self._connection, self._flavour)

    async def divisible(self) -> Divisible:
        """See `mysql_divisible`; what keeps the tables as they are comes only when the tools begin."""
        async with session(self._connection) as opened:
            return await mysql_divisible.divisible(opened, self._connection.database)

    async def counted(self, tables: Sequence[TableFacts], seconds: float, *, hashed: bool) -> AsyncIterator[TableFacts]:
        """Yield what is exact already: counting is done in the dump."""
        for table in tables:
            if table.rows_exact:
                yield table


@asynccontextmanager
async def reading(connection: Connection, flavour: Flavour) -> AsyncIterator[MysqlReading]:
    """See `Engine.reading`; no connection stays open."""
    yield MysqlReading(connection, flavour)


def row_counter(
    options: dict[str, Any],
    source: SourceFacts,
    flavour: Flavour,
    tools: ToolInfo,
    hash_seconds: float,
    only: frozenset[str] | None = None,
) -> TupleCounter | None:
    """Return a counter for the dump; tables that are left out, or dumped without rows, are not counted."""
    if options["schemaOnly"] or (only is not None and not only):
        return None
    names = {table.name for table in source.tables}
    chosen = only or set(options["includeTables"]) or names
    without = (names - chosen) | set(options["excludeTables"]) | set(source.properties["withoutRows"])
    sampler = None
    if hash_seconds > 0:
        tables = {table.name: replace(table, sample=None) for table in source.tables}
        sampler = RowSampler(tables, _probe(flavour, tools, source.server_version), hash_seconds)
    return TupleCounter(sorted(without), sampler)


def recount(
    copy: Connection, manifest: Manifest, flavour: Flavour, tools: ToolInfo, server_version: str, work: Path
) -> Recount | None:
    """See `Engine.recount`: the copy is dumped once more, rows alone, and they are hashed as those of the backup were.

    None where the text would be another: another kind or release of server, or of the dump tool.
    """
    probe = _probe(flavour, tools, server_version)
    tables = {table.name: table for table in manifest.source.tables if table.sample and table.sample.probe == probe}
    if not tables:
        return None
    wanted = {"dataOnly": True, "excludeTables": [MARK_TABLE]}
    options = parse_dump_options({**wanted, "characterSet": manifest.options.get("characterSet", "utf8mb4")})
    [part] = dump_parts(flavour, copy, tools, options, work, None)
    return Recount(part, TupleCounter([], RowSampler(tables, probe, None)))


def _probe(flavour: Flavour, tools: ToolInfo, server_version: str) -> str:
    """Say what decides how a row is written: the server writes the values, the tool what is around them."""
    tool, server = release(tools.version), release(server_version)
    return f"{flavour.dump_tool} {tool[0]}.{tool[1]}, {flavour.name} {server[0]}.{server[1]}"
