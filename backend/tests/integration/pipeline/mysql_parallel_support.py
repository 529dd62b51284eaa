"""A database of the MySQL family backed up by several tools at once, and restored beside it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from dbbackup.core.manifest import Manifest
from dbbackup.engines import mysql_standstill
from dbbackup.engines.modes import target_database
from dbbackup.pipeline.backup import BackupResult, back_up
from dbbackup.pipeline.backup_job import BackupJob, Target
from dbbackup.pipeline.fill import fill_database
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import RestoreJob
from dbbackup.storages.base import Storage
from tests.integration.engines.mysql_support import HERE, Family
from tests.integration.engines.support import manifest
from tests.integration.pipeline.support import FOLDER
from tests.unit.pipeline.tools import RunReport

_DIGITS = "(SELECT 0 AS d " + " ".join(f"UNION SELECT {n}" for n in range(1, 10)) + ")"
_FILL = """
CREATE TABLE {0} (id INT PRIMARY KEY, money BIGINT, filler TEXT);
INSERT INTO {0} SELECT n, 1000, REPEAT('lorem ipsum', 40) FROM
    (SELECT a.d * 100 + b.d * 10 + c.d AS n FROM {digits} a, {digits} b, {digits} c) numbers;
"""
TWO_TABLES = _FILL.format("one", digits=_DIGITS) + _FILL.format("two", digits=_DIGITS)
"""A thousand rows each, with money of a thousand."""


def held(family: Family, source: Any, *tables: str) -> Any:
    """Keep others from writing to the tables, the two unless told otherwise."""
    return mysql_standstill.standstill(source, family.engine.flavour, tables or ("one", "two"))  # type: ignore[attr-defined]


def make_transactional(family: Family, name: str) -> str:
    """Make the database with all that is odd, each table of an engine with transactions; return its name."""
    family.create(name, clauses="CHARACTER SET latin2 COLLATE latin2_croatian_ci")
    for kind in ("mysql", f"{family.engine.type}_only"):
        text = (HERE / f"nasty_{kind}.sql").read_text().replace("Aria TRANSACTIONAL = 1", "InnoDB")
        text = text.replace("PRIMARY KEY (part, id)", "PRIMARY KEY (id, part)").replace("= MyISAM", "= InnoDB")
        family.sql(text.replace("= MEMORY", "= InnoDB"), name)
    return name


@dataclass
class Parallel:
    """Backups of one database of the family, by three jobs unless told otherwise."""

    family: Family
    workshop: Workshop
    database: str
    run: RunReport = field(default_factory=RunReport)

    async def job(self, storages: Sequence[Storage], options: dict[str, Any] | None = None, **more: Any) -> BackupJob:
        """Return a backup whose reading is still to be opened."""
        engine, source = self.family.engine, self.family.connection(self.database)
        survey = await engine.survey(source)
        parsed = engine.parse_dump_options({"jobs": 3, **(options or {})})
        made = BackupJob(
            backup_id="b1",
            instance_id="abcd",
            run_token="efghefgh",
            type="manual",
            label=None,
            stem=f"shop_manual_20261122_120000_abcd{secrets.token_hex(4)}",
            compression="gzip",
            compression_level=1,
            options=parsed,
            engine=engine,
            connection=source,
            tools=engine.choose_tools(survey.server_version),
            source=manifest(survey, self.database, parsed, [], engine.type).source,
            targets=[Target(f"c{i}", storage, FOLDER) for i, storage in enumerate(storages)],
            workshop=self.workshop,
            started_at=datetime.now(UTC),
            expected_size=survey.size,
        )
        return replace(made, **more)

    @asynccontextmanager
    async def read(self, made: BackupJob) -> AsyncIterator[BackupJob]:
        """Open the reading as the worker does, and give the job with it."""
        async with made.engine.reading(made.connection) as reading:
            yield replace(made, reading=reading, divisible=await reading.divisible(), count_seconds=20)

    async def back_up(self, made: BackupJob) -> BackupResult:
        """Make the backup."""
        async with self.read(made) as whole:
            return await back_up(whole, self.run.report())

    def restore_job(self, storage: Storage, made: Manifest, options: dict[str, Any]) -> RestoreJob:
        """Return a restore with these parsed options."""
        return RestoreJob(
            engine=self.family.engine,
            target=self.family.connection(),
            tools=self.family.engine.choose_tools(made.source.server_version),
            manifest=made,
            storage=storage,
            key=f"{FOLDER}/{made.main.file}",
            version=None,
            options=options,
            workshop=self.workshop,
        )

    async def restore(self, storage: Storage, made: Manifest, **options: Any) -> str:
        """Restore into a new database and return its name; drop it when that fails."""
        engine, target = self.family.engine, self.family.connection()
        parsed = self.family.options(f"back_{secrets.token_hex(4)}", **options)
        await engine.create_database(target, made, parsed)
        name = target_database(parsed)
        try:
            await fill_database(self.restore_job(storage, made, parsed), self.run.report())
        except BaseException:
            assert await engine.drop_database(target, name, parsed["marker"])
            raise
        await engine.finish_database(target, made, parsed)
        return name
