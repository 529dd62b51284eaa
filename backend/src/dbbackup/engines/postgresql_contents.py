"""What of an archive goes into a database that was there before: the rows of its tables, in an order that fits."""

from __future__ import annotations

import graphlib
import itertools
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any, NamedTuple

from dbbackup.core.errors import RestoreError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.modes import restore_mode
from dbbackup.engines.values import Command, ToolInfo

# `4321; 0 16385 TABLE DATA public orders postgres`
_ENTRY = re.compile(r"^(?P<id>\d+); \d+ \d+ (?P<entry>.+)$")
_LARGE_OBJECTS = re.compile(r"^BLOBS? |^BLOB METADATA ")
_ROWS = "TABLE DATA "
_LINE_END = re.compile(r"[\r\n]")  # pg_restore lists them as blanks

LARGE_OBJECTS = (
    "The backup holds large objects. Rows name them by numbers that may be taken in the existing database: "
    "restore into a new database."
)


SCRATCH = "scratch"
"""Set in the options of a restore on the side, by `scratch_options` alone: callers cannot ask for it."""
_WITHOUT_LINKS = "withoutLinks"
# What a copy would sign in to other servers with, and what asks them while it is restored.
_LINKS = re.compile(r"^(?:USER MAPPING|MATERIALIZED VIEW DATA) ")


class Table(NamedTuple):
    """A table by its name."""

    schema: str
    name: str


def list_command(tools: ToolInfo, options: dict[str, Any], archive: Path | None) -> Command | None:
    """Say what to run to list the archive; see `Engine.list_contents`."""
    if archive is None or (restore_mode(options).creates_database and not leaves_out(options)):
        return None
    return Command(
        argv=(str(Path(tools.folder) / "pg_restore"), "--list", str(archive)),
        env={"LC_MESSAGES": "C"},
        tool=f"pg_restore {tools.version}",
    )


def scratch_options(manifest: Manifest, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options for a copy on the side: no subscriptions, and nothing that signs in to other servers."""
    links = any(text.partition(" ")[0].endswith("_fdw") for text in manifest.source.extensions)
    return {**options, SCRATCH: True, _WITHOUT_LINKS: links}


def leaves_out(options: dict[str, Any]) -> bool:
    """Tell whether a new database is not to get all that the archive holds."""
    return bool(options.get(_WITHOUT_LINKS))


def without_links(contents: str) -> bytes:
    """Return the list of contents without user mappings of foreign servers, and without filling materialized views."""
    lines = [
        line for line in contents.split("\n") if (match := _ENTRY.match(line)) and not _LINKS.match(match["entry"])
    ]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def chosen_rows(contents: str, manifest: Manifest, chosen: Collection[int] | None = None) -> bytes:
    """Return the list of contents for `pg_restore --use-list`: rows of tables only, referenced tables first.

    `chosen` are the ids of the entries a selection takes. Left out on purpose: the values of sequences, since setval
    outlives a rollback (`finish_database` sets them after the commit), and the refreshing of materialized views.

    Raises:
        RestoreError: the archive holds large objects; their numbers may be taken in the target.
    """
    lines = []
    for line in contents.split("\n"):  # splitlines() would part names at other characters too
        match = _ENTRY.match(line)
        if match is None or (chosen is not None and int(match["id"]) not in chosen):
            continue
        entry = match["entry"]
        if _LARGE_OBJECTS.match(entry):
            raise RestoreError(LARGE_OBJECTS)
        if entry.startswith(_ROWS):
            lines.append(line)
    return "".join(f"{line}\n" for line in _in_order(lines, manifest)).encode("utf-8", "surrogateescape")


def without_standing(contents: str, options: dict[str, Any]) -> bytes:
    """Return the list of contents without the schemas and extensions that the target has already.

    `options["standing"]` names them. To drop one of them would fail as long as anything that is not in the backup
    lies in it or depends on it.
    """
    standing = options.get("standing", {})
    there = [f"{kind} - {name} " for kind in standing for name in standing[kind]]
    # only the owner of an extension may comment on it
    there += [f"COMMENT - EXTENSION {name} " for name in standing.get("EXTENSION", ())]
    lines = [
        line
        for line in contents.split("\n")
        if (match := _ENTRY.match(line)) and not match["entry"].startswith(tuple(there))
    ]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def tables_in_order(manifest: Manifest) -> tuple[list[Table], list[list[Table]]]:
    """Return the tables with foreign keys between them, referenced ones first, and the circles among them.

    References that close a circle do not count for the order. Those to the table itself are not among them:
    the rows of one COPY are checked together at its end.
    """
    graph: dict[Table, set[Table]] = {}
    for key in manifest.source.properties.get("foreignKeys", []):
        table, referenced = (Table(*key[end]) for end in ("table", "references"))
        graph.setdefault(table, set()).add(referenced)
    circles: list[list[Table]] = []
    while True:
        try:
            return list(graphlib.TopologicalSorter(graph).static_order()), circles
        except graphlib.CycleError as e:
            # begins and ends with the same table, each one referring to the one before it
            circle = e.args[1]
            for referenced, table in itertools.pairwise(circle):
                graph[table].discard(referenced)
            circles.append(circle[1:])


def _in_order(lines: list[str], manifest: Manifest) -> list[str]:
    """Sort rows behind the rows they refer to: pg_dump does so only in an archive without definitions."""
    order, _ = tables_in_order(manifest)
    ranks = {_LINE_END.sub(" ", f"{table.schema} {table.name}"): place for place, table in enumerate(order)}
    # the sort is stable: what refers to nothing stays in front, as the archive has it
    return sorted(lines, key=lambda line: _rank(line, ranks))


def _rank(line: str, ranks: dict[str, int]) -> int:
    """Find the table of an entry: schema, name and owner stand there as they are, blanks in them included."""
    words = line.partition(_ROWS)[2].split(" ")
    starts = (" ".join(words[:end]) for end in range(len(words), 1, -1))
    return next((ranks[start] for start in starts if start in ranks), -1)
