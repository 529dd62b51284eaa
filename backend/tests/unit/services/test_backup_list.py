"""Pages of the history, whichever end they are counted from."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, update

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
from dbbackup.db.remembering import UNENDED
from dbbackup.db.session import Catalogue
from dbbackup.services import backup_list
from dbbackup.services.backup_list import SORTS, BackupFilter, as_listed, list_backups
from dbbackup.services.deep_pages import skip_spans
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


@pytest.mark.parametrize("sort", ["createdAt", "-createdAt"])
async def test_list_backups_when_a_page_is_deep_then_only_part_of_what_is_before_it_is_gone_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    catalogue, now, offsets = Catalogue(make_catalogue(tmp_path / "app.db")), utc_now(), list[int]()

    async def note(*arguments: Any, **named: Any) -> Any:
        ids, skipped = await skip_spans(*arguments, **named)
        offsets.append(skipped)
        return ids, skipped

    monkeypatch.setattr(backup_list, "skip_spans", note)
    async with catalogue.transaction() as session:
        # Two a day, and some of each year.
        ages = [*(timedelta(hours=12 * place) for place in range(60)), *(timedelta(days=300 * n) for n in range(1, 16))]
        session.add_all(backup(None, RunStatus.COMPLETED, created_at=now - age) for age in ages)
    async with catalogue.sessions() as session:
        whole, _ = await list_backups(session, BackupFilter(), sort=sort, page=1, limit=100)
        monkeypatch.setattr(backup_list, "DEEP", 4)
        pages = [await list_backups(session, BackupFilter(), sort=sort, page=n, limit=5) for n in range(1, 16)]
    await catalogue.close()
    assert [run.id for page, _ in pages for run in page] == [run.id for run in whole]
    assert len(offsets) == 13
    assert max(offsets) <= 3


@pytest.mark.sqlite("what PostgreSQL chooses depends on its own figures")
@pytest.mark.parametrize("wanted", [BackupFilter(), BackupFilter(status="completed"), BackupFilter(type="manual")])
async def test_list_backups_when_a_page_is_deep_then_no_row_is_looked_up_to_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: BackupFilter
) -> None:
    monkeypatch.setattr(backup_list, "DEEP", 1)
    catalogue, plans = Catalogue(make_catalogue(tmp_path / "app.db")), list[str]()

    def explain(_connection: object, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        if "created_at <" in statement:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(row[3] for row in cursor.fetchall() if "backup_execution" in row[3])

    async with catalogue.transaction() as session:
        session.add_all(backup(None, RunStatus.COMPLETED) for _ in range(9))
    async with catalogue.sessions() as session:
        connection = await session.connection()
        event.listen(connection.sync_connection, "before_cursor_execute", explain)
        page, _ = await list_backups(session, wanted, sort="-createdAt", page=2, limit=3)
    await catalogue.close()
    assert len(page) == 3
    assert len(plans) > 8
    assert [plan for plan in plans if "USING COVERING INDEX" not in plan] == []


async def test_list_backups_when_deep_pages_are_of_running_ones_then_a_claim_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_list, "DEEP", 1)
    catalogue, now, running = Catalogue(make_catalogue(tmp_path / "app.db")), utc_now(), BackupFilter(status="running")
    states = [RunStatus.QUEUED, RunStatus.RUNNING] * 6
    async with catalogue.transaction() as session:
        made = (now - timedelta(days=30 * n) for n in range(12))
        session.add_all(backup(None, state, created_at=age) for state, age in zip(states, made, strict=True))

    async def ages() -> list[int]:
        async with catalogue.sessions() as session:
            pages = [await list_backups(session, running, sort="-createdAt", page=n, limit=2) for n in (1, 2, 3, 4)]
        return [(now - run.created_at).days // 30 for page, _ in pages for run in page]

    before = await ages()
    async with catalogue.transaction() as session:
        claim = update(BackupExecution).where(BackupExecution.created_at > now - timedelta(days=100))
        await session.execute(claim.values(status=RunStatus.RUNNING).execution_options(**{UNENDED: True}))
    after = await ages()
    await catalogue.close()
    assert (before, after) == ([1, 3, 5, 7, 9, 11], [0, 1, 2, 3, 5, 7, 9, 11])


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
