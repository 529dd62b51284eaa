"""Trial restores in throwaway containers of a real Docker engine; the product runs on the host beside it.

The images are made of the machine's own servers, and start by themselves as the vendors' do, who cannot be asked here.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from devtools.docker_engine import DockerEngine
from devtools.product import ApiError, Product
from tests.images.own_images import BROKEN, MARIADB, POSTGRES, make_broken, make_mariadb, make_postgres

pytestmark = pytest.mark.timeout(900)
_NETWORK = "scratch_proofs"
_PATIENCE = 90.0
_PG, _MARIA, _BROKEN = "proof-pg", "proof-maria", "proof-broken"


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


@pytest.fixture(scope="module")
def host(engine: DockerEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    home = tmp_path_factory.mktemp("host")
    make_postgres(engine)
    make_mariadb(engine, home)
    make_broken(engine)
    engine.docker("network", "create", _NETWORK)
    password = secrets.token_urlsafe(18)
    given = {
        _PG: (POSTGRES, 5432, ["POSTGRES_DB=shop", f"POSTGRES_PASSWORD={password}"]),
        _MARIA: (MARIADB, 3306, ["MARIADB_DATABASE=blog", f"MARIADB_ROOT_PASSWORD={password}"]),
        _BROKEN: (BROKEN, 5432, ["POSTGRES_DB=other", f"POSTGRES_PASSWORD={password}", "FAIL_WITH="]),
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
            fill_and_back_up(host)
            yield host
            print(product.log[-5000:])
    finally:
        engine.docker("rm", "--force", "--volumes", *given)
        engine.docker("network", "rm", _NETWORK)


def fill_and_back_up(host: Host) -> None:
    def all_new() -> Any:
        found = {server["containerName"]: server for server in host.product.call("GET", "/discovery")["servers"]}
        return found if {s["state"] for s in found.values()} == {"new"} and found.keys() >= {_PG, _MARIA} else None

    found = until(all_new)
    sql = "CREATE TABLE item (id int PRIMARY KEY, note text); INSERT INTO item VALUES (1, 'one'), (2, 'two')"
    password = ("exec", "--env", f"PGPASSWORD={host.password}")
    host.engine.docker(*password, _PG, "psql", "-h", "127.0.0.1", "-U", "postgres", "-c", sql, "shop")
    host.engine.docker("exec", _MARIA, "mariadb", "-S", "/tmp/db.sock", "-u", "root", "-e", sql, "blog")
    chosen = [
        {"containerId": found[name]["containerId"], "databases": [database]}
        for name, database in ((_PG, "shop"), (_MARIA, "blog"), (_BROKEN, "other"))
    ]
    for added in host.product.call("POST", "/discovery/add", {"servers": chosen}):
        assert added["error"] is None
        assert added["database"]["scratchContainer"] == "possible"
        backup = host.product.call("POST", "/backups", {"databaseId": added["database"]["id"]})
        done = host.completed(backup["id"])
        assert done["status"] == "completed", done["errorMessage"]
        host.backups[added["containerName"]] = done


@pytest.mark.parametrize(("name", "port"), [(_PG, "5432/tcp"), (_MARIA, "3306/tcp")])
def test_verify_when_in_a_container_then_it_is_of_the_same_image_closed_up_and_gone_at_the_end(
    host: Host, name: str, port: str
) -> None:
    before = host.volumes()
    run = host.verify(name)
    seen = host.started()
    environment = dict(entry.split("=", 1) for entry in seen["Config"]["Env"])
    made_up = environment.get("POSTGRES_PASSWORD") or environment["MARIADB_ROOT_PASSWORD"]
    [source] = json.loads(host.engine.docker("inspect", name))
    assert seen["Image"] == source["Image"]
    assert host.password not in json.dumps(seen)
    config = seen["HostConfig"]
    assert [b["HostIp"] for b in seen["NetworkSettings"]["Ports"][port]] == ["127.0.0.1"]
    assert (config["Memory"], config["MemorySwap"], config["PidsLimit"]) == (1 << 30, 1 << 30, 512)
    assert (config["Privileged"], config["CapDrop"], config["Binds"]) == (False, ["ALL"], None)
    assert {mount["Type"] for mount in seen["Mounts"]} == {"volume"}
    assert seen["Config"]["Labels"]["dbbackup.scratch.run"] == run["id"]
    # Nobody takes it for a database to back up.
    assert not any("verify" in s["containerName"] for s in host.product.call("GET", "/discovery")["servers"])
    arguments = b"".join(path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
    assert made_up.encode() not in arguments
    done = host.ended(run)
    assert done["status"] == "completed", done["errorMessage"]
    assert (done["targetKind"], done["targetName"]) == ("container", host.backups[name]["databaseName"])
    assert 0 < done["restoreSeconds"] < done["duration"]
    assert sum(table["rows"] for table in done["tables"]) == 2
    said = json.dumps(done) + host.product.log
    assert "was removed, with its data" in said
    assert made_up not in said
    assert (host.scratch(), host.volumes()) == (None, before)
    proven = host.product.call("GET", f"/databases/{host.backups[name]['databaseId']}")
    assert proven["rtoSeconds"] == done["restoreSeconds"]


def test_verify_when_the_product_is_killed_then_the_container_is_removed_at_the_next_start(host: Host) -> None:
    before = host.volumes()
    run = host.verify(_PG)
    host.started()
    host.product.kill()
    assert host.scratch() is not None
    host.product.restart()
    until(lambda: host.scratch() is None)
    assert host.volumes() == before
    ended = host.ended(run)
    assert (ended["status"], ended["errorMessage"][:12]) == ("failed", "interrupted:")


def test_verify_when_cancelled_then_the_container_is_removed(host: Host) -> None:
    run = host.verify(_PG)
    until(host.scratch)
    host.product.call("POST", f"/verifications/{run['id']}/cancel")
    assert host.ended(run)["status"] == "cancelled"
    assert host.scratch() is None


def test_verify_when_the_server_does_not_come_up_then_its_last_words_are_told_without_the_password(host: Host) -> None:
    ended = host.ended(host.verify(_BROKEN))
    assert (ended["status"], ended["errorCode"]) == ("failed", "SCRATCH_CONTAINER_REFUSED")
    assert "exit code 3" in ended["errorMessage"]
    assert "incompatible with server (PG_VERSION, ***)" in ended["errorMessage"]
    assert host.scratch() is None
    # It says nothing about the backup.
    assert host.product.call("GET", f"/backups/{host.backups[_BROKEN]['id']}")["damage"] is None


def test_verify_when_containers_are_switched_off_then_it_is_refused_at_once(host: Host) -> None:
    host.product.call("PUT", "/system/settings", {"values": {"verify.allowContainers": None}})
    try:
        with pytest.raises(ApiError) as caught:
            host.verify(_PG)
    finally:
        host.product.call("PUT", "/system/settings", {"values": {"verify.allowContainers": True}})
    assert (caught.value.status, caught.value.code) == (409, "SCRATCH_CONTAINER_REFUSED")
    assert "verify.allowContainers" in caught.value.message
