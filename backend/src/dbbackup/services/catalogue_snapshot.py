"""Writes the catalogue as it is at one moment into a file: a SQLite file, or a dump of PostgreSQL."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from sqlalchemy import text

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.errors import InternalError
from dbbackup.core.naming import random_token
from dbbackup.db.file_copy import copy_file, make_private
from dbbackup.engines.postgresql_tools import PostgresqlTools
from dbbackup.engines.values import Command
from dbbackup.pipeline.process import Process, Workshop
from dbbackup.services.context import Context

_LOCK_WAIT_MS = 10_000


def ending_of(ctx: Context) -> str:
    """Return how the name of such a file ends."""
    return ".db" if isinstance(ctx.settings.catalogue, Path) else ".dump"


async def write_snapshot(ctx: Context, target: Path) -> None:
    """Write the catalogue into a new file of mode 0600: what is written meanwhile is in it as a whole, or not at all.

    Raises:
        ToolMissingError: no pg_dump suits the catalogue's server.
        InternalError: pg_dump refused.
    """
    await asyncio.to_thread(target.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
    place = ctx.settings.catalogue
    if isinstance(place, Path):
        await asyncio.to_thread(copy_file, place, target)
    else:
        await asyncio.to_thread(make_private, target)
        await _dump(ctx, place, target)


async def _dump(ctx: Context, url: CatalogueUrl, target: Path) -> None:
    async with ctx.catalogue.sessions() as session:
        version = str(await session.scalar(text("SHOW server_version")))
    tools = PostgresqlTools.installed(ctx.settings.client_dirs).choose(version)
    workshop = Workshop(target.parent, f"{ctx.instance_id}:{random_token(8)}", ctx.settings.timezone)
    descriptor = os.open(target, os.O_WRONLY)
    try:
        process = await Process.start(_command(tools.folder, url, target.parent), workshop, stdout=descriptor)
    finally:
        os.close(descriptor)
    try:
        code = await process.wait()
    finally:
        await process.end()
    if code:
        raise InternalError(f"pg_dump of the catalogue ended with {code}: {' '.join(process.stderr_tail)}")


def _command(folder: str, url: CatalogueUrl, work: Path) -> Command:
    # Compressed by us. Whoever restores it owns it: the role may have another name there.
    flags = ("-Fc", "-Z0", "--no-owner", "--no-privileges", "--no-password", f"--lock-wait-timeout={_LOCK_WAIT_MS}")
    options = dict(url.options)
    environment = {
        "PGHOST": url.host,
        "PGPORT": str(url.port),
        "PGDATABASE": url.name,
        "PGUSER": url.username,
        "PGPASSWORD": url.password.reveal(),
        "PGPASSFILE": str(work / "no-pgpass"),  # never there: the password given is the only one tried
        "PGCONNECT_TIMEOUT": "10",
    }
    for option, variable in (("sslmode", "PGSSLMODE"), ("sslrootcert", "PGSSLROOTCERT")):
        if option in options:
            environment[variable] = options[option]
    return Command((str(Path(folder) / "pg_dump"), *flags), env=environment, tool="pg_dump")
