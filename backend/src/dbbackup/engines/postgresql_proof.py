"""What a restored PostgreSQL database holds: all rows counted, the sampled ones hashed, statements of the user's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg

from dbbackup.core.errors import DatabaseError
from dbbackup.core.manifest import TableFacts, TableSample
from dbbackup.engines import postgresql_sample, postgresql_survey
from dbbackup.engines.postgresql_connect import session
from dbbackup.engines.postgresql_objects import objects
from dbbackup.engines.statements import wrap
from dbbackup.engines.values import Answer, Connection


async def counted_tables(connection: Connection, wanted: Sequence[TableFacts]) -> list[TableFacts]:
    """Return the tables with all their rows counted, and hashed as `wanted` says; see `Engine.counted_tables`."""
    samples = {(table.schema, table.name): table.sample for table in wanted}
    async with session(connection, statement_timeout=0, limit=None) as opened:
        found = await postgresql_survey.tables(opened)
        for setting in postgresql_sample.TEXT_FORM:
            await opened.execute(setting)
        probe = await postgresql_sample.probe(opened)
        counted: list[TableFacts] = []
        for group in postgresql_sample.groups(found):
            asked = [(table, _possible(samples.get((table.schema, table.name)), table, probe)) for table in group]
            counted += await postgresql_sample.counted(opened, asked)
        return counted


async def object_facts(connection: Connection) -> dict[str, dict[str, Any]]:
    """Return the fingerprint of what there is beside tables; see `Engine.object_facts`."""
    async with session(connection) as opened:
        return await objects(opened)


async def answer(connection: Connection, statement: str, seconds: int) -> Answer:
    """Run a statement of the user's in a transaction that may only read; see `Engine.answer`."""
    wrapped = wrap(statement)
    async with session(connection, statement_timeout=seconds, limit=None) as opened:
        try:
            await opened.execute('SET search_path = "$user", public')
            await opened.execute("SET default_transaction_read_only = on")
            # prepared: the server takes one statement only, so that none can end the transaction and go on
            cursor = await opened.execute(wrapped, prepare=True)
            rows = await cursor.fetchall()
        except psycopg.errors.QueryCanceled as e:
            raise DatabaseError(f"it took longer than {seconds} s") from e
        except psycopg.Error as e:
            raise DatabaseError(f"the server refused it: {e.diag.message_primary or e}") from e
    return Answer(len(rows), len(cursor.description or ()), rows[0][0] if rows else None)


def _possible(sample: TableSample | None, table: TableFacts, probe: str) -> TableSample | None:
    """Return the sample where it can be taken: not by a key that is gone, nor where the server's hash is another."""
    if sample is None or not set(sample.key) <= table.columns.keys() or sample.probe not in ("", probe):
        return None
    return sample
