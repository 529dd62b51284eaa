"""Trial restores in throwaway containers of a real Docker engine; the product runs on the host beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devtools.product import ApiError
from tests.images.host import BROKEN_PG, MARIA, PG, Host, until

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize(("name", "port"), [(PG, "5432/tcp"), (MARIA, "3306/tcp")])
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
    run = host.verify(PG)
    host.started()
    host.product.kill()
    assert host.scratch() is not None
    host.product.restart()
    until(lambda: host.scratch() is None)
    assert host.volumes() == before
    ended = host.ended(run)
    assert (ended["status"], ended["errorMessage"][:12]) == ("failed", "interrupted:")


def test_verify_when_cancelled_then_the_container_is_removed(host: Host) -> None:
    run = host.verify(PG)
    until(host.scratch)
    host.product.call("POST", f"/verifications/{run['id']}/cancel")
    assert host.ended(run)["status"] == "cancelled"
    assert host.scratch() is None


def test_verify_when_the_server_does_not_come_up_then_its_last_words_are_told_without_the_password(host: Host) -> None:
    ended = host.ended(host.verify(BROKEN_PG))
    assert (ended["status"], ended["errorCode"]) == ("failed", "SCRATCH_CONTAINER_REFUSED")
    assert "exit code 3" in ended["errorMessage"]
    assert "incompatible with server (PG_VERSION, ***)" in ended["errorMessage"]
    assert host.scratch() is None
    # It says nothing about the backup.
    assert host.product.call("GET", f"/backups/{host.backups[BROKEN_PG]['id']}")["damage"] is None


def test_verify_when_containers_are_switched_off_then_it_is_refused_at_once(host: Host) -> None:
    host.product.call("PUT", "/system/settings", {"values": {"verify.allowContainers": None}})
    try:
        with pytest.raises(ApiError) as caught:
            host.verify(PG)
    finally:
        host.product.call("PUT", "/system/settings", {"values": {"verify.allowContainers": True}})
    assert (caught.value.status, caught.value.code) == (409, "SCRATCH_CONTAINER_REFUSED")
    assert "verify.allowContainers" in caught.value.message
