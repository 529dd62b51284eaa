"""Commands that start runs and look at them: backup, restore, verify, prune, list, databases, status."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from dbbackup.commands.client import Api, connected
from dbbackup.commands.output import confirm, follow, print_json, print_table, seconds, size, when
from dbbackup.core.errors import ValidationError
from dbbackup.settings import Settings

EXIT_FAILED = 4
"""The run was started and did not complete."""
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for scripts.")]
Wait = Annotated[bool, Parameter(name="--wait", negative="--no-wait", help="Wait for the end.")]


def register(app: App, load: Callable[[], Settings]) -> None:
    """Add the commands to the app; `load` reads the settings."""

    @app.command(name="backup")
    def backup(
        database: str,
        *,
        local: bool = True,
        s3: list[str] | None = None,
        label: str | None = None,
        compression: Literal["gzip", "zstd", "none"] = "gzip",
        pin: bool = False,
        wait: Wait = True,
        json: Json = False,
    ) -> None:
        """Back up a database now.

        Args:
            database: Its name or id.
            local: Keep a copy on the local disk.
            s3: Name of an S3 config to copy it to; may be given several times. Without it the default one, if any.
            label: A note to find it by.
            compression: How the file is compressed.
            pin: Keep it whatever retention says.
        """
        with connected(load) as api:
            body: dict[str, Any] = {
                "databaseId": api.named("/databases", database, "database")["id"],
                "local": local,
                "label": label,
                "compression": compression,
                "pinned": pin,
            }
            if s3:
                body["s3ConfigIds"] = [api.named("/s3-configs", name, "S3 config")["id"] for name in s3]
            run = api.call("POST", "/backups", body)
            _finish(api, "/backups", run, f"Backing up {database}", wait=wait, json=json)

    @app.command(name="restore")
    def restore(
        backup_id: str,
        *,
        into: str,
        server: str | None = None,
        yes: Annotated[bool, Parameter(negative="")] = False,
        wait: Wait = True,
        json: Json = False,
    ) -> None:
        """Restore a backup into a new database.

        Args:
            backup_id: The backup, as `dbbackup list` shows it.
            into: Name of the new database.
            server: Configured database whose server gets it; the backup's own without it.
            yes: Start without asking.
        """
        with connected(load) as api:
            target = (
                api.named("/databases", server, "database")["id"]
                if server
                else api.call("GET", f"/backups/{backup_id}")["databaseId"]
            )
            if target is None:
                raise ValidationError.of("server", "The backup's database is not configured any more: add --server.")
            confirm(f"Restore {backup_id} into the new database {into}?", yes=yes)
            body = {"databaseId": target, "backupId": backup_id, "options": {"newDatabase": into}, "confirm": True}
            run = api.call("POST", "/restores", body)
            _finish(api, "/restores", run, f"Restoring into {into}", wait=wait, json=json)

    @app.command(name="verify")
    def verify(
        backup_id: str,
        *,
        level: Literal[1, 2, 3] = 3,
        target: Literal["server", "container"] | None = None,
        wait: Wait = True,
        json: Json = False,
    ) -> None:
        """Prove a stored backup.

        Args:
            backup_id: The backup, as `dbbackup list` shows it.
            level: 1 its stored bytes, 2 read to the end, 3 restored into a scratch database.
            target: Restore on a server, or in a throwaway container of the database's image; as it is set without it.
        """
        with connected(load) as api:
            body = {"level": level, "targetKind": target} if target else {"level": level}
            run = api.call("POST", f"/backups/{backup_id}/verify", body)
            _finish(api, "/verifications", run, "Verifying", wait=wait, json=json)

    @app.command(name="prune")
    def prune(*, dry_run: Annotated[bool, Parameter(negative="")] = False, json: Json = False) -> None:
        """Apply retention now: delete the backups that no policy keeps, and old records.

        Args:
            dry_run: Only tell which backups would go, and why.
        """
        with connected(load) as api:
            done = api.call("POST", "/system/maintenance", {"task": "cleanup", "dryRun": dry_run})
        if json:
            print_json(done)
        else:
            for line in done["details"]:
                print(line)
            print(done["message"])
        for problem in done["problems"]:
            print(f"dbbackup: {problem}", file=sys.stderr)
        if done["problems"]:
            sys.exit(3)

    @app.command(name="list")
    def list_backups(
        *,
        database: str | None = None,
        status: Literal["queued", "running", "completed", "failed", "cancelled"] | None = None,
        limit: int = 50,
        json: Json = False,
    ) -> None:
        """List backups, the newest first.

        Args:
            database: Name or id of a database; all without it.
            status: Only those in this state.
            limit: How many at most (200).
        """
        with connected(load) as api:
            wanted = api.named("/databases", database, "database")["id"] if database else None
            found = api.call("GET", "/backups", databaseId=wanted, status=status, limit=limit, sort="-createdAt")
        if json:
            print_json(found)
            return
        columns = ["ID", "DATABASE", "TYPE", "STATUS", "SIZE", "TOOK", "STARTED", "COPIES"]
        print_table(columns, [_row(backup) for backup in found])

    @app.command(name="databases")
    def databases(*, json: Json = False) -> None:
        """List the configured databases with their newest good backup."""
        with connected(load) as api:
            found = api.call("GET", "/databases", limit=200)
        if json:
            print_json(found)
            return
        columns = ["NAME", "ENGINE", "SERVER", "SIZE", "LAST GOOD BACKUP", "LAST PROVEN"]
        rows = [
            [
                d["name"],
                d["type"],
                f"{d['host']}:{d['port']}",
                size(d["size"]),
                when(d["lastGoodBackupAt"]),
                when(d["lastProvenAt"]),
            ]
            for d in found
        ]
        print_table(columns, rows)

    @app.command(name="status")
    def status(*, json: Json = False) -> None:
        """Say whether the program is well; exit code 3 when it is not."""
        with connected(load) as api:
            found = api.call("GET", "/system/status")
        if json:
            print_json(found)
        else:
            print(f"Version {found['version']}, {found['running']} running, {found['queued']} queued")
            checks = found["health"]["checks"]
            print_table(["CHECK", "", ""], [[c["name"], "ok" if c["ok"] else "FAILS", c["message"]] for c in checks])
        if not found["health"]["ok"]:
            sys.exit(3)


def _finish(api: Api, path: str, run: dict[str, Any], words: str, *, wait: bool, json: bool) -> None:
    """Follow the run if wished, say how it ended, and exit with 4 when that was not well."""
    if wait:
        run = follow(api, path, run, words, "bytesRead" if path == "/backups" else "bytesWritten")
    if json:
        print_json(run)
    elif not wait:
        print(f"{run['id']} is {run['status']}.")
    elif run["status"] == "completed":
        facts = f", {size(run['size'])} stored" if run.get("size") else ""
        print(f"{run['id']} completed in {seconds(run['duration'])}{facts}.")
    else:
        print(f"dbbackup: {run['id']} {run['status']}: {run['errorMessage']}", file=sys.stderr)
    if wait and run["status"] != "completed":
        sys.exit(EXIT_FAILED)


def _row(backup: dict[str, Any]) -> list[str]:
    copies = [
        f"{copy['s3ConfigName'] or 'local'}{'' if copy['state'] == 'complete' else ' ' + copy['state']}"
        for copy in backup["copies"]
    ]
    return [
        backup["id"],
        backup["databaseName"],
        backup["type"],
        backup["status"],
        size(backup["size"]),
        seconds(backup["duration"]),
        when(backup["startedAt"]),
        ", ".join(copies),
    ]
