"""The checks of scripts that were uploaded or pasted: what they could do with this account's rights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dbbackup.core.manifest import Manifest
from dbbackup.engines.modes import RestoreMode, restore_mode
from dbbackup.engines.mysql_connect import Session
from dbbackup.engines.mysql_filter import USER_SCRIPT
from dbbackup.engines.mysql_findings import error, ok, warning
from dbbackup.engines.mysql_privileges import Grants
from dbbackup.engines.values import Finding


def is_free(manifest: Manifest, options: dict[str, Any]) -> bool:
    """Tell whether the script runs as it stands, and not through the filter that knows the dump tools' statements."""
    return manifest.main.format == USER_SCRIPT or restore_mode(options) is RestoreMode.RUN_SCRIPT


def fits_mode(manifest: Manifest, options: dict[str, Any]) -> Iterator[Finding]:
    """Check that the source can be restored in this mode."""
    mode, whole = restore_mode(options), manifest.main.format == USER_SCRIPT
    if whole and mode not in (RestoreMode.NEW_DATABASE, RestoreMode.RUN_SCRIPT):
        text = "A script runs as it stands: run it in a new database, or in an existing one (runScript)."
        yield error("script-whole", text)
    elif options.get("selection") and is_free(manifest, options):
        yield error("script-whole", "Out of a script that runs as it stands nothing can be chosen: restore all of it.")
    if manifest.data_parts and (mode.adds_rows or mode is RestoreMode.RUN_SCRIPT):
        yield error(
            "several-parts",
            "The rows of this backup lie in several parts (it was dumped with several jobs), and these cannot be "
            "restored as one script or in one transaction, as this mode needs: restore into a new database, or in the "
            "place of the old one.",
        )
    if options.get("jobs", 1) > 1 and not manifest.data_parts:
        yield warning("one-part", "The backup is one script, which is read by one client: jobs changes nothing.")
    if options.get("foreign") and mode in (RestoreMode.DATA_ONLY, RestoreMode.APPEND) and _columns_unknown(manifest):
        yield error(
            "columns-unknown",
            "Nothing tells whether the rows of this dump fit existing tables: upload the backup's manifest with it, or "
            "restore into a new database.",
        )


async def reach(opened: Session, grants: Grants, account: str, options: dict[str, Any]) -> list[Finding]:
    """Refuse a script for an account that could reach the server's files and settings, unless it is trusted."""
    if not options.get("foreign"):
        return []
    rights = [name for name in ("FILE", "SUPER") if grants.has(name, "*")]
    # NULL: the server reads and writes no file for anybody
    if "FILE" in rights and await opened.value("SELECT @@global.secure_file_priv") is None:
        rights.remove("FILE")
    if not rights:
        return [ok("source-confined", f"The account {account} can reach no file of the server.")]
    text = (
        f"The account {account} has {' and '.join(rights)}: a script that comes from elsewhere could reach files and "
        "settings of the database server, and every other database, with its rights."
    )
    if options.get("trusted"):
        return [warning("source-trusted", f"{text} You said that you trust this source.")]
    return [
        error(
            "source-not-trusted",
            f"{text} Run it through an account without them, or, if you know where it comes from, say that you trust "
            "it.",
        )
    ]


async def script_target(opened: Session, options: dict[str, Any]) -> list[Finding]:
    """Check the existing database that a script is to run in."""
    name = options["existingDatabase"]
    if not await opened.ask("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", name):
        return [error("no-database", f"The database {name} does not exist on the target, or is not visible.")]
    return [
        ok("database-there", f"The database {name} is there."),
        warning(
            "script-acts",
            f"The script does in {name} whatever it says, dropping and overwriting included. The server commits each "
            "change of a table at once: when the script fails in the middle, what it did before stays. Make a backup "
            "first.",
        ),
    ]


def _columns_unknown(manifest: Manifest) -> bool:
    return any(not table.columns for table in manifest.source.tables)
