"""Real containers, found, linked and kept in step by the shipped API through the shipped socket proxy.

Both programs are the machine's own in images named like the vendors', who cannot be asked here; the engine, the
network, its DNS, the proxy and the servers are real.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from devtools.docker_engine import DockerEngine
from devtools.servers.binaries import postgresql_bin_dir
from tests.images.own_images import POSTGRES, make_postgres
from tests.images.stack import API, BASE, ROOT, WEB

pytestmark = pytest.mark.timeout(900)
_HERE = Path(__file__).parent
_NETWORK, _PRIVATE = "shop_default", "shop_discovery"
_NOBODY = ("--user", "65534:65534")
_PATIENCE = 60.0


@dataclass(eq=False)
class Shop:
    """A stack of two databases with the API beside it; `pg` and `maria` are their passwords."""

    engine: DockerEngine
    folder: Path
    pg: str
    maria: str

    def postgres(self, name: str, *labels: str) -> None:
        """Start PostgreSQL with a database `shop`."""
        binaries, sample = postgresql_bin_dir(15).parent, ROOT / "docker/demo/shop-postgresql.sql"
        options = [
            *("--volume", f"{binaries}:/opt/postgresql:ro"),
            *("--volume", f"{_HERE}/start-postgres.sh:/start.sh:ro"),
            *("--volume", f"{sample}:/docker-entrypoint-initdb.d/shop.sql:ro"),
            *("--env", "PATH=/opt/postgresql/bin:/usr/bin:/bin"),
            *("--env", f"POSTGRES_PASSWORD={self.pg}", "--env", "POSTGRES_DB=shop"),
        ]
        self._start(name, "postgres:15", options, labels)

    def mariadb(self, name: str, *labels: str) -> None:
        """Start MariaDB with a database `blog`."""
        options = [
            *("--volume", "/usr:/usr:ro", "--volume", f"{_HERE}/start-mariadb.sh:/start.sh:ro"),
            *("--env", f"MARIADB_ROOT_PASSWORD={self.maria}", "--env", "MARIADB_DATABASE=blog"),
        ]
        self._start(name, "mariadb:10.11", options, labels)

    def proxy(self, configuration: str) -> None:
        """Start the socket proxy as compose.yaml does."""
        self.engine.docker(
            *("run", "--detach", "--name", "socket-proxy", "--network", _PRIVATE, "--user", "0:0", "--read-only"),
            *("--tmpfs", "/tmp:mode=1777", "--cap-drop", "ALL", "--cap-add", "SETGID", "--cap-add", "SETUID"),
            *("--volume", f"{self.engine.home}/docker.sock:/var/run/docker.sock:ro"),
            *(WEB, "nginx", "-e", "stderr", "-c", f"/etc/nginx/{configuration}.conf"),
        )

    def statuses(self, *asked: tuple[str, str]) -> list[int]:
        """Ask the proxy from where the product is."""
        script = (
            "import http.client, json, sys\n"
            "def ask(method, path):\n"
            "    c = http.client.HTTPConnection('socket-proxy', 2375, timeout=5)\n"
            "    c.request(method, path)\n"
            "    return c.getresponse().status\n"
            "print(json.dumps([ask(*pair) for pair in json.loads(sys.argv[1])]))\n"
        )
        python = ("exec", "dbbackup", "/opt/dbbackup/bin/python", "-c", script)
        return list(json.loads(self.engine.docker(*python, json.dumps(asked))))

    def _start(self, name: str, image: str, options: list[str], labels: tuple[str, ...]) -> None:
        given = [part for label in labels for part in ("--label", label)]
        self.engine.docker(
            *("run", "--detach", "--name", name, "--network", _NETWORK, *_NOBODY, "--entrypoint", "/bin/bash"),
            *(*options, *given, image, "/start.sh"),
        )

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API and return `data`."""
        content = self.answer(method, path, body)
        assert content["success"], content["error"]
        return content["data"]

    def answer(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Call the API on its socket, and hold that no password is in the answer."""
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(self.folder / "api.sock")), timeout=60) as client:
            answer = client.request(method, f"http://localhost/api{path}", json=body)
        assert self.pg not in answer.text
        assert self.maria not in answer.text
        return dict(answer.json())

    def database(self, name: str) -> dict[str, Any]:
        found = [entry for entry in self.call("GET", "/databases") if entry["database"] == name]
        return dict(found[0]) if found else {}

    def until(self, what: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + _PATIENCE
        while not (found := what()):
            assert time.monotonic() < deadline, self.call("GET", "/discovery")
            time.sleep(0.3)
        return found


@pytest.fixture(scope="module")
def shop(images: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("run")
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o777)
    shop = Shop(images, folder, secrets.token_hex(12), secrets.token_hex(12))
    for name in ("postgres:15", "mariadb:10.11"):
        images.docker("tag", BASE, name)
    images.docker("network", "create", _NETWORK)
    images.docker("network", "create", "--internal", _PRIVATE)
    shop.postgres("shop-db-1")
    shop.mariadb("blog-db")
    shop.proxy("socket-proxy")
    images.docker(
        *("create", "--name", "dbbackup", "--network", _NETWORK, "--volume", f"{folder}:/run/dbbackup"),
        *("--env", f"ENCRYPTION_KEY={secrets.token_hex(20)}", "--env", "AUTH_MODE=none"),
        *("--env", "DOCKER_HOST=tcp://socket-proxy:2375", API),
    )
    images.docker("network", "connect", _PRIVATE, "dbbackup")
    images.docker("start", "dbbackup")
    try:
        shop.until(lambda: (folder / "api.sock").exists())
        shop.call("PUT", "/system/settings", {"values": {"discovery.intervalSeconds": 2}})
        yield shop
    finally:
        print(images.docker("logs", "--tail", "80", "dbbackup"))
        names = images.docker("ps", "--all", "--format", "{{.Names}}").split()
        mine = {"shop-db-1", "shop-db-9", "blog-db", "wiki-db", "proof-db", "socket-proxy", "dbbackup"} & set(names)
        images.docker("rm", "--force", "--volumes", *mine)
        images.docker("network", "rm", _NETWORK, _PRIVATE)


def servers(shop: Shop) -> dict[str, dict[str, Any]]:
    return {server["containerName"]: server for server in shop.call("GET", "/discovery")["servers"]}


def test_discovery_when_asked_through_the_proxy_then_both_servers_are_added_and_backed_up(shop: Shop) -> None:
    def both() -> Any:
        found = servers(shop)
        return found if {entry["state"] for entry in found.values()} == {"new"} and len(found) == 2 else None

    found = shop.until(both)
    assert (found["shop-db-1"]["type"], found["shop-db-1"]["host"]) == ("postgresql", "shop-db-1")
    assert {"name": "shop", "databaseId": None} in found["shop-db-1"]["databases"]
    assert found["blog-db"]["databases"] == [{"name": "blog", "databaseId": None}]
    chosen = [
        {"containerId": found["shop-db-1"]["containerId"], "databases": ["shop"]},
        {"containerId": found["blog-db"]["containerId"], "databases": ["blog"]},
    ]
    for added in shop.call("POST", "/discovery/add", {"servers": chosen}):
        assert added["error"] is None
        backup = shop.call("POST", "/backups", {"databaseId": added["database"]["id"]})
        done = shop.until(partial(finished, shop, f"/backups/{backup['id']}"))
        assert done["status"] == "completed", done["errorMessage"]
    assert {entry["state"] for entry in servers(shop).values()} == {"configured"}


def finished(shop: Shop, path: str) -> dict[str, Any] | None:
    run = dict(shop.call("GET", path))
    return run if run["status"] not in ("queued", "running") else None


def test_proxy_when_anything_but_three_questions_is_asked_then_it_answers_403(shop: Shop) -> None:
    asked = [
        ("GET", "/version"),
        ("GET", "/v1.44/containers/json?all=1"),
        ("POST", "/containers/create"),
        ("POST", "/v1.44/containers/shop-db-1/stop"),
        ("DELETE", "/containers/shop-db-1"),
        ("GET", "/images/json"),
        ("GET", "/containers/0123456789ab/archive?path=/etc/passwd"),
        ("GET", "/containers/../images/json"),
    ]
    assert shop.statuses(*asked) == [200, 200, 403, 403, 403, 403, 403, 403]


def test_verify_when_the_proxy_lets_containers_be_made_then_it_is_proven_in_one_beside_the_database(shop: Shop) -> None:
    make_postgres(shop.engine)
    shop.engine.docker(
        *("run", "--detach", "--name", "proof-db", "--network", _NETWORK),
        *("--env", f"POSTGRES_PASSWORD={shop.pg}", "--env", "POSTGRES_DB=proof", POSTGRES),
    )
    shop.call("PUT", "/system/settings", {"values": {"verify.allowContainers": True}})
    server = shop.until(lambda: (s := servers(shop).get("proof-db")) and s["state"] == "new" and s)
    chosen = [{"containerId": server["containerId"], "databases": ["proof"]}]
    [added] = shop.call("POST", "/discovery/add", {"servers": chosen})
    backup = shop.call("POST", "/backups", {"databaseId": added["database"]["id"]})
    assert shop.until(partial(finished, shop, f"/backups/{backup['id']}"))["status"] == "completed"
    path, body = f"/backups/{backup['id']}/verify", {"level": 3, "targetKind": "container"}
    refused = shop.answer("POST", path, body)["error"]
    assert refused["code"] == "SCRATCH_CONTAINER_REFUSED"
    assert "answers 403 when a container is to be made" in refused["message"]
    shop.engine.docker("rm", "--force", "socket-proxy")
    shop.proxy("socket-proxy-containers")
    run = shop.until(lambda: shop.answer("POST", path, body)["data"])
    done = shop.until(partial(finished, shop, f"/verifications/{run['id']}"))
    assert done["status"] == "completed", done["errorMessage"]
    assert shop.engine.docker("ps", "--all", "--quiet", "--filter", "name=dbbackup-verify-") == ""
    name = f"dbbackup-verify-{run['id']}"
    assert shop.statuses(
        ("POST", f"/containers/create?name={name}"),
        ("DELETE", f"/containers/{name}"),
        ("POST", "/containers/create?name=other"),
        ("POST", "/containers/create"),
        ("POST", "/containers/proof-db/start"),
        ("DELETE", "/containers/proof-db"),
        ("POST", f"/containers/{name}/exec"),
        ("GET", "/containers/proof-db/logs"),
        ("GET", "/images/json"),
        ("GET", "/containers/create?name=dbbackup-verify-probe"),
    ) == [400, 404, *[403] * 8]


def test_link_when_the_container_is_renamed_restarted_and_moved_then_it_holds(shop: Shop) -> None:
    shop.engine.docker("rename", "shop-db-1", "shop-db-9")
    renamed = shop.until(lambda: (db := shop.database("shop"))["containerName"] == "shop-db-9" and db)
    assert (renamed["host"], renamed["containerState"]) == ("shop-db-9", "running")
    shop.engine.docker("stop", "--time", "2", "shop-db-9")
    stopped = shop.until(lambda: (db := shop.database("shop"))["containerState"] == "stopped" and db)
    assert (stopped["reachable"], stopped["lastError"]) == (False, "Its container shop-db-9 is stopped.")
    # Recreated: another id, another address.
    shop.engine.docker("rm", "--volumes", "shop-db-9")
    shop.until(lambda: shop.database("shop")["containerState"] == "gone")
    shop.postgres("shop-db-9")
    shop.until(lambda: (db := shop.database("shop"))["containerState"] == "running" and db["reachable"])


def test_labels_when_a_container_comes_and_goes_then_its_database_is_kept_in_step(shop: Shop) -> None:
    shop.call("PUT", "/system/settings", {"values": {"discovery.auto": True}})
    shop.mariadb("wiki-db", "db-backup.enable=true", "db-backup.schedule=30 2 * * *", "db-backup.retention=7d/4w")

    def added() -> Any:
        return [db for db in shop.call("GET", "/databases") if db["containerName"] == "wiki-db"]

    [wiki] = shop.until(added)
    assert (wiki["managedBy"], wiki["enabled"], wiki["database"]) == ("labels", True, "blog")
    [schedule] = shop.until(lambda: shop.call("GET", f"/schedules?databaseId={wiki['id']}"))
    assert (schedule["cronExpression"], schedule["managedBy"]) == ("30 2 * * *", "labels")
    assert schedule["retentionPolicyName"] == "7d/4w"
    shop.engine.docker("rm", "--force", "--volumes", "wiki-db")
    shop.until(lambda: not shop.call("GET", f"/databases/{wiki['id']}")["enabled"])
    shop.mariadb("wiki-db", "db-backup.enable=perhaps")
    problems = shop.until(lambda: shop.call("GET", "/discovery")["labelProblems"])
    assert problems == [
        {"container": "wiki-db", "label": "db-backup.enable", "message": "write true or false, not 'perhaps'"}
    ]
