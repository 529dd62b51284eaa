"""A database with everything in it goes through the product's API and comes back equal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.compare import compare
from devtools.servers import PostgresServer
from tests.faults.rig import Rig

HERE = Path(__file__).parent
ENGINES = HERE.parent / "engines" / "nasty.sql"
SOURCE = "-n =x 'q' \"d\" ünï ☕ %s \\d"
SCHEMA = "-n =x 'q' \"d\" ünï ☕"
ODD_ROLE = "-r =x 'q' \"d\" ünï ☕"
ROLES = ("app_owner", "reader", "odd 'role", ODD_ROLE)
HUNDRED_MB = 100_000_000


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def make_source(server: PostgresServer) -> None:
    """Make the database, and around it what belongs to the cluster: owner, grants, settings, limit."""
    for role in ROLES:
        server.psql(f"CREATE ROLE {quoted(role)}")
    database, odd = quoted(SOURCE), quoted(ODD_ROLE)
    server.psql(f"CREATE DATABASE {database} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8' CONNECTION LIMIT 42")
    for script in (ENGINES, HERE / "nastier.sql"):
        server.psql(script.read_text(), database=SOURCE)
    server.psql(f"""
        REVOKE ALL ON DATABASE {database} FROM PUBLIC;
        GRANT CONNECT ON DATABASE {database} TO reader WITH GRANT OPTION;
        GRANT CREATE, TEMPORARY ON DATABASE {database} TO {odd};
        ALTER DATABASE {database} OWNER TO {odd};
        COMMENT ON DATABASE {database} IS $c$it's 100 % \\ mine ☕$c$;
        ALTER DATABASE {database} SET search_path TO "$user", public, {quoted(SCHEMA)};
        ALTER DATABASE {database} SET default_transaction_read_only = on;
        ALTER DATABASE {database} SET datestyle = 'German, DMY';
        ALTER DATABASE {database} SET timezone = 'Europe/Berlin';
        ALTER ROLE {odd} IN DATABASE {database} SET work_mem = '9MB';
        ALTER ROLE {odd} IN DATABASE {database} SET myapp.tenant = 'it''s \\ =x ☕';
    """)


@pytest.fixture
def backup(rig: Rig) -> Iterator[dict[str, Any]]:
    """One backup of the nasty database, to local disk and S3."""
    make_source(rig.postgres)
    big = f"SELECT pg_total_relation_size($${quoted(SCHEMA)}.hundred_megabytes$$)"
    assert int(rig.postgres.psql(big, database=SOURCE)) >= HUNDRED_MB
    yield rig.ended(rig.back_up(rig.add_database(SOURCE), compression="gzip"), "completed")
    rig.postgres.psql(f"DROP DATABASE {quoted(SOURCE)}")


@pytest.mark.timeout(300)
def test_nasty_database_when_restored_from_either_copy_is_equal(rig: Rig, backup: dict[str, Any]) -> None:
    for storage, options in (("local", {"jobs": 2}), ("s3", {})):
        copy = f"{SOURCE} from {storage}"
        restored = rig.ended(rig.restore(backup, storage, copy, **options), "completed")
        assert [line for line in restored["logTail"] if line["level"] == "error"] == []
        result = compare(rig.postgres, SOURCE, copy)
        assert result.equal, result.differences
        assert (result.tables, result.rows, result.sequences) == (24, 145_326, 10)
        rig.postgres.psql(f"DROP DATABASE {quoted(copy)}")
        rig.assert_nothing_left()
