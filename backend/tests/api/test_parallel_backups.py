"""Backups of PostgreSQL by several dump jobs: made, verified, restored, recovered by hand, and refused."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dbbackup.engines import postgresql_divisible
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, files, objects, unique
from tests.api.test_documented_recovery import MARK, PAGE, run
from tests.api.test_encryption_keys import generate
from tests.api.test_recovery_kit import connected, files_of, kit, section
from tests.api.test_recovery_kit import run as run_kit
from tests.api.test_replacing_restores import confirmed, replacing
from tests.api.test_verifications import flip, local_path, verify
from tests.api.uploading import findings

SCHEMA = """
CREATE TABLE item (id int PRIMARY KEY, note text);
INSERT INTO item SELECT n, repeat(md5(n::text), 30) FROM generate_series(1, 500) n;
CREATE TABLE "Odd.Name" (id serial PRIMARY KEY, item int REFERENCES item (id), note text);
INSERT INTO "Odd.Name" (item, note) SELECT 1 + n % 500, repeat(md5(n::text), 30) FROM generate_series(1, 500) n;
CREATE TABLE small (id int);
INSERT INTO small VALUES (1);
CREATE VIEW seen AS SELECT count(*) AS n FROM item;
"""
ALL = """
SELECT (SELECT md5(string_agg(i::text, '' ORDER BY id)) FROM item i) || ' '
    || (SELECT md5(string_agg(o::text, '' ORDER BY id)) FROM "Odd.Name" o) || ' ' || (SELECT count(*) FROM small)
"""
JOBS: dict[str, Any] = {"options": {"jobs": 3}}


@pytest.fixture(scope="module", autouse=True)
def small_is_big() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgresql_divisible, "LEAST_BYTES", 1 << 14)
        yield


@pytest.fixture(scope="module")
def source(postgres: PostgresServer) -> str:
    name = unique("par")
    postgres.psql(f"CREATE DATABASE {name}")
    postgres.psql(SCHEMA, database=name)
    return name


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer, source: str) -> Any:
    made = add_database(app, postgres, source, dumpOptions={"jobs": 3})
    assert made["dumpOptions"]["jobs"] == 3
    return made


@pytest.fixture(scope="module")
def backup(app: RunningApp, database: Any) -> Any:
    return back_up(app, database)


def plan(database: Any, backup: Any, **options: Any) -> dict[str, Any]:
    return {"databaseId": database["id"], "backupId": backup["id"], "options": options}


def restored(app: RunningApp, body: dict[str, Any]) -> Any:
    done = app.api.wait(f"/restores/{app.api.post('/restores', {**body, 'confirm': True})['id']}")
    assert done["status"] == "completed", done["errorMessage"]
    return done


def test_parallel_backup_when_made_with_the_database_s_options_then_its_parts_are_listed_and_it_is_one(
    app: RunningApp, backup: Any
) -> None:
    assert backup["status"] == "completed", backup["errorMessage"]
    assert [part["name"] for part in backup["parts"]] == ["globals", "data1", "data2", "database"]
    tables = {part["name"]: part["tables"] for part in backup["parts"]}
    assert sorted(tables["data1"] + tables["data2"]) == [["public", "Odd.Name"], ["public", "item"]]
    assert tables["globals"] == tables["database"] == []
    assert backup["size"] == sum(part["size"] for part in backup["parts"])
    assert local_path(app, backup, "data1").name.endswith(".data1.dump.gz")
    answer = app.api.http.get(f"/api/backups/{backup['id']}/download?part=data1")
    assert answer.content == local_path(app, backup, "data1").read_bytes()


def test_parallel_backup_when_restored_into_a_new_database_or_in_the_place_of_the_old_then_all_is_back(
    app: RunningApp, postgres: PostgresServer, source: str, database: Any, backup: Any
) -> None:
    before, name = postgres.psql(ALL, database=source), unique("copy")
    for jobs in (1, 3):
        restored(app, plan(database, backup, newDatabase=f"{name}_{jobs}", jobs=jobs))
        assert postgres.psql(ALL, database=f"{name}_{jobs}") == before
        postgres.psql(f"DROP DATABASE {name}_{jobs}")
    postgres.psql("DELETE FROM \"Odd.Name\"; UPDATE item SET note = ''", database=source)
    restored(app, confirmed(replacing(database, backup, safetyBackup=False)))
    assert postgres.psql(ALL, database=source) == before
    restored(app, plan(database, backup, mode="schemaOnly", newDatabase=name))
    assert postgres.psql("SELECT count(*) FROM item", database=name) == "0"


def test_parallel_backup_when_objects_are_chosen_then_their_rows_come_from_the_part_they_are_in(
    app: RunningApp, postgres: PostgresServer, source: str, database: Any, backup: Any
) -> None:
    listed = {o["name"]: o for o in app.api.get(f"/backups/{backup['id']}/contents")["objects"]}
    assert (listed["item"]["rows"], listed["Odd.Name"]["rows"]) == (500, 500)
    name, chosen = unique("chosen"), {"objects": [{"kind": "table", "schema": "public", "name": "Odd.Name"}]}
    restored(app, plan(database, backup, newDatabase=name, selection=chosen, jobs=2))
    rows = "SELECT md5(string_agg(o::text, '' ORDER BY id)) FROM \"Odd.Name\" o"
    assert postgres.psql(rows, database=name) == postgres.psql(rows, database=source)
    assert postgres.psql("SELECT to_regclass('small') IS NULL", database=name) == "t"
    postgres.psql(f"DROP DATABASE {name}")


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "dataOnly"},
        {"mode": "append"},
        {"mode": "clean", "safetyBackup": False},
        {"newDatabase": "never_made", "singleTransaction": True},
    ],
    ids=lambda options: str(options.get("mode", "singleTransaction")),
)
def test_parallel_backup_when_a_restore_needs_one_transaction_then_it_is_refused_beforehand(
    app: RunningApp, source: str, database: Any, backup: Any, options: dict[str, Any]
) -> None:
    given = options if "newDatabase" in options else {**options, "existingDatabase": source}
    answer = app.api.post("/restores/preflight", plan(database, backup, **given))
    assert "with several jobs" in findings(answer, "error")["several-parts"]


def test_parallel_backup_when_encrypted_on_disk_and_s3_then_every_level_is_proven_and_deleting_leaves_nothing(
    app: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer, source: str, tmp_path: Path
) -> None:
    assert app.api.http.post(f"/api/encryption-keys/{generate(app)['id']}/download").status_code == 200
    bucket = add_bucket(app, seaweed)
    database = add_database(app, postgres, source)
    asked = {"assertions": [{"name": "rows", "sql": 'SELECT count(*) = 500 FROM "Odd.Name"'}]}
    app.api.put(f"/databases/{database['id']}/proof", asked)
    backup = back_up(app, database, encryption="age", uploadToS3=True, s3ConfigIds=[bucket["id"]], **JOBS)
    assert [copy["state"] for copy in backup["copies"]] == ["complete", "complete"]
    assert sum(".data" in key for key in objects(seaweed, bucket["bucket"])) == 2
    for copy, level in zip(backup["copies"], (4, 2), strict=True):
        done = verify(app, backup, level, copyId=copy["id"])
        assert done["status"] == "completed", done["errorMessage"]
    # by the kit's own commands
    unpacked = kit(app, tmp_path)
    taken = files_of(app, backup, tmp_path / "files")
    by_hand = run_kit(section(unpacked, database["name"]), taken, **connected(postgres))
    assert by_hand.returncode == 0, by_hand.stderr
    assert by_hand.stdout.count(": OK") == 4
    assert postgres.psql(ALL, database="recovered") == postgres.psql(ALL, database=source)
    postgres.psql("DROP DATABASE recovered")
    # a byte in a part, at the place where only reading it shows it
    flip(local_path(app, backup, "data2"), -50)
    failed = verify(app, backup, 1, copyId=backup["copies"][0]["id"])
    assert failed["status"] == "failed"
    assert ".data2.dump" in failed["errorMessage"]
    folder = local_path(app, backup).parent
    stem = backup["fileName"].partition(".")[0]
    app.api.delete(f"/backups/{backup['id']}")
    eventually(lambda: not objects(seaweed, bucket["bucket"]) and not any(stem in f for f in files(folder)))


def test_parallel_backup_when_recovered_by_hand_as_documented_then_the_rows_are_back(
    app: RunningApp, postgres: PostgresServer, source: str, backup: Any, tmp_path: Path
) -> None:
    folder = files_of(app, backup, tmp_path / "files")
    name = backup["fileName"].partition(".")[0]
    subprocess.run(["gunzip", "--keep", folder / f"{name}.dump.gz"], check=True)
    postgres.psql("CREATE DATABASE shop_recovered TEMPLATE template0")
    text = PAGE.read_text().partition("### If there are files named `.data1.dump`")[2].partition(MARK)[2]
    [commands] = re.findall(r"^```sh\n(.*?)^```$", text.partition("\n## ")[0], re.MULTILINE | re.DOTALL)
    done = run(commands, folder, postgres, name)
    assert done.returncode == 0, done.stderr
    assert postgres.psql(ALL, database="shop_recovered") == postgres.psql(ALL, database=source)
    postgres.psql("DROP DATABASE shop_recovered")


def test_parallel_backup_when_the_catalogue_is_asked_to_look_again_then_the_backup_in_parts_is_known(
    app: RunningApp, postgres: PostgresServer, source: str
) -> None:
    backup = back_up(app, add_database(app, postgres, source), **JOBS)
    journal = "SELECT * FROM run_journal WHERE execution_id = ?"
    eventually(lambda: not app.rows(journal, backup["id"]))
    app.execute("DELETE FROM backup_copy WHERE backup_id = ?", backup["id"])
    app.execute("DELETE FROM backup_execution WHERE id = ?", backup["id"])
    report = app.api.post("/system/catalogue/rebuild", {})
    assert (report["problems"], report["backupsAdded"]) == ([], 1)
    again = app.api.get(f"/backups/{backup['id']}")
    assert again["parts"] == backup["parts"]


@pytest.mark.parametrize(
    ("options", "field", "says"),
    [
        ({"jobs": 9}, "jobs", "from 1 to 8"),
        ({"jobs": 0}, "jobs", "from 1 to 8"),
        ({"jobs": True}, "jobs", "whole number"),
        ({"jobs": 2, "schemaOnly": True}, "jobs", "schemaOnly"),
        ({"jobs": 2, "dataOnly": True}, "jobs", "dataOnly"),
        ({"jobs": 2, "includeTables": ["a"]}, "jobs", "includeTables"),
        ({"jobs": 2, "excludeSchemas": ["a"]}, "jobs", "excludeSchemas"),
    ],
)
def test_backup_when_jobs_do_not_fit_the_other_options_then_it_is_refused_and_names_the_field(
    app: RunningApp, database: Any, options: dict[str, Any], field: str, says: str
) -> None:
    body = {"databaseId": database["id"], "uploadToS3": False, "options": options}
    app.api.refused("POST", "/backups", body, status=400, code="VALIDATION_ERROR", fields={field}, says=says)


def test_backup_when_jobs_are_asked_in_a_container_then_it_is_refused_with_the_reason(
    app: RunningApp, postgres: PostgresServer, source: str
) -> None:
    inside = add_database(app, postgres, source)
    app.execute("UPDATE database_config SET dump_via = 'container' WHERE id = ?", inside["id"])
    asked = {"databaseId": inside["id"], "uploadToS3": False, **JOBS}
    app.api.refused(
        "POST", "/backups", asked, status=400, code="VALIDATION_ERROR", fields={"jobs"}, says="only one dump tool runs"
    )


def test_upload_when_its_manifest_names_several_parts_then_it_is_refused(app: RunningApp, backup: Any) -> None:
    manifest = app.api.http.get(f"/api/backups/{backup['id']}/download?part=manifest").json()
    assert manifest["version"] == 3
    body = {"name": "a.dump", "size": 10, "manifest": manifest}
    app.api.refused(
        "POST",
        "/restores/uploads",
        body,
        status=400,
        code="VALIDATION_ERROR",
        fields={"manifest"},
        says="several files",
    )
