"""The demo says EQUAL when the copies are equal, says so when they are not, and leaves no process."""

from __future__ import annotations

import secrets
from contextlib import suppress
from pathlib import Path

import pytest

from devtools import catalogue_server, demo
from devtools.catalogue_server import ON_POSTGRESQL
from devtools.product import DIST
from devtools.servers import MariadbServer, PostgresServer
from devtools.sources import Server

ARGUMENTS = ["--once", "--orders", "2000"]
SERVERS = ("PostgreSQL 15", "MySQL 9.7", "MariaDB 10.11")
PAGE_IS_BUILT = (DIST / "index.html").exists()


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """A variable that every process the demo starts inherits."""
    if ON_POSTGRESQL:
        catalogue_server.server()  # of the tests, not of the demo: it stays
    token = secrets.token_hex(16)
    monkeypatch.setenv("DEMO_TEST_MARK", token)
    return token


def marked(token: str) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"DEMO_TEST_MARK={token}".encode() in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def test_demo_when_all_is_well_prints_equal_and_leaves_no_process(
    mark: str, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []
    code = demo.main(ARGUMENTS, lambda *_: seen.extend(marked(mark)), serve_page=PAGE_IS_BUILT)
    printed = capsys.readouterr()
    assert code == 0, printed.err
    for server in SERVERS:
        assert f"{server}, shop_from_local: EQUAL" in printed.out
        assert f"{server}, shop_from_s3: EQUAL" in printed.out
    assert "DIFFERENT" not in printed.out
    for program in ("postgres", "mysqld", "mariadbd", "weed", "dbbackup"):
        assert any(program in line for line in seen), f"the check for processes does not see {program}"
    assert marked(mark) == []


def test_demo_when_one_cell_differs_fails_and_names_the_table(mark: str, capsys: pytest.CaptureFixture[str]) -> None:
    change = "UPDATE product SET price = price + 0.01 WHERE sku = 'SKU-250'"

    def change_a_cell(server: Server, copy: str) -> None:
        if copy.endswith("_from_s3"):
            if isinstance(server, PostgresServer):
                server.psql(change, database=copy)
            elif isinstance(server, MariadbServer):
                server.sql(change, database=copy)

    code = demo.main(ARGUMENTS, change_a_cell, serve_page=PAGE_IS_BUILT)
    printed = capsys.readouterr().out
    assert code != 0
    for server in SERVERS:
        assert f"{server}, shop_from_local: EQUAL" in printed
    assert "PostgreSQL 15, shop_from_s3: DIFFERENT" in printed
    assert "rows of public.product" in printed
    assert "MySQL 9.7, shop_from_s3: EQUAL" in printed
    assert "MariaDB 10.11, shop_from_s3: DIFFERENT" in printed
    assert "rows of product" in printed
    assert marked(mark) == []
