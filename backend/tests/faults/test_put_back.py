"""kill -9 of the product while MySQL or MariaDB is replaced in place, or put back, or dumped in parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from devtools.product import Product
from devtools.servers import MariadbServer, MysqlServer
from devtools.servers.mysql_family import MysqlFamilyServer
from tests.faults import catalogue
from tests.faults.launch import command, die_before_the_manifest, die_while_the_database_is_empty
from tests.faults.waiting import until

_SHOP = """
CREATE TABLE item (id INT PRIMARY KEY, note VARCHAR(50));
INSERT INTO item VALUES (1, 'one'), (2, 'two');
CREATE VIEW notes AS SELECT note FROM item;
"""
ROWS = "SELECT id, note FROM item ORDER BY id; SELECT COUNT(*) FROM notes"


@pytest.fixture(params=["mysql", "mariadb"])
def server(request: pytest.FixtureRequest) -> MysqlFamilyServer:
    found: MysqlServer | MariadbServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    home: Path = tmp_path_factory.mktemp("product")
    with Product.start(home) as product:
        yield product


def ended(product: Product, path: str) -> Any:
    def look() -> Any:
        seen = product.call("GET", path)
        return seen if seen["status"] not in ("queued", "running") else None

    return until(look, f"the end of {path}")


def test_replace_when_killed_again_and_again_then_the_safety_backup_is_put_back(
    server: MysqlFamilyServer, product: Product
) -> None:
    kind = "mysql" if isinstance(server, MysqlServer) else "mariadb"
    name = f"shop_{kind}"
    server.sql(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name}")
    server.sql(_SHOP, database=name)
    form = {"name": name, "type": kind, "host": server.host, "port": server.port, "database": name}
    account = {"username": server.superuser, "password": server.password}
    database = product.call("POST", "/databases", {**form, **account})
    backup = product.call("POST", "/backups", {"databaseId": database["id"], "uploadToS3": False})
    assert ended(product, f"/backups/{backup['id']}")["status"] == "completed"
    server.sql("INSERT INTO item VALUES (3, 'since then')", database=name)
    before = server.sql(ROWS, database=name)

    product.restart(command=command(die_while_the_database_is_empty))
    body = {
        "databaseId": database["id"],
        "backupId": backup["id"],
        "options": {"mode": "replace", "existingDatabase": name},
        "confirm": True,
        "confirmName": name,
    }
    run = product.call("POST", "/restores", body)
    until(lambda: not product.running, "the product's own death")
    assert "item" not in server.sql("SHOW TABLES", database=name)
    # the janitor begins to put it back, and dies in the middle of that
    with suppress(RuntimeError):  # it may be dead before it was seen to live
        product.restart(command=command(die_while_the_database_is_empty))
    until(lambda: not product.running, "the death while putting back")
    product.restart()

    failed = ended(product, f"/restores/{run['id']}")
    assert failed["status"] == "failed"
    assert failed["errorMessage"].startswith("interrupted: ")
    assert "is put back as it was" in failed["errorMessage"]
    back = ended(product, f"/restores/{failed['undoneById']}")
    assert (back["status"], back["attempt"]) == ("completed", 2)
    assert server.sql(ROWS, database=name) == before
    until(lambda: catalogue.journal(product.home) == [], "an empty journal")
    server.sql(f"DROP DATABASE {name}")


def test_parallel_backup_when_killed_before_its_manifest_then_every_part_is_cleared_away(
    mariadb: MariadbServer, product: Product
) -> None:
    mariadb.sql("CREATE DATABASE parts")
    for table in ("one", "two"):
        rows = "SELECT seq AS id, REPEAT(MD5(seq), 60) AS note FROM seq_1_to_4000"
        statements = f"CREATE TABLE {table} (id INT PRIMARY KEY, note TEXT) {rows}; ANALYZE TABLE {table}"
        mariadb.sql(statements, database="parts")
    form = {"name": "parts", "type": "mariadb", "host": mariadb.host, "port": mariadb.port, "database": "parts"}
    account = {"username": mariadb.superuser, "password": mariadb.password}
    database = product.call("POST", "/databases", {**form, **account})
    product.restart(command=command(die_before_the_manifest))
    body = {"databaseId": database["id"], "uploadToS3": False, "options": {"jobs": 2}}
    run = product.call("POST", "/backups", body)
    until(lambda: not product.running, "the product's own death")
    names = sorted(path.name.partition(".")[2] for path in product.home.rglob("parts_manual_*"))
    assert names == ["after.sql.gz", "data1.sql.gz", "data2.sql.gz", "sql.gz"]
    product.restart()
    failed = ended(product, f"/backups/{run['id']}")
    assert failed["errorMessage"].startswith("interrupted: ")
    until(lambda: not list(product.home.rglob("parts_manual_*")), "the end of the parts")
    until(lambda: catalogue.journal(product.home) == [], "an empty journal")
    mariadb.sql("UPDATE parts.one SET note = ''; DROP DATABASE parts")
