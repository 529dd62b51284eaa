"""The checks of what was uploaded or pasted: what it could do with this role's rights, and whether it fits the mode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from dbbackup.core.errors import DatabaseError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.postgresql_commands import ARCHIVE
from dbbackup.engines.postgresql_connect import Session, ask, session
from dbbackup.engines.postgresql_findings import error, ok, warning
from dbbackup.engines.tools import major_of
from dbbackup.engines.values import Connection, Finding, ToolInfo

RESTRICTED_SINCE = {13: 22, 14: 19, 15: 14, 16: 10, 17: 6}
"""The first minor release of psql that knows `\\restrict`, by major; from 18 on all do."""
_REACH = """
SELECT rolsuper, ARRAY(SELECT r.rolname::text FROM pg_roles r
    WHERE r.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
        AND pg_has_role(current_user, r.oid, 'MEMBER') ORDER BY 1)
FROM pg_roles WHERE rolname = current_user
"""
_ADDING = (RestoreMode.DATA_ONLY, RestoreMode.APPEND)
_PLAIN_MODES = (RestoreMode.NEW_DATABASE, RestoreMode.RUN_SCRIPT)


def fits_mode(manifest: Manifest, options: dict[str, Any]) -> Iterator[Finding]:
    """Check that a plain script or an archive can be restored in this mode."""
    mode, is_archive = restore_mode(options), manifest.main.format == ARCHIVE
    if is_archive and mode is RestoreMode.RUN_SCRIPT:
        yield error("no-script", "This is an archive, not a script: choose a mode that restores it.")
    elif not is_archive and mode not in _PLAIN_MODES:
        yield error(
            "script-whole",
            "Plain SQL runs as it stands, definitions and rows together: run it in a new database, or in an existing "
            "one (runScript).",
        )
    if manifest.data_parts and mode in (*_ADDING, RestoreMode.CLEAN):
        yield error(
            "several-parts",
            "The rows of this backup lie in several parts (it was dumped with several jobs), and these cannot be "
            "restored in one transaction, as this mode needs: restore into a new database, or replace the whole one.",
        )
    if manifest.data_parts and options.get("singleTransaction"):
        yield error(
            "several-parts",
            "The rows of this backup lie in several parts (it was dumped with several jobs): leave out "
            "singleTransaction. The new database is dropped anyway when the restore fails.",
        )
    if not is_archive and (options.get("selection") or options.get("jobs", 1) > 1):
        yield error(
            "script-whole", "Out of plain SQL nothing can be chosen, and it runs in one job: restore all of it."
        )


async def reach(opened: Session, name: str, options: dict[str, Any]) -> list[Finding]:
    """Refuse a foreign source for a role that could run programs and read files on the server, unless it is trusted."""
    if not options.get("foreign"):
        return []
    [(superuser, roles)] = await ask(opened, _REACH)
    if not superuser and not roles:
        return [ok("source-confined", f"The role {name} can reach no file and no program of the server.")]
    rights = "a superuser" if superuser else f"a member of {', '.join(roles)}"
    text = (
        f"The role {name} is {rights}: SQL that comes from elsewhere could run programs and read files on the database "
        "server with its rights."
    )
    if options.get("trusted"):
        return [warning("source-trusted", f"{text} You said that you trust this source.")]
    return [
        error(
            "source-not-trusted",
            f"{text} Restore through a role without such rights (CREATE ROLE ... LOGIN CREATEDB), or, if you know "
            "where the source comes from, say that you trust it.",
        )
    ]


async def script_target(target: Connection, options: dict[str, Any]) -> list[Finding]:
    """Check the existing database that a script is to run in."""
    name = options["existingDatabase"]
    async with session(target) as opened:
        if not await ask(opened, "SELECT 1 FROM pg_database WHERE datname = %s", name):
            return [error("database-missing", f"The database {name} is not there: name one that is.")]
    try:
        async with session(replace(target, database=name)):
            pass
    except DatabaseError as e:
        return [error("database-refused", f"The database {name} cannot be connected to: {e.message}")]
    return [
        ok("database-there", f"The database {name} is there."),
        warning(
            "script-acts",
            f"The script does in {name} whatever it says, dropping and overwriting included: all of it in one "
            "transaction, or nothing.",
        ),
    ]


def script_tool(chosen: ToolInfo) -> Finding:
    """Check that psql is there and knows how to be restricted."""
    if not (Path(chosen.folder) / "psql").is_file():
        return error("psql-missing", f"psql is not in {chosen.folder}: install the client package of that version.")
    major, minor = major_of(chosen.version), re.fullmatch(r"\d+\.(\d+)", chosen.version)
    since = RESTRICTED_SINCE.get(major, None if major < min(RESTRICTED_SINCE) else 0)
    if since is None or (since and (minor is None or int(minor[1]) < since)):
        text = (
            f"psql {chosen.version} cannot be kept from running commands that stand in a script: update the client to "
            f"the newest {major}, which must be a supported one."
        )
        return error("psql-unrestricted", text)
    return ok("tool", f"psql {chosen.version} is used, its own commands switched off.")
