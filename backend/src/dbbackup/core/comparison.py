"""Compares what a restore made with what the manifest says was there."""

from __future__ import annotations

from typing import Any

import msgspec

from dbbackup.core.manifest import Manifest, TableFacts

_SELECTING = ("includeTables", "excludeTables", "includeSchemas", "excludeSchemas")
_MOST = 10
"""Differences told by name; the number of all is told as well."""


class Check(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing a verification looked at."""

    name: str
    """Stable kebab-case name, such as `stored-bytes`."""
    ok: bool
    message: str


def compare(manifest: Manifest, restored: list[TableFacts], database: str, *, same_kind: bool = True) -> list[Check]:
    """Compare the tables of the scratch database `database`, whose rows are counted, with the manifest's.

    `same_kind` is false where another kind of server took the backup: it names types in its own words.
    """
    source = manifest.source
    wanted = {(table.schema, table.name): table for table in source.tables}
    # Where a schema is a database (MySQL) the scratch database's name stands for the original's.
    there = {(source.database if t.schema == database else t.schema, t.name): t for t in restored}
    return [
        _tables(set(wanted), set(there), selected=any(manifest.options.get(name) for name in _SELECTING)),
        _columns(wanted, there, types=same_kind),
        _rows(wanted, there, schema_only=bool(manifest.options.get("schemaOnly"))),
        *_samples(wanted, there),
    ]


def compare_objects(manifest: Manifest, wanted: dict[str, Any], there: dict[str, Any]) -> Check:
    """Compare the other objects of the scratch database with those the manifest has a fingerprint of."""
    if not wanted:
        return _check("objects", [], "Other objects were not compared: the manifest holds no fingerprint of them.")
    if any(manifest.options.get(name) for name in _SELECTING) or not _all_objects(manifest.options):
        return _check("objects", [], "Other objects were not compared: the backup holds a selection of them.")
    problems = [
        f"the {kind} differ ({there.get(kind, {}).get('count', 0)} instead of {facts['count']}, or others)"
        for kind, facts in wanted.items()
        if there.get(kind) != facts
    ]
    counts = ", ".join(f"{facts['count']} {kind}" for kind, facts in wanted.items() if facts["count"])
    return _check("objects", problems, f"The same as in the manifest: {counts or 'none beside tables'}.")


Tables = dict[tuple[str, str], TableFacts]


def _tables(wanted: set[tuple[str, str]], there: set[tuple[str, str]], *, selected: bool) -> Check:
    missing, more = sorted(wanted - there), sorted(there - wanted)
    problems = [] if selected else [f"{_name(key)} is missing" for key in missing]
    problems += [f"{_name(key)} is not in the manifest" for key in more]
    said = f"{len(there)} tables, the same as in the manifest."
    if selected:
        said = f"{len(there)} of the {len(wanted)} tables of the source: the backup holds a selection of them."
    return _check("tables", problems, said)


def _columns(wanted: Tables, there: Tables, *, types: bool) -> Check:
    both = sorted(wanted.keys() & there.keys())
    # A manifest older than the field holds none.
    known = [key for key in both if wanted[key].columns]
    problems = [
        f"those of {_name(key)} differ"
        for key in known
        if (wanted[key].columns != there[key].columns if types else set(wanted[key].columns) != set(there[key].columns))
    ]
    said = f"Names and types are the same in {len(known)} tables."
    if not types:
        said = f"Names are the same in {len(known)} tables; types are not compared between kinds of servers."
    if unknown := len(both) - len(known):
        said += f" Not compared in {unknown}, whose columns the manifest does not hold."
    return _check("columns", problems, said)


def _rows(wanted: Tables, there: Tables, *, schema_only: bool) -> Check:
    counted = f"{sum(table.rows for table in there.values())} rows counted in {len(there)} tables"
    exact = {key: table for key, table in wanted.items() if table.rows_exact and key in there}
    if schema_only:
        return _check("rows", [], f"{counted}; not compared, the backup holds definitions only.")
    if not exact:
        return _check("rows", [], f"{counted}; not compared, the manifest holds estimates.")
    problems = [
        f"{_name(key)} has {there[key].rows} rows instead of {table.rows}"
        for key, table in sorted(exact.items())
        if there[key].rows != table.rows
    ]
    said = f"{counted}; {len(exact)} tables compared with the manifest"
    rest = len(there) - len(exact)
    return _check("rows", problems, said + (f", {rest} not: it holds estimates." if rest else "."))


def _samples(wanted: Tables, there: Tables) -> list[Check]:
    """Compare the hashes of sampled rows; nothing to say where the manifest holds none."""
    known = {key: table.sample for key, table in wanted.items() if table.sample and key in there}
    if not known:
        return []
    # None in the copy: it could not be taken there.
    taken = {key: sample for key, sample in known.items() if there[key].sample}
    if not taken:
        return [_check("sampled-rows", [], f"Hashed rows of {len(known)} tables were not compared here.")]
    problems = [f"those of {_name(key)} differ" for key, sample in sorted(taken.items()) if there[key].sample != sample]
    whole = sum(sample.every == 1 for sample in taken.values())
    hashed = sum(sample.rows for sample in taken.values())
    said = f"{hashed} rows hashed: all rows of {whole} tables, a sample of {len(taken) - whole} others."
    if summed := sum(bool(sample.checksum) for sample in taken.values()):
        said += f" A checksum of all rows of {summed} tables."
    if rest := len(there) - len(taken):
        said += f" None of {rest} tables, which have no sample or cannot be sampled here."
    return [_check("sampled-rows", problems, said)]


def _all_objects(options: dict[str, Any]) -> bool:
    """Tell whether nothing but rows and rights can be missing: MySQL may leave kinds of objects out."""
    return not options.get("dataOnly") and all(options.get(name, True) for name in ("routines", "triggers", "events"))


def _check(name: str, problems: list[str], said: str) -> Check:
    if not problems:
        return Check(name=name, ok=True, message=said)
    more = f" and {len(problems) - _MOST} more" if len(problems) > _MOST else ""
    return Check(
        name=name,
        ok=False,
        message=f"The {name.replace('-', ' ')} are not those of the manifest: {', '.join(problems[:_MOST])}{more}.",
    )


def _name(key: tuple[str, str]) -> str:
    return ".".join(key)
