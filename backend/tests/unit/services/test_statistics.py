"""What was stored on each day: written, and deleted since."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from dbbackup.core.naming import new_id
from dbbackup.db.models import BackupCopy, CopyState, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import Catalogue
from dbbackup.services.statistics import collect
from tests.catalogue import make_catalogue
from tests.unit.worker.rows import backup


async def test_collect_when_a_backup_was_deleted_then_it_was_stored_until_that_day(tmp_path: Path) -> None:
    now = utc_now()
    catalogue = Catalogue(make_catalogue(tmp_path / "app.db"))
    rows = []
    for age, deleted, state in ((9, 2, CopyState.DELETED), (3, None, CopyState.COMPLETE), (1, None, CopyState.FAILED)):
        copy = BackupCopy(id=new_id(), position=0, size=100 if state != CopyState.FAILED else None, state=state)
        ended = now - timedelta(days=age)
        deleted_at = None if deleted is None else now - timedelta(days=deleted)
        rows.append(
            backup(None, RunStatus.COMPLETED, size=100, completed_at=ended, deleted_at=deleted_at, copies=[copy])
        )
    async with catalogue.transaction() as session:
        session.add_all(rows)
    async with catalogue.sessions() as session:
        found = await collect(session, 5)
    await catalogue.close()
    assert [day.stored for day in found.days] == [100, 200, 100, 100, 100]
    assert found.days[-1].stored == found.stored_local
