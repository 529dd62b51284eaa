"""Health, status, the OpenAPI document, unknown addresses, faults of the program, and the page."""

from __future__ import annotations

import re
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from dbbackup.services import system
from devtools.servers import FaultProxy, SeaweedServer, free_port
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, eventually


def test_live_and_status_when_all_is_well_then_they_say_so(app: RunningApp) -> None:
    assert app.api.get("/health/live") == {"ok": True, "checks": []}
    ready = app.api.get("/health/ready")
    assert {check["name"]: check["ok"] for check in ready["checks"]} == {
        "catalogue": True,
        "disk": True,
        "worker": True,
        "scheduler": True,
        "clock": True,
        "retention": True,
    }
    status = app.api.get("/system/status")
    assert status["health"]["ok"] is True
    assert (status["authMode"], status["running"], status["queued"]) == ("none", 0, 0)
    assert status["instanceId"] == app.ctx.instance_id
    assert status["localStorage"]["free"] > 0


def test_ready_when_a_background_task_died_then_503_names_it(app: RunningApp) -> None:
    app.ctx.runtime.failures["sweeper"] = "ValueError: x"
    answer = app.api.request("GET", "/health/ready")
    assert answer.status_code == 503
    [check] = [check for check in answer.json()["data"]["checks"] if not check["ok"]]
    assert check["name"] == "worker"
    assert "sweeper" in check["message"]
    del app.ctx.runtime.failures["sweeper"]
    assert app.api.request("GET", "/health/ready").status_code == 200


def test_ready_when_the_scheduler_died_or_hangs_then_503_says_so(app: RunningApp) -> None:
    runtime = app.ctx.runtime
    for seen, failure, says in (
        (runtime.scheduler_seen, "ValueError: x", "ended with an error (ValueError: x)"),
        (0.0, None, "has not looked at the clock for"),
        (None, None, "has not looked at the clock for"),
    ):
        before, runtime.scheduler_seen = runtime.scheduler_seen, seen
        if failure:
            runtime.failures["scheduler"] = failure
        answer = app.api.request("GET", "/health/ready")
        runtime.failures.pop("scheduler", None)
        runtime.scheduler_seen = before
        assert answer.status_code == 503
        assert says in next(c["message"] for c in answer.json()["data"]["checks"] if c["name"] == "scheduler")


def test_ready_when_the_catalogue_does_not_answer_in_time_then_503_says_so(
    app: RunningApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000000) SELECT count(*) FROM n"
    monkeypatch.setattr(system, "text", lambda _: sqlalchemy.text(long))
    monkeypatch.setattr(system, "_CATALOGUE_SECONDS", 0.3)
    answer = app.api.request("GET", "/health/ready")
    assert answer.status_code == 503
    assert "The catalogue does not answer: TimeoutError." in answer.text
    monkeypatch.undo()
    assert app.api.request("GET", "/health/ready").status_code == 200


def test_ready_when_the_storage_folder_is_gone_then_503_says_which(app: RunningApp) -> None:
    moved = app.settings.storage_path.with_name("moved")
    shutil.move(app.settings.storage_path, moved)
    answer = app.api.request("GET", "/health/ready")
    shutil.move(moved, app.settings.storage_path)
    assert answer.status_code == 503
    assert str(app.settings.storage_path) in answer.text


def test_ready_when_s3_fails_or_is_silent_then_still_200_and_soon(app: RunningApp, seaweed: SeaweedServer) -> None:
    bucket = add_bucket(app, seaweed, isDefault=True)
    name = f"s3:{bucket['name']}"

    def check() -> dict[str, Any]:
        answer = app.api.request("GET", "/health/ready")
        assert answer.status_code == 200
        found: dict[str, Any] = next(c for c in answer.json()["data"]["checks"] if c["name"] == name)
        return found

    # It has five seconds: too few now and then on a busy machine.
    eventually(lambda: check()["ok"], 60)
    app.api.put(f"/s3-configs/{bucket['id']}", {"secretKey": "wrong"})
    assert check()["ok"] is False
    with FaultProxy.start("127.0.0.1", free_port()) as proxy:
        proxy.stall()
        app.api.put(f"/s3-configs/{bucket['id']}", {"endpoint": f"http://127.0.0.1:{proxy.port}"})
        assert re.fullmatch(r"The bucket \S+ did not answer within 5 s\.", check()["message"])
        # Once that is known nobody waits for it again, and is told of when it is.
        assert re.search(r"within 5 s\. \(That was \d+ s ago: it is being asked again\.\)$", check()["message"])
        proxy.target = ("127.0.0.1", seaweed.port)
        proxy.heal()
        eventually(lambda: "did not answer" not in check()["message"], 60)
    app.api.delete(f"/s3-configs/{bucket['id']}")


def test_unknown_when_address_or_method_is_wrong_then_the_envelope_says_so(app: RunningApp) -> None:
    app.api.refused("GET", "/nope", status=404, code="NOT_FOUND", says="/api/nope")
    app.api.refused("PATCH", "/databases", status=405, code="VALIDATION_ERROR", says="PATCH /api/databases")
    assert app.api.http.get("/nothing").json()["error"]["code"] == "NOT_FOUND"


def test_fault_when_the_program_is_wrong_then_500_without_its_insides(app: RunningApp) -> None:
    engines: Any = app.ctx.engines
    engine = engines.pop("postgresql")
    body = {
        "name": "fault", "type": "postgresql", "host": "h", "port": 1, "database": "d", "username": "u",
        "password": "fault-marked-0815",
    }  # fmt: skip
    app.secrets.add("fault-marked-0815")
    error = app.api.refused("POST", "/databases", body, status=500, code="INTERNAL_ERROR", fields=set())
    engines["postgresql"] = engine
    assert "KeyError" not in error["message"]


@pytest.fixture(scope="module")
def document(app: RunningApp) -> dict[str, Any]:
    found: dict[str, Any] = app.api.http.get("/api/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in document["paths"].values() for operation in path.values()]


def test_openapi_when_read_then_it_is_3_1_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"].keys() >= {"title", "version"}
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(re.findall(r"#/components/[\w/.-]+", str(document))) <= known
    names = document["components"]["schemas"].keys()
    assert names >= {"EventMessage", "LogMessage", "LogLinesMessage", "ProgressEvent", "ErrorEnvelope"}
    assert not [name for name in names if "__" in name or "[" in name]


def test_openapi_when_read_then_every_operation_is_named_described_and_has_error_answers(
    document: dict[str, Any],
) -> None:
    ids = [operation["operationId"] for operation in operations(document)]
    assert len(ids) == len(set(ids)) >= 50
    for operation in operations(document):
        assert re.fullmatch(r"[a-z][A-Za-z0-9]+", operation["operationId"])
        assert operation["summary"]
        assert operation["tags"]
        assert operation["responses"].keys() >= {"400", "500"}
        for status, answer in operation["responses"].items():
            if status in ("400", "404", "409", "500", "502"):
                schema = answer["content"]["application/json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/ErrorEnvelope"}
    with_ids = [p for p in document["paths"] if "{" in p]
    assert all("404" in operation["responses"] for p in with_ids for operation in document["paths"][p].values())


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The app with a built page beside a file that is nobody's business."""
    home = tmp_path_factory.mktemp("page")
    static = home / "dist"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text("<html>the page</html>")
    (static / "assets" / "app.js").write_text("console.log(1)")
    (static / "icon.svg").write_text("<svg/>")
    (home / "secret.txt").write_text("nobody's business")
    with RunningApp.start(home / "data", static_dir=static) as running:
        yield running


@pytest.mark.parametrize(
    "path", ["/", "/databases", "/backups/123", "/index.html", "/deep/er/link", "/%00", "/" + "x" * 300]
)
def test_page_when_the_path_is_no_file_then_index_with_security_headers(page: RunningApp, path: str) -> None:
    answer = page.api.http.get(path)
    assert (answer.status_code, answer.text) == (200, "<html>the page</html>")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_page_when_the_path_is_a_file_then_that_file(page: RunningApp) -> None:
    assert page.api.http.get("/icon.svg").text == "<svg/>"
    assert page.api.http.get("/assets/app.js").text == "console.log(1)"
    assert page.api.http.get("/assets/none.js").status_code == 404
    for path in ("/api/none", "/api"):
        assert page.api.http.get(path).json()["error"]["code"] == "NOT_FOUND"
    assert page.api.get("/health/live")["ok"] is True


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "//../secret.txt",
        "/..\\secret.txt",
        "{absolute}",
        "/{absolute}",
    ],
)
def test_page_when_the_path_climbs_out_then_nothing_outside_is_shown(page: RunningApp, path: str) -> None:
    secret = (page.settings.static_dir or Path()).parent / "secret.txt"
    target = path.replace("{absolute}", str(secret))
    host, _, port = page.host.partition(":")
    # By hand: a client would tidy the path up.
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(f"GET {target} HTTP/1.1\r\nHost: {page.host}\r\nConnection: close\r\n\r\n".encode())
        received = b""
        while chunk := raw.recv(65536):
            received += chunk
    assert received.startswith(b"HTTP/1.1 ")
    assert b"business" not in received
