"""The checks before rows go into a database that was there before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from psycopg.sql import SQL, Identifier

from dbbackup.core.errors import DatabaseError, DatabaseUnreachableError
from dbbackup.core.manifest import Manifest, TableFacts
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.postgresql_connect import Session, ask, session
from dbbackup.engines.postgresql_contents import LARGE_OBJECTS, tables_in_order
from dbbackup.engines.postgresql_findings import error, named, ok, warning
from dbbackup.engines.postgresql_sequences import sequences_of
from dbbackup.engines.postgresql_survey import COLUMNS
from dbbackup.engines.values import Connection, Finding

_AT_ONCE = 200
"""Tables looked into by one query."""
_SELECTIONS = ("includeTables", "excludeTables", "includeSchemas", "excludeSchemas")

# Tables of an extension are left out: they come with rows of their own, and pg_dump adds only what users put there.
_TARGET = (
    """
SELECT w.schema, w.name, {columns},
    (SELECT coalesce(array_agg(a.attname::text), '{}') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
        AND NOT a.attisdropped AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''),
    c.relkind = 'p',
    has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND NOT EXISTS (
        SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attgenerated = '' AND NOT has_column_privilege(c.oid, a.attnum, 'INSERT')),
    row_security_active(c.oid),
    EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
        AND t.tgtype & 4 = 4),
    EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique)
FROM unnest(%s::text[], %s::text[]) w(schema, name)
JOIN pg_namespace n ON n.nspname = w.schema
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
"""
).replace("{columns}", COLUMNS)

_OF_EXTENSIONS = """
SELECT n.nspname, c.relname FROM pg_depend d
JOIN pg_class c ON c.oid = d.objid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
"""

_VIEWS = "SELECT schemaname || '.' || matviewname FROM pg_matviews WHERE ispopulated ORDER BY 1"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the target; `required` are the columns that must be given a value."""

    schema: str
    name: str
    columns: dict[str, str]
    required: list[str]
    partitioned: bool
    allowed: bool
    row_security: bool
    triggers: bool
    unique: bool

    @property
    def title(self) -> str:
        return f"{self.schema}.{self.name}"


async def check_filling(
    target: Connection, manifest: Manifest, options: dict[str, Any], *, superuser: bool
) -> list[Finding]:
    """Check that the rows of the backup fit into the existing database, as far as a look at it can tell."""
    findings = list(_backup(manifest))
    if options["disableTriggers"] and not superuser:
        findings.append(
            error("disable-triggers", "Only a superuser may switch triggers off: leave disableTriggers out.")
        )
    name = options["existingDatabase"]
    async with session(target) as opened:
        rows = await ask(opened, "SELECT datallowconn FROM pg_database WHERE datname = %s", name)
    if not rows:
        text = f"The database {name} is not there: this mode fills one that exists, and makes none."
        return [*findings, error("database-missing", text)]
    try:
        async with session(replace(target, database=name)) as opened:
            return findings + await _database(opened, manifest, options)
    except DatabaseUnreachableError:
        raise
    except DatabaseError as e:
        return [*findings, error("database-refused", f"The database {name} cannot be looked into: {e.message}")]


def _backup(manifest: Manifest) -> Iterator[Finding]:
    if manifest.options.get("schemaOnly", False):
        yield error("schema-only", "The backup holds definitions only: there are no rows to restore.")
    if manifest.source.properties.get("largeObjects", False) and not _chosen(
        manifest, "includeTables", "includeSchemas"
    ):
        yield error("large-objects", LARGE_OBJECTS)
    _, circles = tables_in_order(manifest)
    for circle in circles:
        tables = named([f"{table.schema}.{table.name}" for table in circle])
        yield warning(
            "foreign-key-circle",
            f"Tables refer to each other in a circle ({tables}): no order of the rows satisfies their foreign keys. "
            "Set disableTriggers (as a superuser), or make the keys deferrable.",
        )
    if "foreignKeys" not in manifest.source.properties:
        yield warning(
            "not-compared",
            "The backup was made before backups noted columns and foreign keys: whether its rows fit shows only when "
            "they are put in. If they do not, nothing is changed.",
        )


async def _database(opened: Session, manifest: Manifest, options: dict[str, Any]) -> list[Finding]:
    foreign = set(await ask(opened, _OF_EXTENSIONS))
    wanted = [table for table in manifest.source.tables if (table.schema, table.name) not in foreign]
    names = [table.schema for table in wanted], [table.name for table in wanted]
    there = {
        (table.schema, table.name): table for table in (_Table(*row) for row in await ask(opened, _TARGET, *names))
    }
    pairs = [(table, there[key]) for table in wanted if (key := (table.schema, table.name)) in there]
    findings = [ok("database-there", f"The database {options['existingDatabase']} is there. Nothing in it is dropped.")]
    findings += _missing(manifest, [f"{t.schema}.{t.name}" for t in wanted if (t.schema, t.name) not in there])
    findings += _columns(manifest, pairs)
    findings += _access([table for _, table in pairs if not table.partitioned])
    if not options["disableTriggers"] and (firing := [table.title for _, table in pairs if table.triggers]):
        text = f"Triggers on these tables fire for every row that is put in: {named(firing)}."
        findings.append(warning("triggers-fire", text))
    findings += await _rows(opened, [table for _, table in pairs if table.allowed], options)
    findings += await _sequences(opened, manifest)
    if views := [name for (name,) in await ask(opened, _VIEWS)]:
        text = f"Materialized views are left as they are; refresh them afterwards: {named(views)}."
        findings.append(warning("materialized-views", text))
    return findings


def _missing(manifest: Manifest, missing: list[str]) -> Iterator[Finding]:
    if not missing:
        return
    text = f"Tables of the backup are not in the database: {named(missing)}."
    if _chosen(manifest, *_SELECTIONS):
        more = (
            " The backup was made of chosen tables; if rows of these are in it, the restore stops and changes nothing."
        )
        yield warning("tables-missing", text + more)
    else:
        more = (
            " Create them first (a restore of the definitions into a new database shows how), or choose another mode."
        )
        yield error("tables-missing", text + more)


def _columns(manifest: Manifest, pairs: Iterable[tuple[TableFacts, _Table]]) -> Iterator[Finding]:
    """Compare names and types; the order does not matter, since COPY names the columns."""
    differences, more = [], []
    for wanted, table in pairs:
        if not wanted.columns:
            continue
        lacking = [
            f"{table.title}.{name} ({kind}, here {table.columns.get(name, 'missing or generated')})"
            for name, kind in wanted.columns.items()
            if table.columns.get(name) != kind
        ]
        extra = [name for name in table.columns if name not in wanted.columns]
        differences += lacking
        differences += [f"{table.title}.{name} (must have a value)" for name in extra if name in table.required]
        more += [f"{table.title}.{name}" for name in extra if name not in table.required]
    if differences:
        text = f"Columns differ from those of the backup: {named(differences)}."
        yield warning("columns-differ", text) if _chosen(manifest, *_SELECTIONS) else error("columns-differ", text)
    if more:
        text = f"The backup has no values for these columns, they get their defaults: {named(more)}."
        yield warning("columns-added", text)


def _access(tables: Iterable[_Table]) -> Iterator[Finding]:
    tables = list(tables)
    if denied := [table.title for table in tables if not table.allowed]:
        text = f"SELECT and INSERT are needed on every table that gets rows; they are missing on {named(denied)}."
        yield error("insert-denied", text)
    if hidden := [table.title for table in tables if table.row_security]:
        text = f"Row security applies to the role on these tables, and COPY refuses it there: {named(hidden)}."
        yield error("row-security", text + " ALTER ROLE ... BYPASSRLS, or restore as the owner.")


async def _rows(opened: Session, tables: list[_Table], options: dict[str, Any]) -> list[Finding]:
    filled = await _not_empty(opened, tables)
    if restore_mode(options) is RestoreMode.DATA_ONLY:
        if not filled:
            return [ok("tables-empty", "The tables of the backup are empty.")]
        text = f"These tables hold rows already: {named([table.title for table in filled])}."
        return [error("tables-not-empty", text + " Empty them, or choose append to add to what is there.")]
    if twice := [table.title for table in filled if not table.unique]:
        text = f"These tables hold rows and have no unique key, so rows may be there twice afterwards: {named(twice)}."
        return [warning("rows-twice", text)]
    return []


async def _not_empty(opened: Session, tables: list[_Table]) -> list[_Table]:
    found: list[_Table] = []
    for start in range(0, len(tables), _AT_ONCE):
        some = tables[start : start + _AT_ONCE]
        # ONLY: what lies in children and partitions is theirs
        tests = [SQL("EXISTS (SELECT FROM ONLY {})").format(Identifier(table.schema, table.name)) for table in some]
        [answers] = await (await opened.execute(SQL("SELECT {}").format(SQL(", ").join(tests)))).fetchall()
        found += [table for table, answer in zip(some, answers, strict=True) if answer]
    return found


async def _sequences(opened: Session, manifest: Manifest) -> list[Finding]:
    denied = [f"{s.schema}.{s.name}" for s in await sequences_of(opened, manifest) if not s.settable]
    if not denied:
        return []
    text = f"SELECT and UPDATE are needed on sequences that follow the rows; they are missing on {named(denied)}."
    return [error("sequence-denied", text)]


def _chosen(manifest: Manifest, *options: str) -> bool:
    """Tell whether the backup was made of a selection, so that not all tables of the source are in it."""
    return any(manifest.options.get(option) for option in options)
