"""Trial restores in throwaway containers over HTTP: a stand-in for the Docker engine, real servers behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dbbackup.core.journal import JournalKind
from dbbackup.worker.journal import CatalogueJournal
from dbbackup.worker.journal_sweep import retry_journal
from devtools.servers import PostgresServer
from tests.api.discovery_support import discovering_app, found, look, postgres_environment
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, eventually, make_database, unique
from tests.docker_scratch_stand_in import ScratchStandIn

REFUSED = "SCRATCH_CONTAINER_REFUSED"


@pytest.fixture(scope="module")
def docker() -> Iterator[ScratchStandIn]:
    with ScratchStandIn() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def app(docker: ScratchStandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    fixed = {"discovery.intervalSeconds": 3600}
    with discovering_app(tmp_path_factory.mktemp("app"), docker, fixed=fixed) as running:
        yield running


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer) -> Any:
    """A database that is linked to the container `shop-db`."""
    return add_database(app, postgres, make_database(postgres), containerName="shop-db")


@pytest.fixture(scope="module")
def backup(app: RunningApp, database: Any) -> Any:
    return back_up(app, database)


@pytest.fixture(autouse=True)
def _fresh(app: RunningApp, docker: ScratchStandIn, postgres: PostgresServer) -> None:
    docker.reset()
    docker.put("shop-db", environment=postgres_environment(postgres), port=postgres.port)
    app.api.put("/system/settings", {"values": {"verify.allowContainers": True}})


def asked(app: RunningApp, backup: Any, **more: Any) -> Any:
    return app.api.post(f"/backups/{backup['id']}/verify", {"level": 3, "targetKind": "container", **more})


def verify(app: RunningApp, backup: Any, **more: Any) -> Any:
    return app.api.wait(f"/verifications/{asked(app, backup, **more)['id']}")


def refused(app: RunningApp, backup: Any, says: str) -> None:
    body = {"level": 3, "targetKind": "container"}
    path = f"/backups/{backup['id']}/verify"
    app.api.refused("POST", path, body, status=409, code=REFUSED, says=says)


def test_verify_when_in_a_container_then_it_is_proven_there_and_the_container_goes(
    app: RunningApp, docker: ScratchStandIn, backup: Any
) -> None:
    done = verify(app, backup)
    assert done["status"] == "completed", done["errorMessage"]
    assert (done["targetKind"], done["targetId"]) == ("container", backup["databaseId"])
    assert 0 < done["restoreSeconds"] < done["duration"]
    [body] = docker.made
    assert body["Image"] == "sha256:" + "1" * 64
    assert body["HostConfig"]["NetworkMode"] == "bridge"
    assert docker.removed == [f"dbbackup-verify-{done['id']}"]
    # forgotten once the end is written down
    eventually(lambda: not app.rows("SELECT * FROM run_journal"))
    password = body["Env"][0].partition("=")[2]
    assert len(password) == 32
    assert not any(password in text for text in app.api.seen)


def test_proof_when_it_is_to_be_in_a_container_then_that_is_what_is_usual(
    app: RunningApp, docker: ScratchStandIn, database: Any, backup: Any
) -> None:
    path = f"/databases/{database['id']}/proof"
    shown = app.api.put(path, {"assertions": [], "verifyTargetKind": "container"})
    assert (shown["verifyTargetKind"], shown["scratchContainer"]) == ("container", "possible")
    try:
        usual = app.api.post(f"/backups/{backup['id']}/verify", {"level": 3})
        assert usual["targetKind"] == "container"
        assert app.api.wait(f"/verifications/{usual['id']}")["status"] == "completed"
        on_its_server = app.api.post(f"/backups/{backup['id']}/verify", {"level": 3, "targetKind": "server"})
        assert on_its_server["targetKind"] == "server"
        assert app.api.wait(f"/verifications/{on_its_server['id']}")["status"] == "completed"
    finally:
        app.api.put(path, {"assertions": []})
    assert len(docker.made) == 1
    both = {"assertions": [], "verifyTargetKind": "container", "verifyTargetId": database["id"]}
    app.api.refused("PUT", path, both, status=400, code="VALIDATION_ERROR", fields={"verifyTargetId"})


def test_verify_when_a_container_cannot_be_had_then_it_is_refused_with_the_reason(
    app: RunningApp, docker: ScratchStandIn, postgres: PostgresServer, backup: Any
) -> None:
    docker.forbids = True
    refused(app, backup, says="answers 403 when a container is to be made")
    docker.forbids = False
    docker.containers.clear()
    docker.put("shop-db", "cache", inner=6379)
    refused(app, backup, says="which is no image of postgresql")
    docker.containers.clear()
    refused(app, backup, says="is gone")
    unlinked = add_database(app, postgres)
    assert unlinked["scratchContainer"] == "notLinked"
    refused(app, back_up(app, unlinked), says="is linked to no container")
    app.api.put("/system/settings", {"values": {"verify.allowContainers": None}})
    refused(app, backup, says="switched off")
    body = {"assertions": [], "verifyTargetKind": "container"}
    app.api.refused("PUT", f"/databases/{backup['databaseId']}/proof", body, status=409, code=REFUSED)
    assert app.api.get(f"/databases/{backup['databaseId']}")["scratchContainer"] == "switchedOff"
    assert docker.made == []


def test_verify_when_asked_wrongly_then_the_field_is_named(app: RunningApp, database: Any, backup: Any) -> None:
    path = f"/backups/{backup['id']}/verify"
    for body, field in (
        ({"level": 1, "targetKind": "container"}, "targetKind"),
        ({"level": 3, "targetKind": "container", "targetDatabaseId": database["id"]}, "targetDatabaseId"),
    ):
        app.api.refused("POST", path, body, status=400, code="VALIDATION_ERROR", fields={field})
    app.api.refused("POST", path, {"level": 3, "targetKind": "cloud"}, status=400, code="VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("refuses", "dies", "says"),
    [
        ((404, "No such image: sha256:1"), None, "no longer at the Docker engine, and nothing is pulled"),
        ((500, "no space left on device."), None, "cannot run a throwaway container: no space left on device"),
        (None, {"ExitCode": 137, "OOMKilled": True}, "more memory than its 1024 MiB"),
        (None, {"ExitCode": 1}, "with exit code 1. Its last words: initdb: no"),
    ],
)
def test_verify_when_the_container_does_not_come_up_then_the_run_says_why(
    app: RunningApp, docker: ScratchStandIn, backup: Any, refuses: Any, dies: Any, says: str
) -> None:
    docker.refuses, docker.dies, docker.says = refuses, dies, "initdb: no\n"
    ended = verify(app, backup)
    assert (ended["status"], ended["errorCode"]) == ("failed", REFUSED)
    assert says in ended["errorMessage"]
    assert ended["restoreSeconds"] is None
    assert not any(name.startswith("dbbackup-verify-") for name in docker.containers)
    eventually(lambda: not app.rows("SELECT * FROM run_journal"))


def test_janitor_when_a_container_was_left_then_only_that_of_the_run_is_removed(
    app: RunningApp, docker: ScratchStandIn
) -> None:
    run, other, mine = unique(), unique(), app.ctx.instance_id
    labels = {"dbbackup.scratch.instance": mine, "dbbackup.scratch.run": run}
    docker.put(f"dbbackup-verify-{run}", labels=labels)
    docker.put(f"dbbackup-verify-{other}", labels={**labels, "dbbackup.scratch.instance": "elsewhere"})
    # Nobody takes one for a database that should be backed up.
    look(app)
    assert app.api.get("/system/status")["unprotected"] == []
    assert found(app).keys() == {"shop-db"}
    for name, host in ((run, docker.host), (other, docker.host), (unique(), "tcp://another:2375")):
        journal = CatalogueJournal(app.ctx.catalogue, name)
        app.run(journal.note(JournalKind.SCRATCH_CONTAINER, name=f"dbbackup-verify-{name}", host=host))
    docker.status = 500
    app.run(retry_journal(app.ctx))
    assert len(app.rows("SELECT * FROM run_journal")) == 2
    docker.status = 200
    app.run(retry_journal(app.ctx))
    assert app.rows("SELECT * FROM run_journal") == []
    assert docker.removed == [f"dbbackup-verify-{run}"]


def test_configuration_when_it_is_moved_then_the_kind_of_target_goes_with_it(app: RunningApp, database: Any) -> None:
    app.api.put(f"/databases/{database['id']}/proof", {"assertions": [], "verifyTargetKind": "container"})
    words = {"passphrase": "a passphrase of words"}
    file = app.api.request("POST", "/config/export", words).json()
    app.api.put(f"/databases/{database['id']}/proof", {"assertions": []})
    done = app.api.post("/config/import", {"file": file, **words})
    assert app.api.get(f"/databases/{database['id']}")["verifyTargetKind"] == "container", done
