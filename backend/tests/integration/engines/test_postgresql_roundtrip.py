"""A nasty database, dumped and restored between versions, is the same afterwards."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from devtools.servers import PostgresServer
from tests.integration.engines.support import (
    NASTY,
    connection,
    dump,
    engine,
    levels,
    restore,
    restore_options,
    sql,
)

ROLES = ("app_owner", "reader", "odd 'role")


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def make_roles(server: PostgresServer) -> None:
    for role in ROLES:
        if not server.psql(f"SELECT 1 FROM pg_roles WHERE rolname = $r${role}$r$"):
            server.psql(f"CREATE ROLE {quoted(role)}")


def make_source(server: PostgresServer, name: str) -> None:
    make_roles(server)
    database = quoted(name)
    server.psql(f"CREATE DATABASE {database} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8' CONNECTION LIMIT 50")
    sql(server, (Path(__file__).parent / "nasty.sql").read_text(), name)
    server.psql(
        f"""
        REVOKE ALL ON DATABASE {database} FROM PUBLIC;
        GRANT CONNECT ON DATABASE {database} TO reader WITH GRANT OPTION;
        GRANT CREATE ON DATABASE {database} TO "odd 'role";
        ALTER DATABASE {database} OWNER TO app_owner;
        SET ROLE reader; GRANT CONNECT ON DATABASE {database} TO "odd 'role"; RESET ROLE;
        COMMENT ON DATABASE {database} IS $c$it's 100 % \\ mine$c$;
        ALTER DATABASE {database} SET search_path TO "$user", public, "My Schema";
        ALTER DATABASE {database} SET default_transaction_read_only = on;
        ALTER DATABASE {database} SET "my app.tenant" = 'it''s \\ x' ;
        ALTER ROLE reader IN DATABASE {database} SET work_mem = '9MB';
    """.replace('"my app.tenant"', "myapp.tenant")
    )


def text_of(server: PostgresServer, name: str, bin_dir: Path) -> list[str]:
    """Return the database as SQL text, its own properties included, without what differs at every run."""
    conninfo = name.replace("\\", "\\\\").replace("'", "\\'")
    done = subprocess.run(
        [bin_dir / "pg_dump", "--create", f"--dbname=dbname='{conninfo}'"],
        env={**os.environ, **server.env("ignored")},
        capture_output=True,
        text=True,
        check=True,
    )
    text = done.stdout.replace(name, "SOURCE").replace(quoted(name)[1:-1], "SOURCE").replace(conninfo, "SOURCE")
    text = re.sub(r"(\\connect ).*", r"\1SOURCE", text)
    text = re.sub(r"\b(parent|v|v2)\.(?=\w+[,;)\n])", "", text)  # 16 ceased to qualify in views
    return [line for line in text.splitlines() if not re.match(r"^(\\(un)?restrict |-- Dumped (from|by))", line)]


CASES: list[tuple[int, int, dict[str, Any]]] = [
    (15, 15, {}),
    (18, 18, {"jobs": 3}),
    (15, 18, {"singleTransaction": True}),
]


@pytest.mark.parametrize(("source_major", "target_major", "options"), CASES)
async def test_roundtrip_of_a_nasty_database_keeps_everything(
    source_major: int,
    target_major: int,
    options: dict[str, Any],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    source_server: PostgresServer = request.getfixturevalue(f"server{source_major}")
    target_server: PostgresServer = request.getfixturevalue(f"server{target_major}")
    original, copy = f"{NASTY} {target_major}", f"copy {NASTY} {source_major}"
    make_source(source_server, original)
    make_roles(target_server)
    source, target = connection(source_server, original), connection(target_server)
    backup, outputs = await dump(source, {}, tmp_path)
    assert b'CREATE ROLE "odd \'role"' in outputs["globals"]
    chosen = restore_options(copy, **options)
    findings = await engine().preflight(target, backup, chosen)
    assert levels(findings, "error") == set(), findings

    done = await restore(target, backup, outputs["database"], chosen, tmp_path)

    assert done.returncode == 0, done.stderr.decode()
    tool = target_server.bin_dir  # the newer tool reads both
    assert text_of(target_server, copy, tool) == text_of(source_server, original, tool)
    before, after = await engine().survey(source), await engine().survey(replace(target, database=copy))
    assert [(t.schema, t.name, t.rows) for t in after.tables] == [(t.schema, t.name, t.rows) for t in before.tables]
    assert after.roles == before.roles
    assert after.properties == before.properties
