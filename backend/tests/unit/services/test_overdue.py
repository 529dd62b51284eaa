"""Which backup of a database counts as its newest."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from dbbackup.db.models import DatabaseConfig, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import Catalogue
from dbbackup.services.overdue import _newest_good
from tests.catalogue import make_catalogue
from tests.unit.worker.rows import backup


async def test_newest_when_one_waited_long_in_the_queue_then_the_last_end_counts(tmp_path: Path) -> None:
    catalogue, now = Catalogue(make_catalogue(tmp_path / "app.db")), utc_now()
    config = DatabaseConfig(name="d", slug="d", type="postgresql", host="h", port=1, database_name="d", username="u")
    asked_first = {"created_at": now - timedelta(hours=9), "completed_at": now - timedelta(hours=1)}
    asked_last = {"created_at": now - timedelta(hours=5), "completed_at": now - timedelta(hours=4)}
    async with catalogue.transaction() as session:
        session.add(config)
        await session.flush()
        old = now - timedelta(days=9)
        session.add(backup(config, RunStatus.COMPLETED, created_at=old, completed_at=old))
    async with catalogue.sessions() as session:
        assert await _newest_good(session) == {config.id: old}
    async with catalogue.transaction() as session:
        session.add_all(backup(config, RunStatus.COMPLETED, **times) for times in (asked_first, asked_last))
        session.add(backup(config, RunStatus.FAILED, completed_at=now))
    async with catalogue.sessions() as session:
        assert await _newest_good(session) == {config.id: asked_first["completed_at"]}
    await catalogue.close()
