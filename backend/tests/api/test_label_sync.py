"""Labels of containers over the running product: a stand-in for the Docker engine, a real PostgreSQL behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from devtools.docker_stand_in import DockerStandIn
from devtools.servers import PostgresServer
from tests.api.discovery_support import discovering_app, look, postgres_environment
from tests.api.running_app import RunningApp
from tests.api.support import add_database, eventually, make_database, unique

ON = {"db-backup.enable": "true"}


@pytest.fixture(scope="module")
def docker() -> Iterator[DockerStandIn]:
    with DockerStandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def app(docker: DockerStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """With AUTO_DISCOVER, and a loop that looks so seldom that the tests say when."""
    fixed = {"discovery.auto": True, "discovery.intervalSeconds": 3600}
    with discovering_app(tmp_path_factory.mktemp("app"), docker, fixed=fixed) as running:
        yield running


@pytest.fixture
def put(app: RunningApp, docker: DockerStandIn, postgres: PostgresServer) -> Iterator[Any]:
    """Puts a labelled container with a database of its own up; returns its name and the database's."""
    docker.containers.clear()
    docker.status = 200
    app.secrets.add(postgres.password)

    def put(name: str | None = None, database: str | None = None, **more: Any) -> tuple[str, str]:
        name, database = name or unique("pg"), database or make_database(postgres)
        environment = postgres_environment(postgres, POSTGRES_DB=database)
        docker.put(name, **{"environment": environment, "port": postgres.port, **more})
        return name, database

    yield put
    docker.containers.clear()


def databases(app: RunningApp, container: str) -> list[Any]:
    return [entry for entry in app.api.get("/databases") if entry["containerName"] == container]


def schedules(app: RunningApp, database: Any) -> list[Any]:
    found: list[Any] = app.api.get("/schedules", databaseId=database["id"])
    return found


def notices(app: RunningApp) -> list[Any]:
    found: list[Any] = app.api.get("/discovery")["labelProblems"]
    return found


def test_labels_when_a_container_has_them_then_database_and_schedule_are_made(app: RunningApp, put: Any) -> None:
    name, database = put(labels=ON)
    look(app)
    [made] = databases(app, name)
    assert (made["database"], made["managedBy"], made["reachable"]) == (database, "labels", True)
    [schedule] = schedules(app, made)
    assert (schedule["type"], schedule["managedBy"], schedule["enabled"]) == ("daily", "labels", True)
    assert schedule["retentionPolicyName"] == "Standard 24h/7d/4w/12m"
    # Another look changes nothing.
    before = app.rows("SELECT count(*) FROM audit_event")
    look(app)
    assert app.rows("SELECT count(*) FROM audit_event") == before
    actions = app.api.get("/audit", action="syncLabels")
    assert {entry["actorId"] for entry in actions} == {"system"}


def test_labels_when_they_change_then_schedule_and_account_follow(
    app: RunningApp, put: Any, postgres: PostgresServer
) -> None:
    name, database = put(labels=ON)
    look(app)
    role = unique("role")
    postgres.psql(f"CREATE ROLE {role} SUPERUSER LOGIN PASSWORD 'of the label'")
    app.secrets.add("of the label")
    labels = {
        **ON,
        "db-backup.schedule": "15 4 * * *",
        "db-backup.timezone": "Europe/Berlin",
        "db-backup.retention": "7d/4w",
        "db-backup.s3": "false",
        "db-backup.username": role,
        "db-backup.password-env": "BACKUP_PASSWORD",
    }
    environment = postgres_environment(postgres, POSTGRES_DB=database, BACKUP_PASSWORD="of the label")
    put(name, database, labels=labels, environment=environment)
    look(app)
    [changed] = databases(app, name)
    assert (changed["username"], changed["reachable"]) == (role, True)
    [schedule] = schedules(app, changed)
    assert (schedule["cronExpression"], schedule["timezone"]) == ("15 4 * * *", "Europe/Berlin")
    assert (schedule["retentionPolicyName"], schedule["uploadToS3"]) == ("7d/4w", False)
    put(name, database, labels={**labels, "db-backup.schedule": "none"}, environment=environment)
    look(app)
    [schedule] = schedules(app, changed)
    assert schedule["enabled"] is False


def test_labels_when_label_or_container_goes_then_the_database_is_disabled_and_keeps_its_backups(
    app: RunningApp, put: Any, docker: DockerStandIn
) -> None:
    name, database = put(labels=ON)
    look(app)
    [made] = databases(app, name)
    backup = app.api.wait(f"/backups/{app.api.post('/backups', {'databaseId': made['id']})['id']}")
    put(name, database, labels={})
    look(app)
    assert databases(app, name)[0]["enabled"] is False
    assert schedules(app, made)[0]["enabled"] is False
    put(name, database, labels=ON)
    look(app)
    assert databases(app, name)[0]["enabled"] is True
    assert schedules(app, made)[0]["enabled"] is True
    # Stopped is not gone, and an engine that does not answer says nothing of what is there.
    put(name, database, labels=ON, running=False)
    look(app)
    assert databases(app, name)[0]["enabled"] is True
    docker.containers.clear()
    look(app)
    assert databases(app, name)[0]["enabled"] is False
    assert app.api.get(f"/backups/{backup['id']}")["status"] == "completed"


def test_labels_when_all_databases_are_wanted_then_all_are_added(
    app: RunningApp, put: Any, newer_postgres: PostgresServer
) -> None:
    app.secrets.add(newer_postgres.password)
    names = {make_database(newer_postgres), make_database(newer_postgres)}
    name, _ = put(
        database="x",
        labels={**ON, "db-backup.database": "*", "db-backup.schedule": "none"},
        environment=postgres_environment(newer_postgres),
        port=newer_postgres.port,
    )
    look(app)
    added = {entry["database"] for entry in databases(app, name)}
    assert names <= added
    assert "postgres" not in added


def test_labels_when_something_is_wrong_then_a_notice_says_what_and_nothing_else_changes(
    app: RunningApp, put: Any, postgres: PostgresServer
) -> None:
    good, database = put(labels=ON)
    look(app)
    put(good, database, labels={**ON, "db-backup.schedule": "sometimes"})
    nameless, _ = put(labels={**ON, "db-backup.retention": "No such policy"})
    elsewhere, _ = put(labels={**ON, "db-backup.s3": "No such bucket"})
    missing, _ = put(database="nowhere", labels=ON)
    secretive, _ = put(labels=ON, environment={})
    cache, _ = put(labels=ON, like="cache", inner=6379)
    hand = add_database(app, postgres, containerName="by-hand")
    put("by-hand", hand["database"], labels=ON)
    look(app)
    told = {(notice["container"], notice["label"]): notice["message"] for notice in notices(app)}
    assert "nor a cron expression" in told[good, "db-backup.schedule"]
    assert databases(app, good)[0]["enabled"] is True
    assert "There is no retention policy 'No such policy'" in told[nameless, "db-backup.retention"]
    assert told[elsewhere, "db-backup.s3"] == "There is no S3 config 'No such bucket'."
    assert "nowhere" in told[missing, ""]
    assert "POSTGRES_PASSWORD" in told[secretive, ""]
    assert "no PostgreSQL, MySQL or MariaDB" in told[cache, ""]
    assert "added by hand" in told["by-hand", ""]
    assert app.api.get(f"/databases/{hand['id']}")["managedBy"] is None


def test_loop_when_the_engine_is_gone_then_the_health_check_shows_it(
    docker: DockerStandIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    docker.containers.clear()
    docker.status = 403
    fixed = {"discovery.auto": True, "discovery.intervalSeconds": 2}
    with discovering_app(tmp_path_factory.mktemp("app"), docker, fixed=fixed) as running:
        eventually(lambda: "discovery" in running.ctx.runtime.failures)
        assert "answers 403" in running.ctx.runtime.failures["discovery"]
        docker.status = 200
        eventually(lambda: "discovery" not in running.ctx.runtime.failures)
