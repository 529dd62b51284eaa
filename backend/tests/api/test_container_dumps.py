"""Dumps in the database's own container over HTTP, where a proxy forbids commands; real ones are in tests/images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dbbackup.core.journal import JournalKind
from dbbackup.worker.journal import CatalogueJournal
from dbbackup.worker.journal_sweep import retry_journal
from devtools.docker_stand_in import DockerStandIn
from devtools.servers import PostgresServer
from tests.api.discovery_support import discovering_app, postgres_environment
from tests.api.running_app import RunningApp
from tests.api.support import add_database, form, make_database, unique

REFUSED = "CONTAINER_EXEC_REFUSED"


@pytest.fixture(scope="module")
def docker() -> Iterator[DockerStandIn]:
    with DockerStandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def app(docker: DockerStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    fixed = {"discovery.intervalSeconds": 3600}
    with discovering_app(tmp_path_factory.mktemp("app"), docker, fixed=fixed) as running:
        yield running


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer) -> Any:
    return add_database(app, postgres, make_database(postgres), containerName="shop-db")


def allow(app: RunningApp, allowed: bool | None) -> None:
    app.api.put("/system/settings", {"values": {"backup.allowContainerExec": allowed}})


def test_database_when_it_is_to_be_dumped_in_its_container_then_only_where_that_is_allowed_and_linked(
    app: RunningApp, postgres: PostgresServer, database: Any
) -> None:
    path, inside = f"/databases/{database['id']}", {"dumpVia": "container"}
    assert (database["dumpVia"], database["containerDump"]) == ("network", "switchedOff")
    app.api.refused("PUT", path, inside, status=409, code=REFUSED, says="backup.allowContainerExec")
    allow(app, True)
    unlinked = form(postgres, make_database(postgres), **inside)
    app.secrets.add(postgres.password)
    app.api.refused("POST", "/databases", unlinked, status=409, code=REFUSED, fields={"dumpVia"}, says="linked to no")
    app.api.refused("PUT", path, {"dumpVia": "pigeon"}, status=400, code="VALIDATION_ERROR")
    shown = app.api.put(path, inside)
    assert (shown["dumpVia"], shown["containerDump"]) == ("container", "possible")


def test_backup_when_the_proxy_forbids_commands_or_the_container_is_another_then_it_fails_and_says_so(
    app: RunningApp, docker: DockerStandIn, postgres: PostgresServer, database: Any
) -> None:
    allow(app, True)
    app.api.put(f"/databases/{database['id']}", {"dumpVia": "container"})
    environment = postgres_environment(postgres)
    for put, says in (
        (lambda: docker.put("shop-db", environment=environment, port=postgres.port), "answers 403 when a command"),
        (lambda: docker.put("shop-db", "cache", inner=6379), "is gone, or runs no postgresql"),
        (docker.containers.clear, "is gone, or runs no postgresql"),
        (lambda: allow(app, None), "switched off"),
    ):
        put()
        ended = app.api.wait(f"/backups/{app.api.post('/backups', {'databaseId': database['id']})['id']}")
        assert (ended["status"], ended["errorCode"]) == ("failed", REFUSED)
        assert says in ended["errorMessage"]


def test_janitor_when_a_dump_was_left_in_a_container_then_it_asks_once_and_forgets_what_it_may_not_do(
    app: RunningApp, docker: DockerStandIn
) -> None:
    for host in (docker.host, "tcp://another:2375"):
        journal = CatalogueJournal(app.ctx.catalogue, unique())
        app.run(journal.note(JournalKind.CONTAINER_EXEC, container="a" * 64, host=host, mark="DBBACKUP_OWNER=x:y"))
    app.run(retry_journal(app.ctx))
    assert app.rows("SELECT * FROM run_journal WHERE kind = 'container_exec'") == []
