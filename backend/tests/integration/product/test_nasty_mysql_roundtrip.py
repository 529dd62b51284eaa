"""A MySQL and a MariaDB database with everything in it go through the product's API and come back equal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.compare_mysql import compare, quoted
from devtools.servers import MysqlFamilyServer
from tests.faults.rig import Rig

HERE = Path(__file__).parent
ENGINES = HERE.parent / "engines"
# Quotes and backslashes are missing for MariaDB: its dump tool cannot find such a database's events.
SOURCES = {"mysql": "-n =x 'q' \"d\" `b` ünï ☕ %s \\", "mariadb": "-n =x `b` ünï ☕ %s ;#"}
TABLES_AND_ROWS = {"mysql": (21, 119), "mariadb": (24, 123)}


@pytest.fixture(params=["mysql", "mariadb"])
def server(request: pytest.FixtureRequest) -> Iterator[MysqlFamilyServer]:
    """A server with the nasty database."""
    running: MysqlFamilyServer = request.getfixturevalue(request.param)
    source = quoted(SOURCES[running.engine])
    running.sql(f"CREATE DATABASE {source} CHARACTER SET latin2 COLLATE latin2_croatian_ci")
    for script in ("nasty_mysql.sql", f"nasty_{running.engine}_only.sql"):
        running.sql((ENGINES / script).read_text(), database=SOURCES[running.engine])
    yield running
    running.sql(f"DROP DATABASE {source}")


@pytest.fixture
def backup(rig: Rig, server: MysqlFamilyServer) -> dict[str, Any]:
    """One backup of the nasty database, to local disk and S3."""
    database_id = rig.add_database(
        SOURCES[server.engine],
        name=f"Nasty {server.engine}",
        type=server.engine,
        host=server.host,
        port=server.port,
        username=server.superuser,
        password=server.password,
    )
    return rig.ended(rig.back_up(database_id, compression="gzip"), "completed")


@pytest.mark.timeout(300)
def test_nasty_database_when_restored_from_either_copy_is_equal(
    rig: Rig, server: MysqlFamilyServer, backup: dict[str, Any]
) -> None:
    source = SOURCES[server.engine]
    for storage in ("local", "s3"):
        copy = f"{source} from {storage}"
        restored = rig.ended(rig.restore(backup, storage, copy), "completed")
        try:
            assert [line for line in restored["logTail"] if line["level"] == "error"] == []
            result = compare(server, source, copy)
            assert result.equal, result.differences
            assert (result.tables, result.rows) == TABLES_AND_ROWS[server.engine]
        finally:
            server.sql(f"DROP DATABASE {quoted(copy)}")
        rig.assert_nothing_left()
