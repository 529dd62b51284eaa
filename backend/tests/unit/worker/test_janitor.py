"""What a crash leaves behind is put in order, each kind of it; what cannot be reached now is kept for later."""

from __future__ import annotations

import os
import secrets
import subprocess
from typing import Any

import pytest
from sqlalchemy import select

from dbbackup.core.errors import StorageError
from dbbackup.core.journal import JournalKind
from dbbackup.core.naming import new_id
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, RestoreExecution, RunJournal, RunStatus
from dbbackup.pipeline.process import OWNER_VARIABLE
from dbbackup.services.context import Context
from dbbackup.storages.s3_check import S3Check
from dbbackup.worker.janitor import end_orphans, reconcile
from dbbackup.worker.journal import CatalogueJournal
from dbbackup.worker.journal_sweep import retry_journal
from devtools.servers import PostgresServer, SeaweedServer
from tests.unit.worker.rows import backup, database, restore, s3_config, save


async def journal(ctx: Context) -> list[str]:
    async with ctx.catalogue.sessions() as session:
        return [entry.kind for entry in await session.scalars(select(RunJournal).order_by(RunJournal.id))]


async def note(ctx: Context, run_id: str, kind: JournalKind, **facts: Any) -> None:
    await CatalogueJournal(ctx.catalogue, run_id).note(kind, **facts)


def test_orphans_when_they_bear_our_mark_then_only_those_are_ended() -> None:
    mine, other = f"i{secrets.token_hex(4)}", f"i{secrets.token_hex(4)}"
    ours, theirs = (
        subprocess.Popen(["sleep", "60"], env={**os.environ, OWNER_VARIABLE: f"{name}:run"}) for name in (mine, other)
    )
    assert end_orphans(mine) == 1
    assert ours.wait(5) == -9
    assert theirs.poll() is None
    assert end_orphans(mine) == 0
    theirs.kill()
    theirs.wait()


async def test_reconcile_when_runs_were_going_on_then_they_fail_and_folders_are_emptied(ctx: Context) -> None:
    config = database(ctx)
    await save(ctx, config)
    made, wanted, waiting = backup(config, "running"), restore(config, "running"), backup(config)
    later = backup(config, "completed", copies=[BackupCopy(id=new_id(), position=0, state=CopyState.WRITING)])
    await save(ctx, made, wanted, waiting, later)
    leftover = ctx.settings.work_path / made.id / "archive"
    leftover.parent.mkdir(parents=True)
    leftover.write_text("half")
    await note(ctx, made.id, JournalKind.WORK_FOLDER, path=str(leftover.parent))
    sleeper = subprocess.Popen(["sleep", "60"], env={**os.environ, OWNER_VARIABLE: f"{ctx.instance_id}:x"})
    await reconcile(ctx)
    assert sleeper.wait(5) == -9
    async with ctx.catalogue.sessions() as session:
        cut = await session.get_one(BackupExecution, made.id)
        assert (cut.status, cut.error_code) == (RunStatus.FAILED, "BACKUP_ERROR")
        assert (cut.error_message or "").startswith("interrupted")
        assert cut.copies[0].state == CopyState.FAILED
        assert (await session.get_one(RestoreExecution, wanted.id)).status == RunStatus.FAILED
        assert (await session.get_one(BackupExecution, waiting.id)).status == RunStatus.QUEUED
        assert (await session.get_one(BackupExecution, later.id)).copies[0].state == CopyState.PENDING
    assert not leftover.parent.exists()
    assert await journal(ctx) == []


async def test_reconcile_when_rows_were_put_into_a_database_then_it_says_to_look_first(ctx: Context) -> None:
    config = database(ctx)
    await save(ctx, config)
    cut = restore(config, "running", mode="append", existingDatabase="t")
    await save(ctx, cut)
    await reconcile(ctx)
    async with ctx.catalogue.sessions() as session:
        found = await session.get_one(RestoreExecution, cut.id)
    assert found.status == RunStatus.FAILED
    assert "All of them are there, or none: look before" in (found.error_message or "")


async def test_journal_when_a_write_was_cut_off_then_the_file_goes_unless_its_copy_is_complete(ctx: Context) -> None:
    whole = backup(None, "completed")
    whole.copies[0].state, whole.copies[0].key = CopyState.COMPLETE, "kept/one.dump"
    lost = backup(None, "failed")
    await save(ctx, whole, lost)
    for key in ("kept/one.dump", "lost/two.dump"):
        file = ctx.settings.storage_path / key
        file.parent.mkdir()
        file.write_text("x")
    await note(ctx, whole.id, JournalKind.STORAGE_WRITE, storageId="local", key="kept/one.dump")
    await note(ctx, lost.id, JournalKind.STORAGE_WRITE, storageId="local", key="lost/two.dump")
    await retry_journal(ctx)
    assert (ctx.settings.storage_path / "kept/one.dump").exists()
    assert not (ctx.settings.storage_path / "lost/two.dump").exists()
    assert await journal(ctx) == []


async def test_journal_when_the_run_clears_it_while_it_is_looked_through_then_the_file_stays(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = backup(None, "completed")
    await save(ctx, run)
    file = ctx.settings.storage_path / "kept/one.dump"
    file.parent.mkdir()
    file.write_text("x")
    await note(ctx, run.id, JournalKind.STORAGE_WRITE, storageId="local", key="kept/one.dump")

    async def ended_meanwhile(key: str) -> int:
        # The moment that no test can hit from outside: between reading the entries and deleting for them.
        await CatalogueJournal(ctx.catalogue, run.id).clear()
        return 0

    monkeypatch.setattr(ctx.storages.local, "discard", ended_meanwhile)
    await retry_journal(ctx)
    assert file.exists()
    assert await journal(ctx) == []


async def test_journal_when_its_run_goes_on_then_it_is_left_alone(ctx: Context) -> None:
    going, copying = backup(None, "running"), backup(None, "completed")
    copying.copies[0].state = CopyState.WRITING
    await save(ctx, going, copying)
    for run in (going, copying):
        await note(ctx, run.id, JournalKind.STORAGE_WRITE, storageId="local", key="some/file")
    await retry_journal(ctx)
    assert len(await journal(ctx)) == 2


async def test_journal_when_its_run_is_still_at_work_on_its_end_then_it_is_left_alone_until_then(ctx: Context) -> None:
    ended = backup(None, "failed")
    await save(ctx, ended)
    await note(ctx, ended.id, JournalKind.STORAGE_WRITE, storageId="local", key="some/file")
    await retry_journal(ctx, at_work={ended.id})
    assert len(await journal(ctx)) == 1
    await retry_journal(ctx)
    assert await journal(ctx) == []


async def test_journal_when_the_bucket_cannot_be_reached_then_kept_until_it_can_and_uploads_are_aborted(
    ctx: Context, seaweed: SeaweedServer
) -> None:
    bucket = seaweed.create_bucket(f"b{secrets.token_hex(6)}")
    config, run = s3_config(ctx, seaweed, bucket, secret_key="wrong"), backup(None, "failed")
    await save(ctx, config, run)
    client = seaweed.client()
    client.create_multipart_upload(Bucket=bucket, Key="d/file.dump")
    client.create_multipart_upload(Bucket=bucket, Key="d/others.dump")
    await note(ctx, run.id, JournalKind.STORAGE_WRITE, storageId=config.id, key="d/file.dump")
    await retry_journal(ctx)
    assert await journal(ctx) == ["storage_write"]
    right = s3_config(ctx, seaweed, bucket)
    async with ctx.catalogue.transaction() as session:
        row = await session.get_one(type(config), config.id)
        row.secret_key_sealed = ctx.sealer.seal(
            ctx.sealer.open(right.secret_key_sealed, table="s3_config", row_id=right.id, column="secret_key_sealed"),
            table="s3_config",
            row_id=config.id,
            column="secret_key_sealed",
        )
    await retry_journal(ctx)
    assert await journal(ctx) == []
    assert [u["Key"] for u in client.list_multipart_uploads(Bucket=bucket)["Uploads"]] == ["d/others.dump"]


async def test_journal_when_killed_while_a_bucket_was_tried_then_what_was_put_there_goes(
    ctx: Context, seaweed: SeaweedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = seaweed.create_bucket(f"b{secrets.token_hex(6)}")
    config, run = s3_config(ctx, seaweed, bucket), backup(None, "failed")
    await save(ctx, config, run)
    client, storage, told = seaweed.client(), await ctx.storages.open(config.id), list[str]()

    async def tell(key: str) -> None:
        assert "Contents" not in client.list_objects_v2(Bucket=bucket)  # before anything is put there
        told.append(key)
        await note(ctx, run.id, JournalKind.STORAGE_WRITE, storageId=storage.id, key=key)

    async def killed(_: S3Check) -> str:
        client.create_multipart_upload(Bucket=bucket, Key="/".join(filter(None, (config.path_prefix, told[1]))))
        raise StorageError("The steps after this one never came.")

    # Steps that are not taken stand in for a kill between two requests, which no test can hit from outside.
    monkeypatch.setattr(S3Check, "_multipart", killed)
    monkeypatch.setattr(S3Check, "_delete", killed)
    await storage.check(tell)
    assert len(told) == 2
    assert len(client.list_objects_v2(Bucket=bucket)["Contents"]) == 1
    await retry_journal(ctx)
    assert "Contents" not in client.list_objects_v2(Bucket=bucket)
    assert "Uploads" not in client.list_multipart_uploads(Bucket=bucket)
    assert await journal(ctx) == []


async def test_journal_when_the_config_was_deleted_then_the_entry_goes(ctx: Context) -> None:
    await note(ctx, new_id(), JournalKind.STORAGE_WRITE, storageId="gone", key="k")
    await note(ctx, new_id(), JournalKind.NEW_DATABASE, databaseId="gone", name="n", marker="m")
    await retry_journal(ctx)
    assert await journal(ctx) == []


async def test_journal_when_a_database_was_half_filled_then_dropped_only_with_its_mark(
    ctx: Context, postgres: PostgresServer
) -> None:
    # The configured database itself is gone: the server is asked all the same.
    config, away = database(ctx, postgres, "no_such_database"), database(ctx)
    await save(ctx, config, away)
    half, foreign = f"half_{secrets.token_hex(4)}", f"foreign_{secrets.token_hex(4)}"
    for name in (half, foreign):
        postgres.psql(f"CREATE DATABASE {name}")
    postgres.psql(f"COMMENT ON DATABASE {half} IS 'dbbackup:run-1'")
    for name in (half, foreign, "never_there"):
        await note(ctx, new_id(), JournalKind.NEW_DATABASE, databaseId=config.id, name=name, marker="run-1")
    await note(ctx, new_id(), JournalKind.NEW_DATABASE, databaseId=away.id, name="n", marker="m")
    await retry_journal(ctx)
    names = postgres.psql("SELECT datname FROM pg_database").splitlines()
    assert half not in names
    assert foreign in names
    assert await journal(ctx) == ["new_database"], "the server that cannot be reached is asked again later"


async def test_clear_when_a_storage_is_named_then_only_its_entries_go(ctx: Context) -> None:
    run = CatalogueJournal(ctx.catalogue, new_id())
    await run.note(JournalKind.STORAGE_WRITE, storageId="one", key="k")
    await run.note(JournalKind.STORAGE_WRITE, storageId="two", key="k")
    await run.note(JournalKind.WORK_FOLDER, path="p")
    await run.clear(storage_id="one")
    assert len(await journal(ctx)) == 2
    await run.clear()
    assert await journal(ctx) == []
