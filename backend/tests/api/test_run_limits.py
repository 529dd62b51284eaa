"""Limits of runs over the API: seen in /proc while the tools run, and bandwidth that changes while bytes flow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from devtools.servers import FaultProxy, PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, locked, make_database, processes, unique
from tests.unit.pipeline.test_limits import facts

LIMITS = {"niceness": 3, "ioClass": "idle", "memory": 512}


def settings(app: RunningApp, **values: Any) -> None:
    app.api.put("/system/settings", {"values": {name.replace("_", "."): value for name, value in values.items()}})


def tools(app: RunningApp, name: str) -> list[int]:
    """Return the product's tools of that name that are past the programs which set their limits."""
    return [pid for pid in processes(app) if _name_of(pid) == name]


def _name_of(pid: int) -> str | None:
    """Return the name of a process's program; None once it has ended, which it may do at any moment."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return None


@pytest.fixture(scope="module")
def source(postgres: PostgresServer) -> str:
    return make_database(postgres, megabytes=3)


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer, source: str) -> Any:
    return add_database(app, postgres, source, limits=LIMITS)


def test_tools_when_the_database_has_limits_then_dump_and_restore_run_within_them(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer, database: Any, source: str
) -> None:
    assert {name: value for name, value in database["limits"].items() if value is not None} == LIMITS
    bucket = add_bucket(app, seaweed)
    body = {"databaseId": database["id"], "local": False, "s3ConfigIds": [bucket["id"]], "compression": "none"}
    with locked(postgres, source):
        run = app.api.post("/backups", body)
        eventually(lambda: tools(app, "pg_dump"))
        assert facts(tools(app, "pg_dump")[0]) == (3, "idle", 512 << 20)
    backup = app.api.wait(f"/backups/{run['id']}")
    assert backup["status"] == "completed", backup["errorMessage"]
    lines = [line["message"] for line in app.api.get(f"/backups/{backup['id']}/logs")]
    assert "Limits of this run: niceness 3, idle disk priority, 512 MiB of memory a tool" in lines

    # Held up by the limit on all downloads, the restore goes on at once when that is lifted.
    settings(app, **{"s3.downloadLimit": 64, "limits.niceness": 9})
    app.api.put(f"/databases/{database['id']}", {"limits": {"memory": 600}})
    plan = {"databaseId": database["id"], "backupId": backup["id"], "options": {"newDatabase": unique("slow")}}
    begun = app.api.post("/restores", {**plan, "confirm": True})["id"]
    eventually(lambda: tools(app, "pg_restore"))
    niceness, _, memory = facts(tools(app, "pg_restore")[0])
    assert (niceness, memory) == (9, 600 << 20)
    assert app.api.get(f"/restores/{begun}")["status"] == "running"
    settings(app, **{"s3.downloadLimit": None, "limits.niceness": None})
    assert app.api.wait(f"/restores/{begun}")["status"] == "completed"


@pytest.mark.parametrize("where", ["config", "global", "run", "read"])
def test_upload_when_a_limit_is_lifted_then_it_goes_on_at_full_speed(
    app: RunningApp, seaweed: SeaweedServer, database: Any, where: str
) -> None:
    limit = {"uploadLimit": 64} if where == "config" else {}
    bucket = add_bucket(app, seaweed, **limit)
    app.api.put(f"/databases/{database['id']}", {"limits": {}})
    keys = {"global": "s3.uploadLimit", "run": "limits.uploadLimit", "read": "limits.readLimit"}
    if where in keys:
        settings(app, **{keys[where]: 64})
    body = {"databaseId": database["id"], "local": False, "s3ConfigIds": [bucket["id"]], "compression": "none"}
    run = app.api.post("/backups", body)
    # 3 MB at 64 kB/s are 47 seconds: it is met in its middle.
    seen = app.api.until(f"/backups/{run['id']}", lambda s: s["progress"] and s["progress"]["stage"] == "Dumping")
    assert seen["status"] == "running"
    if where == "config":
        app.api.put(f"/s3-configs/{bucket['id']}", {"uploadLimit": None})
    else:
        settings(app, **{keys[where]: None})
    done = app.api.wait(f"/backups/{run['id']}", patience=30)
    assert done["status"] == "completed", done["errorMessage"]
    assert done["duration"] < 40


def test_storage_when_it_stands_still_then_it_is_left_behind_and_filled_again(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer
) -> None:
    source = make_database(postgres, megabytes=48)
    database = add_database(app, postgres, source)
    with FaultProxy.start("127.0.0.1", seaweed.port) as wire:
        bucket = add_bucket(app, seaweed, endpoint=f"http://127.0.0.1:{wire.port}")
        settings(app, **{"backup.storageStallSeconds": 1})
        with locked(postgres, source):
            body = {"databaseId": database["id"], "s3ConfigIds": [bucket["id"]], "compression": "none"}
            run = app.api.post("/backups", body)
            eventually(lambda: tools(app, "pg_dump"))
            wire.stall()
        path = f"/backups/{run['id']}"
        # A part and a short queue are all it could take: more is read only when the disk goes on without it.
        app.api.until(path, lambda seen: seen["progress"] and seen["progress"]["bytesRead"] > 30_000_000)
        wire.heal()
        done = app.api.wait(path)
        assert (done["status"], [copy["state"] for copy in done["copies"]]) == ("completed", ["complete", "failed"])
        assert "took no data for 1 s" in done["copies"][1]["error"]
        settings(app, **{"backup.storageStallSeconds": None})
        app.api.post(f"{path}/upload-to-s3", {"s3ConfigIds": [bucket["id"]]})
        filled = app.api.until(path, lambda seen: seen["copies"][1]["state"] == "complete")
        assert filled["copies"][1]["sha256"] == filled["copies"][0]["sha256"]


@pytest.mark.parametrize(
    ("limits", "field"),
    [
        ({"memory": 5}, "limits.memory"),
        ({"readLimit": 5}, "limits.readLimit"),
        ({"niceness": 20}, "limits.niceness"),
        ({"ioClass": "realtime"}, "limits.ioClass"),
        ({"bogus": 1}, "limits.bogus"),
    ],
)
def test_database_when_a_limit_makes_no_sense_then_it_is_named(
    app: RunningApp, database: Any, limits: dict[str, Any], field: str
) -> None:
    body = {"limits": limits}
    path = f"/databases/{database['id']}"
    app.api.refused("PUT", path, body, status=400, code="VALIDATION_ERROR", fields={field})
    assert back_up(app, database)["status"] == "completed"
