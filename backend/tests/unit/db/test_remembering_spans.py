"""What is remembered of spans of time, and which changes make it forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from dbbackup.core.naming import new_id
from dbbackup.core.spans import Span
from dbbackup.db.memory import ALL
from dbbackup.db.memory import Change as Changed
from dbbackup.db.models import BackupCopy, BackupExecution, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import (
    MEMORY,
    UNENDED,
    one_by_one,
    remembered_apart,
    within,
)
from dbbackup.db.session import Catalogue
from tests.catalogue import make_catalogue
from tests.unit.db.test_remembering import (
    BEFORE,
    EARLIER,
    LATER,
    SINCE,
    Change,
    Counter,
    counted,
    database,
    delete_elsewhere,
    labelled,
    update_rows,
)
from tests.unit.worker.rows import backup


class Reads:
    """Reads the labels of the backups of each span, and counts how often it had to."""

    def __init__(self, database_id: str | None = ALL) -> None:
        self.of: dict[Span, int] = {}
        self.key = ("labels", 0)
        self.database_id = database_id

    async def read(
        self, session: AsyncSession, spans: Sequence[Span] = (BEFORE, SINCE), most: int | None = None
    ) -> list[set[str]]:
        async def read(span: Span) -> set[str]:
            self.of[span] = self.of.get(span, 0) + 1
            query = select(BackupExecution.label).where(or_(*within(BackupExecution.completed_at, span)))
            return {label or "" for label in await session.scalars(query)}

        return await remembered_apart(
            session, self.key, spans, one_by_one(read), database_id=self.database_id, most=most
        )

    async def labels(self, catalogue: Catalogue) -> list[set[str]]:
        async with catalogue.sessions() as session:
            return await self.read(session)


@pytest.fixture
async def of_two_days(tmp_path: Path) -> AsyncIterator[Catalogue]:
    """Yield a catalogue with a backup that ended before the boundary, one that did after it, and one that runs."""
    opened = Catalogue(make_catalogue(tmp_path / "app.db"))
    async with opened.transaction() as session:
        for label, end in (("earlier", EARLIER), ("later", LATER), ("running", None)):
            status = RunStatus.COMPLETED if end else RunStatus.RUNNING
            copy = BackupCopy(id=new_id(), position=0, size=1, state="complete")
            session.add(backup(None, status, label=label, created_at=end or LATER, completed_at=end, copies=[copy]))
    yield opened
    await opened.close()


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


async def claim_one(session: AsyncSession) -> None:
    queued = update(BackupExecution).where(BackupExecution.label == "running").values(status=RunStatus.RUNNING)
    await session.execute(queued.execution_options(**{UNENDED: True}))


@pytest.mark.parametrize(
    "change",
    [
        begin_another,
        end_the_running_one,
        delete_the_later_one,
        claim_one,
        change_copies_alone,
    ],
)
async def test_remembered_when_what_ended_later_changes_then_what_ended_before_stays(
    of_two_days: Catalogue, change: Change
) -> None:
    reads, all_of_it = Reads(), Counter()
    assert [await reads.labels(of_two_days) for _ in range(3)] == [[{"earlier"}, {"later", "running"}]] * 3
    await counted(of_two_days, all_of_it)
    async with of_two_days.transaction() as session:
        await change(session)
    assert await reads.labels(of_two_days) == await Reads().labels(of_two_days)
    await counted(of_two_days, all_of_it)
    assert (reads.of, all_of_it.reads) == ({BEFORE: 1, SINCE: 2}, 2)


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
    reads = Reads()
    await reads.labels(of_two_days)
    async with of_two_days.transaction() as session:
        await change(session)
    assert await reads.labels(of_two_days) == await Reads().labels(of_two_days)
    assert reads.of[BEFORE] == 2


async def delete_long_ago(session: AsyncSession) -> None:
    (await labelled(session, "later")).deleted_at = EARLIER


async def undelete(session: AsyncSession) -> None:
    (await labelled(session, "deleted later")).deleted_at = None


async def change_its_copy_alone_when_deleted(session: AsyncSession) -> None:
    (await copy_of(session, "deleted later")).state = "failed"


@pytest.mark.parametrize(
    ("change", "span"),
    [(delete_long_ago, BEFORE), (undelete, SINCE), (change_its_copy_alone_when_deleted, SINCE)],
)
async def test_remembered_when_a_deleted_one_changes_then_the_time_of_its_deletion_is_read_again(
    of_two_days: Catalogue, change: Change, span: Span
) -> None:
    async with of_two_days.transaction() as session:
        copy = BackupCopy(id=new_id(), position=0, size=1, state="complete")
        ends = {"completed_at": EARLIER, "deleted_at": LATER}
        session.add(backup(None, RunStatus.COMPLETED, label="deleted later", copies=[copy], **ends))
    reads = Reads()
    await reads.labels(of_two_days)
    async with of_two_days.transaction() as session:
        await change(session)
    await reads.labels(of_two_days)
    assert reads.of[span] == 2


async def test_remembered_when_another_database_changes_then_what_is_of_one_stays(of_two_days: Catalogue) -> None:
    async with of_two_days.transaction() as session:
        for config in (mine := database("mine"), other := database("other")):
            session.add(config)
        await session.flush()
        for config in (mine, other):
            moments = {"created_at": EARLIER, "completed_at": EARLIER}
            session.add(backup(config, RunStatus.COMPLETED, label=config.name, **moments))
    reads = Reads(mine.id)
    await reads.labels(of_two_days)
    for name, times in (("other", 1), ("earlier", 1), ("mine", 2)):
        async with of_two_days.transaction() as session:
            (await labelled(session, name)).status = RunStatus.FAILED
        await reads.labels(of_two_days)
        assert reads.of == {BEFORE: times, SINCE: 1}
    async with of_two_days.transaction() as session:
        (await labelled(session, "other")).database_id = mine.id
    await reads.labels(of_two_days)
    assert reads.of == {BEFORE: 3, SINCE: 1}


async def test_remembered_when_a_span_was_read_in_an_older_transaction_then_that_is_not_taken_for_new(
    of_two_days: Catalogue,
) -> None:
    reads = Reads()
    async with of_two_days.sessions() as old:
        await old.scalar(select(1))
        async with of_two_days.transaction() as session:
            await end_in_the_past(session)
        await reads.read(old)
    assert await reads.labels(of_two_days) == [{"earlier", "running"}, {"later"}]
    assert reads.of == {BEFORE: 2, SINCE: 2}


async def test_remembered_when_keys_that_begin_alike_are_many_then_the_oldest_of_them_is_forgotten(
    of_two_days: Catalogue,
) -> None:
    async with of_two_days.sessions() as session:
        counter, kept = Counter(), Reads()
        await counter.count(session)
        for number in (1, 2, 3, 1):
            kept.key = ("alike", number)
            await kept.read(session, most=2)
        await counter.count(session)
        assert (kept.of, counter.reads) == ({BEFORE: 4, SINCE: 4}, 1)
        await kept.read(session, most=2)
        assert kept.of == {BEFORE: 4, SINCE: 4}


async def test_remembered_when_more_changed_than_is_noted_then_it_is_read_again(of_two_days: Catalogue) -> None:
    reads = Reads()
    await reads.labels(of_two_days)
    memory = of_two_days.sessions.kw["info"][MEMORY]

    def change(*databases: int) -> None:
        for number in databases:
            memory.change([Changed(LATER, str(number))])

    change(*range(4000))
    await reads.labels(of_two_days)
    assert reads.of == {BEFORE: 1, SINCE: 2}
    # Looked at in between, it is known to be true up to then.
    change(*range(4000, 8000))
    await reads.labels(of_two_days)
    assert reads.of == {BEFORE: 1, SINCE: 3}
    # What changes again and again is noted once.
    change(*[9000] * 5000)
    await reads.labels(of_two_days)
    assert reads.of == {BEFORE: 1, SINCE: 4}
    change(*range(4001))
    await reads.labels(of_two_days)
    assert reads.of == {BEFORE: 2, SINCE: 5}


async def test_remembered_when_one_commit_changes_very_many_then_all_is_read_again(of_two_days: Catalogue) -> None:
    reads = Reads()
    await reads.labels(of_two_days)
    async with of_two_days.transaction() as session:
        for minutes in range(501):
            session.add(backup(None, RunStatus.COMPLETED, completed_at=LATER + timedelta(minutes=minutes)))
    await reads.labels(of_two_days)
    assert reads.of == {BEFORE: 2, SINCE: 2}


async def test_remembered_when_spans_move_on_then_those_of_before_are_dropped(of_two_days: Catalogue) -> None:
    reads = Reads()
    await reads.labels(of_two_days)
    spans = [Span(None, LATER), Span(LATER, None)]
    async with of_two_days.sessions() as session:
        await reads.read(session, spans)
        assert set(of_two_days.sessions.kw["info"][MEMORY].kept[reads.key]) == set(spans)
