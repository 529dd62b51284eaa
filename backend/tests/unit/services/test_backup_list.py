"""Pages of the history, whichever end they are counted from."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dbbackup.core.naming import new_id
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    BackupSchedule,
    CopyState,
    DatabaseConfig,
    RunStatus,
    S3Config,
)
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import Catalogue
from dbbackup.services.backup_list import SORTS, BackupFilter, as_listed, list_backups
from tests.catalogue import make_catalogue
from tests.unit.worker.rows import backup

NAMES = [way + name for name in SORTS for way in ("", "-")]


@pytest.mark.parametrize("sort", NAMES)
async def test_list_backups_when_read_page_by_page_then_each_is_there_once_and_in_order(
    tmp_path: Path, sort: str
) -> None:
    chance = random.Random(3)
    catalogue = Catalogue(make_catalogue(tmp_path / "app.db"))
    async with catalogue.transaction() as session:
        for _ in range(23):
            known = chance.random() < 0.7
            values = {"size": chance.randrange(5), "duration": chance.random()} if known else {}
            status = chance.choice((RunStatus.COMPLETED, RunStatus.FAILED))
            session.add(backup(None, status, database_name=chance.choice("abC"), **values))
    async with catalogue.sessions() as session:
        whole, total = await list_backups(session, BackupFilter(), sort=sort, page=1, limit=100)
        pages = [await list_backups(session, BackupFilter(), sort=sort, page=n, limit=4) for n in range(1, 9)]
    await catalogue.close()
    assert total == len(whole) == 23
    assert [len(page) for page, _ in pages] == [4, 4, 4, 4, 4, 3, 0, 0]
    assert [run.id for page, _ in pages for run in page] == [run.id for run in whole]
    if sort.removeprefix("-") in ("size", "duration"):
        sizes = [run.size for run in whole if run.size is not None]
        assert [run.size for run in whole[len(sizes) :]] == [None] * (23 - len(sizes))
        assert sort.endswith("duration") or sizes == sorted(sizes, reverse=sort.startswith("-"))


async def test_list_backups_when_one_has_everything_then_it_is_as_its_records_say(tmp_path: Path) -> None:
    catalogue, now = Catalogue(make_catalogue(tmp_path / "app.db")), utc_now()
    config = DatabaseConfig(id="d", name="d", slug="d", type="mysql", host="h", port=1, database_name="d", username="u")
    bucket = S3Config(
        id="b", name="Bucket", bucket="b", region="r", path_prefix="deep", access_key_sealed="-", secret_key_sealed="-"
    )
    schedule = BackupSchedule(id="s", type="daily", cron_expression="0 2 * * *", timezone="UTC", database_id="d")
    copies = [
        BackupCopy(id=new_id(), position=1, s3_config_id="b", state=CopyState.FAILED, key="folder/1", seen_at=now),
        BackupCopy(id=new_id(), position=0, state=CopyState.COMPLETE, size=7),
    ]
    odd = [{"kind": "size-fell", "message": "small", "foundAt": now.isoformat(), "acknowledgedAt": None}]
    full = backup(
        config, RunStatus.COMPLETED, started_at=now, completed_at=now, duration=1.5, size=2, label="l", pinned=True,
        copies=copies, anomalies=odd, manifest={"large": True}, schedule_id="s",
    )  # fmt: skip
    async with catalogue.transaction() as session:
        session.add_all((config, bucket))
        await session.flush()
        session.add(schedule)
        await session.flush()
        session.add_all((full, backup(None, RunStatus.FAILED, copies=[])))
    async with catalogue.transaction() as session:
        [bare, listed], _ = await list_backups(session, BackupFilter(), sort="-createdAt", page=1, limit=50)
        record = await session.get_one(BackupExecution, full.id)
        assert listed == await as_listed(session, record)
        (await session.get_one(BackupSchedule, "s")).name = "Nightly"
        await session.flush()
        [_, named], _ = await list_backups(session, BackupFilter(), sort="-createdAt", page=1, limit=50)
    await catalogue.close()
    assert (listed.schedule_name, named.schedule_name, bare.schedule_name) == ("0 2 * * *", "Nightly", None)
    assert [(copy.s3_config_name, copy.path_prefix) for copy in listed.copies] == [(None, None), ("Bucket", "deep")]
    assert (listed.duration, listed.completed_at, listed.anomalies) == (1.5, now, odd)
    assert (bare.status, bare.copies) == (RunStatus.FAILED, [])


async def test_as_listed_when_the_backup_ended_since_it_was_read_then_all_is_of_the_moment_it_was_read(
    tmp_path: Path,
) -> None:
    catalogue = Catalogue(make_catalogue(tmp_path / "app.db"))
    running = backup(None, RunStatus.RUNNING)
    async with catalogue.transaction() as session:
        session.add(running)
    async with catalogue.sessions() as session:
        record = await session.get_one(BackupExecution, running.id)
        async with catalogue.transaction() as other:
            (await other.get_one(BackupExecution, running.id)).status = RunStatus.COMPLETED
        shown = await as_listed(session, record)
    await catalogue.close()
    # its manifest, which comes with the end, is not there either
    assert (shown.status, record.manifest) == (RunStatus.RUNNING, None)
