"""The checks before rows go into tables that are there: same columns, nothing that acts on rows by itself."""

from __future__ import annotations

from typing import Any

from dbbackup.core.manifest import Manifest, TableFacts
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.mysql_connect import Session, quote
from dbbackup.engines.mysql_findings import error, ok, warning
from dbbackup.engines.mysql_flavour import Flavour
from dbbackup.engines.mysql_privileges import Grants, non_transactional_tables
from dbbackup.engines.mysql_survey import tables
from dbbackup.engines.values import Finding

_INSERT_TRIGGERS = """
SELECT DISTINCT event_object_table FROM information_schema.triggers
WHERE trigger_schema = %s AND event_manipulation = 'INSERT' ORDER BY 1
"""
_FOREIGN_KEYS = """
SELECT DISTINCT table_name FROM information_schema.table_constraints
WHERE table_schema = %s AND constraint_type = 'FOREIGN KEY' ORDER BY 1
"""


async def existing_tables(
    opened: Session, flavour: Flavour, mine: Grants, manifest: Manifest, options: dict[str, Any]
) -> list[Finding]:
    """Check the database that gets rows: every table of the backup is there and fits."""
    database = options["existingDatabase"]
    if not await opened.ask("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", database):
        return [error("no-database", f"The database {database} does not exist on the target, or is not visible.")]
    wanted = _tables_with_rows(manifest)
    there = {table.name: table for table in await tables(opened, database)}
    names = {table.name for table in wanted} & set(there)
    same_kind = manifest.source.engine == flavour.type
    findings = []
    if missing := [table.name for table in wanted if table.name not in there]:
        findings.append(
            error("missing-tables", f"Tables are missing in {database}: {', '.join(missing)}. Create them.")
        )
    for table in wanted:
        if table.name in there and (problem := _difference(table, there[table.name], same_kind)):
            findings.append(
                error("columns", f"The table {table.name} has other columns than in the backup: {problem}.")
            )
    findings += await _acting(opened, database, names)
    if restore_mode(options) is RestoreMode.DATA_ONLY:
        findings += await _rows_there(opened, database, sorted(names))
    lacking = [privilege for privilege in ("INSERT", "SELECT") if not mine.has(privilege, database)]
    if lacking:
        grant = f"GRANT {', '.join(lacking)} ON {quote(database)}.*"
        findings.append(error("missing-privileges", f"The account lacks privileges: {grant} to it."))
    return findings or [ok("tables", f"All tables of the backup are in {database} and fit.")]


def _tables_with_rows(manifest: Manifest) -> list[TableFacts]:
    included = manifest.options.get("includeTables") or [table.name for table in manifest.source.tables]
    excluded = manifest.options.get("excludeTables", [])
    return [table for table in manifest.source.tables if table.name in included and table.name not in excluded]


def _difference(backup: TableFacts, target: TableFacts, same_kind: bool) -> str | None:
    """Say in what the columns differ; types only within one kind of server, for the other words them differently."""
    for here, other, words in ((backup, target, "is missing"), (target, backup, "is not in the backup")):
        if lacking := [name for name in here.columns if name not in other.columns]:
            return f"{', '.join(lacking)} {words}"
    for name, kind in backup.columns.items():
        if same_kind and target.columns[name] != kind:
            return f"{name} is {target.columns[name]} instead of {kind}"
    return None


async def _acting(opened: Session, database: str, names: set[str]) -> list[Finding]:
    """Find what acts on rows by itself, or cannot take them back."""
    findings = []
    triggered = [name for (name,) in await opened.ask(_INSERT_TRIGGERS, database) if name in names]
    if triggered:
        findings.append(
            error(
                "insert-triggers",
                f"Triggers on INSERT would act a second time on rows restored into {', '.join(triggered)}, and cannot "
                "be switched off: drop them for the time of the restore.",
            )
        )
    plain = [name for name in await non_transactional_tables(opened, database) if name in names]
    if plain:
        findings.append(
            error(
                "no-transactions",
                f"A restore that fails could not be taken back in tables without transactions: {', '.join(plain)}. "
                "ALTER TABLE ... ENGINE=InnoDB, or restore into a new database.",
            )
        )
    tied = [name for (name,) in await opened.ask(_FOREIGN_KEYS, database) if name in names]
    if tied:
        findings.append(
            warning(
                "foreign-keys",
                f"Foreign keys are not checked while rows are added ({', '.join(tied)}): rows they refer to must be in "
                "the backup or in the database.",
            )
        )
    return findings


async def _rows_there(opened: Session, database: str, names: list[str]) -> list[Finding]:
    filled = [
        name
        for name in names
        if await opened.ask(f"SELECT 1 FROM {quote(database)}.{quote(name)} LIMIT 1")  # noqa: S608 - quoted
    ]
    if not filled:
        return []
    message = f"Tables hold rows already: {', '.join(filled)}. Empty them, or use the mode append."
    return [error("tables-not-empty", message)]
