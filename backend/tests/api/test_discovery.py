"""Discovery over HTTP: a stand-in for the Docker engine, real servers behind what it tells of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from dbbackup.services.surroundings import secret_reader
from devtools.docker_stand_in import DockerStandIn
from devtools.servers import MariadbServer, PostgresServer
from devtools.servers.ports import free_port
from tests.api.discovery_support import discovering_app, found, look, postgres_environment
from tests.api.running_app import RunningApp, make_settings
from tests.api.support import make_database, unique


@pytest.fixture(scope="module")
def docker() -> Iterator[DockerStandIn]:
    with DockerStandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def app(docker: DockerStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """With a loop that looks so seldom that the tests say when."""
    fixed = {"discovery.intervalSeconds": 3600}
    with discovering_app(tmp_path_factory.mktemp("app"), docker, fixed=fixed) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(docker: DockerStandIn) -> None:
    docker.containers.clear()
    docker.status = 200


def test_discovery_when_servers_are_around_then_each_has_its_state(
    app: RunningApp, docker: DockerStandIn, postgres: PostgresServer, mariadb: MariadbServer
) -> None:
    database = make_database(postgres)
    app.secrets |= {postgres.password, mariadb.password, "a wrong password"}
    docker.put("good", environment=postgres_environment(postgres, POSTGRES_DB=database), port=postgres.port)
    docker.put(
        "maria",
        "blog-mariadb",
        environment={"MARIADB_ROOT_PASSWORD": mariadb.password},
        port=mariadb.port,
        inner=3306,
    )
    docker.put("silent", environment=postgres_environment(postgres), port=free_port())
    docker.put("secretive", port=postgres.port)
    docker.put("refusing", environment={"POSTGRES_PASSWORD": "a wrong password"}, port=postgres.port)
    docker.put("asleep", "stopped-db", running=False)
    docker.put("cache", "cache", inner=6379)
    servers = found(app)
    assert {name: server["state"] for name, server in servers.items()} == {
        "good": "new",
        "maria": "new",
        "silent": "unreachable",
        "secretive": "credentialsMissing",
        "refusing": "credentialsMissing",
    }
    assert {"name": database, "databaseId": None} in servers["good"]["databases"]
    assert (servers["maria"]["type"], servers["maria"]["hasPassword"]) == ("mariadb", True)
    assert servers["secretive"]["message"] == "Its environment holds no POSTGRES_PASSWORD."
    assert not any(path.split("/")[1] not in ("version", "v1.45") for path in docker.asked)


def test_add_when_several_are_chosen_then_each_is_added_or_says_why_not(
    app: RunningApp, docker: DockerStandIn, postgres: PostgresServer
) -> None:
    first, second, name = make_database(postgres), make_database(postgres), unique("pg")
    app.secrets.add(postgres.password)
    told = docker.put(name, environment=postgres_environment(postgres), port=postgres.port)
    secretive = docker.put("secretive", port=postgres.port)
    typed = {"username": postgres.superuser, "password": postgres.password}
    body = {
        "servers": [
            {"containerId": told, "databases": [first, "nowhere"]},
            {"containerId": secretive, "databases": [second]},
            {"containerId": secretive, "databases": [second], **typed},
            {"containerId": "f" * 64, "databases": ["x"]},
        ]
    }
    good, missing, refused, typed_in, gone = app.api.post("/discovery/add", body)
    assert (good["database"]["containerName"], good["database"]["containerState"]) == (name, "running")
    assert good["database"]["reachable"] is True
    assert "nowhere" in missing["error"]["message"]
    assert refused["error"]["details"][0]["field"] == "password"
    assert typed_in["database"]["hasPassword"] is True
    assert "look again" in gone["error"]["message"]
    server = found(app)[name]
    assert server["state"] == "configured"
    assert {"name": first, "databaseId": good["database"]["id"]} in server["databases"]
    backup = app.api.post("/backups", {"databaseId": good["database"]["id"]})
    assert app.api.wait(f"/backups/{backup['id']}")["status"] == "completed"


def test_discovery_when_the_engine_cannot_be_asked_then_it_says_why(app: RunningApp, docker: DockerStandIn) -> None:
    docker.status = 403
    answer = app.api.get("/discovery")
    assert (answer["problem"]["reason"], answer["servers"]) == ("forbidden", [])
    assert "GET /containers/json" in answer["problem"]["message"]
    body = {"servers": [{"containerId": "f" * 64, "databases": ["x"]}]}
    app.api.refused("POST", "/discovery/add", body, status=409, code="CONFLICT", says="answers 403")
    docker.status = 500
    assert app.api.get("/discovery")["problem"]["reason"] == "error"


@pytest.mark.parametrize(
    ("servers", "field"),
    [
        ([], "servers"),
        ([{"containerId": "f" * 64, "databases": []}], "servers[0].databases"),
        ([{"containerId": "f" * 64, "databases": ["x"], "image": "y"}], "servers[0].image"),
    ],
)
def test_add_when_the_request_is_odd_then_the_field_is_named(app: RunningApp, servers: object, field: str) -> None:
    app.api.refused("POST", "/discovery/add", {"servers": servers}, status=400, code="VALIDATION_ERROR", fields={field})


def test_credentials_when_reading_is_switched_off_then_none_are_read(
    app: RunningApp, docker: DockerStandIn, postgres: PostgresServer
) -> None:
    docker.put("quiet", environment=postgres_environment(postgres), port=free_port())
    app.api.put("/system/settings", {"values": {"discovery.readCredentials": False}})
    try:
        server = found(app)["quiet"]
    finally:
        app.api.put("/system/settings", {"values": {"discovery.readCredentials": None}})
    assert (server["state"], server["hasPassword"], server["username"]) == ("credentialsMissing", False, None)
    assert "discovery.readCredentials" in server["message"]


def test_link_when_the_container_moves_is_renamed_stops_and_goes_then_it_is_followed(
    app: RunningApp, docker: DockerStandIn, postgres: PostgresServer
) -> None:
    database, name = make_database(postgres), unique("pg")
    environment = postgres_environment(postgres)
    identity = docker.put(name, environment=environment, port=postgres.port)
    body = {"servers": [{"containerId": identity, "databases": [database]}]}
    [added] = app.api.post("/discovery/add", body)
    path = f"/databases/{added['database']['id']}"
    # Seen by its id, at another address: where nobody listens.
    renamed, elsewhere = unique("pg"), free_port()
    docker.containers.clear()
    docker.put(renamed, environment=environment, port=elsewhere, identity=identity)
    look(app)
    moved = app.api.get(path)
    assert (moved["containerName"], moved["port"], moved["reachable"]) == (renamed, elsewhere, False)
    docker.put(renamed, environment=environment, port=postgres.port, identity=identity, running=False)
    look(app)
    stopped = app.api.get(path)
    assert (stopped["containerState"], stopped["reachable"]) == ("stopped", False)
    assert stopped["lastError"] == f"Its container {renamed} is stopped."
    # Compose makes another container of the same name.
    docker.put(renamed, environment=environment, port=postgres.port, identity="e" * 64)
    look(app)
    back = app.api.get(path)
    assert (back["containerState"], back["port"], back["reachable"]) == ("running", postgres.port, True)
    docker.containers.clear()
    look(app)
    gone = app.api.get(path)
    assert (gone["containerState"], gone["enabled"]) == ("gone", True)
    assert gone["lastError"] == f"Its container {renamed} is gone."


def test_status_when_a_database_container_is_not_added_then_it_is_named_unless_a_label_says_so(
    app: RunningApp, docker: DockerStandIn
) -> None:
    docker.put("forgotten", port=free_port())
    docker.put("left-out", port=free_port(), labels={"db-backup.enable": "false"})
    docker.put("cache", "cache", inner=6379)
    with connect(f"ws://{app.host}/api/ws/events", compression=None, proxy=None) as opened:
        look(app)
        # What an earlier run does after its end may be told first.
        while json.loads(opened.recv(timeout=10)).get("resource") != "discovery":
            pass
    unprotected = app.api.get("/system/status")["unprotected"]
    assert unprotected == [{"containerName": "forgotten", "image": "postgres:15"}]


def test_status_when_a_database_of_an_unprotected_container_is_added_then_it_is_named_no_more(
    app: RunningApp, docker: DockerStandIn, mariadb: MariadbServer
) -> None:
    database, name = unique("forgotten"), unique("maria")
    mariadb.sql(f"CREATE DATABASE {database}")
    environment = {"MARIADB_ROOT_PASSWORD": mariadb.password}
    identity = docker.put(name, "blog-mariadb", environment=environment, port=mariadb.port, inner=3306)
    look(app)
    assert [one["containerName"] for one in app.api.get("/system/status")["unprotected"]] == [name]
    with connect(f"ws://{app.host}/api/ws/events", compression=None, proxy=None) as opened:
        app.api.post("/discovery/add", {"servers": [{"containerId": identity, "databases": [database]}]})
        while json.loads(opened.recv(timeout=10)).get("resource") != "discovery":
            pass
    # No look of the loop came between.
    assert app.api.get("/system/status")["unprotected"] == []


def test_link_when_somebody_chose_another_way_then_host_and_port_stay(
    app: RunningApp, docker: DockerStandIn, postgres: PostgresServer
) -> None:
    database, name = make_database(postgres), unique("pg")
    identity = docker.put(name, environment=postgres_environment(postgres), port=postgres.port)
    [added] = app.api.post("/discovery/add", {"servers": [{"containerId": identity, "databases": [database]}]})
    path = f"/databases/{added['database']['id']}"
    app.api.put(path, {"host": "localhost"})
    docker.put(name, environment=postgres_environment(postgres), port=free_port(), identity=identity)
    look(app)
    kept = app.api.get(path)
    assert (kept["host"], kept["port"], kept["reachable"]) == ("localhost", postgres.port, True)


def test_secret_files_when_a_container_names_one_then_only_shared_secrets_are_read(
    app: RunningApp, tmp_path: Path
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    own, shared = folder / "encryption_key", folder / "db_password"
    own.write_text("our own key")
    shared.write_text("shared\n")
    (folder / "link").symlink_to("/etc/passwd")
    (tmp_path / "outside").write_text("outside")
    (folder / "large").write_text("x" * 5000)
    settings = make_settings(tmp_path, secret_files=(own, tmp_path / "not there"))

    class Wired:
        pass

    wired = Wired()
    wired.settings = settings  # type: ignore[attr-defined]
    read = secret_reader(wired, folder)  # type: ignore[arg-type]
    assert read(str(shared)) == "shared"
    for name in (own, folder / "link", tmp_path / "outside", folder / "large", folder / "none", folder, "a\0b"):
        assert read(str(name)) is None
