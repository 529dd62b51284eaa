"""Pages of the history, whichever end they are counted from."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dbbackup.core.naming import new_id
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, RunStatus
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


async def test_list_backups_when_one_has_everything_then_it_is_as_its_record_says(tmp_path: Path) -> None:
    catalogue, now = Catalogue(make_catalogue(tmp_path / "app.db")), utc_now()
    copies = [
        BackupCopy(id=new_id(), position=place, state=state, key=f"folder/{place}", size=place, seen_at=now)
        for place, state in ((1, CopyState.FAILED), (0, CopyState.COMPLETE))
    ]
    odd = [{"kind": "size-fell", "message": "small", "foundAt": now.isoformat(), "acknowledgedAt": None}]
    full = backup(
        None, RunStatus.COMPLETED, started_at=now, completed_at=now, duration=1.5, size=2, label="l", pinned=True,
        copies=copies, anomalies=odd, manifest={"large": True},
    )  # fmt: skip
    async with catalogue.transaction() as session:
        session.add_all((full, backup(None, RunStatus.FAILED, copies=[])))
    async with catalogue.sessions() as session:
        [bare, listed], _ = await list_backups(session, BackupFilter(), sort="-createdAt", page=1, limit=50)
        record = await session.get_one(BackupExecution, full.id)
        assert listed == as_listed(record)
    await catalogue.close()
    assert [copy.position for copy in listed.copies] == [0, 1]
    assert (listed.duration, listed.completed_at, listed.anomalies) == (1.5, now, odd)
    assert (bare.status, bare.copies) == (RunStatus.FAILED, [])
