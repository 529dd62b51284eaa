"""What is remembered of the history of runs, and what makes it forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from dbbackup.core.naming import new_id
from dbbackup.db.models import BackupCopy, BackupExecution, DatabaseConfig, RunJournal, RunStatus, SystemSetting
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import UNENDED, remembered
from dbbackup.db.session import Catalogue
from dbbackup.services.row_locks import lock_backup
from tests.catalogue import make_catalogue
from tests.unit.worker.rows import backup

Change = Callable[[AsyncSession], Awaitable[object]]
BOUNDARY = datetime(2026, 3, 1, tzinfo=UTC)
EARLIER, LATER = BOUNDARY - timedelta(hours=1), BOUNDARY + timedelta(hours=1)


class Counter:
    """Counts the backups, and how often it had to."""

    def __init__(self) -> None:
        self.reads = 0

    async def count(self, session: AsyncSession, key: str = "backups", before: datetime | None = None) -> int:
        async def read() -> int:
            self.reads += 1
            query = select(func.count()).select_from(BackupExecution)
            query = query if before is None else query.where(BackupExecution.completed_at < before)
            return await session.scalar(query) or 0

        return await remembered(session, (key, before), read, before=before)


@pytest.fixture
async def catalogue(tmp_path: Path) -> AsyncIterator[Catalogue]:
    opened = Catalogue(make_catalogue(tmp_path / "app.db"))
    async with opened.transaction() as session:
        session.add(backup(None, RunStatus.COMPLETED))
    yield opened
    await opened.close()


async def counted(catalogue: Catalogue, counter: Counter, before: datetime | None = None) -> int:
    async with catalogue.sessions() as session:
        return await counter.count(session, before=before)


async def test_remembered_when_nothing_changed_then_it_is_read_once(catalogue: Catalogue) -> None:
    counter = Counter()
    assert [await counted(catalogue, counter) for _ in range(3)] == [1, 1, 1]
    assert counter.reads == 1


async def add(session: AsyncSession) -> None:
    session.add(backup(None, RunStatus.COMPLETED))


async def alter(session: AsyncSession) -> None:
    (await session.scalars(select(BackupExecution))).one().status = RunStatus.FAILED


async def insert_row(session: AsyncSession) -> None:
    row = (await session.scalars(select(BackupExecution))).one()
    values = {"id": new_id(), "backup_id": row.id, "position": 9, "state": "failed", "attempts": 0}
    await session.execute(insert(BackupCopy), [values])


async def update_rows(session: AsyncSession) -> None:
    await session.execute(update(BackupExecution).values(pinned=True))


async def update_returning(session: AsyncSession) -> None:
    changed = update(BackupExecution).values(pinned=True).returning(BackupExecution.id)
    assert await session.scalar(changed)


async def delete_row(session: AsyncSession) -> None:
    await session.delete((await session.scalars(select(BackupExecution))).one())


def database() -> DatabaseConfig:
    place = {"host": "h", "port": 1, "database_name": "d", "username": "u"}
    return DatabaseConfig(name="gone", slug="gone", type="postgresql", **place)


async def delete_elsewhere(session: AsyncSession) -> None:
    session.add(database())
    await session.flush()
    await session.execute(delete(DatabaseConfig).where(DatabaseConfig.name == "gone"))


async def delete_a_record_elsewhere(session: AsyncSession) -> None:
    config = database()
    session.add(config)
    await session.flush()
    await session.delete(config)


@pytest.mark.parametrize(
    "change",
    [
        add,
        alter,
        insert_row,
        update_rows,
        update_returning,
        delete_row,
        delete_elsewhere,
        delete_a_record_elsewhere,
    ],
)
async def test_remembered_when_runs_change_then_it_is_read_again(catalogue: Catalogue, change: Change) -> None:
    counter = Counter()
    await counted(catalogue, counter)
    async with catalogue.transaction() as session:
        await change(session)
        assert await counted(catalogue, counter) == 1
        assert counter.reads == 1
    fresh = await counted(catalogue, counter)
    assert counter.reads == 2
    async with catalogue.sessions() as session:
        assert fresh == await session.scalar(select(func.count()).select_from(BackupExecution))


async def set_something(session: AsyncSession) -> None:
    session.add(SystemSetting(key="a", value="b"))


async def update_something(session: AsyncSession) -> None:
    await session.execute(update(SystemSetting).values(value="c"))


async def pin(session: AsyncSession) -> None:
    (await session.scalars(select(BackupExecution))).one().pinned = True


async def update_nothing(session: AsyncSession) -> None:
    await session.execute(update(BackupExecution).where(BackupExecution.id == "none").values(pinned=True))


async def delete_nothing(session: AsyncSession) -> None:
    await session.execute(delete(RunJournal))


async def delete_something_else(session: AsyncSession) -> None:
    settings = [SystemSetting(key=key, value="b") for key in ("gone", "too")]
    session.add_all(settings)
    await session.flush()
    await session.execute(delete(SystemSetting).where(SystemSetting.key == "gone"))
    await session.delete(settings[1])


@pytest.mark.parametrize(
    "change", [set_something, update_something, pin, update_nothing, delete_nothing, delete_something_else]
)
async def test_remembered_when_something_else_changes_then_it_stays(catalogue: Catalogue, change: Change) -> None:
    counter = Counter()
    await counted(catalogue, counter)
    async with catalogue.transaction() as session:
        await change(session)
    await counted(catalogue, counter)
    assert counter.reads == 1


async def test_remembered_when_the_session_changed_something_itself_then_it_sees_that_and_nobody_else(
    catalogue: Catalogue,
) -> None:
    counter = Counter()
    await counted(catalogue, counter)
    async with catalogue.sessions() as session:
        await add(session)
        await session.flush()
        assert await counter.count(session) == 2
        await session.rollback()
    assert await counted(catalogue, counter) == 1


async def test_remembered_when_read_in_an_older_transaction_then_that_is_not_taken_for_new(
    catalogue: Catalogue,
) -> None:
    counter = Counter()
    async with catalogue.sessions() as old:
        await old.scalar(select(1))
        async with catalogue.transaction() as session:
            await add(session)
        await counter.count(old)
    assert await counted(catalogue, counter) == 2
    assert counter.reads == 2


async def test_remembered_when_there_are_many_then_the_oldest_is_forgotten(catalogue: Catalogue) -> None:
    counter = Counter()
    async with catalogue.sessions() as session:
        for number in range(65):
            await counter.count(session, str(number))
        await counter.count(session, "64")
        assert counter.reads == 65
        await counter.count(session, "0")
    assert counter.reads == 66


@pytest.fixture
async def of_two_days(tmp_path: Path) -> AsyncIterator[Catalogue]:
    """Yield a catalogue with a backup that ended before the boundary, one that did after it, and one that runs."""
    opened = Catalogue(make_catalogue(tmp_path / "app.db"))
    async with opened.transaction() as session:
        for label, end in (("earlier", EARLIER), ("later", LATER), ("running", None)):
            status = RunStatus.COMPLETED if end else RunStatus.RUNNING
            copy = BackupCopy(id=new_id(), position=0, size=1, state="complete")
            session.add(backup(None, status, label=label, completed_at=end, copies=[copy]))
    yield opened
    await opened.close()


async def labelled(session: AsyncSession, label: str) -> BackupExecution:
    return (await session.scalars(select(BackupExecution).where(BackupExecution.label == label))).one()


async def copy_of(session: AsyncSession, label: str) -> BackupCopy:
    query = select(BackupCopy).join(BackupExecution, BackupExecution.id == BackupCopy.backup_id)
    return (await session.scalars(query.where(BackupExecution.label == label))).one()


async def change_copies_alone(session: AsyncSession) -> None:
    for label in ("later", "running"):
        (await copy_of(session, label)).state = "failed"


async def begin_another(session: AsyncSession) -> None:
    session.add(backup(None, RunStatus.QUEUED, copies=[BackupCopy(id=new_id(), position=0)]))


async def end_the_running_one(session: AsyncSession) -> None:
    run = await labelled(session, "running")
    run.status, run.completed_at, run.copies[0].size = RunStatus.COMPLETED, LATER, 7


async def delete_the_later_one(session: AsyncSession) -> None:
    run = await labelled(session, "later")
    run.deleted_at, run.copies[0].state = utc_now(), "deleted"


async def lock_the_earlier_one(session: AsyncSession) -> None:
    await lock_backup(session, (await labelled(session, "earlier")).id)


async def claim_one(session: AsyncSession) -> None:
    queued = update(BackupExecution).where(BackupExecution.label == "running").values(status=RunStatus.RUNNING)
    await session.execute(queued.execution_options(**{UNENDED: True}))


@pytest.mark.parametrize(
    "change",
    [
        begin_another,
        end_the_running_one,
        delete_the_later_one,
        lock_the_earlier_one,
        claim_one,
        change_copies_alone,
    ],
)
async def test_remembered_when_what_ended_later_changes_then_what_ended_before_stays(
    of_two_days: Catalogue, change: Change
) -> None:
    counter, all_of_it = Counter(), Counter()
    # The first look makes the boundary known; only what is read after it may be kept.
    assert [await counted(of_two_days, counter, BOUNDARY) for _ in range(3)] == [1, 1, 1]
    await counted(of_two_days, all_of_it)
    reads = counter.reads
    async with of_two_days.transaction() as session:
        await change(session)
    assert await counted(of_two_days, counter, BOUNDARY) == 1
    await counted(of_two_days, all_of_it)
    assert (counter.reads, all_of_it.reads) == (reads, 2)


async def take_back_the_end(session: AsyncSession) -> None:
    (await labelled(session, "earlier")).completed_at = LATER


async def end_in_the_past(session: AsyncSession) -> None:
    (await labelled(session, "running")).completed_at = EARLIER


async def delete_the_earlier_one(session: AsyncSession) -> None:
    (await labelled(session, "earlier")).deleted_at = utc_now()


async def delete_its_copy(session: AsyncSession) -> None:
    (await labelled(session, "earlier")).copies[0].state = "deleted"


async def change_its_copy_alone(session: AsyncSession) -> None:
    (await copy_of(session, "earlier")).state = "deleted"


async def add_one_of_then(session: AsyncSession) -> None:
    session.add(backup(None, RunStatus.COMPLETED, completed_at=EARLIER))


async def change_without_its_end(session: AsyncSession) -> None:
    only = load_only(BackupExecution.status)
    query = select(BackupExecution).where(BackupExecution.label == "later").options(only)
    (await session.scalars(query)).one().status = RunStatus.FAILED


@pytest.mark.parametrize(
    "change",
    [
        take_back_the_end,
        end_in_the_past,
        delete_the_earlier_one,
        delete_its_copy,
        change_its_copy_alone,
        add_one_of_then,
        change_without_its_end,
        delete_elsewhere,
        update_rows,
    ],
)
async def test_remembered_when_what_ended_before_may_have_changed_then_it_is_read_again(
    of_two_days: Catalogue, change: Change
) -> None:
    counter = Counter()
    for _ in range(2):
        await counted(of_two_days, counter, BOUNDARY)
    reads = counter.reads
    async with of_two_days.transaction() as session:
        await change(session)
    fresh = await counted(of_two_days, counter, BOUNDARY)
    assert counter.reads == reads + 1
    async with of_two_days.sessions() as session:
        ended = select(func.count()).select_from(BackupExecution).where(BackupExecution.completed_at < BOUNDARY)
        assert fresh == await session.scalar(ended)


async def test_remembered_when_the_boundary_moves_on_then_what_was_not_watched_till_then_is_not_kept(
    of_two_days: Catalogue,
) -> None:
    counter = Counter()
    async with of_two_days.sessions() as old:
        await old.scalar(select(1))
        async with of_two_days.transaction() as session:
            await end_in_the_past(session)
        assert await counter.count(old, before=BOUNDARY) in (1, 2)
    assert await counted(of_two_days, counter, BOUNDARY) == 2
    assert counter.reads == 2
