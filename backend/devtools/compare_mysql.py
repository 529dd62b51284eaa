"""Compares two MySQL or MariaDB databases cell by cell: rows, counters, schema, events, and a second dump's text."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from itertools import groupby, zip_longest

from devtools.compare import Comparison, Difference
from devtools.servers import MysqlFamilyServer

Tables = Mapping[str, Sequence[tuple[str, str]]]
"""Each table's columns as (name, data type)."""

_COLUMNS = """
SELECT t.table_name, c.column_name, c.data_type
FROM information_schema.tables t JOIN information_schema.columns c USING (table_schema, table_name)
WHERE t.table_schema = DATABASE() AND t.table_type <> 'VIEW'
ORDER BY t.table_name, c.ordinal_position
"""
# A sum does not depend on the order of the rows; each row adds 64 bits of its hash. Every cell is hashed by
# itself, so that no row becomes larger than max_allowed_packet (it would turn into NULL unnoticed).
_ROWS = """
SELECT CONCAT(COUNT(*), ':', IFNULL(SUM(CAST(CONV(LEFT(SHA2(CONCAT_WS(',', {cells}), 256), 16), 16, 10)
    AS DECIMAL(20))), 0)) FROM {table}
"""
_COUNTERS = """
SELECT CONCAT(table_name, '=', auto_increment) FROM information_schema.tables
WHERE table_schema = DATABASE() AND auto_increment IS NOT NULL ORDER BY 1
"""
_EVENTS = "SELECT event_name, status FROM information_schema.events WHERE event_schema = DATABASE() ORDER BY 1"
_AUTO_INCREMENT, _DATABASE, _STATES = "AUTO_INCREMENT", "database", "states of events"
_MARK = "---- next answer ----"
# The same instants and the same answers on each side; MySQL would tell counters from a day-old cache.
_SESSION = "SET time_zone = '+00:00'; /*!80000 SET SESSION information_schema_stats_expiry = 0 */;"
_GEOMETRY = re.compile(r"geometry|point|linestring|polygon|multi\w+|geom\w*collection")
# A restored column may name its character set where the original inherited it; the collation implies it.
_IMPLIED = re.compile(rb" CHARACTER SET \w+ (?=COLLATE \w)")
_EVENT_STATE = re.compile(rb"(ON COMPLETION (?:NOT )?PRESERVE) (?:ENABLE|DISABLE(?: ON \w+)?)\b")


def compare(
    source: MysqlFamilyServer,
    database: str,
    copy_database: str,
    target: MysqlFamilyServer | None = None,
    *,
    events_disabled: bool = True,
) -> Comparison:
    """Compare a database with its copy (on the same server unless `target` is given).

    A restore switches events off on purpose: with `events_disabled` each of the copy's must be. Between
    MySQL and MariaDB only the rows and counters are compared: the two word the same definitions differently.
    """
    target = target or source
    tables, copy_tables = _tables(source, database), _tables(target, copy_database)
    differences: list[Difference] = []

    def check(what: str, left: str, right: str) -> None:
        if left != right:
            differences.append(Difference(what, left, right))

    check("list of tables", *(_layout(each, types=source.engine == target.engine) for each in (tables, copy_tables)))
    left = _facts(source, database, tables)
    rows = sum(int(left[_rows_of(table)].partition(":")[0]) for table in tables)
    if differences:
        return Comparison(len(tables), rows, 0, differences)
    right = _facts(target, copy_database, copy_tables)
    if events_disabled:
        left[_STATES] = re.sub(r"\t\w+$", "\tDISABLED", left[_STATES], flags=re.MULTILINE)
    for what, found in left.items():
        if source.engine == target.engine or what not in (_DATABASE, _STATES):
            check(what, found, right[what])
    if source.engine == target.engine:
        check("text of a second dump", *_first_different_lines(source, database, target, copy_database))
    return Comparison(len(tables), rows, len(left[_AUTO_INCREMENT].splitlines()), differences)


def quoted(name: str) -> str:
    """Return an identifier in backquotes."""
    return "`" + name.replace("`", "``") + "`"


def _ask(server: MysqlFamilyServer, database: str, query: str) -> str:
    return server.sql(_SESSION + query, database=database)


def _tables(server: MysqlFamilyServer, database: str) -> Tables:
    lines = [line.split("\t") for line in _ask(server, database, _COLUMNS).splitlines()]
    return {
        table: [(column, data_type) for _, column, data_type in columns]
        for table, columns in groupby(lines, key=lambda line: line[0])
    }


def _layout(tables: Tables, *, types: bool) -> str:
    shown = {name: [column if types else column[0] for column in columns] for name, columns in tables.items()}
    return "\n".join(f"{name}: {shown[name]}" for name in sorted(shown))


def _facts(server: MysqlFamilyServer, database: str, tables: Tables) -> dict[str, str]:
    """Return what is compared, by its name; all in one call of the client."""
    queries = {
        _rows_of(table): _ROWS.format(cells=", ".join(_cell(*column) for column in columns), table=quoted(table))
        for table, columns in tables.items()
    }
    queries |= {
        _AUTO_INCREMENT: _COUNTERS,
        _DATABASE: f"SHOW CREATE DATABASE {quoted(database)}",
        _STATES: _EVENTS,
    }
    answers = _ask(server, database, ";".join(f"SELECT '{_MARK}'; {query}" for query in queries.values()))
    facts = dict(zip(queries, (answer.strip("\n") for answer in answers.split(_MARK)[1:]), strict=True))
    # What follows the name: character set, collation, comment.
    facts[_DATABASE] = facts[_DATABASE].rpartition(quoted(database))[2]
    return facts


def _rows_of(table: str) -> str:
    return f"rows of {table}"


def _cell(column: str, data_type: str) -> str:
    name = quoted(column)
    if data_type == "float":
        value = f"CAST({name} AS DOUBLE)"  # as text it would be rounded to six digits
    elif data_type in ("bit", "enum", "set"):
        value = f"{name} + 0"
    elif _GEOMETRY.fullmatch(data_type):
        value = f"CONCAT(ST_SRID({name}), ':', SHA2(ST_AsBinary({name}), 256))"
    else:
        value = name
    return f"IFNULL(SHA2({value}, 256), 'NULL')"


def _first_different_lines(
    source: MysqlFamilyServer, database: str, target: MysqlFamilyServer, copy_database: str
) -> tuple[str, str]:
    """Dump both definitions side by side; return the first two lines that differ, empty ones when none do."""
    with closing(_dump(source, database)) as left, closing(_dump(target, copy_database)) as right:
        for number, (one, other) in enumerate(zip_longest(left, right), start=1):
            if one != other:
                return f"line {number}: {_shown(one)}", f"line {number}: {_shown(other)}"
    return "", ""


def _shown(line: bytes | None) -> str:
    return "(the end)" if line is None else line.decode(errors="backslashreplace").rstrip("\n")


def _dump(server: MysqlFamilyServer, database: str) -> Generator[bytes, None, None]:
    """Yield the lines of all definitions, without dates and without whether events are switched on."""
    command = [str(server.bin_dir / server.dump_tool), f"--defaults-file={server.client_file}", "--no-data"]
    command += ["--skip-comments", "--routines", "--events", "--triggers", "--no-tablespaces"]
    command += ["--set-gtid-purged=OFF"] if server.engine == "mysql" else []
    with subprocess.Popen([*command, "--", database], stdout=subprocess.PIPE) as dump:
        try:
            yield from (_IMPLIED.sub(b" ", _EVENT_STATE.sub(rb"\1", line)) for line in dump.stdout or ())
        except GeneratorExit:
            dump.kill()
            raise
    if dump.returncode != 0:
        raise RuntimeError(f"{server.dump_tool} of {database} ended with {dump.returncode}")
