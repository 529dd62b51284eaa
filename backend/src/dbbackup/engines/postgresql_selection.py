"""What of an archive a selection takes: the chosen objects, what belongs to them, and what they cannot do without."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dbbackup.core.manifest import Manifest
from dbbackup.engines.contents import Chosen, ContentsObject, Selection
from dbbackup.engines.postgresql_findings import error, named, ok, warning
from dbbackup.engines.postgresql_toc import Entry, Toc, TocReader
from dbbackup.engines.values import Finding

_KINDS = {
    "TABLE": "table",
    "FOREIGN TABLE": "foreign table",
    "VIEW": "view",
    "MATERIALIZED VIEW": "materialized view",
    "SEQUENCE": "sequence",
    "FUNCTION": "function",
    "PROCEDURE": "procedure",
    "AGGREGATE": "aggregate",
    "TYPE": "type",
    "DOMAIN": "domain",
}
"""What can be chosen, by pg_dump's word."""
_ROWS = frozenset({"TABLE DATA", "SEQUENCE SET", "MATERIALIZED VIEW DATA", "STATISTICS DATA"})
_BELONGS = _ROWS | {
    "ACL",
    "CHECK CONSTRAINT",
    "COMMENT",
    "CONSTRAINT",
    "DEFAULT",
    "INDEX",
    "INDEX ATTACH",
    "POLICY",
    "ROW SECURITY",
    "RULE",
    "SECURITY LABEL",
    "SEQUENCE OWNED BY",
    "STATISTICS",
    "TABLE ATTACH",
    "TRIGGER",
}
"""Comes with the object it depends on, once all it depends on comes."""
_REFERENCE = "FK CONSTRAINT"
_ALWAYS = frozenset({"ENCODING", "STDSTRINGS", "SEARCHPATH"})
_GRANTEE = re.compile(r'\bTO (?:"((?:[^"]|"")+)"|(\w+))')
_LARGE_OBJECTS = frozenset({"BLOB", "BLOBS", "BLOB METADATA"})


class ArchiveContents:
    """Reads what is in an archive; keeps the contract of `ContentsReader`."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._reader = TocReader()

    @property
    def done(self) -> bool:
        """Once the table of contents is whole."""
        return self._reader.done

    def feed(self, chunk: bytes) -> None:
        """See `TocReader`."""
        self._reader.feed(chunk)

    def objects(self) -> list[ContentsObject]:
        """Return tables with the manifest's rows, and everything else by its name."""
        toc = merged(self._reader.finish(), self._manifest)
        known = {(table.schema, table.name): table for table in self._manifest.source.tables}
        owned = _owned_sequences(toc)
        entries = {entry.id: entry for entry in toc.entries}
        needs = _needs(toc, entries)
        found = []
        for entry in toc.entries:
            if entry.kind in _KINDS and entry.id not in owned:
                facts = known.get((entry.schema, entry.name)) if entry.kind == "TABLE" else None
                # a manifest made of an uploaded archive knows its tables' names only
                counted = facts is not None and (facts.rows_exact or bool(self._manifest.source.host))
                found.append(
                    ContentsObject(
                        kind=_KINDS[entry.kind],
                        schema=entry.schema,
                        name=entry.name,
                        rows=facts.rows if facts and counted else None,
                        rows_exact=bool(facts and facts.rows_exact),
                        size=facts.size if facts and counted else None,
                        needs=sorted({title(entries[need]) for need in needs[entry.id]}),
                    )
                )
        return found

    def choose(self, selection: Selection) -> Chosen:
        """Say what the selection takes."""
        toc = merged(self._reader.finish(), self._manifest)
        taken = taken_entries(toc, selection)
        entries = [entry for entry in toc.entries if entry.id in taken]
        return Chosen(
            tables=[(entry.schema, entry.name) for entry in entries if entry.kind == "TABLE DATA"],
            owners={entry.owner for entry in entries if entry.owner},
            grantees={name for entry in entries if entry.kind == "ACL" for name in grantees(entry.definition)},
            extensions={entry.name for entry in entries if entry.kind == "EXTENSION"},
            findings=list(_findings(toc, selection, taken)),
        )


def merged(toc: Toc, manifest: Manifest) -> Toc:
    """Return the main part's contents with the rows that lie in other parts; their entries have ids below 0."""
    tables = {(entry.schema, entry.name): entry for entry in toc.entries if entry.kind == "TABLE"}
    names = [name for part in manifest.data_parts for name in part.tables if name in tables]
    rows = [
        replace(tables[name], id=-number, kind="TABLE DATA", definition="", needs=(tables[name].id,))
        for number, name in enumerate(names, start=1)
    ]
    return replace(toc, entries=(*toc.entries, *rows)) if rows else toc


def taken_entries(toc: Toc, selection: Selection) -> set[int]:
    """Return the ids of the entries for `pg_restore --use-list`.

    What the chosen objects depend on comes too, by its definition only: types, functions and extensions, the parent of
    a partition, the tables under a view. Partitions of a chosen table come with their rows. A foreign key comes when
    the rows it refers to do.
    """
    entries = {entry.id: entry for entry in toc.entries}
    chosen = _with_partitions(toc, entries, set(_matching(toc, selection)))
    owned = {sequence: table for sequence, table in _owned_sequences(toc).items() if table in entries}
    taken = set(chosen)
    while True:
        before = len(taken)
        taken |= {need for id_ in taken for need in entries[id_].needs if need in entries}
        taken |= {sequence for sequence, table in owned.items() if table in taken}
        full = chosen | {sequence for sequence, table in owned.items() if table in chosen}
        taken |= {e.id for e in toc.entries if e.kind in _BELONGS and _comes_along(e, entries, taken, full)}
        if len(taken) == before:
            break
    taken |= {e.id for e in toc.entries if e.kind == _REFERENCE and _holds(e, entries, taken, chosen)}
    return taken | {e.id for e in toc.entries if e.kind in _ALWAYS}


def grantees(definition: str) -> set[str]:
    """Return the roles that GRANT statements name, PUBLIC left out."""
    names = {(quoted or bare).replace('""', '"') for quoted, bare in _GRANTEE.findall(definition)}
    return names - {"PUBLIC"}


def title(entry: Entry) -> str:
    """Return an entry as people write it."""
    kind = _KINDS.get(entry.kind, entry.kind.lower())
    return f"{kind} {entry.schema}.{entry.name}" if entry.schema else f"{kind} {entry.name}"


def _matching(toc: Toc, selection: Selection) -> Iterator[int]:
    for entry in toc.entries:
        if entry.kind in _KINDS and selection.takes(_KINDS[entry.kind], entry.schema, entry.name):
            yield entry.id


def _with_partitions(toc: Toc, entries: dict[int, Entry], chosen: set[int]) -> set[int]:
    attached = [
        [need for need in entry.needs if need in entries and entries[need].kind in _KINDS]
        for entry in toc.entries
        if entry.kind == "TABLE ATTACH"
    ]
    names = {entry.id: (entry.schema, entry.name) for entry in toc.entries}
    children = [(e.schema, e.name) for e in toc.entries if e.kind == "TABLE ATTACH"]
    while True:
        more = {
            need
            for pair, child in zip(attached, children, strict=True)
            if any(need in chosen and names[need] != child for need in pair)
            for need in pair
            if names[need] == child
        }
        if more <= chosen:
            return chosen
        chosen |= more


def _comes_along(entry: Entry, entries: dict[int, Entry], taken: set[int], full: set[int]) -> bool:
    """Tell whether an entry belongs to something that is taken; rows only to what was chosen itself."""
    owners = [need for need in entry.needs if need in entries]
    if entry.kind in _ROWS:
        return any(owner in full for owner in owners)
    if entry.kind in ("TRIGGER", "RULE", "POLICY", "DEFAULT"):
        # what they call or read comes along as well
        return any(owner in taken and _is_own(entry, entries[owner]) for owner in owners)
    return bool(owners) and all(owner in taken for owner in owners)


def _is_own(entry: Entry, owner: Entry) -> bool:
    """Tell whether a trigger, rule, policy or default is this table's: its name begins with the table's."""
    return entry.schema == owner.schema and entry.name.startswith(f"{owner.name} ")


def _holds(entry: Entry, entries: dict[int, Entry], taken: set[int], chosen: set[int]) -> bool:
    """Tell whether a foreign key can be made: the rows it refers to come, or no rows refer to any."""
    needs = [need for need in entry.needs if need in entries]
    tables = [need for need in needs if entries[need].kind == "TABLE"]
    has_rows = any(need in chosen and _is_own(entry, entries[need]) for need in tables)
    return all(need in taken for need in needs) and (not has_rows or all(need in chosen for need in tables))


def _owned_sequences(toc: Toc) -> dict[int, int]:
    """Return the table's id by the sequence's, of sequences that live and die with a column."""
    entries = {entry.id: entry for entry in toc.entries}
    owned = {}
    for entry in toc.entries:
        if entry.kind == "SEQUENCE":
            for need in entry.needs:
                if need in entries and entries[need].kind in ("TABLE", "FOREIGN TABLE"):
                    owned[entry.id] = need
    return owned


def _needs(toc: Toc, entries: dict[int, Entry]) -> dict[int, set[int]]:
    """Return for each object the others it refers to, also by foreign keys, triggers and defaults."""
    needs: dict[int, set[int]] = defaultdict(set)
    shown = {id_ for id_, entry in entries.items() if entry.kind in _KINDS or entry.kind == "EXTENSION"}
    for entry in toc.entries:
        others = {need for need in entry.needs if need in shown}
        if entry.kind in _KINDS:
            needs[entry.id] |= others - {entry.id}
        elif entry.kind in (_REFERENCE, "TRIGGER", "RULE", "POLICY", "DEFAULT"):
            own = {need for need in others if _is_own(entry, entries[need])}
            for table in own:
                needs[table] |= others - own
    for sequence in _owned_sequences(toc):
        for owners in needs.values():
            owners.discard(sequence)
    return needs


def _findings(toc: Toc, selection: Selection, taken: set[int]) -> Iterator[Finding]:
    there = {(_KINDS[e.kind], e.schema, e.name) for e in toc.entries if e.kind in _KINDS}
    schemas = {schema for _, schema, _ in there}
    missing = [f"schema {name}" for name in selection.schemas if name not in schemas]
    missing += [f"{o.kind} {o.schema}.{o.name}" for o in selection.objects if (o.kind, o.schema, o.name) not in there]
    if missing:
        yield error("selection-unknown", f"Chosen, but not in the backup: {named(missing)}.")
        return
    chosen = _with_partitions(toc, {e.id: e for e in toc.entries}, set(_matching(toc, selection)))
    yield ok("selection", f"{len(chosen)} chosen objects will be restored with all that belongs to them.")
    owned = _owned_sequences(toc)
    along = [
        e for e in toc.entries if e.id in taken - chosen and e.kind in {*_KINDS, "EXTENSION"} and e.id not in owned
    ]
    if along:
        text = f"Needed by what was chosen, and restored too (definitions, no rows): {named(_titles(along))}."
        yield warning("selection-needs", text)
    tables = {e.id for e in toc.entries if e.id in taken and e.kind == "TABLE"}
    if cut := _cut_references(toc, tables, taken):
        yield warning(
            "selection-foreign-keys", f"Foreign keys to tables that were not chosen are left out: {named(cut)}."
        )
    if any(e.kind in _LARGE_OBJECTS for e in toc.entries):
        yield warning("selection-large-objects", "Large objects are not part of a selection: they are left out.")
    if any(e.kind in ("FUNCTION", "PROCEDURE") for e in toc.entries if e.id in taken):
        text = "What functions call inside their bodies is not noted in a backup: choose that too where they need it."
        yield warning("selection-functions", text)


def _cut_references(toc: Toc, tables: set[int], taken: set[int]) -> list[str]:
    names = {(e.schema, e.name) for e in toc.entries if e.id in tables}
    return [
        f"{e.schema}.{e.name}"
        for e in toc.entries
        if e.kind == _REFERENCE
        and e.id not in taken
        and any(e.schema == schema and e.name.startswith(f"{name} ") for schema, name in names)
    ]


def _titles(entries: Iterable[Entry]) -> list[str]:
    return [title(entry) for entry in entries]
