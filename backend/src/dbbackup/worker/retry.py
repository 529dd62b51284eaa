"""Gives runs of schedules another try: after an error that can heal, after a stop, after a crash."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime

from loguru import logger
from sqlalchemy import delete, update

from dbbackup.core.errors import AppError
from dbbackup.core.journal import JournalKind
from dbbackup.core.naming import RUN_LENGTH, new_id, random_token
from dbbackup.core.schedule import retry_delay
from dbbackup.db.models import BackupExecution, BackupSchedule, CopyState, RunJournal, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.services.changes import announce_run
from dbbackup.services.context import Context
from dbbackup.services.schedules import blackout_end
from dbbackup.worker.run import set_end

MOST_CRASHES = 3
"""A run that was going on at so many crashes may be their cause."""
_log = logger.bind(category="scheduler")


@dataclass(frozen=True, slots=True)
class Again:
    """How a run is to be queued once more."""

    not_before: datetime | None
    counts: bool
    """Whether it is a new attempt; a stop of the program is not the run's fault."""
    reason: str
    code: str | None
    announcement: str
    """What the log says."""


async def plan_again(ctx: Context, backup_id: str, error: BaseException, *, stopping: bool) -> Again | None:
    """Return how the run of a schedule goes on after this error; None when this was its end."""
    async with ctx.catalogue.sessions() as session:
        backup = await session.get_one(BackupExecution, backup_id)
        schedule = await session.get(BackupSchedule, backup.schedule_id) if backup.schedule_id else None
    if schedule is None or backup.cancel_requested:
        return None
    if isinstance(error, asyncio.CancelledError) and stopping:
        text = "The program was stopped while this was running: it begins again at the next start."
        return Again(None, False, text, None, text)
    if not isinstance(error, AppError) or not error.retryable or backup.attempt > schedule.retry_limit:
        return None
    # Not for secrets: it only keeps apart what failed together.
    wait = retry_delay(backup.attempt, schedule.retry_delay, schedule.retry_max_delay, random.random())  # noqa: S311
    start = blackout_end(schedule, utc_now() + wait)
    seconds = (start - utc_now()).total_seconds()
    text = (
        f"Attempt {backup.attempt} of {schedule.retry_limit + 1} failed; the next one begins in {seconds:.0f} s,"
        f" at {start:%Y-%m-%d %H:%M:%S} UTC."
    )
    return Again(start, True, error.message, error.code, text)


async def queue_again(ctx: Context, backup_id: str, again: Again) -> None:
    """Put a running backup back into the queue, with nothing of its last attempt in the way of the next."""
    async with ctx.catalogue.transaction() as session:
        backup = await session.get_one(BackupExecution, backup_id)
        if backup.status != RunStatus.RUNNING:
            return
        if backup.cancel_requested:
            set_end(backup, asyncio.CancelledError())
            for copy in backup.copies:
                copy.state, copy.error_message = CopyState.FAILED, backup.error_message
            announce_run(session, ctx, backup)
            return
        backup.status, backup.started_at, backup.not_before = RunStatus.QUEUED, None, again.not_before
        backup.attempt += again.counts
        # Another token, so other names: what is left of this attempt can be told from the next one's files.
        backup.run_token = random_token(RUN_LENGTH)
        backup.error_code, backup.error_message = again.code, again.reason
        for copy in backup.copies:
            copy.state, copy.error_message, copy.upload_started_at = CopyState.PENDING, None, None
        mine = RunJournal.execution_id == backup_id
        # The folder is the next attempt's, too. What else lies about goes to an id that no run has: the janitor clears
        # it away while the next attempt, whose files have other names, may be running already.
        await session.execute(delete(RunJournal).where(mine, RunJournal.kind == JournalKind.WORK_FOLDER))
        await session.execute(update(RunJournal).where(mine).values(execution_id=new_id()))
        announce_run(session, ctx, backup)


async def queue_after_crash(ctx: Context, backup: BackupExecution) -> str | None:
    """Queue the run of a schedule once more that was going on when the program crashed.

    Return why not: the words its row is to be closed with; None when it was queued.
    """
    if backup.schedule_id is None or backup.cancel_requested:
        return "the program ended while this was running. Start it again."
    async with ctx.catalogue.transaction() as session:
        row = await session.get_one(BackupExecution, backup.id)
        row.interruptions += 1
        crashes = row.interruptions
    if crashes >= MOST_CRASHES:
        return (
            f"the program ended {crashes} times while this was running, so it is set aside: it may be the cause. Look"
            " into the program's log (memory, disk) before you start it again."
        )
    text = "The program ended while this was running: it begins again."
    await queue_again(ctx, backup.id, Again(None, False, text, None, text))
    _log.warning("Run {} was cut off: it is queued again", backup.id)
    return None
