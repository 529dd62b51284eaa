"""What is read of a MySQL or MariaDB database while it is dumped: the dump has a snapshot of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from dbbackup.core.manifest import SourceFacts, TableFacts
from dbbackup.engines import mysql_survey
from dbbackup.engines.mysql_counter import TupleCounter
from dbbackup.engines.mysql_flavour import Flavour
from dbbackup.engines.values import Connection, Survey


class MysqlReading:
    """Surveys, and counts nothing: that is done in the dump itself; see `Reading`."""

    snapshot = None

    def __init__(self, connection: Connection, flavour: Flavour) -> None:
        self._connection = connection
        self._flavour = flavour

    async def survey(self) -> Survey:
        """See `mysql_survey`."""
        return await mysql_survey.survey(self._connection, self._flavour)

    async def counted(self, tables: Sequence[TableFacts], seconds: float, *, hashed: bool) -> AsyncIterator[TableFacts]:
        """Yield what is exact already: counting is done in the dump."""
        for table in tables:
            if table.rows_exact:
                yield table


@asynccontextmanager
async def reading(connection: Connection, flavour: Flavour) -> AsyncIterator[MysqlReading]:
    """See `Engine.reading`; no connection stays open."""
    yield MysqlReading(connection, flavour)


def row_counter(options: dict[str, Any], source: SourceFacts) -> TupleCounter | None:
    """Return a counter for the dump; tables that are left out, or dumped without rows, are not counted."""
    if options["schemaOnly"]:
        return None
    names = {table.name for table in source.tables}
    chosen = set(options["includeTables"]) or names
    without = (names - chosen) | set(options["excludeTables"]) | set(source.properties["withoutRows"])
    return TupleCounter(sorted(without))
