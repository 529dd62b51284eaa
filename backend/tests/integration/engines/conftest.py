"""Two real servers for the tests of the PostgreSQL engine: 15 with TLS, 18 without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devtools.servers import PostgresServer
from tests.integration.engines.mysql_support import FLAVOURS, Family

HBA = """
host      all  rejected  127.0.0.1/32  reject
hostnossl all  tls_only  127.0.0.1/32  reject
"""


def _start(major: int, ssl: bool) -> PostgresServer:
    settings = {"lc_messages": "C", "wal_level": "logical", "max_prepared_transactions": "2"}
    server = PostgresServer.start(major, ssl=ssl, settings=settings)
    hba = server.data_dir / "pgdata" / "pg_hba.conf"
    hba.write_text(HBA + hba.read_text())
    server.psql("SELECT pg_reload_conf()")
    return server


@pytest.fixture(scope="session")
def server15() -> Iterator[PostgresServer]:
    """PostgreSQL 15 with TLS."""
    with _start(15, ssl=True) as server:
        yield server


@pytest.fixture(scope="session")
def server18() -> Iterator[PostgresServer]:
    """PostgreSQL 18 without TLS."""
    with _start(18, ssl=False) as server:
        yield server


@pytest.fixture(params=[15, 18])
def server(request: pytest.FixtureRequest) -> PostgresServer:
    """Each of the servers in turn."""
    found: PostgresServer = request.getfixturevalue(f"server{request.param}")
    return found


@pytest.fixture(scope="session")
def creators(server15: PostgresServer, server18: PostgresServer) -> None:
    """Roles that may create databases, or nothing, and roles to own things."""
    for server in (server15, server18):
        server.psql("""
            CREATE ROLE creator LOGIN CREATEDB PASSWORD 'c-secret';
            CREATE ROLE maker LOGIN CREATEDB CREATEROLE PASSWORD 'c-secret';
            CREATE ROLE plain_user LOGIN PASSWORD 'c-secret';
            CREATE ROLE stranger; CREATE ROLE friend; GRANT friend TO creator;
        """)


@pytest.fixture(params=FLAVOURS)
def family(request: pytest.FixtureRequest) -> Family:
    """Each flavour of the MySQL family with its server in turn."""
    return Family.of(request.param, request.getfixturevalue(request.param))
