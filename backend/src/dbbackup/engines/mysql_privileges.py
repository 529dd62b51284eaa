"""What an account of the MySQL family may do, read from its grants; what it lacks for a dump, grant by grant."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dbbackup.engines.mysql_connect import Session, quote
from dbbackup.engines.mysql_flavour import Flavour

_GRANT = re.compile(r"(GRANT|REVOKE) (.+?) ON (?:TABLE |PROCEDURE |FUNCTION |PACKAGE )?(\S.*?) (?:TO|FROM) ", re.DOTALL)
_COLUMNS = re.compile(r"\s*\([^)]*\)")
_QUOTED = r"[`\"']((?:[^`\"']|``)*)[`\"']"
_OBJECT = re.compile(rf"(?:{_QUOTED}|(\*))\.(?:{_QUOTED}|(\*))")


@dataclass(slots=True)
class Grants:
    """Privileges by the pattern of the database they are for; `%` means all."""

    everywhere: set[str] = field(default_factory=set)
    databases: dict[str, set[str]] = field(default_factory=dict)
    tables: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    revoked: dict[str, set[str]] = field(default_factory=dict)

    def on_database(self, name: str) -> set[str]:
        """Return the privileges on all of a database."""
        pattern = self.pattern_for(name)
        return (self.everywhere - self.revoked.get(name, set())) | self.databases.get(pattern, set())

    def pattern_for(self, name: str) -> str:
        """Return the pattern whose grants count for a database: of several the server takes the nearest one only."""
        matching = [pattern for pattern in self.databases if _matches(pattern, name)]
        return max(matching, key=lambda pattern: (_first_wildcard(pattern), pattern), default=name)

    def has(self, privilege: str, database: str, table: str | None = None) -> bool:
        """Tell whether a privilege is there, on a table or on all of a database; `*` as the database means globally."""
        found = self.everywhere if database == "*" else self.on_database(database)
        if table is not None:
            found = found | self.tables.get((database, table), set())
        return privilege in found or "ALL PRIVILEGES" in found


async def grants(opened: Session) -> Grants:
    """Return what the account may do, its active roles included."""
    result = Grants()
    for (line,) in await opened.ask("SHOW GRANTS"):
        read_grant(line, result)
    return result


def read_grant(line: str, into: Grants) -> None:
    """Take in one line of SHOW GRANTS; grants of roles, and on single columns, say nothing here."""
    match = _GRANT.match(line)
    place = _OBJECT.fullmatch(match[3]) if match else None
    if match is None or place is None:
        return
    privileges = {word.strip().upper() for word in re.split(r",(?![^(]*\))", match[2]) if not _COLUMNS.search(word)}
    database, table = (place[1] or "").replace("``", "`"), (place[3] or "").replace("``", "`")
    if match[1] == "REVOKE":
        into.revoked.setdefault(database, set()).update(privileges)
    elif place[2]:
        into.everywhere |= privileges
    elif place[4]:
        into.databases.setdefault(database, set()).update(privileges)
    else:
        into.tables.setdefault((database, table), set()).update(privileges)


async def missing_privileges(opened: Session, flavour: Flavour, database: str) -> list[str]:
    """Return a sentence for each privilege that a dump of the database needs and the account lacks."""
    mine = await grants(opened)
    account = await opened.value("SELECT CURRENT_USER()")
    place, user = f"{quote(mine.pattern_for(database))}.*", "'" + "'@'".join(account.rsplit("@", 1)) + "'"
    needed = {
        # a table on which the account holds nothing is invisible, and a dump passes over it without a word
        "SELECT": "to read every table",
        "TRIGGER": "without it triggers are left out silently",
        "EVENT": "to read events",
    }
    if await _has_views(opened, database):
        needed["SHOW VIEW"] = "to read views"
    if await non_transactional_tables(opened, database):
        needed["LOCK TABLES"] = "to read tables without transactions consistently"
    missing = [
        f"{privilege} on {place} is missing ({reason}): GRANT {privilege} ON {place} TO {user};"
        for privilege, reason in needed.items()
        if not mine.has(privilege, database)
    ]
    if not await _sees_routines(opened, mine, flavour, database):
        privilege, where = flavour.routine_grants[0]
        missing.append(
            f"{privilege} on {where} is missing (to read procedures and functions): GRANT {privilege} ON {where} "
            f"TO {user};"
        )
    return missing


async def non_transactional_tables(opened: Session, database: str) -> list[str]:
    """Return the tables whose engine knows no transactions, such as MyISAM."""
    rows = await opened.ask(
        "SELECT t.table_name FROM information_schema.tables t "
        "LEFT JOIN information_schema.engines e ON e.engine = t.engine "
        "WHERE t.table_schema = %s AND t.table_type = 'BASE TABLE' AND COALESCE(e.transactions, 'NO') <> 'YES' "
        "AND t.engine IS NOT NULL ORDER BY 1",
        database,
    )
    return [name for (name,) in rows]


async def _has_views(opened: Session, database: str) -> bool:
    query = "SELECT 1 FROM information_schema.tables WHERE table_schema = %s AND table_type = 'VIEW' LIMIT 1"
    return bool(await opened.ask(query, database))


async def _sees_routines(opened: Session, mine: Grants, flavour: Flavour, database: str) -> bool:
    """Tell whether every routine is seen whole: by right, or because those that are seen hide nothing."""
    for privilege, where in flavour.routine_grants:
        place, _, table = where.partition(".")
        if mine.has(privilege, place, table):
            return True
    on_database = mine.on_database(database)
    if not on_database & {"ALL PRIVILEGES", "EXECUTE", "ALTER ROUTINE", "CREATE ROUTINE"}:
        return False
    query = "SELECT 1 FROM information_schema.routines WHERE routine_schema = %s AND routine_definition IS NULL LIMIT 1"
    return not await opened.ask(query, database)


def _first_wildcard(pattern: str) -> float:
    match = re.search(r"(?<!\\)[_%]", pattern)
    return match.start() if match else float("inf")


def _matches(pattern: str, name: str) -> bool:
    """Match a database name against the pattern of a grant: `_` and `%` are wildcards, a backslash takes that away."""
    parts = re.findall(r"\\[_%\\]|.", pattern, re.DOTALL)
    wild = {"_": ".", "%": ".*"}
    expression = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(expression, name, re.DOTALL) is not None
