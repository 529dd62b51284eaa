"""Sequences after rows were put into a database that was there before: raised where they are behind, never set back.

An archive sets them with setval, which outlives a rollback: a restore that fails would have changed them. So they
are left out of it, and looked after here when the rows are committed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from psycopg.sql import SQL, Composed, Identifier, Literal

from dbbackup.core.manifest import Manifest
from dbbackup.engines.postgresql_connect import Session, ask

# The whole-numbered columns of the given tables that a sequence belongs to or is a default of; and the sequences
# named, whoever draws from them.
_SEQUENCES = """
WITH filled AS (
    SELECT c.oid, n.nspname, c.relname
    FROM unnest(%s::text[], %s::text[]) w(schema, name)
    JOIN pg_namespace n ON n.nspname = w.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
),
used AS (
    SELECT objid AS sequence, refobjid AS relation, refobjsubid AS number
    FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
    UNION
    SELECT d.refobjid, e.adrelid, e.adnum
    FROM pg_depend d JOIN pg_attrdef e ON e.oid = d.objid
    WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass
),
found AS (
    SELECT u.sequence, f.nspname, f.relname, a.attname
    FROM used u JOIN filled f ON f.oid = u.relation
    JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum = u.number
        AND a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
    UNION ALL
    SELECT c.oid, NULL, NULL, NULL
    FROM unnest(%s::text[], %s::text[]) w(schema, name)
    JOIN pg_namespace n ON n.nspname = w.schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind = 'S'
)
SELECT n.nspname, c.relname, s.seqincrement, s.seqmin, s.seqmax,
    has_schema_privilege(n.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'SELECT')
        AND has_sequence_privilege(c.oid, 'UPDATE'),
    found.nspname, found.relname, found.attname
FROM found JOIN pg_sequence s ON s.seqrelid = found.sequence
JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY 1, 2
"""


@dataclass(slots=True)
class Sequence:
    """A sequence of the target that the rows of a backup may overtake; `columns` are schema, table and column."""

    schema: str
    name: str
    increment: int
    minimum: int
    maximum: int
    settable: bool
    value: int | None
    """The last value the backup knows of."""
    columns: list[tuple[str, str, str]] = field(default_factory=list)


async def sequences_of(opened: Session, manifest: Manifest) -> list[Sequence]:
    """Return the sequences the rows of the backup may overtake."""
    source = manifest.source
    values = {(s["schema"], s["name"]): s["value"] for s in source.properties.get("sequences", [])}
    names = [schema for schema, _ in values], [name for _, name in values]
    tables = [table.schema for table in source.tables], [table.name for table in source.tables]
    found: dict[tuple[str, str], Sequence] = {}
    for schema, name, increment, minimum, maximum, settable, *column in await ask(opened, _SEQUENCES, *tables, *names):
        key = (schema, name)
        if key not in found:
            found[key] = Sequence(schema, name, increment, minimum, maximum, settable, values.get(key))
        if column[0] is not None:
            found[key].columns.append((column[0], column[1], column[2]))
    return list(found.values())


async def raise_sequences(opened: Session, manifest: Manifest) -> None:
    """Set every sequence that is behind the backup's value, or behind a column it fills, to the furthest of them.

    Done again it changes nothing. What lies outside a sequence's bounds cannot be drawn from it and does not count.
    """
    for sequence in await sequences_of(opened, manifest):
        await opened.execute(_raise(sequence))


def _raise(sequence: Sequence) -> Composed:
    """Return the statement; a sequence that counts down is behind when it is greater."""
    up = sequence.increment > 0
    ends = [SQL("max({})" if up else "min({})").format(Identifier(column)) for *_, column in sequence.columns]
    values: list[Any] = [
        SQL("(SELECT {} FROM {} WHERE {} BETWEEN {} AND {})").format(
            end, Identifier(schema, table), Identifier(column), Literal(sequence.minimum), Literal(sequence.maximum)
        )
        for end, (schema, table, column) in zip(ends, sequence.columns, strict=True)
    ]
    values.append(Literal(sequence.value))
    name = Identifier(sequence.schema, sequence.name)
    return SQL(
        "SELECT setval({literal}::regclass, wanted) FROM {name} s, (SELECT {furthest}({values})::bigint) w(wanted) "
        "WHERE wanted BETWEEN {least} AND {most} "
        "AND (s.last_value {behind} wanted OR (s.last_value = wanted AND NOT s.is_called))"
    ).format(
        literal=Literal(name.as_string(None)),
        name=name,
        furthest=SQL("greatest" if up else "least"),
        values=SQL(", ").join(values),
        least=Literal(sequence.minimum),
        most=Literal(sequence.maximum),
        behind=SQL("<" if up else ">"),
    )
