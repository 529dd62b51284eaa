"""Turns due slots of schedules into queued backups, each exactly once."""

from __future__ import annotations

from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import AppError, ValidationError
from dbbackup.core.naming import RUN_LENGTH, new_id, random_token
from dbbackup.core.schedule import Decision, Timetable, decide, jitter_of
from dbbackup.db.models import BackupExecution, BackupSchedule, DatabaseConfig, ExecutionLog, RunStatus
from dbbackup.db.remembering import UNENDED
from dbbackup.services.changes import announce, announce_run
from dbbackup.services.context import Context
from dbbackup.services.databases import ACTIVE
from dbbackup.services.occasions import notify_missed
from dbbackup.services.schedules import prepare_run, timetable_of

LONGEST_WAIT = timedelta(days=9)
"""No queued run waits longer: a day before a retry, half a day of jitter, a week of blackout."""
_log = logger.bind(category="scheduler")


async def due_schedules(session: AsyncSession, now: datetime, *, every: bool = False) -> list[str]:
    """Return the enabled schedules with something to do: a slot has come, or the clock was set back; or all."""
    query = select(BackupSchedule.id).where(BackupSchedule.enabled)
    if not every:
        query = query.where(or_(BackupSchedule.next_run_at <= now, BackupSchedule.last_slot > now))
    return list(await session.scalars(query.order_by(BackupSchedule.next_run_at, BackupSchedule.id)))


async def next_slot(session: AsyncSession) -> datetime | None:
    """Return the earliest coming slot of all enabled schedules."""
    found: datetime | None = await session.scalar(
        select(BackupSchedule.next_run_at)
        .where(BackupSchedule.enabled, BackupSchedule.next_run_at.is_not(None))
        .order_by(BackupSchedule.next_run_at)
        .limit(1)
    )
    return found


async def serve_schedule(ctx: Context, schedule_id: str, now: datetime) -> None:
    """Do what one schedule needs now, in one transaction: the run and the mark that its slot is dealt with."""
    try:
        async with ctx.catalogue.transaction() as session:
            schedule = await session.get(BackupSchedule, schedule_id)
            if schedule is not None and schedule.enabled:
                await _serve(session, ctx, schedule, now)
    except IntegrityError:
        # unique(schedule_id, slot): somebody else made the run between our look and our write. The next look sees it.
        _log.warning("Schedule {}: its slot was taken in the same moment", schedule_id)


async def forget_impossible_waits(session: AsyncSession, now: datetime) -> None:
    """Let those start whose waiting time a wrong clock has set years ahead."""
    await session.execute(
        update(BackupExecution)
        .where(BackupExecution.status == RunStatus.QUEUED, BackupExecution.not_before > now + LONGEST_WAIT)
        .values(not_before=None)
        .execution_options(**{UNENDED: True})
    )


async def note_missed(
    session: AsyncSession, ctx: Context, schedule: BackupSchedule, slot: datetime, count: int, why: str
) -> None:
    """Keep, announce and tell that slots came and got no run."""
    schedule.missed_slot, schedule.missed_count, schedule.missed_reason = slot, count, why
    _log.warning("Schedule {}: {} missed, the last one of {:%Y-%m-%d %H:%M} UTC. {}", schedule.id, count, slot, why)
    announce(session, ctx, "schedule", schedule.id, "missed")
    await notify_missed(session, ctx, schedule, slot, count, why)


async def _serve(session: AsyncSession, ctx: Context, schedule: BackupSchedule, now: datetime) -> None:
    try:
        times = timetable_of(schedule)
    except ValidationError as error:
        # An update of the tz database or of the dialect: said where it is seen, and not tried every minute.
        _log.error("Schedule {} cannot be used any more: {}", schedule.id, error.message)
        await note_missed(session, ctx, schedule, now, 1, f"{error.message} Edit the schedule.")
        schedule.next_run_at = None
        return
    before = schedule.next_run_at
    decision = decide(times, schedule.last_slot or now, now, catch_up=schedule.catch_up)
    schedule.last_slot, schedule.next_run_at = decision.handled, decision.following
    if decision.newest_missed is not None:
        why = "The program was not running then, or its clock was set forward."
        await note_missed(session, ctx, schedule, decision.newest_missed, decision.missed, why)
    config = await session.get_one(DatabaseConfig, schedule.database_id)
    if decision.run is not None and config.enabled:
        await _make_run(session, ctx, schedule, times, decision, decision.run, now)
    if decision.following != before:
        announce(session, ctx, "schedule", schedule.id, "updated")


async def _make_run(
    session: AsyncSession,
    ctx: Context,
    schedule: BackupSchedule,
    times: Timetable,
    decision: Decision,
    slot: datetime,
    now: datetime,
) -> None:
    """Queue the slot's run, unless it has one or the run before has not ended."""
    mine = select(BackupExecution.status).where(BackupExecution.schedule_id == schedule.id)
    if await session.scalar(mine.where(BackupExecution.slot == slot).limit(1)):
        return
    if before := await session.scalar(mine.where(BackupExecution.status.in_(ACTIVE)).limit(1)):
        await note_missed(
            session, ctx, schedule, slot, decision.missed + 1, f"The backup before it was still {before}."
        )
        return
    try:
        backup = await prepare_run(session, ctx, schedule)
    except AppError as error:
        backup = await _failed_run(session, schedule, error, now)
    backup.slot = slot
    if backup.status == RunStatus.QUEUED:
        start = times.blackout.end((now if decision.late else slot) + jitter_of(schedule.id, slot, schedule.jitter))
        backup.not_before = start if start > now else None
    session.add(backup)
    await session.flush()
    if decision.late:
        meant = f"{slot.astimezone(times.zone):%Y-%m-%d %H:%M} ({schedule.timezone})"
        text = f"Makes up for the run of {meant}, which was missed."
        _say(session, backup, "info", text, now)
    if backup.error_message:
        _say(session, backup, "error", backup.error_message, now)
    announce_run(session, ctx, backup)


async def _failed_run(
    session: AsyncSession, schedule: BackupSchedule, error: AppError, now: datetime
) -> BackupExecution:
    """A run that cannot even be queued is a failed run: it must be seen like every other."""
    config = await session.get_one(DatabaseConfig, schedule.database_id)
    return BackupExecution(
        id=new_id(),
        database_id=config.id,
        database_name=config.name,
        engine=config.type,
        run_token=random_token(RUN_LENGTH),
        schedule_id=schedule.id,
        type=schedule.type,
        status=RunStatus.FAILED,
        compression=schedule.compression,
        options=schedule.options,
        error_code=error.code,
        error_message=error.message,
        completed_at=now,
        copies=[],
    )


def _say(session: AsyncSession, backup: BackupExecution, level: str, text: str, now: datetime) -> None:
    """Write the first line of a run's log; the run itself goes on after it."""
    line = ExecutionLog(
        id=new_id(), execution_id=backup.id, kind="backup", seq=1, level=level, message=text, timestamp=now
    )
    session.add(line)
