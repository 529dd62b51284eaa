"""A slice of `make matrix`: what each kind of server takes from each other, through the product."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools import matrix
from devtools.compare_mysql import quoted
from devtools.product import Product
from devtools.servers import MariadbServer, MysqlFamilyServer, MysqlServer, PostgresServer
from devtools.sources import Server, title_of

OWN, DOWNGRADE, OTHER_KIND, OTHER_FLAVOUR = "equal", "downgrade", "VALIDATION_ERROR", "other-flavour"


@pytest.fixture
def servers(
    postgres: PostgresServer, newer_postgres: PostgresServer, mysql: MysqlServer, mariadb: MariadbServer
) -> Iterator[list[Server]]:
    """The shared servers, without databases of the names used here, before and after."""
    all_of_them: list[Server] = [postgres, newer_postgres, mysql, mariadb]
    drop_shops(all_of_them)
    yield all_of_them
    drop_shops(all_of_them)


def drop_shops(servers: list[Server]) -> None:
    for server in servers:
        if isinstance(server, MysqlFamilyServer):
            for name in server.sql("SHOW DATABASES LIKE '%shop%'; SHOW DATABASES LIKE 'portable%'").splitlines():
                server.sql(f"DROP DATABASE {quoted(name)}")
        else:
            for name in server.psql("SELECT datname FROM pg_database WHERE datname LIKE '%shop%'").splitlines():
                server.psql(f'DROP DATABASE "{name}"')


@pytest.mark.timeout(300)
def test_each_server_takes_what_it_can_and_refuses_the_rest(servers: list[Server], tmp_path: Path) -> None:
    with Product.start(tmp_path / "product") as product:
        results = matrix.run(product, servers)
    postgres, newer, mysql, mariadb = (title_of(server) for server in servers)
    expected = {
        (postgres, postgres): OWN,
        (postgres, newer): OWN,
        (newer, newer): OWN,
        (newer, postgres): DOWNGRADE,
        (mysql, mysql): OWN,
        (mariadb, mariadb): OWN,
        (mysql, mariadb): OTHER_FLAVOUR,
        (mariadb, mysql): OTHER_FLAVOUR,
        (f"{mysql}, tables", mariadb): OWN,
        (f"{mariadb}, tables", mysql): OWN,
        **{(one, other): OTHER_KIND for one in (postgres, newer) for other in (mysql, mariadb)},
        **{(one, other): OTHER_KIND for one in (mysql, mariadb) for other in (postgres, newer)},
    }
    found = {
        pair: outcome.reason.partition(":")[0] if outcome.word == "refused" else outcome.word + outcome.reason
        for pair, outcome in results.items()
    }
    assert found == expected
    assert all(outcome.right for outcome in results.values())
