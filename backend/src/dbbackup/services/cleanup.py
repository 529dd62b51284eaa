"""The cleanup job: retention of every database, old records of failed runs, old log lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import ConflictError
from dbbackup.core.sizes import human_size
from dbbackup.db.models import RUNS, BackupCopy, BackupExecution, CopyState, ExecutionLog, RunJournal, RunStatus
from dbbackup.db.models.backup_execution import FINAL, RETENTION, WITHOUT_LONG_TEXTS
from dbbackup.services import retention
from dbbackup.services.backup_deletion import mark_deleted
from dbbackup.services.clock import accept_clock, watch_clock
from dbbackup.services.context import Context
from dbbackup.services.judged_backups import Owner, owners

_LINES = 5000
"""So many log lines are deleted in one transaction: others wait for it."""
_log = logger.bind(category="application")


@dataclass(slots=True)
class CleanupReport:
    """What a cleanup did; `size` in bytes, `problems` in words."""

    backups: int = 0
    size: int = 0
    records: int = 0
    lines: int = 0
    problems: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """Return it as one line."""
        return (
            f"{self.backups} backups ({human_size(self.size)}), {self.records} records of failed runs and"
            f" {self.lines} log lines were deleted."
        )


async def clean_up(ctx: Context, now: datetime, *, accept: bool = False) -> CleanupReport:
    """Do everything once; what fails for one database is reported and does not stop the others.

    Raises:
        ConflictError: the clock is not believed, and `accept` does not say that it is right. Nothing was deleted.
    """
    async with ctx.runtime.cleaning:
        async with ctx.catalogue.transaction() as session:
            if accept:
                await accept_clock(session, ctx, now)
            elif not await watch_clock(session, ctx, now, timedelta()):
                raise ConflictError(ctx.runtime.clock_problem or "")
            found = await owners(session)
        report = CleanupReport()
        for owner in found:
            try:
                count, size = await _retain_all(ctx, owner, now)
            except Exception as error:  # noqa: BLE001 - one database's fault must not keep the others from theirs
                _log.opt(exception=error).error("Retention of {} failed", owner.database_id or owner.name)
                report.problems.append(f"{owner.database_id or owner.name}: {type(error).__name__}")
            else:
                report.backups += count
                report.size += size
        report.records = await _remove_failed(ctx, now)
        report.lines = await _remove_lines(ctx, now)
        names = ", ".join(report.problems)
        ctx.runtime.cleanup = f"Retention failed for {names}. See the log." if names else None
        _log.info("Cleanup: {}", report.summary())
        return report


async def plan_cleanup(ctx: Context, now: datetime) -> tuple[CleanupReport, list[str]]:
    """Return what retention would delete now, in numbers and each one with its reason. Writes nothing."""
    report, lines = CleanupReport(), []
    async with ctx.catalogue.sessions() as session:
        for owner in await owners(session):
            for decision in await retention.decide(session, ctx, owner, now):
                if decision.keep:
                    continue
                wanted = select(BackupExecution.database_name).where(BackupExecution.id == decision.backup.id)
                name = await session.scalar(wanted)
                report.backups += 1
                report.size += decision.backup.size
                reasons = " ".join(reason.text for reason in decision.reasons)
                lines.append(f"{name} {decision.backup.at:%Y-%m-%d %H:%M} ({decision.backup.id}): {reasons}")
    return report, lines


async def retain(session: AsyncSession, ctx: Context, owner: Owner, now: datetime) -> list[BackupExecution]:
    """Apply retention to one database and return what is deleted, so many as one transaction may hold.

    Begins by writing, which holds others off until its marks are made. Raises ConflictError when the clock is not
    believed.
    """
    believed = await watch_clock(session, ctx, now, timedelta())
    await session.flush()
    if not believed:
        raise ConflictError(ctx.runtime.clock_problem or "")
    gone = await retention.apply(session, ctx, owner, now)
    for backup in gone:
        log = logger.bind(category="backup", operation=backup.id)
        log.info("Retention deletes {}: {}", backup.file_name, backup.deleted_reason)
    return gone


async def _retain_all(ctx: Context, owner: Owner, now: datetime) -> tuple[int, int]:
    """Return how many backups are deleted, and their bytes."""
    count = size = 0
    while True:
        async with ctx.catalogue.transaction() as session:
            gone = await retain(session, ctx, owner, now)
        count += len(gone)
        size += sum(backup.size or 0 for backup in gone)
        if len(gone) < retention.MOST:
            return count, size


async def _remove_failed(ctx: Context, now: datetime) -> int:
    """Remove the records of failed and cancelled runs that are old and left nothing to clean up."""
    days = ctx.live.failed_run_days
    if not days:
        return 0
    old = select(BackupExecution).options(*WITHOUT_LONG_TEXTS)
    query = old.where(
        BackupExecution.status.in_((RunStatus.FAILED, RunStatus.CANCELLED)),
        BackupExecution.deleted_at.is_(None),
        ~BackupExecution.pinned,
        BackupExecution.completed_at < now - timedelta(days=days),
        ~exists().where(RunJournal.execution_id == BackupExecution.id),
    )
    count = 0
    while True:
        async with ctx.catalogue.transaction() as session:
            batch = list(await session.scalars(query.limit(retention.MOST)))
            for run in batch:
                run.deleted_reason = f"The run was {run.status} more than {days} days ago."
                await mark_deleted(session, ctx, run, RETENTION)
        count += len(batch)
        if len(batch) < retention.MOST:
            return count


async def _remove_lines(ctx: Context, now: datetime) -> int:
    """Remove the log lines of deleted backups whose files are gone, and of runs that ended long ago."""
    waiting = exists().where(BackupCopy.backup_id == BackupExecution.id, BackupCopy.state == CopyState.DELETING)
    deleted = select(BackupExecution.id).where(BackupExecution.deleted_at.is_not(None), ~waiting)
    wanted: list[ColumnElement[bool]] = [ExecutionLog.execution_id.in_(deleted)]
    if days := ctx.live.log_days:
        going_on = [ExecutionLog.execution_id.not_in(select(run.id).where(run.status.not_in(FINAL))) for run in RUNS]
        old = ExecutionLog.timestamp < now - timedelta(days=days)
        for condition in going_on:
            old &= condition
        wanted.append(old)
    count = 0
    while True:
        async with ctx.catalogue.transaction() as session:
            removed = await _delete_lines(session, wanted)
        count += removed
        if removed < _LINES:
            return count


async def _delete_lines(session: AsyncSession, wanted: Iterable[ColumnElement[bool]]) -> int:
    ids = select(ExecutionLog.id).where(or_(*wanted)).limit(_LINES)
    gone = await session.scalars(delete(ExecutionLog).where(ExecutionLog.id.in_(ids)).returning(ExecutionLog.id))
    return len(gone.all())
