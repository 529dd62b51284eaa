"""The two WebSockets, and what foreign pages may not do."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from dbbackup.api.live import sockets
from dbbackup.core.masking import Masker
from dbbackup.core.naming import new_id
from dbbackup.db.models import RestoreExecution, RunStatus
from dbbackup.services.execution_logs import ExecutionLogger
from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp
from tests.api.support import add_database, back_up, locked, make_database

LINES = 2_000


@contextmanager
def socket(app: RunningApp, path: str, **more: Any) -> Iterator[ClientConnection]:
    with connect(f"ws://{app.host}/api/ws{path}", compression=None, proxy=None, **more) as opened:
        yield opened


def progressed(event: dict[str, Any]) -> dict[str, Any]:
    """Return what a message says of runs, by their ids."""
    return {run["id"]: run for run in event.get("runs", ())}


def close_code(app: RunningApp, path: str, **more: Any) -> int | None:
    with socket(app, path, **more) as opened, pytest.raises(ConnectionClosed) as closed:
        opened.recv(timeout=10)
    return closed.value.rcvd.code if closed.value.rcvd else None


def test_events_when_a_backup_runs_then_states_progress_and_changes_are_told(
    app: RunningApp, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    events: list[dict[str, Any]] = []
    with socket(app, "/events") as opened:
        database = add_database(app, postgres, name)
        with locked(postgres, name):
            backup = app.api.post("/backups", {"databaseId": database["id"], "uploadToS3": False})
            while not any(backup["id"] in progressed(e) for e in events):
                events.append(json.loads(opened.recv(timeout=10)))
        while not any(e.get("status") == "completed" for e in events):
            events.append(json.loads(opened.recv(timeout=20)))
    assert {"type": "change", "resource": "database", "id": database["id"], "action": "created"} in events
    assert {"type": "change", "resource": "audit-event", "id": "createDatabase", "action": "created"} in events
    states = [e["status"] for e in events if e["type"] == "execution" and e["id"] == backup["id"]]
    assert states == ["queued", "running", "completed"]
    progress = next(run for e in events for id_, run in progressed(e).items() if id_ == backup["id"])
    assert progress["kind"] == "backup"
    assert progress["progress"].keys() >= {"stage", "bytesRead", "tablesTotal", "etaSeconds"}
    assert postgres.password not in json.dumps(events)


def test_events_when_two_backups_run_then_one_message_tells_of_both_until_each_ends(
    app: RunningApp, postgres: PostgresServer
) -> None:
    first, second = make_database(postgres), make_database(postgres)

    def begin(name: str) -> str:
        body = {"databaseId": add_database(app, postgres, name)["id"], "uploadToS3": False}
        return str(app.api.post("/backups", body)["id"])

    def hear(opened: ClientConnection, *expected: bool) -> None:
        told: dict[str, Any] = {}
        while tuple(run in told for run in (one, other)) != expected:
            told = progressed(json.loads(opened.recv(timeout=20)))

    with socket(app, "/events") as opened, locked(postgres, second):
        with locked(postgres, first):
            one, other = begin(first), begin(second)
            hear(opened, True, True)
        hear(opened, False, True)


def test_events_when_nobody_reads_then_the_app_goes_on(app: RunningApp) -> None:
    with socket(app, "/events"), socket(app, "/events") as other:
        other.send("nobody asked")
        assert app.api.get("/health/live")["ok"] is True


def test_log_when_the_run_has_ended_then_history_and_end_come(app: RunningApp, postgres: PostgresServer) -> None:
    done = back_up(app, add_database(app, postgres))
    lines = app.api.get(f"/backups/{done['id']}/logs")
    path = f"/executions/{done['id']}/logs"
    assert _read_log(app, path) == (lines, "completed")
    assert _read_log(app, f"{path}?after={lines[-3]['seq']}") == (lines[-2:], "completed")
    assert _read_log(app, f"{path}?after=999999") == ([], "completed")


def test_log_when_the_run_ends_then_whoever_follows_is_told_at_once(
    app: RunningApp, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "_POLL_SECONDS", 3600.0)
    name = make_database(postgres)
    database = add_database(app, postgres, name)
    with locked(postgres, name):
        backup = app.api.post("/backups", {"databaseId": database["id"], "uploadToS3": False})
        app.api.until(f"/backups/{backup['id']}", lambda b: bool(b["progress"]))
        opened = connect(f"ws://{app.host}/api/ws/executions/{backup['id']}/logs", compression=None, proxy=None)
    with opened:
        while (message := json.loads(opened.recv(timeout=60)))["type"] != "end":
            assert message["lines"]
    assert message["status"] == "completed"


def test_log_when_lines_come_fast_and_clients_come_and_go_then_no_gap_and_no_repeat(app: RunningApp) -> None:
    restore_id = app.run(_add_run(app))
    seen: list[list[int]] = [[], [], []]
    ends: list[str] = []

    def follow(mine: list[int], seed: int) -> None:
        rng = random.Random(seed)
        time.sleep(rng.random() * 0.3)
        while True:
            after, wanted = (mine[-1] if mine else 0), rng.randrange(50, 600)
            with socket(app, f"/executions/{restore_id}/logs?after={after}") as opened:
                while len(mine) < after + wanted:
                    message = json.loads(opened.recv(timeout=20))
                    if message["type"] == "end":
                        ends.append(message["status"])
                        return
                    mine.extend(line["seq"] for line in message["lines"])

    clients = [threading.Thread(target=follow, args=(mine, n)) for n, mine in enumerate(seen)]
    for client in clients:
        client.start()
    app.run(_write_lines(app, restore_id))
    for client in clients:
        client.join(30)
    assert ends == ["completed"] * 3
    for mine in seen:
        assert mine == list(range(1, LINES + 1))


@pytest.mark.parametrize("path", ["/executions/nope/logs", "/executions/nope/logs?after=3"])
def test_log_when_the_execution_is_unknown_then_closed_with_4404(app: RunningApp, path: str) -> None:
    assert close_code(app, path) == 4404


@pytest.mark.parametrize("path", ["/events", "/executions/nope/logs"])
def test_sockets_when_a_foreign_page_opens_them_then_closed_with_4403(app: RunningApp, path: str) -> None:
    for origin in ("https://evil.example", f"http://{app.host}.evil.example", "null"):
        assert close_code(app, path, origin=origin) == 4403


def test_sockets_when_our_own_page_opens_them_then_they_stay_open(app: RunningApp) -> None:
    with socket(app, "/events", origin=f"http://{app.host}") as opened, pytest.raises(TimeoutError):
        opened.recv(timeout=0.3)


@pytest.mark.parametrize("after", ["x", "-1", str(10**30)])
def test_log_when_after_is_wrong_then_the_socket_is_refused(app: RunningApp, after: str) -> None:
    with pytest.raises(InvalidStatus), socket(app, f"/executions/nope/logs?after={after}"):
        raise AssertionError("it was accepted")


def test_requests_when_a_foreign_page_sends_them_then_only_reading_is_allowed(app: RunningApp) -> None:
    foreign = {"origin": "https://evil.example"}
    for method, path in (("POST", "/backups"), ("PUT", "/databases/x"), ("DELETE", "/databases/x")):
        app.api.refused(method, path, status=403, code="FORBIDDEN", says="another site", headers=foreign)
    assert app.api.request("GET", "/health/live", headers=foreign).status_code == 200
    own = {"origin": f"http://{app.host}"}
    app.api.refused("DELETE", "/databases/x", status=404, code="NOT_FOUND", headers=own)


async def _add_run(app: RunningApp) -> str:
    """Add a restore that runs as far as the catalogue knows."""
    run = RestoreExecution(
        id=new_id(),
        database_name="live",
        target_database="live",
        source_type="local",
        source_key="k",
        manifest={"source": {"configName": "live"}},
        status=RunStatus.RUNNING,
        started_by="test",
        confirmed_by="test",
    )
    async with app.ctx.catalogue.transaction() as session:
        session.add(run)
    return run.id


async def _write_lines(app: RunningApp, run_id: str) -> None:
    log = ExecutionLogger(app.ctx.catalogue, app.ctx.events, run_id, "restore", Masker())
    for number in range(LINES):
        log.say("debug", f"line {number}")
        if number % 20 == 0:
            await asyncio.sleep(0.005)
    await log.close()
    async with app.ctx.catalogue.transaction() as session:
        (await session.get_one(RestoreExecution, run_id)).status = RunStatus.COMPLETED


def _read_log(app: RunningApp, path: str) -> tuple[list[Any], str]:
    lines: list[Any] = []
    with socket(app, path) as opened:
        while True:
            message = json.loads(opened.recv(timeout=10))
            if message["type"] == "end":
                with pytest.raises(ConnectionClosed):
                    opened.recv(timeout=10)
                return lines, message["status"]
            lines += message["lines"]
