"""What is MariaDB's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbbackup.core.errors import DatabaseError
from devtools.servers import MariadbServer, MysqlServer
from tests.integration.engines.mysql_support import QUOTES, Family
from tests.integration.engines.support import run, stderr_lines


@pytest.fixture
def mariadb_family(mariadb: MariadbServer) -> Family:
    return Family.of("mariadb", mariadb)


async def test_a_server_registered_as_the_other_type_is_named(mysql: MysqlServer, mariadb: MariadbServer) -> None:
    as_mysql, as_mariadb = Family.of("mysql", mariadb), Family.of("mariadb", mysql)
    with pytest.raises(DatabaseError, match="is not MySQL: choose the type mariadb") as refused:
        await as_mysql.engine.probe(as_mysql.connection("mysql"))
    assert [detail.field for detail in refused.value.details] == ["type"]
    with pytest.raises(DatabaseError, match="is not MariaDB: choose the type mysql"):
        await as_mariadb.engine.survey(as_mariadb.connection("mysql"))


async def test_events_beside_quotes_in_the_databases_name_are_told(mariadb_family: Family, tmp_path: Path) -> None:
    family = mariadb_family
    family.create(QUOTES, "CREATE TABLE t (i INT); CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1")
    command, _ = await family.dump_command(family.connection(QUOTES), {}, tmp_path)
    done = run(command, tmp_path)
    assert done.returncode != 0
    error = family.engine.explain(command, done.returncode, stderr_lines(done))
    assert "name holds quotes or backslashes" in error.message
    _, script = await family.dump(QUOTES, tmp_path, events=False)
    assert b"CREATE TABLE `t`" in script
