"""The `dbbackup` command: the same services as the API."""

from __future__ import annotations

import asyncio
import os
import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App

from dbbackup import __version__, logs
from dbbackup.commands import configuration, runs, serving
from dbbackup.commands.serving import settings_of
from dbbackup.core.access import Role
from dbbackup.core.errors import ValidationError
from dbbackup.core.events import Unheard
from dbbackup.core.secret import Secret
from dbbackup.db.lock import lock_catalogue
from dbbackup.db.migrate import migrate
from dbbackup.services import access_commands as commands
from dbbackup.services.key_rotation import rotate_key
from dbbackup.settings import Settings, load, load_new_key

if TYPE_CHECKING:
    from dbbackup.services.catalogue_rebuild import RebuildReport

EXIT_PROBLEMS = 3
"""The command did its work, but some of what it met could not be used."""

app = App(name="dbbackup", version=__version__, help="Backs up databases and restores any of them.")
catalog = App(name="catalog", help="Look after the catalogue of backups.")
app.command(catalog)
app.register_install_completion_command()
user = App(name="user", help="Look after those who may sign in; works beside a running `serve`.")
app.command(user)
audit = App(name="audit", help="Look after the audit log.")
app.command(audit)


@app.command
def serve() -> None:
    """Run the API, the worker and, where STATIC_PATH is set, the page. Configured by the environment."""
    serving.serve()


@app.command
def worker() -> None:
    """Run schedules, backups and all else that happens by itself, without the page and without an open port.

    The other commands reach it by a socket beside the catalogue, or by SOCKET_PATH.
    """
    serving.work()


@app.command(name="migrate")
def migrate_command() -> None:
    """Bring the catalogue to this version's schema; `serve` does it by itself."""
    settings = settings_of()
    with lock_catalogue(settings.catalogue):
        asyncio.run(migrate(settings.catalogue))


@app.command(name="rotate-key")
def rotate_key_command() -> None:
    """Change ENCRYPTION_KEY to NEW_ENCRYPTION_KEY (or NEW_ENCRYPTION_KEY_FILE), while the program does not run.

    Everything that is sealed with the old key is sealed with the new one, in one transaction: all of it, or nothing.
    """
    new_key = load_new_key()
    done = asyncio.run(rotate_key(settings_of(extra=(new_key,)), new_key))
    print(
        f"{done.secrets} secrets are sealed with the new key (version {done.version}). Start the program with it as"
        " ENCRYPTION_KEY from now on. Keep the old key as long as you keep copies of the catalogue made before."
    )


@catalog.command(name="rebuild")
def catalog_rebuild(*, s3: str | None = None, instance: str | None = None, dry_run: bool = False) -> None:
    """Add every backup that lies in a storage to the catalogue, by its manifest. Removes nothing.

    Args:
        s3: Name of the S3 config to look through (`environment` is that of S3_BUCKET); the local disk without it.
        instance: Take the backups of this instance only, where several share a bucket.
        dry_run: Only tell what would be added.
    """
    report = asyncio.run(_rebuild(settings_of(), s3, instance, dry_run=dry_run))
    would = "would be " if dry_run else ""
    print(
        f"{report.manifests} manifests found; {report.backups_added} backups and {report.copies_added} copies"
        f" {would}added, {report.known} copies known already."
    )
    for instance_id, count in report.instances.most_common():
        print(f"  instance {instance_id}: {count}")
    for problem in report.problems:
        print(f"dbbackup: {problem}", file=sys.stderr)
    if left := report.problem_count - len(report.problems):
        print(f"dbbackup: and {left} more", file=sys.stderr)
    if report.problem_count:
        sys.exit(EXIT_PROBLEMS)


async def _rebuild(settings: Settings, s3: str | None, instance: str | None, *, dry_run: bool) -> RebuildReport:
    from dbbackup.main import opened
    from dbbackup.services.catalogue_rebuild import rebuild
    from dbbackup.services.s3_configs import config_named

    async with opened(settings, Unheard()) as ctx:
        config_id = None
        if s3 is not None:
            async with ctx.catalogue.sessions() as session:
                config_id = (await config_named(session, s3)).id
        return await rebuild(ctx, config_id, instance=instance, dry_run=dry_run)


@user.command(name="create")
def user_create(username: str, *, role: Role = Role.VIEWER, display_name: str = "") -> None:
    """Add a user; the password is asked for, or read from standard input.

    Args:
        username: The name to sign in with.
        role: admin, operator or viewer.
        display_name: What people are called.
    """
    made = asyncio.run(commands.create_user(settings_of(), username, role, display_name, _password()))
    print(f"{made.username} may sign in as {made.role}.")


@user.command(name="reset-password")
def user_reset_password(username: str) -> None:
    """Give a user another password, asked for or read from standard input; ends all their sessions."""
    asyncio.run(commands.reset_password(settings_of(), username, _password()))
    print(f"{username} has a new password; all sessions are ended.")


@user.command(name="reset-second-factor")
def user_reset_second_factor(username: str) -> None:
    """Turn off the second factor of a user who lost phone and recovery codes."""
    asyncio.run(commands.reset_second_factor(settings_of(), username))
    print(f"{username} signs in with the password alone now.")


@user.command(name="list")
def user_list() -> None:
    """List the users."""
    for found in asyncio.run(commands.list_users(settings_of())):
        print(f"{found.username}\t{found.role}\t{'disabled' if found.disabled else 'enabled'}\t{found.provider}")


@audit.command(name="verify")
def audit_verify() -> None:
    """Read the whole audit log and name every event that was altered or is missing; exit code 3 when there are any."""
    report = asyncio.run(commands.verify_audit(settings_of()))
    removed = f", {report.removed} older ones removed by retention" if report.removed else ""
    print(f"{report.events} events{removed}. The last is {report.last_seq}, hash {report.last_hash}.")
    for problem in report.problems:
        print(f"dbbackup: {problem}", file=sys.stderr)
    if left := report.problem_count - len(report.problems):
        print(f"dbbackup: and {left} more", file=sys.stderr)
    if report.problem_count:
        sys.exit(EXIT_PROBLEMS)


def _password() -> str:
    """Ask for a password twice, or take the first line of standard input; all can see the arguments."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass("Password: ")
    if getpass("Once more: ") != password:
        raise ValidationError.of("password", "The two are not the same. Nothing was changed.")
    return password


@app.command
def openapi() -> None:
    """Print the OpenAPI document of the HTTP API."""
    from dbbackup.api.openapi import export
    from dbbackup.main import create_app

    nowhere = Path(os.devnull)
    settings = Settings(encryption_key=Secret(""), storage_path=nowhere, database_path=nowhere)
    sys.stdout.buffer.write(export(create_app(settings)))


def _quiet_settings() -> Settings:
    """The settings for a command whose output is its own: the program's log shows only what went wrong."""
    settings = load()
    logs.configure("warning", settings.log_format, [settings.encryption_key, *settings.database_secrets])
    return settings


runs.register(app, _quiet_settings)
configuration.register(app, _quiet_settings)
