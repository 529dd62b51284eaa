"""Verifications of encrypted backups, and of MySQL and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest

from dbbackup.db.models import EncryptionKey
from devtools.servers import MariadbServer, MysqlServer, PostgresServer
from devtools.servers.mysql_family import MysqlFamilyServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, unique
from tests.api.test_encryption_keys import download
from tests.api.test_verifications import forge, names, scratch, verify

STORED = ["manifest", "stored-bytes", "signature"]
_ROWS = """
CREATE TABLE item (id INT PRIMARY KEY, note VARCHAR(50), twice INT AS (id * 2));
INSERT INTO item (id, note) VALUES (1, 'one'), (2, 'two'), (3, 'three');
CREATE TABLE other (id INT);
CREATE TABLE beat (at DATETIME);
CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DO INSERT INTO beat VALUES (NOW());
"""


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def server(request: pytest.FixtureRequest) -> MysqlFamilyServer:
    found: MysqlServer | MariadbServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def family(app: RunningApp, server: MysqlFamilyServer) -> Iterator[Any]:
    """A database with an event that would write every second, were it alive."""
    name = unique("source")
    server.sql(f"CREATE DATABASE {name}")
    server.sql(_ROWS, database=name)
    yield add_family(app, server, name)
    server.sql(f"DROP DATABASE {name}")


def add_family(app: RunningApp, server: MysqlFamilyServer, name: str) -> Any:
    app.secrets.add(server.password)
    form = {
        "name": unique("Database"),
        "type": server.engine,
        "host": server.host,
        "port": server.port,
        "database": name,
        "username": server.superuser,
        "password": server.password,
    }
    return app.api.post("/databases", form)


def schemas(server: MysqlFamilyServer) -> list[str]:
    return [name for name in server.sql("SHOW DATABASES").split() if name.startswith("dbbackup_verify")]


def test_verify_when_mysql_family_then_all_levels_are_proven_and_the_mark_is_no_table(
    app: RunningApp, server: MysqlFamilyServer, family: Any
) -> None:
    backup = back_up(app, family)
    exact = {table["name"]: (table["rows"], table["rowsExact"]) for table in backup["tables"]}
    assert (exact["item"], exact["other"]) == ((3, True), (0, True))
    rows = sum(count for count, _ in exact.values())
    for level in (1, 2, 3):
        done = verify(app, backup, level)
        assert done["status"] == "completed", done["errorMessage"]
    proven = ["restored", "tables", "columns", "rows", "sampled-rows", "objects"]
    assert names(done) == [*STORED, "read-to-the-end", *proven]
    assert "A checksum of all rows of 3 tables." in done["checks"][-2]["message"]
    assert {t["name"] for t in done["tables"]} == {"item", "other", "beat"}
    assert {t["rows"] for t in done["tables"] if t["name"] == "item"} == {3}
    assert done["checks"][-3]["message"] == f"{rows} rows counted in 3 tables; 3 tables compared with the manifest."
    assert schemas(server) == []


def test_verify_when_a_forged_script_is_cut_or_foreign_then_reading_to_the_end_sees_it(
    app: RunningApp, server: MysqlFamilyServer, family: Any
) -> None:
    backup = back_up(app, family, compression="none")
    forge(app, backup, lambda data: data[: data.rindex(b"-- Dump completed")])
    assert verify(app, backup, 1)["status"] == "completed"
    failed = verify(app, backup, 2)
    assert "its last line (-- Dump completed) is missing" in failed["errorMessage"]
    backup = back_up(app, family, compression="none")
    forge(app, backup, lambda data: b"GRANT ALL ON *.* TO somebody;\n" + data)
    failed = verify(app, backup, 2)
    assert "a statement that is not of one database's dump" in failed["errorMessage"]
    assert schemas(server) == []


def test_verify_when_a_cell_was_altered_and_all_hashes_with_it_then_level_3_sees_it(
    app: RunningApp, server: MysqlFamilyServer, family: Any
) -> None:
    """In a large table, too, and whether the row is in the sample or not: there is a checksum of all rows."""
    rows = ", ".join(f"({n}, 'cell {n}')" for n in range(10_500))
    server.sql(
        f"CREATE TABLE large (id INT PRIMARY KEY, note TEXT); INSERT INTO large VALUES {rows}",
        database=family["database"],
    )
    backup = back_up(app, family, compression="none")
    [sample] = [table["sample"] for table in backup["tables"] if table["name"] == "large"]
    assert (sample["every"], 4_000 < sample["rows"] < 6_000) == (2, True)
    chosen = [n for n in range(10_000, 10_500) if crc32(f"{n},'cell {n}'".encode()) % 2 == 0]
    other = next(n for n in range(10_000, 10_500) if n not in chosen)
    for made, row in ((backup, chosen[0]), (back_up(app, family, compression="none"), other)):
        forge(app, made, lambda data, row=row: data.replace(f"'cell {row}'".encode(), f"'CELL {row}'".encode()))
        assert verify(app, made, 2)["status"] == "completed"
        failed = verify(app, made, 3)
        assert failed["status"] == "failed"
        assert "The sampled rows are not those of the manifest: those of" in failed["errorMessage"]
        assert failed["errorMessage"].endswith(".large differ.")
        assert app.api.get(f"/backups/{made['id']}")["damage"] == failed["errorMessage"]
    assert schemas(server) == []


def test_verify_when_another_kind_of_server_takes_it_then_what_is_written_otherwise_is_not_compared(
    app: RunningApp, server: MysqlFamilyServer, mysql: MysqlServer, mariadb: MariadbServer
) -> None:
    other: MysqlFamilyServer = mariadb if isinstance(server, MysqlServer) else mysql
    name = unique("plain")
    kinds = "CREATE TABLE kinds (id INT PRIMARY KEY, f FLOAT, d DOUBLE, s TEXT)"
    for each in (server, other):
        each.sql(f"CREATE DATABASE {name} CHARACTER SET latin1")
    server.sql(f"{kinds}; INSERT INTO kinds VALUES (1, 0.1, 0.1, 'x')", database=name)
    source, target = add_family(app, server, name), add_family(app, other, name)
    done = verify(app, back_up(app, source), 3, targetDatabaseId=target["id"])
    assert done["status"] == "completed", done["errorMessage"]
    said = {check["name"]: check["message"] for check in done["checks"]}
    assert said["sampled-rows"] == "Hashed rows of 1 tables were not compared here."
    assert "types are not compared between kinds of servers" in said["columns"]
    for each in (server, other):
        each.sql(f"DROP DATABASE {name}")


def test_verify_when_encrypted_then_proven_and_without_the_key_only_the_stored_bytes(
    app: RunningApp, postgres: PostgresServer
) -> None:
    key = app.api.post("/encryption-keys", {"name": unique("Key")})
    app.secrets.add(download(app, key).splitlines()[-1])
    app.api.post(f"/encryption-keys/{key['id']}/activate")
    backup = back_up(app, add_database(app, postgres))
    assert backup["encryption"] == "age"
    done = verify(app, backup, 3)
    assert done["status"] == "completed", done["errorMessage"]
    assert "key" in names(done)

    async def lose() -> None:
        async with app.ctx.catalogue.transaction() as session:
            (await session.get_one(EncryptionKey, key["id"])).identity_sealed = None

    app.run(lose())
    assert verify(app, backup, 1)["status"] == "completed"
    failed = verify(app, backup, 2)
    assert (failed["status"], failed["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "No private key kept here opens this backup" in failed["errorMessage"]
    assert scratch(postgres) == []
