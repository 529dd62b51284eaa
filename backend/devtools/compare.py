"""Compares two PostgreSQL databases cell by cell: rows, sequences, settings, and a second dump's text."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from typing import NamedTuple

from devtools.servers import PostgresServer

_TABLES = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1
"""
# A sum does not depend on the order of the rows and needs no memory; each row adds 64 bits of its MD5.
_ROWS = """
SELECT count(*) || ':' || coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0) FROM {table} t
"""
_SEQUENCES = """
SELECT schemaname || '.' || sequencename || '=' || coalesce(last_value::text, 'unused')
FROM pg_sequences ORDER BY 1
"""
_LARGE_OBJECTS = """
SELECT count(*) || ':' || coalesce(sum(('x' || left(md5(lo_get(oid)), 16))::bit(64)::bigint::numeric), 0)
FROM pg_largeobject_metadata
"""
_DATABASE = """
SELECT pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit, pg_get_userbyid(datdba), datacl::text,
       shobj_description(d.oid, 'pg_database'),
       (SELECT array_agg(coalesce(setrole::regrole::text, '') || unnested ORDER BY 1)
        FROM pg_db_role_setting s, unnest(s.setconfig) unnested WHERE s.setdatabase = d.oid)
FROM pg_database d WHERE datname = current_database()
"""


class Difference(NamedTuple):
    """One thing that is not equal, as each side has it."""

    what: str
    source: str
    copy: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared and what differed."""

    tables: int
    rows: int
    sequences: int
    differences: list[Difference]

    @property
    def equal(self) -> bool:
        """Tell whether nothing differed."""
        return not self.differences


def compare(
    source: PostgresServer, database: str, copy_database: str, target: PostgresServer | None = None
) -> Comparison:
    """Compare a database with its copy (on the same server unless `target` is given)."""
    target = target or source
    tables = source.psql(_TABLES, database=database).splitlines()
    differences: list[Difference] = []

    def check(what: str, left: str, right: str) -> None:
        if left != right:
            differences.append(Difference(what, left, right))

    check("list of tables", "\n".join(tables), target.psql(_TABLES, database=copy_database))
    rows = 0
    for table in tables if not differences else ():
        query = _ROWS.format(table=table)
        left = source.psql(query, database=database)
        rows += int(left.partition(":")[0])
        check(f"rows of {table}", left, target.psql(query, database=copy_database))
    for what, query in (("sequences", _SEQUENCES), ("large objects", _LARGE_OBJECTS), ("database", _DATABASE)):
        check(what, source.psql(query, database=database), target.psql(query, database=copy_database))
    check("text of a second dump", _dump_hash(source, database), _dump_hash(target, copy_database))
    sequences = len(source.psql(_SEQUENCES, database=database).splitlines())
    return Comparison(len(tables), rows, sequences, differences)


def _dump_hash(server: PostgresServer, database: str) -> str:
    """Hash a plain dump's text without the two lines that hold a random key."""
    command = [str(server.bin_dir / "pg_dump"), "--no-password"]
    digest = hashlib.sha256()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=server.env(database)) as dump:
        for line in dump.stdout or ():
            if not line.startswith((b"\\restrict ", b"\\unrestrict ")):
                digest.update(line)
    if dump.returncode != 0:
        raise RuntimeError(f"pg_dump of {database} ended with {dump.returncode}")
    return digest.hexdigest()
