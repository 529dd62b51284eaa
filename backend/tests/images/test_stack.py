"""The stack of compose.yaml: a backup and a restore through the page's container, and what keeps it closed."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.images.stack import API, WEB, Stack

pytestmark = pytest.mark.timeout(900)
_ENGINES_DNS = "0B00007F"  # 127.0.0.11: the engine's own, in every container
_LISTENING = "0A"
_LARGE = 24 << 20


def get(stack: Stack, path: str, **headers: str) -> httpx.Response:
    return httpx.get(stack.url + path, headers=headers, timeout=30, trust_env=False)


@pytest.fixture(scope="module")
def database(stack: Stack) -> str:
    """The demo's database, registered, and its bucket."""
    bucket = {
        "name": "Demo",
        "bucket": "backups",
        "endpoint": "http://demo-s3:8333",
        "accessKey": "demo",
        "secretKey": stack.password,
        "pathStyle": True,
        "allowHttp": True,
    }
    stack.call("POST", "/s3-configs", bucket)
    server = {"type": "postgresql", "host": "demo-postgres", "port": 5432, "username": "postgres"}
    shop = {"name": "Shop", "database": "shop", "password": stack.password}
    return str(stack.call("POST", "/databases", {**server, **shop})["id"])


def sql(stack: Stack, name: str, statement: str) -> str:
    script = f'PGPASSWORD="$POSTGRES_PASSWORD" psql -XAtq -h 127.0.0.1 -U postgres -d {name} -c "{statement}"'
    return stack.run("demo-postgres", "bash", "-c", script).strip()


def back_up(stack: Stack, database: str, **options: Any) -> dict[str, Any]:
    run = stack.call("POST", "/backups", {"databaseId": database, **options})
    done = stack.finished(f"/backups/{run['id']}")
    assert done["status"] == "completed", done["errorMessage"]
    return done


def test_page_when_opened_then_it_is_served_with_its_policy_and_its_files_are_kept(stack: Stack) -> None:
    page = get(stack, "/")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-cache"
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert get(stack, "/databases/new").text == page.text
    script = re.search(r'src="(/assets/[^"]+\.js)"', page.text)
    assert script
    asset = get(stack, script[1], **{"accept-encoding": "gzip"})
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-encoding"] == "gzip"
    assert get(stack, "/assets/none.js").status_code == 404
    assert get(stack, "/.vite/manifest.json").text == page.text


def test_page_when_asked_for_the_policy_then_the_same_as_the_apis_own_serving(stack: Stack) -> None:
    from dbbackup.api.spa import HEADERS

    served = get(stack, "/").headers
    assert {name: served[name] for name in HEADERS} == HEADERS


def test_stack_when_a_database_is_backed_up_then_it_is_restored_from_both_copies(stack: Stack, database: str) -> None:
    with connect(f"ws://127.0.0.1:{stack.port}/api/ws/events", origin=Origin(stack.url), proxy=None) as live:
        done = back_up(stack, database)
        seen = [json.loads(live.recv(timeout=20)) for _ in range(2)]
    assert done["id"] in json.dumps(seen)
    assert done["toolVersion"].startswith("pg_dump 15.")
    assert {copy["state"] for copy in done["copies"]} == {"complete"}
    assert len(done["copies"]) == 2
    digest = "SELECT count(*), md5(string_agg(p::text, ',' ORDER BY id)) FROM purchase AS p"
    wanted = sql(stack, "shop", digest)
    assert wanted.startswith("100000|")
    for copy in done["copies"]:
        name = f"from_{copy['storage']}"
        body = {"databaseId": database, "backupId": done["id"], "copyId": copy["id"], "confirm": True}
        run = stack.call("POST", "/restores", {**body, "options": {"newDatabase": name}})
        restored = stack.finished(f"/restores/{run['id']}")
        assert restored["status"] == "completed", restored["errorMessage"]
        assert sql(stack, name, digest) == wanted


def test_download_when_large_and_slow_then_nginx_keeps_nothing_of_it(stack: Stack, database: str) -> None:
    sql(stack, "shop", "CREATE TABLE noise AS SELECT 1 AS id, ''::bytea AS bytes LIMIT 0")
    rows = _LARGE >> 20
    sql(
        stack,
        "shop",
        "INSERT INTO noise SELECT n, string_agg(sha512((n * 16384 + k)::text::bytea), '')"
        f" FROM generate_series(1, {rows}) AS n, generate_series(1, 16384) AS k GROUP BY n",
    )
    done = back_up(stack, database, compression="none", s3ConfigIds=[])
    received = 0
    with httpx.stream("GET", f"{stack.url}/api/backups/{done['id']}/download", trust_env=False, timeout=30) as answer:
        assert answer.status_code == 200
        for number, chunk in enumerate(answer.iter_raw()):
            received += len(chunk)
            if number == 0:
                time.sleep(3)  # nginx would take in what it can meanwhile
                # Not what `find` sees: nginx removes the names of its files at once.
                kept = stack.run("web", "df", "--output=used", "/tmp").split()[-1]
    assert received == int(answer.headers["content-length"]) > _LARGE
    assert int(kept) < 64


def test_upload_when_larger_than_nginx_likes_then_the_api_answers(stack: Stack) -> None:
    answer = httpx.post(f"{stack.url}/api/databases", content=b" " * (3 << 20), timeout=30, trust_env=False)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"


def test_foreign_names_and_pages_when_they_ask_then_they_are_refused(stack: Stack) -> None:
    assert get(stack, "/api/databases", host=f"localhost:{stack.port}").status_code == 200
    assert get(stack, "/api/databases", host=f"rebound.example:{stack.port}").status_code == 403
    foreign = httpx.post(
        f"{stack.url}/api/databases", json={}, headers={"origin": "http://foreign.example"}, trust_env=False
    )
    assert foreign.status_code == 403
    with pytest.raises(InvalidStatus):
        connect(f"ws://127.0.0.1:{stack.port}/api/none", proxy=None)


def test_containers_when_they_run_then_without_rights_and_on_a_read_only_file_system(stack: Stack) -> None:
    for service in ("api", "web"):
        host = stack.inspect(service)["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        status = stack.run(service, "cat", "/proc/1/status")
        assert re.search(r"^Uid:\s+1001\s+1001\s", status, re.MULTILINE)
        assert re.search(r"^CapEff:\s+0+$", status, re.MULTILINE)
        assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
        assert "Read-only" in stack.run(service, "sh", "-c", "touch /usr/new 2>&1; true")


def test_api_when_it_listens_then_on_no_port_and_the_page_is_on_loopback_only(stack: Stack) -> None:
    table = [line.split() for line in stack.run("api", "cat", "/proc/net/tcp", "/proc/net/tcp6").splitlines()]
    open_to = [row[1] for row in table if row[3] == _LISTENING and not row[1].startswith(_ENGINES_DNS)]
    assert open_to == []
    assert stack.inspect("api")["HostConfig"]["PortBindings"] == {}
    bindings = stack.inspect("web")["HostConfig"]["PortBindings"]
    assert bindings == {"3000/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(stack.port)}]}
    # The containers beside the databases share no network with the page.
    assert set(stack.inspect("web")["NetworkSettings"]["Networks"]) == {"dbbackup_page"}
    assert stack.run("demo-postgres", "bash", "-c", "getent hosts web || echo unknown").strip() == "unknown"


def test_secrets_when_containers_images_and_logs_are_read_then_they_are_not_there(stack: Stack, database: str) -> None:
    assert stack.call("GET", f"/databases/{database}")["hasPassword"]
    shown = [json.dumps(stack.inspect(service)) for service in ("api", "web")]
    for image in (API, WEB):
        shown.append(stack.engine.docker("history", "--no-trunc", image))
        shown.append(stack.engine.docker("image", "inspect", image))
    shown.append(stack.compose("logs", "--no-color", "api", "web"))
    assert not [text for text in shown for secret in (stack.key.read_text(), stack.password) if secret in text]
    assert "/run/secrets/encryption_key" in shown[0]


def test_api_when_killed_then_the_page_stays_and_says_so_until_it_is_back(stack: Stack, database: str) -> None:
    stack.compose("kill", "api")
    assert get(stack, "/").status_code == 200
    away = get(stack, "/api/databases")
    assert (away.status_code, away.headers["content-type"]) == (503, "application/json")
    assert not away.json()["success"]
    # The socket of the killed process is still there.
    stack.compose("up", "--detach", "--no-build", "--wait", "api")
    assert [found["id"] for found in stack.call("GET", "/databases")] == [database]


def test_api_when_stopped_then_it_ends_in_order(stack: Stack) -> None:
    stack.compose("stop", "api")
    state = stack.inspect("api")["State"]
    assert (state["ExitCode"], state["OOMKilled"]) == (0, False)
    stack.compose("up", "--detach", "--no-build", "--wait", "api")
    assert stack.call("GET", "/health/ready")["ok"]


def test_compose_when_the_profile_is_up_then_the_api_sees_the_containers_beside_it(stack: Stack) -> None:
    assert stack.call("GET", "/discovery")["problem"]["reason"] == "unreachable"
    stack.compose("--profile=discovery", "up", "--detach", "--no-build", "--wait", "socket-proxy")
    try:
        found = stack.call("GET", "/discovery")
    finally:
        stack.compose("--profile=discovery", "rm", "--force", "--stop", "socket-proxy")
    assert (found["problem"], found["containerName"]) == (None, "dbbackup-api-1")
    # Known by its port: the stand-in for the demo's image has no telling name.
    [server] = found["servers"]
    assert (server["containerName"], server["host"]) == ("dbbackup-demo-postgres-1", "dbbackup-demo-postgres-1")
    assert "shop" in [database["name"] for database in server["databases"]]
    assert stack.password not in str(found)
