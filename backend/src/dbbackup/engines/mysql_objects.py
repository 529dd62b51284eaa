"""A fingerprint of what a MySQL or MariaDB database holds beside its tables: the same in a copy that is whole."""

from __future__ import annotations

import hashlib
from typing import Any

from dbbackup.engines.mysql_connect import Session

MARK_TABLE = "dbbackup_restore_mark"
"""Its comment says which restore made the database: a schema of MySQL has no comment of its own."""

# Names, kinds and columns; texts are left out, which name their schema.
_KINDS = {
    "indexes": """
SELECT table_name, index_name, seq_in_index, column_name, non_unique FROM information_schema.statistics
WHERE table_schema = %s AND table_name <> 'MARK'
""",
    "foreignKeys": """
SELECT table_name, constraint_name, ordinal_position, column_name, referenced_table_name, referenced_column_name
FROM information_schema.key_column_usage WHERE table_schema = %s AND referenced_table_name IS NOT NULL
""",
    "views": """
SELECT c.table_name, c.ordinal_position, c.column_name FROM information_schema.columns c
JOIN information_schema.views v ON v.table_schema = c.table_schema AND v.table_name = c.table_name
WHERE c.table_schema = %s
""",
    "routines": "SELECT routine_name, routine_type FROM information_schema.routines WHERE routine_schema = %s",
    "triggers": """
SELECT trigger_name, event_manipulation, action_timing, event_object_table FROM information_schema.triggers
WHERE trigger_schema = %s
""",
    "events": "SELECT event_name FROM information_schema.events WHERE event_schema = %s",
}


async def objects(opened: Session, database: str) -> dict[str, dict[str, Any]]:
    """Return number and hash of the objects of each kind."""
    found = {}
    for kind, query in _KINDS.items():
        rows = await opened.ask(query.replace("MARK", MARK_TABLE), database)
        lines = sorted(repr(tuple(map(_plain, row))) for row in rows)
        found[kind] = {"count": len(lines), "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest()}
    return found


def _plain(value: Any) -> str:
    """MySQL gives names as bytes where the column's collation is binary, and numbers of several kinds."""
    return value.decode() if isinstance(value, bytes) else str(value)
