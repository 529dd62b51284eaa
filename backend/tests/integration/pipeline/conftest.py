"""One real PostgreSQL 15 with a database worth dumping, and a private folder for the tools."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dbbackup.pipeline.process import Workshop
from devtools.servers import PostgresServer

SCHEMA = """
CREATE ROLE pipeline_owner;
CREATE DATABASE shop OWNER pipeline_owner;
"""
CONTENT = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, note bytea);
INSERT INTO customers SELECT i, 'Kündin ' || i, decode(repeat(md5(i::text), 20), 'hex')
    FROM generate_series(1, 5000) i;
CREATE TABLE empty_one (id int);
CREATE VIEW names AS SELECT name FROM customers;
CREATE INDEX ON customers (name);
"""


@pytest.fixture(scope="session")
def pipeline_server() -> Iterator[PostgresServer]:
    """PostgreSQL 15 with the database `shop`."""
    with PostgresServer.start(15, settings={"lc_messages": "C"}) as server:
        server.psql(SCHEMA)
        server.psql(CONTENT, database="shop")
        yield server


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Where and for whom the tools run."""
    folder = tmp_path / "work"
    folder.mkdir(mode=0o700)
    return Workshop(folder, "inst:run1")
