"""The alarm for database containers that nobody backs up, from the look around to a receiver of webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dbbackup.worker import unprotected
from dbbackup.worker.discovery import DiscoveryLoop
from devtools.docker_stand_in import DockerStandIn
from devtools.servers import HttpReceiver, PostgresServer
from devtools.servers.ports import free_port
from tests.api.discovery_support import discovering_app, postgres_environment
from tests.api.running_app import RunningApp
from tests.api.support import add_database, eventually, make_database


@pytest.fixture(scope="module")
def docker() -> Iterator[DockerStandIn]:
    with DockerStandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def app(docker: DockerStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    fixed = {"discovery.intervalSeconds": 3600}
    with discovering_app(tmp_path_factory.mktemp("app"), docker, fixed=fixed) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver.start() as running:
        yield running


def add_channel(app: RunningApp, receiver: HttpReceiver, events: list[str]) -> Any:
    settings = {"kind": "webhook", "url": f"{receiver.url}/hook"}
    return app.api.post("/notification-channels", {"name": events[0], "settings": settings, "events": events})


def titles(receiver: HttpReceiver) -> list[str]:
    return [got.json["title"] for got in receiver.received]


def test_alarm_when_a_database_is_found_that_nobody_backs_up_then_it_is_told_once_until_that_is_over(
    app: RunningApp,
    docker: DockerStandIn,
    postgres: PostgresServer,
    receiver: HttpReceiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add_channel(app, receiver, ["database.unprotected"])
    add_channel(app, receiver, ["backup.failed"])  # never hears of it
    loop = DiscoveryLoop(app.ctx)
    docker.put("shop-db", environment=postgres_environment(postgres), port=postgres.port)
    docker.put("wiki-db", port=free_port())
    docker.put("left-out", port=free_port(), labels={"db-backup.enable": "false"})
    # Who has just started a database adds it soon.
    app.run(loop.look())
    assert app.rows("SELECT * FROM notification_condition") == []
    monkeypatch.setattr(unprotected, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(unprotected, "AGAIN_SECONDS", 0.0)
    app.run(loop.look())
    eventually(lambda: len(receiver.received) == 2)
    alarm = next(got.json for got in receiver.received if "shop-db" in got.json["title"])
    assert (alarm["type"], alarm["severity"], alarm["recovery"]) == ("database.unprotected", "warning", False)
    assert alarm["title"] == "Nobody backs up the database container shop-db"
    assert "db-backup.enable" in alarm["advice"]
    # Neither looked at again, nor with another program, nor made anew, nor stopped and started.
    app.run(loop.look())
    app.run(DiscoveryLoop(app.ctx).look())
    docker.put("wiki-db", port=free_port(), identity="d" * 64, running=False)
    app.run(loop.look())
    docker.put("wiki-db", port=free_port(), identity="e" * 64)
    app.run(loop.look())
    add_database(app, postgres, make_database(postgres), containerName="shop-db")
    del docker.containers["wiki-db"]
    app.run(loop.look())
    eventually(lambda: len(receiver.received) == 4)
    assert sorted(titles(receiver)[2:]) == [
        "Recovered: The database container shop-db is no longer unprotected",
        "Recovered: The database container wiki-db is no longer unprotected",
    ]
    ended = {got.json["title"].split()[4]: got.json["text"] for got in receiver.received[2:]}
    assert ended["shop-db"].startswith("A database of it was added")
    assert ended["wiki-db"].startswith("Its container is gone.")
    assert app.rows("SELECT * FROM notification_condition") == []
