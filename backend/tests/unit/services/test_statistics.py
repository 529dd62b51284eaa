"""What was stored on each day: written, and deleted since."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.naming import new_id
from dbbackup.core.spans import fine_spans
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    BackupSchedule,
    CopyState,
    DatabaseConfig,
    RunStatus,
    S3Config,
    Verification,
)
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import UNENDED
from dbbackup.db.session import Catalogue
from dbbackup.services import backup_history, backup_list, metrics, overdue
from dbbackup.services.backup_list import BackupFilter, list_backups
from dbbackup.services.newest_backups import Which, newest_of_databases, newest_of_schedules
from dbbackup.services.statistics import collect
from tests.catalogue import make_catalogue
from tests.unit.worker.rows import backup

UNENDED_STATES = (RunStatus.QUEUED, RunStatus.RUNNING)
DATABASES = ("one", "other")
SCHEDULES = ("early", "late")
FILTERS = (
    BackupFilter(),
    BackupFilter(database_id="one"),
    BackupFilter(schedule_id="late"),
    (FAILED := BackupFilter(status="failed")),
    (ONLY_LOCAL := BackupFilter(s3="none")),
    BackupFilter(undeleted=True),
)


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


async def test_collect_when_the_history_changes_then_it_says_what_a_program_that_remembers_nothing_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, now = random.Random(5), utc_now()
    path = make_catalogue(tmp_path / "app.db")
    catalogue = Catalogue(path)
    async with catalogue.transaction() as session:
        session.add(S3Config(id="s3", name="s3", bucket="b", access_key_sealed="", secret_key_sealed=""))
        place = {"host": "h", "port": 1, "database_name": "d", "username": "u"}
        session.add_all(DatabaseConfig(id=id_, name=id_, slug=id_, type="postgresql", **place) for id_ in DATABASES)
        await session.flush()
        daily = {"type": "daily", "cron_expression": "0 2 * * *", "timezone": "UTC"}
        session.add_all(BackupSchedule(id=id_, database_id=DATABASES[0], **daily) for id_ in SCHEDULES)
        await session.flush()
        session.add_all(made(chance, now) for _ in range(40))
    for _ in range(40):
        async with catalogue.transaction() as session:
            await change_something(session, chance, now)
        days = chance.choice((1, 2, 3, 8, 30, 365))
        fresh = Catalogue(path)
        monkeypatch.setattr(backup_list, "DEEP", 1)
        found = await said(catalogue, days)
        # This one goes through all that is before a page, too.
        monkeypatch.setattr(backup_list, "DEEP", 10**9)
        assert found == await said(fresh, days)
        await fresh.close()
    await catalogue.close()


async def test_read_history_when_it_changed_in_many_places_then_several_queries_find_what_one_reading_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, now, asked = make_catalogue(tmp_path / "app.db"), utc_now(), list[int]()
    catalogue, query = Catalogue(path), backup_history._query

    def note(shapes: Any) -> Any:
        asked.append(len(shapes))
        return query(shapes)

    monkeypatch.setattr(backup_history, "_query", note)
    async with catalogue.transaction() as session:
        # In every other quarter of a day, and in some of the weeks before.
        ages = [timedelta(hours=12 * place) for place in range(20)] + [timedelta(weeks=weeks) for weeks in (12, 24, 99)]
        session.add_all(backup(None, RunStatus.COMPLETED, completed_at=now - age, size=100) for age in ages)
    async with catalogue.sessions() as session:
        assert (await backup_history.read_history(session)).statuses == {"completed": 23}
    assert asked == [2]
    async with catalogue.transaction() as session:
        for run in await session.scalars(select(BackupExecution)):
            run.size, run.status = 7, RunStatus.FAILED
            run.copies[0].state, run.copies[0].size = CopyState.COMPLETE, 7
    fresh, found = Catalogue(path), []
    for each in (catalogue, fresh):
        async with each.sessions() as session:
            found.append(await backup_history.read_history(session))
        await each.close()
    assert found[0] == found[1]
    assert (found[0].statuses, found[0].sizes) == ({"failed": 23}, {(None, "complete"): 161})
    several, of_a_fresh_one = asked[1:-1], asked[-1]
    assert (sum(several) > 20, max(several), of_a_fresh_one) == (True, backup_history._AT_ONCE, 2)


async def said(catalogue: Catalogue, days: int) -> tuple[Any, ...]:
    """Return the figures of the page, those for Prometheus with the proofs, the newest of each kind, and totals."""
    async with catalogue.sessions() as session:
        history = await backup_history.read_history(session)
        families = [await part(session, history) for part in (metrics._runs, metrics._storages)]
        families.append(await metrics._databases(session))
        samples = [sorted(family.samples, key=str) for part in families for family in part]
        newest = [await newest_of_databases(session, DATABASES, which) for which in Which]
        for which, found in zip(Which, newest, strict=True):
            # Each kind is remembered by itself.
            assert which in (Which.ANY, Which.GOOD) or {run.status for run in found.values()} <= {which.value}
        newest.append(await newest_of_schedules(session, SCHEDULES))
        totals = [(await list_backups(session, f, sort="createdAt", page=1, limit=1))[1] for f in FILTERS]
        late = await overdue._newest_good(session)
        return await collect(session, days), samples, newest, totals, await pages(session), late


async def pages(session: AsyncSession) -> list[Any]:
    """Return pages of some lists in the order in which backups were made, from both ends."""
    found = []
    for wanted, sort, page in product((BackupFilter(), FAILED, ONLY_LOCAL), ("createdAt", "-createdAt"), (2, 3, 5)):
        runs, _ = await list_backups(session, wanted, sort=sort, page=page, limit=3)
        found.append((wanted, sort, page, [run.id for run in runs]))
    return found


def made(chance: random.Random, now: datetime) -> BackupExecution:
    """Return a run of the last days with a copy on disk and one in S3, in any state."""
    status = chance.choice((RunStatus.COMPLETED, RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.RUNNING))
    hours = chance.randrange(chance.choice((9, 240, 24 * 500)))
    ended = None if status == RunStatus.RUNNING else now - timedelta(hours=hours)
    copies = [
        BackupCopy(
            id=new_id(),
            position=position,
            s3_config_id=place,
            size=chance.randrange(1000),
            state=chance.choice(list(CopyState)),
        )
        for position, place in enumerate((None, "s3"))
    ]
    # Eighths: of other fractions the last digit of a sum depends on the order, which is the server's.
    size, duration = chance.randrange(1000), chance.randrange(1000) / 8
    created = (ended or now) - timedelta(hours=chance.randrange(chance.choice((1, 30, 24 * 300))))
    owners = {"database_id": chance.choice(DATABASES), "schedule_id": chance.choice((None, *SCHEDULES))}
    moments = {"created_at": created, "completed_at": ended}
    return backup(None, status, **owners, **moments, size=size, duration=duration, copies=copies)


async def change_something(session: AsyncSession, chance: random.Random, now: datetime) -> None:
    runs = (await session.scalars(select(BackupExecution).order_by(BackupExecution.id))).all()
    run = chance.choice(runs)
    match chance.randrange(8):
        case 0:
            session.add(made(chance, now))
        case 1:
            run.status, run.completed_at = RunStatus.COMPLETED, run.completed_at or now
        case 2:
            run.deleted_at = now - timedelta(hours=chance.randrange(chance.choice((100, 24 * 500))))
            run.copies[0].state = CopyState.DELETED
        case 3:
            run.damage = chance.choice((None, "damaged"))
        case 4:
            proof = {"level": 3, "status": RunStatus.COMPLETED, "completed_at": now, "restore_seconds": chance.random()}
            named = {"storage": "local", "database_id": run.database_id, "database_name": "d", "started_by": "admin"}
            session.add(Verification(id=new_id(), backup_id=run.id, **proof, **named))
        case 5:
            chance.choice(run.copies).state = chance.choice(list(CopyState))
        case 6:
            # As the queue claims.
            claimed = update(BackupExecution).where(BackupExecution.status.in_(UNENDED_STATES))
            values = {"status": chance.choice(UNENDED_STATES)}
            await session.execute(claimed.values(values).execution_options(**{UNENDED: True}))
        case _:
            await session.delete(run)


async def test_collect_when_a_run_ends_between_two_looks_then_it_is_not_missing_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_catalogue(tmp_path / "app.db")
    catalogue, look = Catalogue(path), backup_history._read
    async with catalogue.transaction() as session:
        session.add(backup(None, RunStatus.RUNNING, size=None))

    async def end_it_meanwhile(*arguments: Any) -> Any:
        found = await look(*arguments)
        async with catalogue.transaction() as another:
            for run in await another.scalars(select(BackupExecution).where(BackupExecution.completed_at.is_(None))):
                run.status, run.completed_at, run.size = RunStatus.COMPLETED, utc_now(), 100
                run.copies[0].state, run.copies[0].size = CopyState.COMPLETE, 100
        return found

    async with catalogue.sessions() as session:
        await collect(session, 30)
    monkeypatch.setattr(backup_history, "_read", end_it_meanwhile)
    async with catalogue.transaction() as session:
        session.add(backup(None, RunStatus.COMPLETED, completed_at=utc_now() - timedelta(days=5)))
    async with catalogue.sessions() as session:
        await collect(session, 30)
    monkeypatch.undo()
    async with catalogue.sessions() as session:
        found = await collect(session, 30)
    await catalogue.close()
    assert (found.backups, found.stored_local, found.completed_24h) == (2, 100, 1)


@pytest.mark.sqlite("what PostgreSQL chooses depends on its own figures")
async def test_what_ended_since_yesterday_is_found_by_the_index_of_ends(tmp_path: Path) -> None:
    chance, now, plans = random.Random(5), utc_now(), list[str]()
    path = make_catalogue(tmp_path / "app.db")
    catalogue = Catalogue(path)
    async with catalogue.transaction() as session:
        ends = [now - timedelta(hours=chance.randrange(9999)) for _ in range(500)]
        session.add_all(backup(None, completed_at=end, deleted_at=chance.choice((None, now))) for end in ends)
    async with catalogue.sessions() as session:
        connection = await session.connection()

        def explain(_connection: object, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(" ".join(row[3] for row in cursor.fetchall()).split("UNION ALL"))

        event.listen(connection.sync_connection, "before_cursor_execute", explain)
        await overdue._newest_good(session)
        newest = plans.copy()
        plans.clear()
        await backup_history.read_history(session)
    await catalogue.close()
    assert len(newest) == len(fine_spans(now))
    assert all("ix_backup_execution_ended" in plan for plan in newest), newest
    by_end, by_deletion = "COVERING INDEX ix_backup_execution_ended", "(deleted_at>"
    copies = "COVERING INDEX ix_backup_copy_of_backup"
    assert len(plans) == 3 + 5
    for plan in plans:
        assert by_end in plan or (by_deletion in plan and copies in plan), plan
        assert plan.count("SEARCH") == plan.count("INDEX"), plan
    assert any(by_end in plan and copies in plan for plan in plans), plans
