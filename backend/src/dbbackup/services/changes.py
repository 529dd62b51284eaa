"""Tells listeners that a record changed, once the change is committed."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.events import EVENTS_CHANNEL, ChangeEvent, ExecutionEvent
from dbbackup.db.models import BackupExecution, Run, RunStatus, Verification
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import after_commit
from dbbackup.services.context import Context


def announce(session: AsyncSession, ctx: Context, resource: str, record_id: str, action: str) -> None:
    """Publish a ChangeEvent after the commit."""
    event = ChangeEvent(resource=resource, id=record_id, action=action)
    after_commit(session, lambda: ctx.events.publish(EVENTS_CHANNEL, event))


def announce_run(session: AsyncSession, ctx: Context, run: Run) -> None:
    """Publish an ExecutionEvent with the run's present state after the commit, and wake the worker if it has to act."""
    event = ExecutionEvent(
        kind=run_kind(run),
        id=run.id,
        database_id=run.database_id,
        database_name=run.database_name,
        status=run.status,
        error_message=run.error_message,
        at=utc_now(),
    )

    # What goes on undisturbed neither gives a place free nor wants one.
    matters = run.status != RunStatus.RUNNING or run.cancel_requested

    def act() -> None:
        ctx.events.publish(EVENTS_CHANNEL, event)
        if matters:
            ctx.runtime.wake.set()

    after_commit(session, act)


def run_kind(run: Run) -> str:
    """Return `backup`, `restore` or `verify`."""
    if isinstance(run, Verification):
        return "verify"
    return "backup" if isinstance(run, BackupExecution) else "restore"
