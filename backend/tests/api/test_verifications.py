"""Verifications of all levels: what each proves, what each sees, what none leaves behind."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from dbbackup.core import manifest as manifests
from dbbackup.core.signing import SigningKey
from dbbackup.db.models import BackupExecution
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, make_database, unique

FINAL_CHECKS = ["manifest", "stored-bytes", "stored-bytes", "signature"]
READ_CHECKS = [*FINAL_CHECKS, "read-to-the-end", "read-to-the-end"]
PROVEN = [*READ_CHECKS, "restored", "tables", "columns", "rows", "sampled-rows", "objects"]


@pytest.fixture(scope="module")
def source(postgres: PostgresServer) -> str:
    return make_database(postgres)


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer, source: str) -> Any:
    return add_database(app, postgres, source)


@pytest.fixture
def backup(app: RunningApp, database: Any) -> Any:
    return back_up(app, database, compression="none")


def verify(app: RunningApp, backup: Any, level: int, **more: Any) -> Any:
    """Verify and return the verification when it has ended."""
    started = app.api.post(f"/backups/{backup['id']}/verify", {"level": level, **more})
    assert (started["level"], started["backupId"], started["startedBy"]) == (level, backup["id"], "anonymous")
    return app.api.wait(f"/verifications/{started['id']}")


def local_path(app: RunningApp, backup: Any, part: str = "database") -> Path:
    [file] = [p["file"] for p in backup["parts"] if p["name"] == part]
    key = next(c["key"] for c in backup["copies"] if c["storage"] == "local")
    folder: Path = (app.settings.storage_path / key).parent
    return folder / str(file)


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 0x01
    path.write_bytes(data)


def forge(app: RunningApp, backup: Any, change: Any, key: SigningKey | None = None) -> None:
    """Alter the plain dump and make every hash right again: in the manifest beside it, and in the catalogue.

    The manifest is signed anew, too: with the key given, else with the instance's own, which nobody else has.
    """
    path = local_path(app, backup)
    data = change(path.read_bytes())
    path.write_bytes(data)
    sha256 = hashlib.sha256(data).hexdigest()
    beside = path.with_name(path.name + manifests.SUFFIX)
    old = manifests.decode(beside.read_bytes())
    same = {"size": len(data), "sha256": sha256, "plain_size": len(data), "plain_sha256": sha256}
    parts = [msgspec.structs.replace(p, **same) if p.name == "database" else p for p in old.parts]
    forged = manifests.sign(msgspec.structs.replace(old, parts=parts), key or app.ctx.signing_key)
    beside.write_bytes(manifests.encode(forged))

    async def note() -> None:
        async with app.ctx.catalogue.transaction() as session:
            row = await session.get_one(BackupExecution, backup["id"])
            row.manifest, row.sha256, row.plain_sha256 = manifests.to_dict(forged), sha256, sha256

    app.run(note())


def scratch(server: PostgresServer) -> list[str]:
    return server.psql("SELECT datname FROM pg_database WHERE datname LIKE 'dbbackup_verify%'").splitlines()


def names(verification: Any) -> list[str]:
    return [check["name"] for check in verification["checks"]]


@pytest.mark.parametrize(("level", "checks"), [(1, FINAL_CHECKS), (2, READ_CHECKS), (3, PROVEN)])
def test_verify_when_the_backup_is_good_then_each_level_is_proven(
    app: RunningApp, postgres: PostgresServer, database: Any, backup: Any, level: int, checks: list[str]
) -> None:
    assert (backup["verifiedLevel"], backup["verifiedAt"]) == (0, None)
    done = verify(app, backup, level)
    assert done["status"] == "completed", done["errorMessage"]
    assert names(done) == checks
    assert all(check["ok"] for check in done["checks"])
    assert done["storage"] == "the local disk"
    said = [line["message"] for line in app.api.get(f"/verifications/{done['id']}/logs", level="info")]
    assert f"Verification completed: level {level} is proven." in said
    assert [line["message"] for line in done["logTail"] if line["level"] == "info"] == said
    seen = app.api.get(f"/backups/{backup['id']}")
    assert seen["verifiedLevel"] == level
    assert seen["verifiedAt"] >= done["startedAt"]
    assert scratch(postgres) == []


def test_verify_when_restored_then_rows_are_counted_and_the_time_is_kept(
    app: RunningApp, postgres: PostgresServer
) -> None:
    database = add_database(app, postgres)
    assert (database["lastProvenAt"], database["lastRestoreSeconds"]) == (None, None)
    backup = back_up(app, database)
    done = verify(app, backup, 3)
    assert {(t["schema"], t["name"]): t["rows"] for t in done["tables"]} == {
        ("public", "item"): 200,
        ("public", "other"): 0,
    }
    assert done["checks"][-1]["message"] == ("The same as in the manifest: 1 constraints, 1 indexes.")
    assert done["checks"][-3]["message"] == "200 rows counted in 2 tables; 2 tables compared with the manifest."
    assert done["checks"][-2]["message"] == "200 rows hashed: all rows of 2 tables, a sample of 0 others."
    assert 0 < done["restoreSeconds"] < done["duration"]
    proven = app.api.get(f"/databases/{database['id']}")
    assert (proven["lastProvenAt"], proven["lastRestoreSeconds"]) == (done["completedAt"], done["restoreSeconds"])
    # A lower level proves less: what was proven stays.
    verify(app, backup, 1)
    assert app.api.get(f"/backups/{backup['id']}")["verifiedLevel"] == 3
    assert app.api.get(f"/databases/{database['id']}")["lastProvenAt"] == done["completedAt"]


def test_verify_when_a_byte_is_flipped_then_the_named_copy_fails_and_the_other_is_proven(
    app: RunningApp, database: Any, seaweed: SeaweedServer
) -> None:
    bucket = add_bucket(app, seaweed)
    backup = back_up(app, database, uploadToS3=True, s3ConfigIds=[bucket["id"]])
    local, s3 = backup["copies"]
    flip(local_path(app, backup), 100)
    failed = verify(app, backup, 3, copyId=local["id"])
    assert (failed["status"], failed["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert failed["errorMessage"].startswith("The copy on the local disk is not proven: ")
    assert "is not what was written" in failed["errorMessage"]
    assert failed["checks"][-1]["ok"] is False
    # It is made again from the other copy, which is read to its end before anything is removed.
    app.api.until(f"/backups/{backup['id']}", lambda seen: seen["copies"][0]["state"] == "complete")
    assert app.api.get(f"/backups/{backup['id']}")["verifiedLevel"] == 0
    assert app.api.get(f"/backups/{backup['id']}")["damage"] is None
    again = verify(app, backup, 1, copyId=local["id"])
    assert again["status"] == "completed"
    good = verify(app, backup, 2, copyId=s3["id"])
    assert (good["status"], good["storage"]) == ("completed", f"{bucket['name']} (bucket {bucket['bucket']})")


def test_verify_when_a_file_or_the_manifest_is_gone_then_it_says_so(app: RunningApp, backup: Any) -> None:
    local_path(app, backup, "globals").unlink()
    failed = verify(app, backup, 1)
    assert failed["status"] == "failed"
    assert failed["errorMessage"].startswith("The copy on the local disk is not proven: ")
    path = local_path(app, backup)
    path.with_name(path.name + manifests.SUFFIX).unlink()
    failed = verify(app, backup, 1)
    assert "no manifest" in failed["errorMessage"]


def test_verify_when_the_manifest_beside_it_differs_then_it_fails(app: RunningApp, backup: Any) -> None:
    path = local_path(app, backup)
    beside = path.with_name(path.name + manifests.SUFFIX)
    old = manifests.decode(beside.read_bytes())
    altered = msgspec.structs.replace(old, label="another")
    beside.write_bytes(manifests.encode(altered))
    assert "its signature is wrong" in verify(app, backup, 1)["errorMessage"]
    beside.write_bytes(manifests.encode(manifests.sign(altered, app.ctx.signing_key)))
    failed = verify(app, backup, 1)
    assert "not the manifest that the catalogue holds" in failed["errorMessage"]
    [copy] = app.api.get(f"/backups/{backup['id']}")["copies"]
    assert (copy["state"], copy["error"]) == ("damaged", failed["errorMessage"])
    # Put back as it was, it is well again.
    beside.write_bytes(manifests.encode(old))
    assert verify(app, backup, 1)["status"] == "completed"
    [copy] = app.api.get(f"/backups/{backup['id']}")["copies"]
    assert (copy["state"], copy["error"]) == ("complete", None)
    assert copy["checkedAt"] is not None


def test_verify_when_a_cut_dump_has_right_hashes_then_only_reading_to_the_end_sees_it(
    app: RunningApp, backup: Any
) -> None:
    forge(app, backup, lambda data: data[:-20])
    assert verify(app, backup, 1)["status"] == "completed"
    failed = verify(app, backup, 2)
    assert failed["status"] == "failed"
    assert "cannot be read to its end" in failed["errorMessage"]


def test_verify_when_a_forged_dump_breaks_the_restore_then_only_the_restore_sees_it(
    app: RunningApp, postgres: PostgresServer, backup: Any
) -> None:
    forge(app, backup, lambda data: data.replace(b"CREATE TABLE public.item", b"CREATE TABLE publik.item"))
    assert verify(app, backup, 2)["status"] == "completed"
    failed = verify(app, backup, 3)
    assert (failed["status"], failed["errorCode"]) == ("failed", "RESTORE_ERROR")
    assert "publik" in failed["errorMessage"]
    assert scratch(postgres) == []
    assert app.api.get(f"/backups/{backup['id']}")["verifiedLevel"] == 2


def test_verify_when_a_table_vanished_from_a_forged_dump_then_only_the_comparison_sees_it(
    app: RunningApp, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    database = add_database(app, postgres, name)
    backup = back_up(app, database, compression="none")
    postgres.psql("DROP TABLE other; ALTER TABLE item ALTER note TYPE varchar(50)", database=name)
    lesser = local_path(app, back_up(app, database, compression="none")).read_bytes()
    forge(app, backup, lambda _: lesser)
    assert verify(app, backup, 2)["status"] == "completed"
    failed = verify(app, backup, 3)
    assert failed["status"] == "failed"
    assert app.api.get(f"/backups/{backup['id']}")["damage"] == failed["errorMessage"]
    assert app.api.get(f"/databases/{database['id']}")["lastGoodBackupAt"] is not None
    assert "public.other is missing" in failed["errorMessage"]
    assert "those of public.item differ" in failed["errorMessage"]
    assert [(check["name"], check["ok"]) for check in failed["checks"][-6:]] == [
        ("restored", True),
        ("tables", False),
        ("columns", False),
        ("rows", True),
        ("sampled-rows", True),
        ("objects", True),
    ]
    assert app.api.get(f"/databases/{database['id']}")["lastProvenAt"] is None
    assert scratch(postgres) == []


def test_verify_when_the_server_is_gone_then_it_fails_and_lower_levels_still_work(
    app: RunningApp, database: Any, backup: Any
) -> None:
    here = database["port"]
    app.api.put(f"/databases/{database['id']}", {"port": 1}, force="true")
    try:
        assert verify(app, backup, 2)["status"] == "completed"
        failed = verify(app, backup, 3)
        assert (failed["status"], failed["errorCode"]) == ("failed", "DATABASE_ERROR")
    finally:
        app.api.put(f"/databases/{database['id']}", {"port": here}, force="true")


def test_verify_when_asked_wrongly_then_it_is_refused(app: RunningApp, postgres: PostgresServer, backup: Any) -> None:
    path = f"/backups/{backup['id']}/verify"
    for level in (0, 5, "all"):
        app.api.refused("POST", path, {"level": level}, status=400, code="VALIDATION_ERROR")
    app.api.refused("POST", path, {}, status=400, code="VALIDATION_ERROR")
    app.api.refused("POST", path, {"level": 1, "copyId": "nope"}, status=404, code="NOT_FOUND", says="no copy")
    app.api.refused("POST", f"/backups/{unique()}/verify", {"level": 1}, status=404, code="NOT_FOUND")
    for call in (("GET", ""), ("GET", "/logs"), ("POST", "/cancel")):
        app.api.refused(call[0], f"/verifications/{unique()}{call[1]}", status=404, code="NOT_FOUND")
    database = add_database(app, postgres)
    orphan = back_up(app, database)
    app.api.delete(f"/databases/{database['id']}", backups="keep")
    path = f"/backups/{orphan['id']}/verify"
    app.api.refused("POST", path, {"level": 3}, status=409, code="CONFLICT", says="no server to restore on")
    assert verify(app, orphan, 2)["status"] == "completed"


def test_list_when_narrowed_then_only_those_are_shown(app: RunningApp, backup: Any) -> None:
    done = verify(app, backup, 1)
    app.api.refused("POST", f"/verifications/{done['id']}/cancel", status=409, code="CONFLICT")
    [found] = app.api.get("/verifications", backupId=backup["id"])
    assert (found["id"], found["status"]) == (done["id"], "completed")
    assert app.api.whole("GET", "/verifications", databaseId=backup["databaseId"], limit=1)["meta"]["total"] >= 1
    assert app.api.get("/verifications", backupId=backup["id"], status="failed") == []


def test_verify_when_a_backup_of_the_database_runs_then_it_waits_and_the_backup_cannot_be_deleted(
    app: RunningApp, postgres: PostgresServer
) -> None:
    database = add_database(app, postgres, make_database(postgres, megabytes=60))
    backup = back_up(app, database, compression="none")
    first = app.api.post(f"/backups/{backup['id']}/verify", {"level": 3})
    second = app.api.post(f"/backups/{backup['id']}/verify", {"level": 1})
    assert second["queuePosition"] is not None
    app.api.refused("DELETE", f"/backups/{backup['id']}", status=409, code="CONFLICT", says="A verification is reading")
    cancelled = app.api.post(f"/verifications/{second['id']}/cancel")
    assert cancelled["status"] == "cancelled"
    eventually(lambda: scratch(postgres))
    app.api.post(f"/verifications/{first['id']}/cancel")
    ended = app.api.wait(f"/verifications/{first['id']}")
    assert (ended["status"], ended["errorMessage"]) == ("cancelled", "Cancelled by request.")
    assert scratch(postgres) == []
    assert any("was dropped" in line["message"] for line in ended["logTail"])
    assert app.api.get(f"/backups/{backup['id']}")["verifiedLevel"] == 0
