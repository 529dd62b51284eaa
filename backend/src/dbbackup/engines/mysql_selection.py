"""What of a MySQL or MariaDB backup can be chosen, and which statements of its script belong to what was chosen."""

from __future__ import annotations

import re

from dbbackup.core.manifest import Manifest
from dbbackup.engines.contents import Chosen, ContentsObject, Selection
from dbbackup.engines.mysql_findings import error, ok, warning

_NAME = rb"(?:`(?:[^`]|``)++`|\"(?:[^\"]|\"\")++\"|[^\s`\"'.;(]++)"
_OBJECT = re.compile(
    rb"\s*(?:DROP\s+(?P<dropped>TABLE|VIEW|SEQUENCE|TRIGGER|EVENT|PROCEDURE|FUNCTION|PACKAGE(?:\s+BODY)?)\s+IF\s+EXISTS"
    rb"|CREATE\s+(?:TEMPORARY\s+)?(?P<table>TABLE)(?:\s+IF\s+NOT\s+EXISTS)?"
    rb"|CREATE\s+(?:OR\s+REPLACE\s+)?(?:ALGORITHM\s*=\s*\w+\s+)?(?:DEFINER\s*=\s*NAME(?:\s*@\s*NAME)?\s+)?"
    rb"(?:SQL\s+SECURITY\s+\w+\s+)?(?:AGGREGATE\s+)?"
    rb"(?P<created>VIEW|TRIGGER|EVENT|PROCEDURE|FUNCTION|SEQUENCE|PACKAGE(?:\s+BODY)?)(?:\s+IF\s+NOT\s+EXISTS)?"
    rb"|ALTER\s+TABLE|(?:DO|SELECT)\s+SETVAL\s*\()\s*(?P<name>NAME)".replace(b"NAME", _NAME),
    re.IGNORECASE,
)
_TRIGGERED = re.compile(
    rb"\b(?:BEFORE|AFTER)\s+(?:INSERT|UPDATE|DELETE)\s+ON\s+(?:NAME\s*\.\s*)?(?P<table>NAME)".replace(b"NAME", _NAME),
    re.IGNORECASE,
)
_PROGRAMS = (b"EVENT", b"PROCEDURE", b"FUNCTION", b"PACKAGE")


class Wanted:
    """Tells which statements and rows belong to the chosen tables, views and sequences."""

    def __init__(self, names: set[str]) -> None:
        self._names = {name.encode() for name in names}

    def statement(self, plain: bytes) -> bool:
        """Tell whether a statement is wanted; what belongs to no object (SET) is."""
        match = _OBJECT.match(plain)
        if match is None:
            return True
        kind = (match["dropped"] or match["created"] or b"TABLE").upper()
        if kind.startswith(_PROGRAMS):
            return False
        if kind == b"TRIGGER":
            triggered = _TRIGGERED.search(plain)
            # what drops a trigger names no table, and drops nothing in a new database
            return triggered is not None and unquoted(triggered["table"]) in self._names
        return unquoted(match["name"]) in self._names

    def rows(self, table: bytes) -> bool:
        """Tell whether the rows of a table are wanted; the name as it stands between backticks."""
        return table.replace(b"``", b"`") in self._names


class ManifestContents:
    """What can be chosen of a backup, from its manifest alone; keeps the contract of `ContentsReader`."""

    done = True

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest

    def feed(self, chunk: bytes) -> None:
        """Nothing of the dump is needed."""

    def objects(self) -> list[ContentsObject]:
        """Return tables with their rows, views and sequences."""
        source = self._manifest.source
        # a manifest made of an uploaded dump knows its tables' names only
        counted = bool(source.host)
        tables = [
            ContentsObject(
                kind="table",
                schema=source.database,
                name=table.name,
                rows=table.rows if counted else None,
                rows_exact=table.rows_exact,
                size=table.size if counted else None,
                needs=[],
            )
            for table in source.tables
        ]
        return tables + [
            ContentsObject(
                kind=kind, schema=source.database, name=name, rows=None, rows_exact=False, size=None, needs=[]
            )
            for kind, key in (("view", "views"), ("sequence", "sequences"))
            for name in source.properties.get(key, [])
        ]

    def choose(self, selection: Selection) -> Chosen:
        """Say what the selection takes."""
        there = self.objects()
        names = {(o.kind, o.schema, o.name) for o in there}
        missing = [f"schema {s}" for s in selection.schemas if s != self._manifest.source.database]
        missing += [f"{o.kind} {o.name}" for o in selection.objects if (o.kind, o.schema, o.name) not in names]
        if missing:
            text = f"Chosen, but not in the backup: {', '.join(missing)}."
            return Chosen(tables=[], findings=[error("selection-unknown", text)])
        taken = [o for o in there if selection.takes(o.kind, o.schema, o.name)]
        findings = [ok("selection", f"{len(taken)} chosen objects will be restored, tables with their triggers.")]
        if any(o.kind == "view" for o in taken):
            text = "A view works only with the tables and functions it reads: choose those tables too."
            findings.append(warning("selection-views", text))
        properties = self._manifest.source.properties
        if properties.get("routines") or properties.get("events"):
            text = "Routines and events are not part of a selection: they are left out."
            findings.append(warning("selection-programs", text))
        return Chosen(tables=[(o.schema, o.name) for o in taken if o.kind == "table"], findings=findings)


def chosen_names(manifest: Manifest, selection: Selection) -> set[str]:
    """Return the names of all chosen tables, views and sequences: they share one space of names."""
    objects = ManifestContents(manifest).objects()
    return {o.name for o in objects if selection.takes(o.kind, o.schema, o.name)}


def unquoted(name: bytes) -> bytes:
    """Return a name without the quotes around it."""
    if name[:1] in (b"`", b'"'):
        return name[1:-1].replace(name[:1] * 2, name[:1])
    return name
