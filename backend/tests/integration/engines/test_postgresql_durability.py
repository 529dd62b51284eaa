"""A restore that is finished outlives the death of its server in that moment, though its tool waited for no disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.servers import PostgresServer
from tests.integration.engines.support import connection, dump, restore, restore_options, sql

_LAZY = {"synchronous_commit": "on", "wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}
"""Commits wait where nothing else is said, and nobody else writes the log before the death."""


@pytest.fixture
def lazy_server() -> Iterator[PostgresServer]:
    with PostgresServer.start(15, settings=_LAZY) as server:
        yield server


@pytest.mark.parametrize("options", [{}, {"jobs": 2}], ids=["one job", "two jobs"])
async def test_finished_when_the_server_dies_then_the_new_database_is_whole(
    lazy_server: PostgresServer, tmp_path: Path, options: dict[str, int]
) -> None:
    sql(lazy_server, "CREATE DATABASE source")
    sql(
        lazy_server,
        """
        CREATE FUNCTION how() RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT current_setting('synchronous_commit') $$;
        CREATE TABLE counted (n int, waits text GENERATED ALWAYS AS (how()) STORED);
        INSERT INTO counted SELECT generate_series(1, 100);
        CREATE INDEX looked_at ON counted ((how() || n));
        COMMENT ON DATABASE source IS 'of the original';
        """,
        "source",
    )
    source = connection(lazy_server, "source")
    backup, outputs = await dump(source, {}, tmp_path)

    done = await restore(
        connection(lazy_server), backup, outputs["database"], restore_options("made", **options), tmp_path
    )
    lazy_server.kill()

    assert done.returncode == 0, done.stderr.decode()
    lazy_server.restart()
    assert sql(lazy_server, "SELECT count(*), max(n), min(waits), max(waits) FROM counted", "made") == "100|100|off|off"
    finished = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'made'"
    assert sql(lazy_server, finished) == "of the original"
    gathered = "SELECT histogram_bounds::text LIKE '{off1,%,off99}' FROM pg_stats WHERE tablename = 'looked_at'"
    assert sql(lazy_server, gathered, "made") == "t"
