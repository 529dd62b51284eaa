"""A database with all that is odd about tables, backed up by several tools at once, and looked at row by row."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from msgspec import structs

from dbbackup.core.manifest import SourceFacts
from dbbackup.engines.values import Survey
from dbbackup.pipeline.backup import BackupResult, back_up
from dbbackup.pipeline.backup_job import BackupJob
from dbbackup.pipeline.process import Workshop
from dbbackup.storages.base import Storage
from devtools.servers import PostgresServer, client_dirs
from tests.integration.pipeline.support import connection, engine, job
from tests.unit.pipeline.tools import RunReport

SCHEMA_NAME = 'We.ird "S*?$'
ODD_NAMES = [
    "Ta.b\"le *?|+[a-z]${1}\\d é 'q' %s -x",
    "public.big_one",
    "UPPER",
    "with\nline\tbreak",
    "*",
]


def quoted(*names: str) -> str:
    """Return a name as SQL writes it."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def odd_schema() -> str:
    """Return the statements that make it."""
    tables = "".join(
        f"""
        CREATE TABLE {quoted(SCHEMA_NAME, name)} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int,
            twice int GENERATED ALWAYS AS (a * 2) STORED, t text DEFAULT 'x');
        INSERT INTO {quoted(SCHEMA_NAME, name)} (a, t) SELECT i, md5(i::text) FROM generate_series(1, 300) i;
        """
        for name in ODD_NAMES
    )
    return f"""
    CREATE SCHEMA {quoted(SCHEMA_NAME)};
    {tables}
    CREATE TABLE big_one (id int PRIMARY KEY, odd int REFERENCES {quoted(SCHEMA_NAME, ODD_NAMES[0])} (id), t text);
    INSERT INTO big_one SELECT i, 1 + i % 300, repeat(md5(i::text), 20) FROM generate_series(1, 3000) i;
    CREATE TABLE child (extra int) INHERITS (big_one);
    INSERT INTO child SELECT i, NULL, 'child', i FROM generate_series(5001, 5100) i;
    CREATE TABLE log (at date NOT NULL, t text) PARTITION BY RANGE (at);
    CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
    CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
    CREATE INDEX ON log (at);
    INSERT INTO log SELECT date '2026-01-01' + i % 360, md5(i::text) FROM generate_series(1, 2000) i;
    CREATE UNLOGGED TABLE quick (id serial PRIMARY KEY, t text);
    INSERT INTO quick (t) SELECT md5(i::text) FROM generate_series(1, 200) i;
    CREATE TABLE of_extension (id int);
    INSERT INTO of_extension SELECT generate_series(1, 100);
    ALTER EXTENSION plpgsql ADD TABLE of_extension;
    CREATE TABLE empty_one (id int);
    CREATE TABLE audit (t text);
    CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO public.audit VALUES ('a trigger fired'); RETURN NEW; END $$;
    CREATE TRIGGER noted AFTER INSERT ON big_one FOR EACH ROW EXECUTE FUNCTION noted();
    CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n, (SELECT count(*) FROM log) AS m FROM big_one;
    CREATE INDEX ON totals (n);
    COMMENT ON INDEX totals_n_idx IS 'of a view';
    SELECT lo_from_bytea(0, 'a large object');
    REVOKE ALL ON big_one FROM CURRENT_USER;
    GRANT SELECT ON log TO PUBLIC;
    """


async def parallel_job(
    server: PostgresServer,
    workshop: Workshop,
    storages: Sequence[Storage],
    database: str,
    options: dict[str, Any] | None = None,
    **more: Any,
) -> BackupJob:
    """Return a backup of the database with three jobs, whose reading is still to be opened."""
    made = await job(server, workshop, storages, {"jobs": 3, "globals": "none", **(options or {})}, **more)
    source = connection(server, database)
    survey = await engine().survey(source)
    return replace(made, connection=source, source=_facts(made, database, survey))


def _facts(made: BackupJob, database: str, survey: Survey) -> SourceFacts:
    return structs.replace(
        made.source,
        database=database,
        size=survey.size,
        tables=survey.tables,
        roles=survey.roles,
        extensions=survey.extensions,
        properties=survey.properties,
    )


@asynccontextmanager
async def read(made: BackupJob) -> AsyncIterator[BackupJob]:
    """Open the reading as the worker does, and give the job with it."""
    async with made.engine.reading(made.connection) as reading:
        yield replace(made, reading=reading, divisible=await reading.divisible(), count_seconds=20)


async def parallel_backup(made: BackupJob, run: RunReport | None = None) -> BackupResult:
    """Make the backup."""
    async with read(made) as whole:
        return await back_up(whole, (run or RunReport()).report())


def text_of(server: PostgresServer, database: str) -> list[bytes]:
    """Return the database as pg_dump writes it: all rows and definitions, in its own order."""
    clients = next(path for path in client_dirs() if "/15/" in f"{path}/")
    env = {"PATH": os.environ["PATH"], "PGHOST": server.host, "PGPORT": str(server.port)}
    env |= {"PGUSER": server.superuser, "PGPASSWORD": server.password}
    argv = [f"{clients}/pg_dump", "--dbname", database]
    done = subprocess.run(argv, env=env, capture_output=True, check=True)
    return [line for line in done.stdout.split(b"\n") if b"restrict" not in line]
