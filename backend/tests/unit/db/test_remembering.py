"""What is remembered of the history of runs, and what makes it forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.naming import new_id
from dbbackup.core.spans import Span
from dbbackup.db.memory import OF_RESTORES
from dbbackup.db.memory import Change as Changed
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    DatabaseConfig,
    RestoreExecution,
    RunJournal,
    RunStatus,
    SystemSetting,
)
from dbbackup.db.remembering import (
    MEMORY,
    UNENDED,
    remembered,
    remembered_apart,
    remembered_of_each,
)
from dbbackup.db.session import Catalogue
from dbbackup.services.row_locks import lock_backup
from tests.catalogue import make_catalogue
from tests.unit.worker.rows import backup, restore

Change = Callable[[AsyncSession], Awaitable[object]]
BOUNDARY = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE, SINCE = Span(None, BOUNDARY), Span(BOUNDARY, None)
EARLIER, LATER = BOUNDARY - timedelta(hours=1), BOUNDARY + timedelta(hours=1)


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


def database(name: str = "gone") -> DatabaseConfig:
    place = {"host": "h", "port": 1, "database_name": "d", "username": "u"}
    return DatabaseConfig(name=name, slug=name, type="postgresql", **place)


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


async def lock(session: AsyncSession) -> None:
    await lock_backup(session, (await session.scalars(select(BackupExecution.id))).one())


async def delete_nothing(session: AsyncSession) -> None:
    await session.execute(delete(RunJournal))


async def delete_something_else(session: AsyncSession) -> None:
    settings = [SystemSetting(key=key, value="b") for key in ("gone", "too")]
    session.add_all(settings)
    await session.flush()
    await session.execute(delete(SystemSetting).where(SystemSetting.key == "gone"))
    await session.delete(settings[1])


@pytest.mark.parametrize(
    "change", [set_something, update_something, pin, lock, update_nothing, delete_nothing, delete_something_else]
)
async def test_remembered_when_something_else_changes_then_it_stays(catalogue: Catalogue, change: Change) -> None:
    counter = Counter()
    await counted(catalogue, counter)
    async with catalogue.transaction() as session:
        await change(session)
    await counted(catalogue, counter)
    assert counter.reads == 1


async def start_restore(session: AsyncSession) -> None:
    session.add(restore(None))


async def update_restores(session: AsyncSession) -> None:
    session.add(restore(None))
    await session.flush()
    await session.execute(update(RestoreExecution).values(status=RunStatus.FAILED))


async def update_unended(session: AsyncSession) -> None:
    session.add(backup(None, RunStatus.QUEUED))
    await session.flush()
    queued = update(BackupExecution).where(BackupExecution.status == RunStatus.QUEUED).values(status=RunStatus.RUNNING)
    await session.execute(queued, execution_options={UNENDED: True})


@pytest.mark.parametrize(
    ("change", "of_restores", "of_all", "of_spans"),
    [
        (start_restore, 2, 2, 1),
        (update_restores, 2, 2, 2),
        (add, 1, 2, 2),
        (alter, 1, 2, 2),
        (pin, 1, 1, 1),
        (update_unended, 2, 2, 2),
        (update_rows, 2, 2, 2),
        (delete_row, 2, 2, 2),
        (delete_elsewhere, 2, 2, 2),
    ],
)
async def test_remembered_when_it_is_of_restores_or_of_backups_then_changes_of_the_other_leave_it(
    catalogue: Catalogue, change: Change, of_restores: int, of_all: int, of_spans: int
) -> None:
    reads: list[str] = []

    async def look(session: AsyncSession) -> None:
        async def read(kind: str) -> int:
            reads.append(kind)
            return 0

        async def read_spans(spans: Sequence[Span]) -> list[int]:
            reads.append("spans")
            return [0 for _ in spans]

        await remembered(session, "restores", lambda: read("restores"), of=OF_RESTORES)
        await remembered(session, "all", lambda: read("all"))
        await remembered_apart(session, "spans", [BEFORE, SINCE], read_spans)

    for change_now in (False, True):
        if change_now:
            async with catalogue.transaction() as session:
                await change(session)
        for _ in range(2):
            async with catalogue.sessions() as session:
                await look(session)
    found = [reads.count(kind) for kind in ("restores", "all", "spans")]
    assert found == [of_restores, of_all, of_spans]


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


async def labelled(session: AsyncSession, label: str) -> BackupExecution:
    return (await session.scalars(select(BackupExecution).where(BackupExecution.label == label))).one()


async def of_each(catalogue: Catalogue, ids: Sequence[str], asked: list[list[str]]) -> dict[str, set[str]]:
    async with catalogue.sessions() as session:
        return await of_each_in(session, ids, asked)


async def of_each_in(session: AsyncSession, ids: Sequence[str], asked: list[list[str]]) -> dict[str, set[str]]:
    async def read(some: Sequence[str]) -> dict[str, set[str]]:
        asked.append(list(some))
        found: dict[str, set[str]] = {}
        row = BackupExecution
        rows = await session.execute(select(row.database_id, row.label).where(row.database_id.in_(some)))
        for id_, label in rows:
            found.setdefault(id_ or "", set()).add(label or "")
        return found

    return await remembered_of_each(session, "labels of each", ids, read)


async def test_remembered_of_each_when_one_database_changes_then_it_alone_is_read_again(catalogue: Catalogue) -> None:
    configs = [database("one"), database("two"), database("none")]
    async with catalogue.transaction() as session:
        session.add_all(configs)
        await session.flush()
        session.add_all(backup(config, RunStatus.COMPLETED, label=config.name) for config in configs[:2])
    one, two, none = ids = [config.id for config in configs]
    asked: list[list[str]] = []
    for _ in range(2):
        assert await of_each(catalogue, ids, asked) == {one: {"one"}, two: {"two"}}
    async with catalogue.transaction() as session:
        (await labelled(session, "two")).label = "pins and labels are looked at by nothing"
        (await labelled(session, "one")).status = RunStatus.FAILED
        assert await of_each_in(session, [one], []) != {}
    async with catalogue.transaction() as session:
        session.add(backup(configs[2], RunStatus.COMPLETED, label="none"))
        await session.delete((await session.scalars(select(BackupExecution).where(row_of(one)))).one())
    assert await of_each(catalogue, ids, asked) == {two: {"pins and labels are looked at by nothing"}, none: {"none"}}
    assert asked == [ids, ids]
    async with catalogue.transaction() as session:
        session.add(backup(configs[0], RunStatus.COMPLETED, label="again"))
    assert (await of_each(catalogue, ids, asked))[one] == {"again"}
    assert asked == [ids, ids, [one]]


def row_of(database_id: str) -> ColumnElement[bool]:
    return BackupExecution.database_id == database_id


async def test_remembered_of_each_when_read_in_an_older_transaction_then_that_is_not_taken_for_new(
    catalogue: Catalogue,
) -> None:
    config = database("one")
    async with catalogue.transaction() as session:
        session.add(config)
    asked: list[list[str]] = []
    async with catalogue.sessions() as old:
        await old.scalar(select(1))
        async with catalogue.transaction() as session:
            session.add(backup(config, RunStatus.COMPLETED, label="new"))
        await of_each_in(old, [config.id], asked)
    assert await of_each(catalogue, [config.id], asked) == {config.id: {"new"}}
    assert asked == [[config.id]] * 2


async def test_remembered_of_each_when_more_changed_than_is_noted_then_all_are_read_again(
    catalogue: Catalogue,
) -> None:
    asked: list[list[str]] = []
    await of_each(catalogue, ["one", "two"], asked)
    for number in range(4001):
        catalogue.sessions.kw["info"][MEMORY].change([Changed(LATER, str(number))])
    await of_each(catalogue, ["one", "two"], asked)
    await of_each(catalogue, ["one", "two"], asked)
    assert asked == [["one", "two"]] * 2
