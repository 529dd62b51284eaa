"""Backups of MySQL and MariaDB by several dump jobs: made, verified, restored, recovered by hand, and refused."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dbbackup.engines import mysql_divisible
from devtools.servers import MariadbServer, MysqlServer, SeaweedServer
from devtools.servers.mysql_family import MysqlFamilyServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, back_up, eventually, files, objects, unique
from tests.api.test_documented_recovery import MARK, PAGE
from tests.api.test_encryption_keys import generate
from tests.api.test_parallel_backups import plan, restored
from tests.api.test_recovery_kit import files_of, kit, section
from tests.api.test_recovery_kit import run as run_kit
from tests.api.test_replacing_mysql import plan as replacing
from tests.api.test_verifications import flip, local_path, verify
from tests.api.uploading import findings

SCHEMA = """
CREATE TABLE item (id INT AUTO_INCREMENT PRIMARY KEY, note VARCHAR(200), upper_note VARCHAR(200) AS (UPPER(note)));
CREATE TABLE `Odd.Name` (id INT PRIMARY KEY, item INT, FOREIGN KEY (item) REFERENCES item (id));
CREATE TABLE log (what VARCHAR(50));
CREATE FUNCTION just_one() RETURNS INT DETERMINISTIC RETURN 1;
CREATE VIEW notes AS SELECT note, just_one() AS n FROM item;
INSERT INTO item (note) VALUES ('a'), ('b'), ('c');
INSERT INTO `Odd.Name` VALUES (1, 3), (2, 1);
CREATE TRIGGER noted AFTER INSERT ON item FOR EACH ROW INSERT INTO log VALUES (NEW.note);
CREATE EVENT yearly ON SCHEDULE EVERY 1 YEAR STARTS '2037-01-01' DO DELETE FROM log;
"""
ALL = """
SELECT id, note, upper_note FROM item ORDER BY 1; SELECT * FROM `Odd.Name` ORDER BY 1; SELECT * FROM log;
SELECT * FROM notes ORDER BY 1;
SELECT trigger_name FROM information_schema.triggers WHERE trigger_schema = DATABASE();
SELECT event_name FROM information_schema.events WHERE event_schema = DATABASE();
"""
JOBS: dict[str, Any] = {"options": {"jobs": 3}}


@pytest.fixture(scope="module", autouse=True)
def small_is_big() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mysql_divisible, "LEAST_BYTES", 1)
        yield


@pytest.fixture(scope="module", params=["mysql", "mariadb"])
def server(request: pytest.FixtureRequest) -> MysqlFamilyServer:
    found: MysqlServer | MariadbServer = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def database(app: RunningApp, server: MysqlFamilyServer) -> Iterator[Any]:
    name = unique("par")
    server.sql(f"CREATE DATABASE {name}")
    server.sql(SCHEMA, database=name)
    app.secrets.add(server.password)
    form = {"name": unique("Database"), "type": server.engine, "host": server.host, "port": server.port}
    form |= {"database": name, "username": server.superuser, "password": server.password, "dumpOptions": {"jobs": 3}}
    yield app.api.post("/databases", form)
    server.sql(f"DROP DATABASE {name}")


@pytest.fixture(scope="module")
def backup(app: RunningApp, database: Any) -> Any:
    return back_up(app, database, encryption="none")


def test_parallel_backup_when_restored_as_new_in_place_or_in_part_then_all_is_back(
    app: RunningApp, server: MysqlFamilyServer, database: Any, backup: Any
) -> None:
    assert backup["status"] == "completed", backup["errorMessage"]
    names = [part["name"] for part in backup["parts"]]
    assert names == ["data1", "data2", "data3", "after", "database"]
    tables = sorted(name for part in backup["parts"] for _, name in part["tables"])
    assert tables == ["Odd.Name", "item", "log"]
    assert backup["size"] == sum(part["size"] for part in backup["parts"])
    source, name = database["database"], unique("copy")
    before = server.sql(ALL, database=source)
    restored(app, plan(database, backup, newDatabase=name, jobs=2))
    assert server.sql(ALL, database=name) == before
    chosen = {"objects": [{"kind": "table", "schema": source, "name": "item"}]}
    restored(app, plan(database, backup, newDatabase=f"{name}_2", selection=chosen))
    left = server.sql("SHOW TABLES; SELECT COUNT(*) FROM item; SHOW TRIGGERS", database=f"{name}_2")
    assert left.split("\n")[:2] == ["item", "3"]
    assert "noted" in left
    server.sql(f"DROP DATABASE {name}; DROP DATABASE {name}_2")
    for mode in ("replace", "clean"):
        server.sql("DELETE FROM `Odd.Name`; UPDATE item SET note = 'x'; DROP TRIGGER IF EXISTS noted", database=source)
        done = restored(app, replacing(database, backup, mode, jobs=3, safetyBackup=mode == "replace"))
        assert server.sql(ALL, database=source) == before
        if mode == "replace":
            undo = app.api.post(f"/restores/{done['id']}/undo", {"confirm": True})
            assert app.api.wait(f"/restores/{undo['id']}")["status"] == "completed"
            assert server.sql("SELECT DISTINCT note FROM item", database=source) == "x"
    for mode in ("append", "runScript"):
        asked = plan(database, backup, mode=mode, existingDatabase=source)
        assert "with several jobs" in findings(app.api.post("/restores/preflight", asked), "error")["several-parts"]


def signed_in(server: MysqlFamilyServer, folder: Path, commands: str) -> subprocess.CompletedProcess[str]:
    """Run commands in the folder, the server's client in reach and told where to go by its option file."""
    login = f"user={server.superuser}\npassword={server.password}\n"
    (folder / ".my.cnf").write_text(f"[client]\nhost={server.host}\nport={server.port}\nprotocol=tcp\n{login}")
    (folder / server.client).symlink_to(server.bin_dir / server.client)
    return run_kit(f'PATH="{folder}:$PATH"\n{commands}', folder)


def test_parallel_backup_when_recovered_by_hand_as_documented_then_all_is_back(
    app: RunningApp, server: MysqlFamilyServer, database: Any, backup: Any, tmp_path: Path
) -> None:
    page = PAGE.read_text().partition("\n## MySQL and MariaDB\n")[2]
    create, fill = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert MARK in page
    commands = f"set -o pipefail\nNAME={backup['fileName'].partition('.')[0]}\n{create}{fill}"
    done = signed_in(
        server, files_of(app, backup, tmp_path / "files"), commands.replace("mysql --", f"{server.client} --")
    )
    assert done.returncode == 0, done.stderr
    assert server.sql(ALL, database="shop_recovered") == server.sql(ALL, database=database["database"])
    server.sql("DROP DATABASE shop_recovered")


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_parallel_backup_when_encrypted_on_disk_and_s3_then_every_level_is_proven_and_deleting_leaves_nothing(
    app: RunningApp, server: MysqlFamilyServer, seaweed: SeaweedServer, database: Any, tmp_path: Path
) -> None:
    assert app.api.http.post(f"/api/encryption-keys/{generate(app)['id']}/download").status_code == 200
    bucket = add_bucket(app, seaweed)
    made = back_up(app, database, encryption="age", uploadToS3=True, s3ConfigIds=[bucket["id"]])
    assert [copy["state"] for copy in made["copies"]] == ["complete", "complete"]
    for copy, level in zip(made["copies"], (3, 2), strict=True):
        done = verify(app, made, level, copyId=copy["id"])
        assert done["status"] == "completed", done["errorMessage"]
    folder = files_of(app, made, tmp_path / "files")
    by_hand = signed_in(server, folder, section(kit(app, tmp_path), database["name"]))
    assert by_hand.returncode == 0, by_hand.stderr
    assert by_hand.stdout.count(": OK") == 5
    assert server.sql(ALL, database="recovered") == server.sql(ALL, database=database["database"])
    server.sql("DROP DATABASE recovered")
    flip(local_path(app, made, "data2"), -50)
    failed = verify(app, made, 1, copyId=made["copies"][0]["id"])
    assert ".data2.sql" in failed["errorMessage"]
    place, stem = local_path(app, made).parent, made["fileName"].partition(".")[0]
    app.api.delete(f"/backups/{made['id']}")
    eventually(lambda: not objects(seaweed, bucket["bucket"]) and not any(stem in f for f in files(place)))


@pytest.mark.parametrize("server", ["mariadb"], indirect=True)
def test_parallel_backup_when_the_catalogue_is_rebuilt_or_options_do_not_fit_then_it_is_known_or_refused(
    app: RunningApp, database: Any
) -> None:
    backup = back_up(app, database)
    journal = "SELECT * FROM run_journal WHERE execution_id = ?"
    eventually(lambda: not app.rows(journal, backup["id"]))
    app.execute("DELETE FROM backup_copy WHERE backup_id = ?", backup["id"])
    app.execute("DELETE FROM backup_execution WHERE id = ?", backup["id"])
    report = app.api.post("/system/catalogue/rebuild", {})
    assert (report["problems"], report["backupsAdded"]) == ([], 1)
    assert app.api.get(f"/backups/{backup['id']}")["parts"] == backup["parts"]
    for other in ({"schemaOnly": True}, {"dataOnly": True}, {"includeTables": ["item"]}):
        asked = {"databaseId": database["id"], "uploadToS3": False, "options": {"jobs": 2, **other}}
        says = "takes the whole database"
        app.api.refused("POST", "/backups", asked, status=400, code="VALIDATION_ERROR", fields={"jobs"}, says=says)
    app.execute("UPDATE database_config SET dump_via = 'container' WHERE id = ?", database["id"])
    asked = {"databaseId": database["id"], "uploadToS3": False, **JOBS}
    says = "only one dump tool runs"
    app.api.refused("POST", "/backups", asked, status=400, code="VALIDATION_ERROR", fields={"jobs"}, says=says)
    app.execute("UPDATE database_config SET dump_via = 'network' WHERE id = ?", database["id"])
