"""The catalogue is lost and made again from the manifests beside the backups."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dbbackup.core import manifest as manifests
from dbbackup.core.naming import new_id, random_token
from dbbackup.core.signing import SigningKey
from dbbackup.db.models import BackupExecution, CopyState
from devtools.compare import compare
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, unique
from tests.catalogue import lose

# Not in any manifest: the log, ids of rows, the time of queueing, and which database of the new catalogue it is of.
_OWN = {"createdAt", "databaseId", "copies", "logTail", "s3UploadAt", "signature"}
_OWN_OF_A_COPY = {"id", "s3ConfigId", "s3ConfigName", "uploadStartedAt", "uploadCompletedAt", "position"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "product"


@pytest.fixture
def first(home: Path) -> Iterator[RunningApp]:
    with RunningApp.start(home) as app:
        yield app


def lose_the_catalogue(app: RunningApp) -> None:
    app.stop()
    lose(app.settings.database_path)


def rebuild(app: RunningApp, **body: Any) -> Any:
    return app.api.post("/system/catalogue/rebuild", body)


def without(view: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in view.items() if name not in names}


def test_rebuild_from_disk_and_bucket_gives_back_the_same_backups_which_restore(
    home: Path, first: RunningApp, postgres: PostgresServer, seaweed: SeaweedServer
) -> None:
    bucket = add_bucket(first, seaweed)
    database = add_database(first, postgres)
    made = back_up(first, database, label="kept", uploadToS3=None, s3ConfigIds=[bucket["id"]])
    assert [copy["state"] for copy in made["copies"]] == ["complete", "complete"]
    lose_the_catalogue(first)
    with RunningApp.start(home) as app:
        assert app.api.get("/backups") == []
        plan = rebuild(app, dryRun=True)
        assert (plan["backupsAdded"], plan["copiesAdded"], plan["problems"]) == (1, 1, [])
        assert app.api.get("/backups") == []
        done = rebuild(app)
        assert (done["manifests"], done["backupsAdded"], done["copiesAdded"], done["known"]) == (1, 1, 1, 0)
        assert [entry["manifests"] for entry in done["instances"]] == [1]
        again = add_bucket(app, seaweed, bucket=bucket["bucket"])
        from_s3 = rebuild(app, s3ConfigId=again["id"])
        assert (from_s3["backupsAdded"], from_s3["copiesAdded"]) == (0, 1)
        for source in ({}, {"s3ConfigId": again["id"]}):
            assert rebuild(app, **source)["known"] == 1
        view = app.api.get(f"/backups/{made['id']}")
        assert without(view, _OWN) == without(made, _OWN)
        # The key was lost with the catalogue: its fingerprint is in the recovery kit.
        assert (made["signature"]["state"], view["signature"]["state"]) == ("own", "unknown")
        assert view["signature"]["fingerprint"] == made["signature"]["fingerprint"]
        assert [without(c, _OWN_OF_A_COPY) for c in view["copies"]] == [
            without(c, _OWN_OF_A_COPY) for c in made["copies"]
        ]
        target = add_database(app, postgres, database["database"])
        for copy in view["copies"]:
            name = unique("restored")
            body = {"databaseId": target["id"], "backupId": made["id"], "copyId": copy["id"], "confirm": True}
            restore = app.api.post("/restores", {**body, "options": {"newDatabase": name}})
            assert app.api.wait(f"/restores/{restore['id']}")["status"] == "completed"
            assert compare(postgres, database["database"], name).equal


def test_rebuild_when_the_database_was_added_again_first_then_its_backups_are_its_own(
    home: Path, first: RunningApp, postgres: PostgresServer
) -> None:
    database = add_database(first, postgres)
    made = back_up(first, database)
    lose_the_catalogue(first)
    with RunningApp.start(home) as app:
        target = add_database(app, postgres, database["database"])
        rebuild(app)
        assert app.api.get(f"/backups/{made['id']}")["databaseId"] == target["id"]


def test_rebuild_of_a_thousand_backups_finds_each_one(home: Path, first: RunningApp, postgres: PostgresServer) -> None:
    made = back_up(first, add_database(first, postgres))
    [manifest_file] = home.glob("backups/*/*/*/*.dump.gz.json")
    ids = {made["id"], *(clone(manifest_file) for _ in range(999))}
    lose_the_catalogue(first)
    with RunningApp.start(home) as app:
        answer = app.api.request("POST", "/system/catalogue/rebuild", {}, timeout=200)
        done = answer.json()["data"]
        assert (done["backupsAdded"], done["problemCount"]) == (1000, 0)
        pages = [app.api.get("/backups", limit=200, page=page) for page in range(1, 6)]
        assert {backup["id"] for page in pages for backup in page} == ids


def test_rebuild_when_files_are_damaged_then_each_is_named_and_the_rest_is_added(
    home: Path, first: RunningApp, postgres: PostgresServer
) -> None:
    made = back_up(first, add_database(first, postgres))
    [manifest_file] = home.glob("backups/*/*/*/*.dump.gz.json")
    for _ in range(3):
        clone(manifest_file)
    cut, missing, unreadable, twin = list(manifest_file.parent.glob("*.json"))
    kept = json.loads(manifest_file.read_text())["backupId"]
    assert kept == made["id"]
    broken = [path for path in (cut, missing, unreadable, twin) if path != manifest_file]
    main_of(broken[0]).write_bytes(b"cut")
    main_of(broken[1]).unlink()
    broken[2].write_text("{")
    same_token = json.loads(manifest_file.read_text()) | {"backupId": new_id()}
    (manifest_file.parent / manifest_file.name.replace("_manual_", "_daily_")).write_text(signed(same_token))
    (manifest_file.parent / "notes.json").write_text("{}")
    lose_the_catalogue(first)
    with RunningApp.start(home) as app:
        done = rebuild(app)
        assert (done["manifests"], done["backupsAdded"], done["problemCount"]) == (5, 1, 4)
        text = "\n".join(done["problems"])
        for words in ("is 3 bytes long, the manifest says", "is not there", "is not a manifest", "another backup with"):
            assert words in text


def test_rebuild_when_narrowed_to_an_instance_then_the_others_are_left_out_but_told(
    home: Path, first: RunningApp, postgres: PostgresServer
) -> None:
    back_up(first, add_database(first, postgres))
    [manifest_file] = home.glob("backups/*/*/*/*.dump.gz.json")
    other = clone(manifest_file, instanceId="zzzz")
    lose_the_catalogue(first)
    with RunningApp.start(home) as app:
        done = rebuild(app, instanceId="zzzz")
        assert [backup["id"] for backup in app.api.get("/backups")] == [other]
        assert {entry["instanceId"]: entry["manifests"] for entry in done["instances"]}["zzzz"] == 1
        assert done["manifests"] == 2


def test_rebuild_leaves_alone_what_was_deleted_and_what_runs(
    home: Path, first: RunningApp, postgres: PostgresServer
) -> None:
    made = back_up(first, add_database(first, postgres))
    saved = {path: path.read_bytes() for path in home.glob("backups/*/*/*/*") if path.is_file()}
    first.api.delete(f"/backups/{made['id']}")
    # Only then: the worker would remove them again.
    eventually(lambda: not any(path.exists() for path in saved))
    eventually(lambda: copy_states(first, made["id"]) == {CopyState.DELETED})
    for path, content in saved.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    done = rebuild(first)
    assert (done["backupsAdded"], done["known"]) == (0, 1)
    assert first.api.get("/backups") == []


def test_rebuild_when_the_s3_config_is_unknown_then_404(app: RunningApp) -> None:
    answer = app.api.request("POST", "/system/catalogue/rebuild", {"s3ConfigId": "none"})
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NOT_FOUND"


def copy_states(app: RunningApp, backup_id: str) -> set[str]:
    async def read() -> set[str]:
        async with app.ctx.catalogue.sessions() as session:
            return {copy.state for copy in (await session.get_one(BackupExecution, backup_id)).copies}

    return app.run(read())


def clone(manifest_file: Path, **changes: Any) -> str:
    """Put a copy of a backup beside it, as another run would have made it; return its id."""
    manifest = json.loads(manifest_file.read_text())
    old, new = manifest["runId"], random_token(8)
    manifest |= {"backupId": new_id(), "runId": new, **changes}
    for part in manifest["parts"]:
        name = part["file"].replace(old, new)
        shutil.copyfile(manifest_file.parent / part["file"], manifest_file.parent / name)
        part["file"] = name
    (manifest_file.parent / manifest_file.name.replace(old, new)).write_text(signed(manifest))
    backup_id: str = manifest["backupId"]
    return backup_id


def signed(values: dict[str, Any]) -> str:
    """Return the manifest as another instance would have written it."""
    return manifests.encode(manifests.sign(manifests.from_dict(values), SigningKey.generate())).decode()


def main_of(manifest_file: Path) -> Path:
    return manifest_file.with_suffix("")
