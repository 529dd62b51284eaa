"""What the manifest keeps of a MySQL or MariaDB database: tables, definers, and how to create its equal."""

from __future__ import annotations

from typing import Any

from dbbackup.core.manifest import TableFacts
from dbbackup.engines.mysql_connect import Session, session
from dbbackup.engines.mysql_flavour import Flavour
from dbbackup.engines.mysql_objects import objects
from dbbackup.engines.mysql_privileges import non_transactional_tables
from dbbackup.engines.mysql_probe import server_version, size_of
from dbbackup.engines.values import Connection, Survey

# Types of tables: MariaDB has SEQUENCE and SYSTEM VERSIONED beside BASE TABLE and VIEW.
_TABLES = """
SELECT table_name, COALESCE(table_rows, 0), COALESCE(data_length + index_length, 0)
FROM information_schema.tables
WHERE table_schema = %s AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY table_name
"""
_COLUMNS = """
SELECT table_name, column_name, column_type FROM information_schema.columns
WHERE table_schema = %s AND COALESCE(generation_expression, '') = '' ORDER BY table_name, ordinal_position
"""
_NAMES_OF_TYPE = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = %s ORDER BY 1"
)
_DEFINERS = """
SELECT definer FROM information_schema.views WHERE table_schema = %s
UNION SELECT definer FROM information_schema.triggers WHERE trigger_schema = %s
UNION SELECT definer FROM information_schema.routines WHERE routine_schema = %s
UNION SELECT definer FROM information_schema.events WHERE event_schema = %s
ORDER BY 1
"""
# Routines, triggers, events and views remember the collations of the connection that made them.
_COLLATIONS = """
SELECT table_collation FROM information_schema.tables WHERE table_schema = %s AND table_collation IS NOT NULL
UNION SELECT collation_name FROM information_schema.columns
WHERE table_schema = %s AND collation_name IS NOT NULL
UNION SELECT collation_connection FROM information_schema.views WHERE table_schema = %s
UNION SELECT collation_connection FROM information_schema.triggers WHERE trigger_schema = %s
UNION SELECT database_collation FROM information_schema.triggers WHERE trigger_schema = %s
UNION SELECT collation_connection FROM information_schema.routines WHERE routine_schema = %s
UNION SELECT database_collation FROM information_schema.routines WHERE routine_schema = %s
UNION SELECT collation_connection FROM information_schema.events WHERE event_schema = %s
UNION SELECT database_collation FROM information_schema.events WHERE event_schema = %s
UNION SELECT default_collation_name FROM information_schema.schemata WHERE schema_name = %s
ORDER BY 1
"""
_GENERATED = """
SELECT DISTINCT table_name FROM information_schema.columns
WHERE table_schema = %s AND COALESCE(generation_expression, '') <> '' ORDER BY 1
"""
_ENGINES = """
SELECT DISTINCT engine FROM information_schema.tables
WHERE table_schema = %s AND engine IS NOT NULL ORDER BY 1
"""
# Of these the dump tools write the definition only: what is in them lies elsewhere.
_WITHOUT_ROWS = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = %s AND engine IN ('MRG_MyISAM', 'FEDERATED', 'CONNECT', 'SPIDER', 'S3', 'BLACKHOLE') ORDER BY 1
"""
_DATABASE = """
SELECT default_character_set_name, default_collation_name, @@global.lower_case_table_names,
    @@global.max_allowed_packet, @@global.sql_mode
FROM information_schema.schemata WHERE schema_name = %s
"""


async def survey(connection: Connection, flavour: Flavour) -> Survey:
    """Collect what the manifest holds of the database; see `Engine.survey`."""
    database = connection.database
    async with session(connection) as opened:
        definers = [name for (name,) in await opened.ask(_DEFINERS, *[database] * 4)]
        return Survey(
            server_version=await server_version(opened, connection, flavour),
            size=await size_of(opened, database),
            tables=await tables(opened, database),
            roles=definers,
            extensions=[],
            properties=await _properties(opened, database),
        )


async def tables(opened: Session, database: str) -> list[TableFacts]:
    """Return the tables with their columns; rows and sizes are the server's estimates."""
    columns: dict[str, dict[str, str]] = {}
    for table, name, column_type in await opened.ask(_COLUMNS, database):
        columns.setdefault(table, {})[name] = _text(column_type)
    return [
        TableFacts(
            schema=database, name=name, rows=int(rows), rows_exact=False, size=int(size), columns=columns.get(name, {})
        )
        for name, rows, size in await opened.ask(_TABLES, database)
    ]


async def _properties(opened: Session, database: str) -> dict[str, Any]:
    [row] = await opened.ask(_DATABASE, database)
    character_set, collation, lower_case, packet, sql_mode = row
    return {
        "characterSet": character_set,
        "collation": collation,
        "collations": [name for (name,) in await opened.ask(_COLLATIONS, *[database] * _COLLATIONS.count("%s"))],
        "engines": [name for (name,) in await opened.ask(_ENGINES, database)],
        "nonTransactional": await non_transactional_tables(opened, database),
        "withoutRows": [name for (name,) in await opened.ask(_WITHOUT_ROWS, database)],
        "objects": await objects(opened, database),
        "generated": [name for (name,) in await opened.ask(_GENERATED, database)],
        "views": [name for (name,) in await opened.ask(_NAMES_OF_TYPE, database, "VIEW")],
        "sequences": [name for (name,) in await opened.ask(_NAMES_OF_TYPE, database, "SEQUENCE")],
        "systemVersioned": [name for (name,) in await opened.ask(_NAMES_OF_TYPE, database, "SYSTEM VERSIONED")],
        "events": await _count(opened, "events", "event_schema", database),
        "routines": await _count(opened, "routines", "routine_schema", database),
        "triggers": await _count(opened, "triggers", "trigger_schema", database),
        "lowerCaseTableNames": int(lower_case),
        "maxAllowedPacket": int(packet),
        "sqlMode": sql_mode,
    }


async def _count(opened: Session, view: str, column: str, database: str) -> int:
    query = f"SELECT COUNT(*) FROM information_schema.{view} WHERE {column} = %s"  # noqa: S608 - our own words
    return int(await opened.value(query, database))


def _text(value: Any) -> str:
    """MySQL gives types as bytes where the column's collation is binary."""
    return value.decode() if isinstance(value, bytes) else str(value)
