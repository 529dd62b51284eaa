"""Stopped, cut off, and started again on the same data."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from dbbackup.core.errors import ValidationError
from dbbackup.core.journal import JournalKind
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupExecution, RunJournal, RunStatus, S3Config, SystemSetting
from dbbackup.db.session import Catalogue
from dbbackup.services import bootstrap
from dbbackup.settings import S3Environment, Settings
from devtools.servers import PostgresServer
from tests.api.running_app import RunningApp, make_settings
from tests.api.support import add_database, back_up, eventually, files, locked, make_database
from tests.catalogue import make_catalogue


def test_stop_when_a_backup_runs_then_it_is_interrupted_and_the_next_start_is_clean(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    name = make_database(postgres)
    with ExitStack() as stack:
        app = stack.enter_context(RunningApp.start(tmp_path, stop_grace=0.2))
        stack.enter_context(locked(postgres, name))
        database = add_database(app, postgres, name)
        path = f"/backups/{app.api.post('/backups', {'databaseId': database['id']})['id']}"
        app.api.until(path, lambda b: bool(b["progress"] and b["progress"]["stage"].startswith("Dump")))
        app.stop()
    with RunningApp.start(tmp_path) as again:
        found = again.api.get(path)
        assert (found["status"], found["errorMessage"].split(":")[0]) == ("failed", "interrupted")
        assert again.ctx.instance_id == app.ctx.instance_id
        assert files(again.settings.storage_path) == []
        assert back_up(again, database)["status"] == "completed"
        eventually(lambda: again.run(_journal(again)) == [])


def test_start_when_a_backup_was_whole_but_not_closed_then_it_is_completed(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    with RunningApp.start(tmp_path) as app:
        done = back_up(app, add_database(app, postgres))
    asyncio.run(_unclose(app.settings, done["id"], done["copies"][0]["key"]))
    with RunningApp.start(tmp_path) as again:
        found = again.api.get(f"/backups/{done['id']}")
        for name in ("status", "sha256", "size", "fileName", "parts", "tables"):
            assert found[name] == done[name]
        assert found["copies"][0]["state"] == "complete"
        assert again.api.request("GET", f"/backups/{done['id']}/download").status_code == 200


async def test_sealer_when_the_key_is_another_then_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    make_catalogue(settings.database_path)
    catalogue = Catalogue(settings.catalogue)
    await bootstrap.open_sealer(catalogue, settings)
    before = await _settings(catalogue)
    with pytest.raises(ValidationError, match="not the key of this catalogue") as raised:
        await bootstrap.open_sealer(catalogue, replace(settings, encryption_key=Secret("x" * 32)))
    assert [detail.field for detail in raised.value.details] == ["ENCRYPTION_KEY"]
    assert await _settings(catalogue) == before
    sealer = await bootstrap.open_sealer(catalogue, settings)
    first = S3Environment("one", "us-east-1", Secret("a"), Secret("s"), None)
    await bootstrap.apply_s3_environment(catalogue, sealer, None)
    await bootstrap.apply_s3_environment(catalogue, sealer, first)
    await bootstrap.apply_s3_environment(catalogue, sealer, replace(first, bucket="two", endpoint="http://s3:9000"))
    async with catalogue.sessions() as session:
        [config] = await session.scalars(select(S3Config))
    assert (config.name, config.bucket, config.is_default) == ("environment", "two", True)
    assert (config.path_style, config.allow_http) == (True, True)
    await catalogue.close()


def test_app_when_the_key_is_another_then_it_does_not_start(tmp_path: Path) -> None:
    with RunningApp.start(tmp_path):
        pass
    with pytest.raises(RuntimeError, match="did not start"):
        RunningApp.start(tmp_path, encryption_key=Secret("x" * 32))


async def _journal(app: RunningApp) -> list[str]:
    async with app.ctx.catalogue.sessions() as session:
        return [entry.kind for entry in await session.scalars(select(RunJournal))]


async def _unclose(settings: Settings, backup_id: str, key: str) -> None:
    """Put the catalogue back to the moment when the manifest was written and the row not yet closed."""
    catalogue = Catalogue(settings.catalogue)
    async with catalogue.transaction() as session:
        for name in (key, f"{key}.json"):
            facts = {"storageId": "local", "key": name}
            session.add(RunJournal(execution_id=backup_id, kind=JournalKind.STORAGE_WRITE, facts=facts))
        backup = await session.get_one(BackupExecution, backup_id)
        backup.status, backup.manifest, backup.sha256, backup.size = RunStatus.RUNNING, None, None, None
        backup.file_name = backup.completed_at = None
        backup.copies[0].state, backup.copies[0].key = "writing", None
    await catalogue.close()


async def _settings(catalogue: Catalogue) -> list[tuple[str, str]]:
    async with catalogue.sessions() as session:
        rows = await session.scalars(select(SystemSetting).order_by(SystemSetting.key))
        return [(row.key, row.value) for row in rows]
