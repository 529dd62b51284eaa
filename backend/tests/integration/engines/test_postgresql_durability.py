"""A restore that is finished outlives the death of its server in that moment, though its tool waited for no disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dbbackup.engines.postgresql_swap import PostgresqlSwapping
from dbbackup.engines.replacing import Swap
from devtools.servers import PostgresServer
from tests.integration.engines.support import connection, dump, restore, restore_options, sql

_LAZY = {"wal_writer_delay": "10s", "wal_writer_flush_after": "1GB"}
"""Nobody else writes the log before the death."""


@pytest.fixture(params=["on", "off"])
def lazy_server(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """One whose commits wait where nothing else is said, and one whose commits do not."""
    with PostgresServer.start(15, settings={**_LAZY, "synchronous_commit": request.param}) as server:
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


async def test_swapped_when_the_server_dies_then_the_new_one_is_live_and_the_old_one_kept(
    lazy_server: PostgresServer,
) -> None:
    for name in ("live", "shadow"):
        sql(lazy_server, f"CREATE DATABASE {name}")
        sql(lazy_server, f"CREATE TABLE of_{name} ()", name)
    sql(lazy_server, "COMMENT ON DATABASE shadow IS 'dbbackup:r1'")

    await PostgresqlSwapping().swap(
        connection(lazy_server), Swap("live", "shadow", "aside", "r1"), stop_connections=False
    )
    lazy_server.kill()

    lazy_server.restart()
    table = "SELECT relname FROM pg_class WHERE relname LIKE 'of_%'"
    assert (sql(lazy_server, table, "live"), sql(lazy_server, table, "aside")) == ("of_shadow", "of_live")
    marks = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname IN ('live', 'shadow', 'aside')"
    assert set(sql(lazy_server, marks).splitlines()) <= {"", "dbbackup-kept:r1"}
