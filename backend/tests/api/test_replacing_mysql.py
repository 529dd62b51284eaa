"""MySQL and MariaDB databases that are replaced in place: a safety backup first, put back when anything fails."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dbbackup.db.models import RestoreExecution
from dbbackup.pipeline.fill import fill_database
from dbbackup.worker import replace_run
from devtools.servers import MariadbServer, MysqlServer
from devtools.servers.mysql_family import MysqlFamilyServer
from tests.api.running_app import RunningApp
from tests.api.support import back_up, eventually, processes, unique
from tests.api.test_restores import codes
from tests.api.test_verifications import forge

_SHOP = """
CREATE TABLE item (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(50));
CREATE TABLE log (what VARCHAR(50));
CREATE TRIGGER noted AFTER INSERT ON item FOR EACH ROW INSERT INTO log VALUES (NEW.note);
INSERT INTO item (note) VALUES ('one'), ('two'), ('three');
CREATE VIEW notes AS SELECT note FROM item;
CREATE PROCEDURE nothing() SELECT 1;
CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO DELETE FROM log;
"""
_SINCE = """
DELETE FROM item WHERE id < 3; INSERT INTO item (note) VALUES ('since then');
CREATE TABLE later (id INT); INSERT INTO later VALUES (7); DROP PROCEDURE nothing;
"""
_OBJECTS = """
SELECT 'table', table_name, table_type, COALESCE(auto_increment, 0) FROM information_schema.tables
WHERE table_schema = '{0}' AND table_name <> 'big'
UNION ALL SELECT 'trigger', trigger_name, event_object_table, 0 FROM information_schema.triggers
WHERE trigger_schema = '{0}'
UNION ALL SELECT 'routine', routine_name, routine_type, 0 FROM information_schema.routines
WHERE routine_schema = '{0}'
UNION ALL SELECT 'event', event_name, status, 0 FROM information_schema.events WHERE event_schema = '{0}' ORDER BY 1, 2
"""


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def server(request: pytest.FixtureRequest) -> MysqlFamilyServer:
    found: MysqlServer | MariadbServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def shop(app: RunningApp, server: MysqlFamilyServer) -> Iterator[Any]:
    name = unique("shop")
    server.sql(f"CREATE DATABASE {name}")
    server.sql(_SHOP, database=name)
    app.secrets.add(server.password)
    form = {
        "name": unique("Database"),
        "type": "mysql" if isinstance(server, MysqlServer) else "mariadb",
        "host": server.host,
        "port": server.port,
        "database": name,
        "username": server.superuser,
        "password": server.password,
    }
    yield app.api.post("/databases", form)
    server.sql(f"DROP DATABASE IF EXISTS {name}")


def state(server: MysqlFamilyServer, shop: Any) -> list[str]:
    """Return all that is in the database: objects and rows."""
    name = shop["database"]
    rows = server.sql("SELECT id, note FROM item ORDER BY id; SELECT what FROM log ORDER BY 1", database=name)
    # information_schema of MySQL remembers the counters of tables for a day
    fresh = "SET SESSION information_schema_stats_expiry = 0;" if isinstance(server, MysqlServer) else ""
    return [*server.sql(fresh + _OBJECTS.format(name)).splitlines(), *rows.splitlines()]


def plan(shop: Any, backup: Any, mode: str = "replace", **options: Any) -> dict[str, Any]:
    name = shop["database"]
    return {
        "databaseId": shop["id"],
        "backupId": backup["id"],
        "options": {"mode": mode, "existingDatabase": name, **options},
        "confirm": True,
        "confirmName": name,
    }


def restore(app: RunningApp, body: dict[str, Any]) -> Any:
    return app.api.wait(f"/restores/{app.api.post('/restores', body)['id']}")


def put_back(app: RunningApp, failed: Any) -> Any:
    """Return the run that puts the database back, when it has ended."""
    assert failed["undoneById"], failed["errorMessage"]
    return app.api.wait(f"/restores/{failed['undoneById']}")


def preflight(app: RunningApp, body: dict[str, Any]) -> Any:
    return app.api.post("/restores/preflight", {n: body[n] for n in ("databaseId", "backupId", "options")})


def test_replace_when_it_succeeds_then_all_is_as_backed_up_and_undo_brings_the_rest_back(
    app: RunningApp, server: MysqlFamilyServer, shop: Any
) -> None:
    before, backup = state(server, shop), back_up(app, shop)
    server.sql(_SINCE, database=shop["database"])
    since = state(server, shop)
    assert since != before
    found = preflight(app, plan(shop, backup))
    assert (found["ok"], {"dropped", "events"} <= codes(found, "warning")) == (True, True), found
    assert {"sessions", "safety-space"} <= codes(found, "ok")
    done = restore(app, plan(shop, backup))
    assert done["status"] == "completed", done["errorMessage"]
    assert state(server, shop) == before
    assert (done["undoState"], done["keptDatabase"]) == ("available", None)
    assert app.api.get(f"/backups/{done['safetyBackupId']}")["pinned"] is True
    assert [check["ok"] for check in done["checks"]] == [True] * 4
    run = app.api.post(f"/restores/{done['id']}/undo", {"confirm": True})
    undo = app.api.wait(f"/restores/{run['id']}")
    assert undo["status"] == "completed", undo["errorMessage"]
    assert state(server, shop) == since
    assert app.api.get(f"/restores/{done['id']}")["undoState"] == "undone"
    assert (undo["undoState"], undo["undoOfId"]) == ("available", done["id"])


def test_clean_when_it_succeeds_then_what_is_not_in_the_backup_stays(
    app: RunningApp, server: MysqlFamilyServer, shop: Any
) -> None:
    backup = back_up(app, shop)
    server.sql(_SINCE, database=shop["database"])
    found = preflight(app, plan(shop, backup, "clean"))
    assert (found["ok"], "dropped" in codes(found, "warning"), "staying" in codes(found, "ok")) == (True, True, True)
    done = restore(app, plan(shop, backup, "clean"))
    assert done["status"] == "completed", done["errorMessage"]
    assert server.sql("SELECT note FROM item ORDER BY id; SELECT id FROM later", database=shop["database"]).split() == [
        "one", "two", "three", "7",
    ]  # fmt: skip
    server.sql("DROP VIEW notes; CREATE TABLE notes (id INT)", database=shop["database"])
    assert "kinds-differ" in codes(preflight(app, plan(shop, backup, "clean")), "error")


@pytest.mark.parametrize("mode", ["replace", "clean"])
def test_restore_when_an_sql_error_comes_at_the_end_then_the_safety_backup_is_put_back(
    app: RunningApp, server: MysqlFamilyServer, shop: Any, mode: str
) -> None:
    backup = back_up(app, shop, compression="none")
    end = b"-- Dump completed"
    forge(app, backup, lambda data: data.replace(end, b"CREATE TABLE `item` (`id` int);\n" + end))
    server.sql(_SINCE, database=shop["database"])
    since = state(server, shop)
    failed = restore(app, plan(shop, backup, mode))
    assert (failed["status"], failed["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "already exists" in failed["errorMessage"]
    assert "is put back as it was, from the safety backup" in failed["errorMessage"]
    back = put_back(app, failed)
    assert back["status"] == "completed", back["errorMessage"]
    assert state(server, shop) == since
    assert app.api.get(f"/backups/{failed['safetyBackupId']}")["pinned"] is False
    # and where the user did without: said plainly, and the next restore mends it
    bare = restore(app, plan(shop, backup, mode, safetyBackup=False))
    assert (bare["status"], bare["undoneById"]) == ("failed", None)
    assert "is not whole now, and there is no safety backup" in bare["errorMessage"]
    body = {**plan(shop, {"id": failed["safetyBackupId"]}), "options": {**plan(shop, backup)["options"]}}
    assert restore(app, body)["status"] == "completed"
    assert state(server, shop) == since


def test_replace_when_the_client_is_killed_in_the_middle_then_put_back(
    app: RunningApp, server: MysqlFamilyServer, shop: Any
) -> None:
    name = shop["database"]
    server.sql(
        "CREATE TABLE big (id INT AUTO_INCREMENT PRIMARY KEY, body TEXT);"
        "INSERT INTO big (body) VALUES (REPEAT('x', 500));" + "INSERT INTO big (body) SELECT body FROM big;" * 15,
        database=name,
    )
    backup = back_up(app, shop)
    server.sql(_SINCE, database=name)
    since = state(server, shop)
    killed = threading.Event()

    def kill() -> None:
        while not killed.wait(0.01):
            for pid in processes(app):
                # Others of the run's processes come and go meanwhile.
                with suppress(OSError):
                    if f"--database={name}" in Path(f"/proc/{pid}/cmdline").read_text():
                        os.kill(pid, signal.SIGKILL)
                        killed.set()

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    failed = restore(app, plan(shop, backup))
    killed.set()
    killer.join()
    assert (failed["status"], "SIGKILL" in failed["errorMessage"]) == ("failed", True), failed["errorMessage"]
    assert put_back(app, failed)["status"] == "completed"
    assert state(server, shop) == since
    assert server.sql("SELECT COUNT(*) FROM big", database=name).strip() == str(2**15)


def test_restore_when_cancelled_in_place_then_put_back_and_nothing_else_runs_before(
    app: RunningApp, server: MysqlFamilyServer, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup, since = back_up(app, shop), state(server, shop)
    path: list[str] = []
    real = fill_database

    async def cancelled(job: Any, report: Any) -> None:
        """The first time the database is dropped and empty: cancelled there, with a backup waiting behind."""
        monkeypatch.setattr(replace_run, "fill_database", fails_once)
        async with app.ctx.catalogue.transaction() as session:
            row = await session.scalar(select(RestoreExecution).where(RestoreExecution.id == path[0].split("/")[-1]))
            assert row is not None
            row.cancel_requested = True
        app.wake()
        await asyncio.Event().wait()

    async def fails_once(job: Any, report: Any) -> None:
        monkeypatch.setattr(replace_run, "fill_database", real)
        raise OSError("the put-back itself fails")

    monkeypatch.setattr(replace_run, "fill_database", cancelled)
    started = app.api.post("/restores", plan(shop, backup))
    path.append(f"/restores/{started['id']}")
    later = app.api.post("/backups", {"databaseId": shop["id"], "uploadToS3": False})
    done = app.api.wait(path[0])
    assert (done["status"], "is put back" in done["errorMessage"]) == ("cancelled", True)
    again = app.api.until(f"/restores/{done['undoneById']}", lambda seen: seen["attempt"] == 2)
    assert (again["status"], again["notBefore"] is not None) == ("queued", True)
    assert app.api.get(f"/backups/{later['id']}")["status"] == "queued"

    async def hurry() -> None:
        async with app.ctx.catalogue.transaction() as session:
            (await session.get_one(RestoreExecution, done["undoneById"])).not_before = None
        app.wake()

    app.run(hurry())
    assert app.api.wait(f"/restores/{done['undoneById']}")["status"] == "completed"
    assert app.api.wait(f"/backups/{later['id']}")["status"] == "completed"
    assert state(server, shop) == since


def test_replace_when_somebody_is_connected_then_refused_or_ended(
    app: RunningApp, server: MysqlFamilyServer, shop: Any
) -> None:
    backup = back_up(app, shop)
    sleeper = threading.Thread(target=_sleep, args=(server, shop["database"]), daemon=True)
    sleeper.start()
    seen = f"SELECT COUNT(*) FROM information_schema.processlist WHERE db = '{shop['database']}'"
    eventually(lambda: server.sql(seen).strip() == "1")
    assert "sessions" in codes(preflight(app, plan(shop, backup)), "error")
    refused = restore(app, plan(shop, backup))
    assert (refused["status"], "before anything was changed" in refused["errorMessage"]) == ("failed", True)
    assert "sessions" in codes(preflight(app, plan(shop, backup, stopConnections=True)), "warning")
    done = restore(app, plan(shop, backup, stopConnections=True))
    assert done["status"] == "completed", done["errorMessage"]
    sleeper.join(5)
    assert not sleeper.is_alive()


def _sleep(server: MysqlFamilyServer, database: str) -> None:
    try:
        server.sql("SELECT SLEEP(60)", database=database)
    except RuntimeError:
        return  # ended from outside, as it should be
