"""A fingerprint of what a PostgreSQL database holds beside its tables: the same in a copy that is whole.

Names, kinds and columns, and the text of functions. Expressions are left out: a server may write `IN` anew in other
words each time it is restored.
"""

from __future__ import annotations

import hashlib
from typing import Any

from dbbackup.engines.postgresql_connect import Session, ask

_OF_USER = r"n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
_NO_EXTENSION = """NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = {catalogue}::regclass AND d.objid = o.oid AND d.deptype = 'e')"""

# Columns by name: their numbers change where one before them was dropped. Not-null constraints are rows of this table
# only since 18; those that a server made for partitions are named as it likes.
_CONSTRAINTS = """
SELECT n.nspname, c.relname, o.conname, o.contype::text, ARRAY(
    SELECT a.attname::text FROM unnest(o.conkey) WITH ORDINALITY k(number, position)
    LEFT JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.number ORDER BY k.position),
    fn.nspname, fc.relname, ARRAY(
    SELECT a.attname::text FROM unnest(o.confkey) WITH ORDINALITY k(number, position)
    LEFT JOIN pg_attribute a ON a.attrelid = o.confrelid AND a.attnum = k.number ORDER BY k.position)
FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class fc ON fc.oid = o.confrelid LEFT JOIN pg_namespace fn ON fn.oid = fc.relnamespace
WHERE o.contype IN ('p', 'u', 'f', 'c', 'x') AND o.conparentid = 0
"""
_INDEXES = """
SELECT n.nspname, c.relname, o.relname, m.amname, i.indisunique, ARRAY(
    SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(number, position)
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number AND k.number > 0 ORDER BY k.position)
FROM pg_index i JOIN pg_class o ON o.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = o.relam
WHERE true
"""
_VIEWS = """
SELECT n.nspname, o.relname, o.relkind::text, ARRAY(
    SELECT a.attname || ' ' || format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
    WHERE a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
FROM pg_class o JOIN pg_namespace n ON n.oid = o.relnamespace
WHERE o.relkind IN ('v', 'm')
"""
_FUNCTIONS = """
SELECT n.nspname, o.proname, pg_get_function_identity_arguments(o.oid), pg_get_function_result(o.oid), l.lanname,
    o.prosrc
FROM pg_proc o JOIN pg_namespace n ON n.oid = o.pronamespace JOIN pg_language l ON l.oid = o.prolang
WHERE true
"""
_TRIGGERS = """
SELECT n.nspname, c.relname, o.tgname, o.tgtype, o.tgenabled::text, p.proname
FROM pg_trigger o JOIN pg_class c ON c.oid = o.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc p ON p.oid = o.tgfoid
WHERE NOT o.tgisinternal AND o.tgparentid = 0
"""
_SEQUENCES = """
SELECT n.nspname, o.relname, format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqcycle
FROM pg_sequence s JOIN pg_class o ON o.oid = s.seqrelid JOIN pg_namespace n ON n.oid = o.relnamespace
WHERE o.relpersistence <> 't'
"""
_TYPES = """
SELECT n.nspname, o.typname, o.typtype::text, ARRAY(
    SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = o.oid ORDER BY e.enumsortorder)
FROM pg_type o JOIN pg_namespace n ON n.oid = o.typnamespace
WHERE o.typtype IN ('e', 'd')
"""
_KINDS: dict[str, tuple[str, str]] = {
    "constraints": (_CONSTRAINTS, "'pg_constraint'"),
    "indexes": (_INDEXES, "'pg_class'"),
    "views": (_VIEWS, "'pg_class'"),
    "functions": (_FUNCTIONS, "'pg_proc'"),
    "triggers": (_TRIGGERS, "'pg_trigger'"),
    "sequences": (_SEQUENCES, "'pg_class'"),
    "types": (_TYPES, "'pg_type'"),
}


async def objects(opened: Session) -> dict[str, dict[str, Any]]:
    """Return number and hash of the objects of each kind, those of extensions left out."""
    found = {}
    for kind, (query, catalogue) in _KINDS.items():
        rest = _NO_EXTENSION.format(catalogue=catalogue)
        rows = await ask(opened, f"{query} AND {_OF_USER} AND {rest}")
        lines = sorted(repr(row) for row in rows)
        found[kind] = {"count": len(lines), "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest()}
    return found
