"""The product on the host beside a Docker engine with three databases in containers.

The images are made of the machine's own servers, and start by themselves as the vendors' do, who cannot be asked here.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.docker_engine import DockerEngine
from devtools.product import Product
from tests.images.own_images import BROKEN, MARIADB, POSTGRES, make_broken, make_mariadb, make_postgres

PG, MARIA, BROKEN_PG = "proof-pg", "proof-maria", "proof-broken"
_NETWORK = "scratch_proofs"
_PATIENCE = 240.0


@dataclass(eq=False)
class Host:
    """The product beside an engine with three databases; `password` is theirs, `backups` are one of each by name."""

    engine: DockerEngine
    product: Product
    password: str
    backups: dict[str, dict[str, Any]]

    def verify(self, container: str, level: int = 3, **more: Any) -> Any:
        path = f"/backups/{self.backups[container]['id']}/verify"
        return self.product.call("POST", path, {"level": level, "targetKind": "container", **more})

    def ended(self, run: Any) -> Any:
        path = f"/verifications/{run['id']}"
        return until(lambda: (v := self.product.call("GET", path))["status"] not in ("queued", "running") and v)

    def completed(self, backup_id: str) -> Any:
        path = f"/backups/{backup_id}"
        return until(lambda: (b := self.product.call("GET", path))["status"] not in ("queued", "running") and b)

    def said(self, container: str) -> str:
        """Return what a container has logged."""
        command = ["docker", "logs", container]
        return subprocess.run(command, env=self.engine.environment, capture_output=True, text=True, check=True).stderr

    def fill_large(self) -> None:
        """Have a table in the PostgreSQL database that takes a while to dump."""
        rows = "SELECT n, repeat(md5(n::text), 30) AS t FROM generate_series(1, 9000) n"
        sql = f"CREATE TABLE IF NOT EXISTS large AS {rows}"
        password = ("exec", "--env", f"PGPASSWORD={self.password}")
        self.engine.docker(*password, PG, "psql", "-h", "127.0.0.1", "-U", "postgres", "-c", sql, "shop")

    def scratch(self) -> dict[str, Any] | None:
        """Return what the engine knows of the throwaway container, if there is one."""
        found = self.engine.docker("ps", "--all", "--quiet", "--filter", "name=dbbackup-verify-").split()
        return dict(json.loads(self.engine.docker("inspect", found[0]))[0]) if found else None

    def volumes(self) -> set[str]:
        return set(self.engine.docker("volume", "ls", "--quiet").split())

    def started(self) -> dict[str, Any]:
        """Wait for the throwaway container to run, and return what the engine knows of it."""
        return dict(until(lambda: (c := self.scratch()) and c["State"]["Running"] and c))


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + _PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


@contextmanager
def started_host(engine: DockerEngine, home: Path) -> Iterator[Host]:
    """Start it all, with a backup of each database; take it away again."""
    make_postgres(engine)
    make_mariadb(engine, home)
    make_broken(engine)
    engine.docker("network", "create", _NETWORK)
    password = secrets.token_urlsafe(18)
    given = {
        PG: (POSTGRES, 5432, ["POSTGRES_DB=shop", f"POSTGRES_PASSWORD={password}"]),
        MARIA: (MARIADB, 3306, ["MARIADB_DATABASE=blog", f"MARIADB_ROOT_PASSWORD={password}"]),
        BROKEN_PG: (BROKEN, 5432, ["POSTGRES_DB=other", f"POSTGRES_PASSWORD={password}", "FAIL_WITH="]),
    }
    for name, (image, port, environment) in given.items():
        told = [part for variable in environment for part in ("--env", variable)]
        options = ("--detach", "--name", name, "--network", _NETWORK, "--publish", f"127.0.0.1::{port}")
        engine.docker("run", *options, *told, image)
    try:
        extra = {"DOCKER_HOST": engine.environment["DOCKER_HOST"], "VERIFY_CONTAINER_NETWORK": _NETWORK}
        with Product.start(home / "product", extra=extra) as product:
            host = Host(engine, product, password, {})
            product.call("PUT", "/system/settings", {"values": {"verify.allowContainers": True}})
            _fill_and_back_up(host)
            yield host
            print(product.log[-5000:])
    finally:
        engine.docker("rm", "--force", "--volumes", *given)
        engine.docker("network", "rm", _NETWORK)


def _fill_and_back_up(host: Host) -> None:
    def all_new() -> Any:
        found = {server["containerName"]: server for server in host.product.call("GET", "/discovery")["servers"]}
        return found if {s["state"] for s in found.values()} == {"new"} and found.keys() >= {PG, MARIA} else None

    found = until(all_new)
    sql = "CREATE TABLE item (id int PRIMARY KEY, note text); INSERT INTO item VALUES (1, 'one'), (2, 'two')"
    password = ("exec", "--env", f"PGPASSWORD={host.password}")
    host.engine.docker(*password, PG, "psql", "-h", "127.0.0.1", "-U", "postgres", "-c", sql, "shop")
    host.engine.docker(
        "exec",
        "--env",
        f"MYSQL_PWD={host.password}",
        MARIA,
        "mariadb",
        "-S",
        "/tmp/db.sock",
        "-u",
        "root",
        "-e",
        sql,
        "blog",
    )
    chosen = [
        {"containerId": found[name]["containerId"], "databases": [database]}
        for name, database in ((PG, "shop"), (MARIA, "blog"), (BROKEN_PG, "other"))
    ]
    for added in host.product.call("POST", "/discovery/add", {"servers": chosen}):
        assert added["error"] is None
        assert added["database"]["scratchContainer"] == "possible"
        backup = host.product.call("POST", "/backups", {"databaseId": added["database"]["id"]})
        done = host.completed(backup["id"])
        assert done["status"] == "completed", done["errorMessage"]
        host.backups[added["containerName"]] = done
