"""What is looked after by itself: due verifications, reading again, files that are gone, leftovers, anomalies."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete

from dbbackup.core.journal import JournalKind
from dbbackup.core.naming import backup_stem, new_id, random_token, storage_folder
from dbbackup.db.models import BackupCopy, BackupExecution, BackupSchedule, CopyState, RunJournal, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.services.backups import queue_backup
from dbbackup.services.inputs import BackupInput
from dbbackup.services.storages import LOCAL
from dbbackup.services.upkeep import look_for_copies, queue_rereading
from dbbackup.services.verifications import queue_due
from dbbackup.worker.journal_sweep import retry_journal
from dbbackup.worker.litter import sweep_litter
from dbbackup.worker.upkeep import Upkeep
from devtools.servers import PostgresServer, SeaweedServer
from tests.api.running_app import RunningApp
from tests.api.support import add_bucket, add_database, back_up, eventually, files, make_database, objects
from tests.api.test_verifications import flip, local_path, verify

LATER = timedelta(days=40)


@pytest.fixture(scope="module")
def database(app: RunningApp, postgres: PostgresServer) -> Any:
    return add_database(app, postgres)


def put(app: RunningApp, **values: Any) -> None:
    app.api.put("/system/settings", {"values": {name.replace("__", "."): value for name, value in values.items()}})


def test_schedule_when_every_second_backup_is_due_then_that_one_is_verified(app: RunningApp, database: Any) -> None:
    schedule = BackupSchedule(
        id=new_id(),
        database_id=database["id"],
        type="daily",
        cron_expression="0 2 * * *",
        timezone="UTC",
        enabled=False,
        verify_every=2,
        verify_level=4,
    )

    async def make(first: bool) -> str:
        async with app.ctx.catalogue.transaction() as session:
            if first:
                session.add(schedule)
                await session.flush()
            made = await queue_backup(session, app.ctx, BackupInput(database_id=database["id"], upload_to_s3=False))
            made.schedule_id = schedule.id
            return made.id

    async def look_back_late() -> Any:
        async with app.ctx.catalogue.transaction() as session:
            return await queue_due(session, app.ctx, await session.get_one(BackupExecution, one["id"]))

    one = app.api.wait(f"/backups/{app.run(make(True))}")
    two = app.api.wait(f"/backups/{app.run(make(False))}")
    eventually(lambda: app.api.get("/verifications", backupId=two["id"]))
    [due] = app.api.get("/verifications", backupId=two["id"])
    done = app.api.wait(f"/verifications/{due['id']}")
    # Without assertions there is no level 4.
    assert (done["status"], done["level"], done["startedBy"]) == ("completed", 3, "schedule")
    assert app.run(look_back_late()) is None
    assert app.api.get("/verifications", backupId=one["id"]) == []


def test_rereading_when_due_then_the_oldest_copy_is_read_and_the_budget_holds(app: RunningApp, database: Any) -> None:
    made = back_up(app, database)

    async def age(days: int) -> None:
        async with app.ctx.catalogue.transaction() as session:
            copy = await session.get_one(BackupCopy, made["copies"][0]["id"])
            copy.checked_at = utc_now() - timedelta(days=days)

    async def due() -> str | None:
        async with app.ctx.catalogue.transaction() as session:
            queued = await queue_rereading(session, app.ctx, utc_now())
            return queued.id if queued else None

    assert app.run(due()) is None
    app.run(age(31))
    put(app, verify__rereadDays=0)
    assert app.run(due()) is None
    put(app, verify__rereadDays=30)
    started = app.run(due())
    done = app.api.wait(f"/verifications/{started}")
    assert (done["status"], done["level"], done["startedBy"]) == ("completed", 1, "rereading")
    assert done["copyId"] == made["copies"][0]["id"]
    app.run(age(31))
    put(app, verify__rereadBytesPerDay=1)
    assert app.run(due()) is None
    put(app, verify__rereadBytesPerDay=0, verify__rereadS3=True)
    flip(local_path(app, made), 100)
    failed = app.api.wait(f"/verifications/{app.run(due())}")
    assert failed["status"] == "failed"
    seen = app.api.get(f"/backups/{made['id']}")
    assert seen["copies"][0]["state"] == "damaged"
    # It is no good backup any more, and nothing it could be restored from.
    plan = {"databaseId": database["id"], "backupId": made["id"], "options": {"newDatabase": "t"}}
    app.api.refused("POST", "/restores/preflight", plan, status=409, code="CONFLICT", says="no complete copy")
    put(app, verify__rereadDays=None, verify__rereadBytesPerDay=None, verify__rereadS3=None)


def test_look_when_a_file_is_gone_then_the_copy_is_marked_told_and_made_again(
    app: RunningApp, database: Any, seaweed: SeaweedServer
) -> None:
    bucket = add_bucket(app, seaweed)
    made = back_up(app, database, uploadToS3=True, s3ConfigIds=[bucket["id"]])
    assert app.run(look_for_copies(app.ctx, utc_now())) == []
    put(app, verify__presenceHours=0)
    assert app.run(look_for_copies(app.ctx, utc_now() + LATER)) == []
    put(app, verify__presenceHours=None)
    gone = next(key for key in objects(seaweed, bucket["bucket"]) if key.endswith(".dump.gz"))
    seaweed.client().delete_object(Bucket=bucket["bucket"], Key=gone)
    found = app.run(look_for_copies(app.ctx, utc_now() + LATER))
    assert [anomaly.kind for anomaly in found] == ["object-gone"]
    assert f"No longer on the bucket {bucket['bucket']}" in found[0].message
    shown = app.api.until(f"/backups/{made['id']}", lambda b: b["copies"][1]["state"] == "complete")
    assert [anomaly["kind"] for anomaly in shown["anomalies"]] == ["object-gone"]
    assert gone in objects(seaweed, bucket["bucket"])
    acknowledged = app.api.post(f"/backups/{made['id']}/acknowledge")
    assert acknowledged["anomalies"][0]["acknowledgedAt"] is not None
    assert verify(app, made, 1, copyId=made["copies"][1]["id"])["status"] == "completed"


def test_backup_when_rows_and_a_table_are_gone_then_that_is_odd_and_told(
    app: RunningApp, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    database = add_database(app, postgres, name)
    assert back_up(app, database)["anomalies"] == []
    assert back_up(app, database)["anomalies"] == []
    postgres.psql("DELETE FROM item WHERE id > 50; DROP TABLE other", database=name)
    odd = back_up(app, database)
    app.api.until(f"/backups/{odd['id']}", lambda b: len(b["anomalies"]) == 3)
    said = {a["kind"]: a["message"] for a in app.api.get(f"/backups/{odd['id']}")["anomalies"]}
    assert "% smaller than the" in said.pop("size-fell")
    assert said == {
        "rows-fell": "Rows fell since the backup before: public.item from 200 to 50.",
        "table-vanished": "Tables are gone since the backup before: public.other.",
    }
    # With other options it is another kind of backup.
    assert back_up(app, database, options={"schemaOnly": True})["anomalies"] == []


def leftover(app: RunningApp, root: Path, token: str, instance: str | None = None) -> Path:
    now = utc_now()
    path = root / storage_folder("lost", now)
    path.mkdir(parents=True, exist_ok=True)
    name = backup_stem("lost", "manual", now, instance or app.ctx.instance_id, token)
    file = path / f"{name}.dump.gz"
    file.write_bytes(b"half of it")
    return file


def test_sweep_when_files_of_ours_have_no_manifest_for_a_day_then_only_those_go(
    app: RunningApp, database: Any, seaweed: SeaweedServer
) -> None:
    root = app.settings.storage_path
    made = back_up(app, database)
    lost = leftover(app, root, random_token(8))
    foreign = leftover(app, root, random_token(8), instance="zzzz")
    whole = leftover(app, root, "abcdefgh")
    # Named after the file: one made a moment later would bear the next second in its name, and speak for nothing.
    whole.with_name(f"{whole.name}.json").write_bytes(b"{}")
    other = root / "notes.txt"
    other.write_text("not ours")
    # The catalogue knows this one: only its manifest is gone, and somebody has to look.
    beside = local_path(app, made).with_name(local_path(app, made).name + ".json")
    beside.unlink()
    bucket = add_bucket(app, seaweed)
    key = lost.relative_to(root).as_posix()
    seaweed.client().put_object(Bucket=bucket["bucket"], Key=key, Body=b"half of it")
    assert app.run(sweep_litter(app.ctx, utc_now())) == 0
    before = files(root)
    assert app.run(sweep_litter(app.ctx, utc_now() + timedelta(hours=25))) == 2
    assert set(before) - set(files(root)) == {str(lost.relative_to(root))}
    assert all(path.exists() for path in (foreign, whole, other, local_path(app, made)))
    assert key not in objects(seaweed, bucket["bucket"])


@pytest.mark.parametrize("claim", ["running", "journalled"])
def test_sweep_when_a_run_goes_on_or_is_to_be_cleaned_up_then_its_files_stay_until_then(
    app: RunningApp, database: Any, claim: str
) -> None:
    made = back_up(app, database)
    file = local_path(app, made)
    file.with_name(f"{file.name}.json").unlink()
    # Put off, as what an object lock holds is: the sweep of the journal, which follows each run, lets it stand.
    put_off = {"storageId": LOCAL, "key": made["id"], "notBefore": (utc_now() + LATER).isoformat()}

    async def change(claimed: bool) -> None:
        """Let nothing but the claim speak for the file: its copy has failed."""
        async with app.ctx.catalogue.transaction() as session:
            backup = await session.get_one(BackupExecution, made["id"])
            backup.copies[0].state = CopyState.FAILED
            backup.status = RunStatus.RUNNING if claimed and claim == "running" else RunStatus.FAILED
            await session.execute(delete(RunJournal).where(RunJournal.execution_id == backup.id))
            if claimed and claim == "journalled":
                session.add(RunJournal(execution_id=backup.id, kind=JournalKind.STORAGE_WRITE, facts=put_off))

    app.run(change(True))
    app.run(retry_journal(app.ctx))
    assert app.run(sweep_litter(app.ctx, utc_now() + timedelta(hours=25))) == 0
    app.run(change(False))
    # the roles, too
    assert app.run(sweep_litter(app.ctx, utc_now() + timedelta(hours=25))) == 2
    assert not file.exists()


def test_sweep_when_a_storage_does_not_answer_then_the_others_are_swept(
    app: RunningApp, seaweed: SeaweedServer
) -> None:
    bucket = add_bucket(app, seaweed)
    lost = leftover(app, app.settings.storage_path, random_token(8))
    seaweed.client().delete_bucket(Bucket=bucket["bucket"])
    assert app.run(sweep_litter(app.ctx, utc_now() + timedelta(hours=25))) == 1
    assert not lost.exists()


def test_rounds_when_called_twice_then_each_is_done_at_its_own_pace(app: RunningApp) -> None:
    rounds = Upkeep(app.ctx)
    lost = leftover(app, app.settings.storage_path, random_token(8))
    app.run(rounds.due())
    app.run(rounds.due())
    assert lost.exists()
