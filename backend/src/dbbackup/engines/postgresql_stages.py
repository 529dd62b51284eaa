"""Restoring a backup whose dump was divided: pg_restore in stages, each told which entries of a part it takes.

The order is that of a restore in one go: definitions, then all rows, then what wants them to be there (indexes,
constraints, triggers), then rights, and materialized views are filled last. So no foreign key and no trigger ever sees
a part of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dbbackup.core.manifest import Manifest
from dbbackup.engines.contents import selection_of
from dbbackup.engines.division import MAIN
from dbbackup.engines.modes import target_database
from dbbackup.engines.postgresql_commands import dbname_flag, filling_options, ownership, tool_command
from dbbackup.engines.postgresql_contents import SCRATCH, leaves_out
from dbbackup.engines.postgresql_selection import merged, taken_entries
from dbbackup.engines.postgresql_toc import Entry, Toc, TocReader
from dbbackup.engines.values import Command, Connection, Stage, ToolInfo

_DATA, _POST_DATA = 3, 4
"""pg_dump's numbers of sections; 1 is none: what belongs to the entry before it."""
_RIGHTS = frozenset({"ACL", "ACL LANGUAGE", "DEFAULT ACL"})
_LINKS = frozenset({"USER MAPPING", "MATERIALIZED VIEW DATA"})
"""See `postgresql_contents.without_links`."""


def stage_command(
    target: Connection,
    tools: ToolInfo,
    manifest: Manifest,
    options: dict[str, Any],
    stage: Stage,
    heads: Mapping[str, Path],
    work: Path,
) -> Command | None:
    """Say what to run for a stage; see `Engine.restore_stage`."""
    ids = list(_entries(stage, manifest, options, heads))
    if not ids:
        return None
    use = work / f"{stage.name}-{stage.part}.list"
    flags = ["--exit-on-error", "--verbose", "--no-password", f"--use-list={use}", *ownership(manifest, options)]
    if options.get(SCRATCH):
        flags.append("--no-subscriptions")
    if stage.name == "finish":
        flags.append(f"--jobs={options['jobs']}")
    connection = replace(target, database=target_database(options))
    flags.append(dbname_flag(connection, work, stage.part))
    if stage.name != "rows":
        flags.append(str(heads[MAIN]))
    environment = {"PGOPTIONS": filling_options(tools, options)}
    command = tool_command("pg_restore", tools, connection, flags, work, environment, stage.part)
    chosen = "".join(f"{id_}; chosen\n" for id_ in ids).encode()
    return replace(command, files={**command.files, use: chosen})


def _entries(stage: Stage, manifest: Manifest, options: dict[str, Any], heads: Mapping[str, Path]) -> Iterator[int]:
    """Yield the ids of the entries that the stage takes, in the archive's order."""
    main = merged(_read(heads[MAIN]), manifest)
    selection = selection_of(options)
    taken = {entry.id for entry in main.entries} if selection is None else taken_entries(main, selection)
    if stage.part != MAIN:
        # of the sequences' values the main part's are taken, which has them all
        rows = {(entry.schema, entry.name) for entry in main.entries if entry.id < 0 and entry.id in taken}
        entries = _read(heads[stage.part]).entries
        yield from (e.id for e in entries if e.kind == "TABLE DATA" and (e.schema, e.name) in rows)
        return
    for entry, name in _staged(main):
        links = leaves_out(options) and entry.kind in _LINKS
        if name == stage.name and entry.id in taken and entry.id > 0 and not links:
            yield entry.id


def _staged(toc: Toc) -> Iterator[tuple[Entry, str]]:
    """Yield each entry with the name of its stage. Rights come last: without them an owner may not be able to write."""
    section = 0
    for entry in toc.entries:
        section = max(section, entry.section)
        if section >= _POST_DATA or entry.kind in _RIGHTS:
            yield entry, "finish"
        else:
            yield entry, "rows" if section == _DATA else "definitions"


def _read(path: Path) -> Toc:
    reader = TocReader()
    reader.feed(path.read_bytes())
    return reader.finish()
