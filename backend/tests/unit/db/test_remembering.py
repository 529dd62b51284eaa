"""What is remembered of the history of runs, and what makes it forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.naming import new_id
from dbbackup.db.models import BackupCopy, BackupExecution, RunJournal, RunStatus, SystemSetting
from dbbackup.db.remembering import remembered
from dbbackup.db.session import Catalogue
from tests.catalogue import make_catalogue
from tests.unit.worker.rows import backup

Change = Callable[[AsyncSession], Awaitable[object]]


class Counter:
    """Counts the backups, and how often it had to."""

    def __init__(self) -> None:
        self.reads = 0

    async def count(self, session: AsyncSession, key: str = "backups") -> int:
        async def read() -> int:
            self.reads += 1
            return await session.scalar(select(func.count()).select_from(BackupExecution)) or 0

        return await remembered(session, key, read)


@pytest.fixture
async def catalogue(tmp_path: Path) -> AsyncIterator[Catalogue]:
    opened = Catalogue(make_catalogue(tmp_path / "app.db"))
    async with opened.transaction() as session:
        session.add(backup(None, RunStatus.COMPLETED))
    yield opened
    await opened.close()


async def counted(catalogue: Catalogue, counter: Counter) -> int:
    async with catalogue.sessions() as session:
        return await counter.count(session)


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


async def delete_elsewhere(session: AsyncSession) -> None:
    session.add(SystemSetting(key="gone", value="b"))
    await session.flush()
    await session.execute(delete(SystemSetting).where(SystemSetting.key == "gone"))


@pytest.mark.parametrize(
    "change", [add, alter, insert_row, update_rows, update_returning, delete_row, delete_elsewhere]
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


@pytest.mark.parametrize("change", [set_something, update_something, pin, update_nothing, delete_nothing])
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
