"""What is shown of one backup's retention is what retention does, whatever changed since it was read."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.naming import new_id
from dbbackup.core.spans import Span
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    BackupSchedule,
    CopyState,
    DatabaseConfig,
    RetentionPolicy,
    RunStatus,
    Verification,
)
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import remembered_apart
from dbbackup.services import retention
from dbbackup.services.context import Context
from dbbackup.services.judged_backups import owner_of
from tests.unit.worker.rows import backup, restore

POLICIES = ("few", "days")
SCHEDULES = {"bound": "few", "unbound": None}
OWNERS = ("one", "other", None)


async def prepare(session: AsyncSession) -> None:
    place = {"host": "h", "port": 1, "database_name": "d", "username": "u"}
    session.add_all(DatabaseConfig(id=id_, name=id_, slug=id_, type="postgresql", **place) for id_ in OWNERS if id_)
    limits = {"few": {"strategy": "hybrid", "max_count": 3}, "days": {"strategy": "age", "max_age_days": 20}}
    session.add_all(RetentionPolicy(id=id_, name=id_, min_keep=1, **limits[id_]) for id_ in POLICIES)
    await session.flush()
    daily = {"type": "daily", "cron_expression": "0 2 * * *", "timezone": "UTC", "database_id": "one"}
    session.add_all(BackupSchedule(id=id_, retention_policy_id=policy, **daily) for id_, policy in SCHEDULES.items())
    await session.flush()


def made(chance: random.Random, now: datetime) -> BackupExecution:
    ended = now - timedelta(hours=chance.randrange(chance.choice((30, 24 * 60))))
    copy = BackupCopy(id=new_id(), position=0, size=1, state=CopyState.COMPLETE)
    values = {
        "database_id": chance.choice(OWNERS),
        "schedule_id": chance.choice((None, *SCHEDULES)),
        "retention_policy_id": chance.choice((None, None, *POLICIES)),
        "keep_forever": chance.random() < 0.1,
        "options": chance.choice(({}, {"schemaOnly": True})),
        "size": chance.randrange(1000),
        # A good backup without an end is judged as well.
        "completed_at": chance.choice((ended, ended, ended, None)),
    }
    return backup(None, RunStatus.COMPLETED, **values, started_at=ended, copies=[copy])


async def change_something(session: AsyncSession, chance: random.Random, now: datetime) -> None:
    run = chance.choice((await session.scalars(select(BackupExecution).order_by(BackupExecution.id))).all())
    match chance.randrange(9):
        case 0:
            session.add(made(chance, now))
        case 1:
            run.pinned = not run.pinned
        case 2:
            run.deleted_at, run.copies[0].state = now, CopyState.DELETED
        case 3:
            run.damage = chance.choice((None, "damaged"))
        case 4:
            run.verified_level = chance.choice((None, 2, 3))
        case 5:
            named = {"storage": "local", "database_id": run.database_id, "database_name": "d", "started_by": "admin"}
            session.add(Verification(id=new_id(), backup_id=run.id, level=3, status=RunStatus.RUNNING, **named))
        case 6:
            for verification in await session.scalars(select(Verification)):
                verification.status = RunStatus.COMPLETED
        case 7:
            policy = chance.choice((None, *POLICIES))
            schedule = await session.get_one(BackupSchedule, chance.choice(list(SCHEDULES)))
            schedule.retention_policy_id = policy
        case _:
            run.database_id = chance.choice(OWNERS)


@pytest.mark.parametrize("seed", range(3))
async def test_decide_on_when_anything_changes_then_it_says_what_retention_would_do(ctx: Context, seed: int) -> None:
    chance, now = random.Random(seed), utc_now()
    async with ctx.catalogue.transaction() as session:
        await prepare(session)
        session.add_all(made(chance, now) for _ in range(25))
    for _ in range(40):
        async with ctx.catalogue.transaction() as session:
            await change_something(session, chance, now)
        async with ctx.catalogue.sessions() as session:
            runs = (await session.scalars(select(BackupExecution))).all()
            owners = {owner_of(run) for run in runs}
            done = [found for owner in owners for found in await retention.decide(session, ctx, owner, now)]
            shown = [await retention.decide_on(session, ctx, run, now) for run in runs]
        assert {d.backup.id: d for d in shown if d} == {d.backup.id: d for d in done}
        assert len(done) == sum(d is not None for d in shown)


async def test_decide_on_when_it_is_being_restored_then_it_is_busy(ctx: Context) -> None:
    run, now = made(random.Random(1), utc_now()), utc_now()
    async with ctx.catalogue.transaction() as session:
        await prepare(session)
        session.add(run)
    async with ctx.catalogue.sessions() as session:
        before = await retention.decide_on(session, ctx, run, now)
    async with ctx.catalogue.transaction() as session:
        reading = restore(None, RunStatus.RUNNING)
        reading.backup_id = run.id
        session.add(reading)
    async with ctx.catalogue.sessions() as session:
        after = await retention.decide_on(session, ctx, run, now)
    assert before and before.backup.busy is None
    assert after and after.backup.busy == "restore"


async def test_apply_when_it_deletes_an_old_one_then_what_is_remembered_of_other_times_stays(ctx: Context) -> None:
    chance, now = random.Random(1), utc_now()
    read: list[Span] = []
    spans = [Span(None, now - timedelta(days=30)), Span(now - timedelta(days=30), now - timedelta(days=1))]

    async def look(session: AsyncSession, missing: Sequence[Span]) -> list[int]:
        read.extend(missing)
        return [await session.scalar(select(1)) or 0 for _ in missing]

    async def remember() -> None:
        async with ctx.catalogue.sessions() as session:
            await remembered_apart(session, "looks", spans, partial(look, session))

    old, new = made(chance, now), made(chance, now)
    async with ctx.catalogue.transaction() as session:
        await prepare(session)
        for run, age in ((old, 40), (new, 3)):
            run.database_id, run.schedule_id, run.retention_policy_id, run.keep_forever = "one", None, "days", False
            run.options, run.started_at = {}, now - timedelta(days=age)
            run.completed_at = run.started_at
        session.add_all((old, new))
    await remember()
    async with ctx.catalogue.transaction() as session:
        gone = await retention.apply(session, ctx, owner_of(old), now)
        assert [run.id for run in gone] == [old.id]
    await remember()
    assert read == [*spans, spans[0]]
