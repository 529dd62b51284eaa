"""What all tests share: real servers, started when first asked for, once a process; and the running app."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devtools.catalogue_server import ON_POSTGRESQL
from devtools.servers import MariadbServer, MysqlServer, PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.contract import storage_fixtures
from tests.measuring import is_measured

_LONGEST_FIRST = ("faults", "fuzz", "integration", "contract", "api", "devtools", "unit")
"""Folders by how long one file of theirs takes: a long file that is begun last would keep one worker busy alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs measured; with the catalogue on PostgreSQL (DB=postgresql), skip what is about SQLite's file."""
    items.sort(key=lambda item: next((n for n, name in enumerate(_LONGEST_FIRST) if name in item.path.parts), -1))
    for item in items:
        if is_measured(item.path):
            item.add_marker("measured")
        if ON_POSTGRESQL and (mark := item.get_closest_marker("sqlite")):
            item.add_marker(pytest.mark.skip(reason=f"SQLite only: {mark.args[0]}"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """PostgreSQL 15."""
    with PostgresServer.start(15, settings={"lc_messages": "C"}) as server:
        yield server


@pytest.fixture(scope="session")
def newer_postgres() -> Iterator[PostgresServer]:
    """PostgreSQL 18."""
    with PostgresServer.start(18, settings={"lc_messages": "C"}) as server:
        yield server


@pytest.fixture(scope="session")
def mysql() -> Iterator[MysqlServer]:
    """MySQL, its binary log off."""
    with MysqlServer.start() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariadbServer]:
    """MariaDB, its binary log off."""
    with MariadbServer.start() as server:
        yield server


@pytest.fixture(scope="session")
def seaweed() -> SeaweedServer:
    """A real S3 server, the one of the storages' own tests."""
    return storage_fixtures.seaweed()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """The whole product on its own empty data; the tests of a module share it.

    At the end no answer of the module may have held a password or secret key.
    """
    with RunningApp.start(tmp_path_factory.mktemp("app")) as running:
        yield running
        shown = [text for text in running.api.seen for secret in running.secrets if secret in text]
        assert not shown
