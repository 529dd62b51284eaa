"""Pages of the history, whichever end they are counted from."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from dbbackup.db.models import RunStatus
from dbbackup.db.session import Catalogue
from dbbackup.services.backup_list import SORTS, BackupFilter, list_backups
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
