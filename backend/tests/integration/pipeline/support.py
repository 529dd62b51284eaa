"""Whole backups of the real server, and restores into new databases beside it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbbackup.core.manifest import Manifest, SourceFacts
from dbbackup.core.secret import Secret
from dbbackup.engines import build_registry
from dbbackup.engines.base import Engine
from dbbackup.engines.values import Connection
from dbbackup.pipeline.backup import BackupResult, back_up
from dbbackup.pipeline.backup_job import BackupJob, Target
from dbbackup.pipeline.fill import fill_database
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import RestoreJob
from dbbackup.storages.base import Storage
from devtools.servers import PostgresServer, client_dirs
from tests.unit.pipeline.tools import RunReport

FOLDER = "shop/2026/11"
CONTENT_HASH = (
    "SELECT md5(string_agg(c::text, '' ORDER BY id)), count(*), (SELECT count(*) FROM names),"
    " (SELECT count(*) FROM empty_one) FROM customers c"
)


def engine() -> Engine:
    """Return the engine as the program builds it."""
    return build_registry(client_dirs())["postgresql"]


def connection(server: PostgresServer, database: str = "shop") -> Connection:
    """Connect as the superuser."""
    return Connection(server.host, server.port, database, server.superuser, Secret(server.password))


async def job(
    server: PostgresServer,
    workshop: Workshop,
    storages: Sequence[Storage],
    options: dict[str, Any] | None = None,
    **more: Any,
) -> BackupJob:
    """Return a backup of the database `shop` to these storages; the copies are called c0, c1 and so on."""
    source, pg = connection(server), engine()
    survey = await pg.survey(source)
    facts = SourceFacts(
        config_id="c1",
        config_name="Shop",
        slug="shop",
        engine="postgresql",
        server_version=survey.server_version,
        host=server.host,
        port=server.port,
        database="shop",
        size=survey.size,
        tables=survey.tables,
        roles=survey.roles,
        extensions=survey.extensions,
        properties=survey.properties,
    )
    made = BackupJob(
        backup_id="b1",
        instance_id="abcd",
        run_token="efghefgh",
        type="manual",
        label=None,
        stem=f"shop_manual_20261122_120000_abcd{secrets.token_hex(4)}",
        compression="gzip",
        compression_level=1,
        options=pg.parse_dump_options(options or {}),
        engine=pg,
        connection=source,
        tools=pg.choose_tools(survey.server_version),
        source=facts,
        targets=[Target(f"c{i}", storage, FOLDER) for i, storage in enumerate(storages)],
        workshop=workshop,
        started_at=datetime.now(UTC),
        expected_size=survey.size,
    )
    return replace(made, **more)


async def backup(
    server: PostgresServer, workshop: Workshop, *storages: Storage, **more: Any
) -> tuple[BackupResult, RunReport]:
    """Back up to the storages."""
    run = RunReport()
    return await back_up(await job(server, workshop, storages, **more), run.report()), run


class NewDatabase:
    """A new, empty database as the worker makes it, to be filled and dropped."""

    def __init__(
        self, server: PostgresServer, workshop: Workshop, storage: Storage, manifest: Manifest, **options: Any
    ) -> None:
        self.name = f"back_{secrets.token_hex(4)}"
        self.run = RunReport()
        self._server = server
        self._pg = engine()
        self._target = connection(server, "postgres")
        self._options = {**self._pg.parse_restore_options({"newDatabase": self.name, **options}), "marker": "m1"}
        self._job = RestoreJob(
            engine=self._pg,
            target=self._target,
            tools=self._pg.choose_tools(manifest.source.server_version),
            manifest=manifest,
            storage=storage,
            key=f"{FOLDER}/{manifest.main.file}",
            version=None,
            options=self._options,
            workshop=workshop,
        )

    async def fill(self, before: str = "") -> None:
        """Create it, run statements in it if there are any, and fill it; drop it when that fails."""
        await self._pg.create_database(self._target, self._job.manifest, self._options)
        if before:
            self.ask(before)
        try:
            await fill_database(self._job, self.run.report())
        except BaseException:
            await self.drop()
            raise

    async def drop(self) -> None:
        """Drop it; only its own run's marker allows that."""
        assert await self._pg.drop_database(self._target, self.name, "m1")

    def ask(self, sql: str) -> str:
        """Ask the new database."""
        return self._server.psql(sql, database=self.name)

    def sessions(self) -> int:
        """Return how many connections there are to it."""
        return int(self._server.psql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{self.name}'"))


def content(server: PostgresServer) -> str:
    """Return a digest of what is in the source."""
    return server.psql(CONTENT_HASH, database="shop")


def stored(*roots: Path) -> list[str]:
    """Return the names of all files below the roots, unfinished ones too."""
    return sorted(path.name for root in roots for path in root.rglob("*") if path.is_file())
