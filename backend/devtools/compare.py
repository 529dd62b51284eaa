"""Compares two PostgreSQL databases cell by cell: rows, sequences, settings, and a second dump's text."""

from __future__ import annotations

import subprocess
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from devtools.servers import PostgresServer

_TABLES = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated)
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1
"""
# A sum does not depend on the order of the rows and needs no memory; each row adds 64 bits of its MD5.
_ROWS = """
SELECT count(*) || ':' || coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0) FROM {table} t
"""
_SEQUENCES = """
SELECT quote_ident(schemaname) || '.' || quote_ident(sequencename) || coalesce('=' || last_value::text, ' unused')
FROM pg_sequences ORDER BY 1
"""
_LARGE_OBJECTS = """
SELECT count(*) || ':' || coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0)
FROM (SELECT oid, md5(lo_get(oid)) FROM pg_largeobject_metadata) t
"""
# What belongs to the cluster's catalogues and is in no dump's text. An ACL is a set: its order says nothing.
_DATABASE = """
SELECT (to_jsonb(d) - '{oid,datname,datdba,datacl,dattablespace,datfrozenxid,datminmxid,datlastsysoid}'::text[])::text,
       pg_get_userbyid(datdba),
       (SELECT array_agg(entry::text ORDER BY entry::text) FROM unnest(datacl) entry),
       shobj_description(d.oid, 'pg_database'),
       (SELECT spcname FROM pg_tablespace s WHERE s.oid = dattablespace),
       (SELECT array_agg(coalesce(setrole::regrole::text, '') || ' ' || unnested ORDER BY 1)
        FROM pg_db_role_setting s, unnest(s.setconfig) unnested WHERE s.setdatabase = d.oid)
FROM pg_database d WHERE datname = current_database()
"""
# A plain dump shows whether these are there, but neither of these facts.
_STATES = """
SELECT 'not populated: ' || oid::regclass FROM pg_class WHERE relkind = 'm' AND NOT relispopulated
UNION ALL
SELECT 'not valid: ' || oid::regclass FROM pg_class JOIN pg_index ON indexrelid = oid WHERE NOT indisvalid
UNION ALL
SELECT 'extension: ' || extname || ' ' || extversion FROM pg_extension
ORDER BY 1
"""
_RANDOM_KEY = (b"\\restrict ", b"\\unrestrict ")


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
    for what, query in (
        ("sequences", _SEQUENCES),
        ("large objects", _LARGE_OBJECTS),
        ("database", _DATABASE),
        ("states", _STATES),
    ):
        check(what, source.psql(query, database=database), target.psql(query, database=copy_database))
    check("text of a second dump", *_first_different_lines(source, database, target, copy_database))
    sequences = len(source.psql(_SEQUENCES, database=database).splitlines())
    return Comparison(len(tables), rows, sequences, differences)


def _first_different_lines(
    source: PostgresServer, database: str, target: PostgresServer, copy_database: str
) -> tuple[str, str]:
    """Dump both side by side; return the first two lines that differ, empty ones when none do."""
    with closing(_dump(source, database)) as left, closing(_dump(target, copy_database)) as right:
        for number, (one, other) in enumerate(zip_longest(left, right), start=1):
            if one != other:
                return f"line {number}: {_shown(one)}", f"line {number}: {_shown(other)}"
    return "", ""


def _shown(line: bytes | None) -> str:
    return "(the end)" if line is None else line.decode(errors="backslashreplace").rstrip("\n")


def _dump(server: PostgresServer, database: str) -> Generator[bytes, None, None]:
    """Yield a plain dump's lines without the two that hold a random key."""
    command = [str(server.bin_dir / "pg_dump"), "--no-password"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=server.env(database)) as dump:
        try:
            yield from (line for line in dump.stdout or () if not line.startswith(_RANDOM_KEY))
        except GeneratorExit:
            dump.kill()
            raise
    if dump.returncode != 0:
        raise RuntimeError(f"pg_dump of {database} ended with {dump.returncode}")
