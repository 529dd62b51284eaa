"""Dumps by the tools in the database's own container, on a real Docker engine; the product runs on the host."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from devtools.product import ApiError
from tests.images.host import MARIA, PG, Host, until

pytestmark = pytest.mark.timeout(900)
_SLOW = 2048
"""kB/s: a dump that can be struck in the middle."""


@pytest.fixture(autouse=True)
def _allowed(host: Host) -> Iterator[None]:
    host.product.call("PUT", "/system/settings", {"values": {"backup.allowContainerExec": True}})
    for name in (PG, MARIA):
        shown = change(host, name, {"dumpVia": "container"})
        assert (shown["dumpVia"], shown["containerDump"]) == ("container", "possible")
    yield
    for name in (PG, MARIA):
        change(host, name, {"dumpVia": "network", "limits": {}})
    # The server is the first process of its container: what it inherits and is killed counts as a crash of its own.
    assert "terminated by signal" not in host.said(PG)


def change(host: Host, name: str, values: dict[str, Any]) -> Any:
    return host.product.call("PUT", f"/databases/{host.backups[name]['databaseId']}", values)


def back_up(host: Host, name: str) -> Any:
    return host.product.call("POST", "/backups", {"databaseId": host.backups[name]["databaseId"]})


def in_the_middle(host: Host) -> tuple[Any, int]:
    """Begin a dump of PostgreSQL that takes minutes; return the run and pg_dump's process in the container."""
    host.fill_large()
    change(host, PG, {"limits": {"readLimit": _SLOW}})
    run = back_up(host, PG)

    def read() -> int | None:
        shown = host.product.call("GET", f"/backups/{run['id']}")
        assert shown["status"] in ("queued", "running"), (shown["status"], shown["errorMessage"])
        return (shown["progress"] or {}).get("bytesRead")

    until(read)
    [tool] = tools()
    return run, tool


def tools() -> list[int]:
    """Return the dump tools that run, by what they were started as: in the container it is no path."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if path.read_bytes().split(b"\0")[0] in (b"pg_dump", b"mariadb-dump"):
                found.append(int(path.parent.name))
    return found


@pytest.mark.parametrize(("name", "tool"), [(PG, "pg_dump 15."), (MARIA, "mariadb-dump 10.11.")])
def test_backup_when_dumped_in_the_container_then_it_is_whole_and_can_be_restored(
    host: Host, name: str, tool: str
) -> None:
    done = host.completed(back_up(host, name)["id"])
    assert done["status"] == "completed", done["errorMessage"]
    assert next(part for part in done["parts"] if part["name"] == "database")["tool"].startswith(tool)
    said = [line["message"] for line in host.product.call("GET", f"/backups/{done['id']}/logs")]
    assert any(f"in the container {name}" in message for message in said)
    assert tools() == []
    run = host.product.call("POST", f"/backups/{done['id']}/verify", {"level": 3, "targetKind": "server"})
    proven = host.ended(run)
    assert proven["status"] == "completed", proven["errorMessage"]
    assert sum(table["rows"] for table in proven["tables"]) >= 2


def test_backup_when_it_goes_on_in_the_container_then_no_password_is_in_an_argument_and_a_cancellation_ends_it(
    host: Host,
) -> None:
    run, tool = in_the_middle(host)
    everything = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            everything += path.read_bytes()
    assert b"docker_relay" in everything
    assert host.password.encode() not in everything
    assert Path(f"/proc/{tool}").stat().st_uid == 65534
    host.product.call("POST", f"/backups/{run['id']}/cancel")
    ended = host.completed(run["id"])
    assert ended["status"] == "cancelled"
    assert tools() == []
    assert host.password not in host.product.log


def test_backup_when_the_tool_is_killed_in_the_container_then_it_fails(host: Host) -> None:
    run, tool = in_the_middle(host)
    os.kill(tool, signal.SIGKILL)
    ended = host.completed(run["id"])
    assert ended["status"] == "failed"
    assert "pg_dump 15." in ended["errorMessage"]
    assert all(copy["state"] == "failed" for copy in ended["copies"])


def test_backup_when_the_product_is_killed_then_the_next_start_ends_the_tool_in_the_container(host: Host) -> None:
    run, _ = in_the_middle(host)
    host.product.kill()
    host.product.restart()
    until(lambda: tools() == [])
    ended = host.completed(run["id"])
    assert (ended["status"], ended["errorMessage"][:12]) == ("failed", "interrupted:")
    change(host, PG, {"limits": {}})
    assert host.completed(back_up(host, PG)["id"])["status"] == "completed"


def test_database_when_commands_in_containers_are_switched_off_then_it_is_refused(host: Host) -> None:
    host.product.call("PUT", "/system/settings", {"values": {"backup.allowContainerExec": None}})
    with pytest.raises(ApiError) as caught:
        change(host, PG, {"dumpVia": "container"})
    assert (caught.value.status, caught.value.code) == (409, "CONTAINER_EXEC_REFUSED")
    ended = host.completed(back_up(host, PG)["id"])
    assert (ended["status"], ended["errorCode"]) == ("failed", "CONTAINER_EXEC_REFUSED")
