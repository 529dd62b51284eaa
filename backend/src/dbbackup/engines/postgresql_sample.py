"""Counting the rows of a PostgreSQL table, and hashing some of them so that a copy gives the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace
from psycopg.sql import SQL, Composed, Identifier, Literal

from dbbackup.core.manifest import TableFacts, TableSample
from dbbackup.engines.postgresql_connect import Session, ask

ALL_ROWS = 10_000
"""Tables with at most so many rows are hashed whole."""
SAMPLED_ROWS = 1_000
"""About so many rows of a larger one; it needs a key to choose them by."""
_MAX_BYTES = 64 << 20
"""Tables with few rows that are larger than this are not hashed whole: documents and images."""
TOGETHER, TOGETHER_BYTES = 50, 16 << 20
"""So many tables are counted by one statement, and no more bytes unless it is one table."""
_ROW_BYTES = 100
"""Of a row of a table whose rows nobody has estimated yet."""

# How values are written must not depend on who asks, or where.
TEXT_FORM = (
    "SET datestyle = 'ISO, YMD'",
    "SET intervalstyle = 'postgres'",
    # the one zone that a server knows without files of zones, which small images lack
    "SET timezone = 'GMT'",
    "SET extra_float_digits = 1",
    "SET bytea_output = 'hex'",
    "SET xmlbinary = 'base64'",
    "SET lc_monetary = 'C'",
    # rather an error than a count of those rows only that a policy lets through
    "SET row_security = off",
)

# Primary keys, whose values no restore changes. Tables of extensions are left out: CREATE EXTENSION fills them.
_KEYS = """
SELECT n.nspname, c.relname, coalesce((
    SELECT array_agg(a.attname::text ORDER BY k.position)
    FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k(number, position)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
    WHERE i.indrelid = c.oid AND i.indisprimary), '{}')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT EXISTS (
    SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e')
"""

# One pass counts and hashes. The sample's rows are hashed one by one and their hashes sorted, as bytes.
_QUERY = """
SELECT count(*), count(h),
    encode(sha256(coalesce(string_agg(h, '' ORDER BY h) FILTER (WHERE h IS NOT NULL), '')), 'hex')
FROM (SELECT {hash} AS h FROM ONLY {table} t) rows
"""
_NUMBERED = SQL("SELECT {number}, counted.* FROM ({statement}) counted")
_AND = " UNION ALL "
_HASH = "sha256(convert_to(ROW({columns})::text, getdatabaseencoding()))"
# the server's own quick hash chooses: 0.1 s for a million rows
_CHOSEN = 'CASE WHEN hashtextextended(({key})::text COLLATE "C", 0) % {every} = 0 THEN {hash} END'
_PROBE = "SELECT hashtextextended('dbbackup' COLLATE \"C\", 0)::text"


async def countable(opened: Session) -> dict[tuple[str, str], list[str]]:
    """Return the columns of the primary key of every table whose rows are the dump's to restore; often none."""
    return {(schema, name): key for schema, name, key in await ask(opened, _KEYS)}


async def probe(opened: Session) -> str:
    """Return what the server's quick hash makes of a fixed text: where it is another, other rows would be chosen."""
    [(value,)] = await ask(opened, _PROBE)
    return str(value)


def plan(table: TableFacts, key: list[str], hash_probe: str) -> TableSample | None:
    """Say which rows of a table to hash, going by its estimated rows; None: none."""
    if not table.columns:
        return None
    rows = table.rows or table.size // _ROW_BYTES
    if rows <= ALL_ROWS and table.size <= _MAX_BYTES:
        return TableSample(key=[], every=1, probe="", rows=0, sha256="")
    if not key or not set(key) <= table.columns.keys():
        return None
    return TableSample(key=key, every=max(2, rows // SAMPLED_ROWS), probe=hash_probe, rows=0, sha256="")


def groups(tables: Iterable[TableFacts]) -> Iterator[list[TableFacts]]:
    """Yield the tables in their order, small neighbours together: the way to the server costs them the most."""
    group: list[TableFacts] = []
    for table in tables:
        if group and (len(group) == TOGETHER or sum(each.size for each in group) + table.size > TOGETHER_BYTES):
            yield group
            group = []
        group.append(table)
    if group:
        yield group


async def counted(opened: Session, asked: Sequence[tuple[TableFacts, TableSample | None]]) -> list[TableFacts]:
    """Return the tables with their rows counted in one statement, and those of each sample hashed as it says."""
    each = [_NUMBERED.format(number=number, statement=_statement(*one)) for number, one in enumerate(asked)]
    answers = {number: values for number, *values in await (await opened.execute(SQL(_AND).join(each))).fetchall()}
    found = []
    for number, (table, sample) in enumerate(asked):
        rows, hashed, sha256 = answers[number]
        taken = None if sample is None else replace(sample, rows=int(hashed), sha256=sha256)
        found.append(replace(table, rows=int(rows), rows_exact=True, sample=taken))
    return found


def _statement(table: TableFacts, sample: TableSample | None) -> Composed:
    name = Identifier(table.schema, table.name)
    if sample is None:
        # ONLY: what inherits from it has its own rows, and a partitioned table has none
        return SQL("SELECT count(*), 0, '' FROM ONLY {}").format(name)
    # By name: a restore may bring inherited columns in another order.
    whole = SQL(_HASH).format(columns=_columns(sorted(table.columns)))
    if sample.every > 1:
        # A single column's own text, as in a key of numbers, is quicker to have than a row's.
        key = _columns(sample.key) if len(sample.key) == 1 else SQL("ROW({})").format(_columns(sample.key))
        whole = SQL(_CHOSEN).format(key=key, every=Literal(sample.every), hash=whole)
    return SQL(_QUERY).format(hash=whole, table=name)


def _columns(names: list[str]) -> Composed:
    return SQL(", ").join(Identifier("t", name) for name in names)
