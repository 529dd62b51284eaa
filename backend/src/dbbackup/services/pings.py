"""The ping URL of a schedule: called after each of its backups, so that a watcher elsewhere notices silence."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import ConflictError, DeliveryError
from dbbackup.core.naming import new_id
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupExecution, BackupSchedule, NotificationOutbox, RunStatus
from dbbackup.net.http import parse_url, request
from dbbackup.services.context import Context
from dbbackup.services.notifications import add_delivery

_COLUMN = "ping_url_sealed"


def seal_ping_url(ctx: Context, schedule_id: str, url: str | None) -> str | None:
    """Return the sealed text for `BackupSchedule.ping_url_sealed`, None for no URL.

    The URL is a secret: whoever has it can pretend that backups are made.

    Raises:
        ValidationError: it is no http or https URL; the field is named `url`.
    """
    if not url:
        return None
    parse_url(url)
    return ctx.sealer.seal(Secret(url), table=BackupSchedule.__tablename__, row_id=schedule_id, column=_COLUMN)


def open_ping_url(ctx: Context, schedule: BackupSchedule) -> Secret | None:
    """Return the ping URL of a schedule, None when it has none."""
    if schedule.ping_url_sealed is None:
        return None
    return ctx.sealer.open(
        schedule.ping_url_sealed, table=BackupSchedule.__tablename__, row_id=schedule.id, column=_COLUMN
    )


async def enqueue_ping(session: AsyncSession, ctx: Context, backup: BackupExecution) -> None:
    """Put the ping of a schedule's backup that completed or failed into the outbox."""
    schedule = await session.get(BackupSchedule, backup.schedule_id) if backup.schedule_id else None
    if schedule is None or schedule.ping_url_sealed is None:
        return
    succeeded = backup.status == RunStatus.COMPLETED
    row = NotificationOutbox(
        id=new_id(),
        schedule_id=schedule.id,
        lane=f"ping:{schedule.id}",
        event="ping",
        severity="info" if succeeded else "error",
        title=f"Ping of the schedule {schedule.name}: {'success' if succeeded else 'failure'}",
        message={"succeeded": succeeded},
    )
    add_delivery(session, ctx, row)


async def send_ping(ctx: Context, schedule: BackupSchedule, *, succeeded: bool) -> str:
    """Call the URL, with `/fail` behind its path after a failure, as healthchecks.io has it; return the answer.

    Raises:
        ConflictError: it has no ping URL any more.
        DeliveryError, ValidationError: it could not be called, or did not answer with success.
    """
    secret = open_ping_url(ctx, schedule)
    if secret is None:
        raise ConflictError(f"The schedule {schedule.name} has no ping URL any more.")
    url = parse_url(secret.reveal())
    if not succeeded:
        url = url.with_path(f"{url.raw_path.rstrip('/')}/fail", encoded=True, keep_query=True)
    answer = await request("GET", str(url), ctx.net)
    if not answer.ok:
        raise DeliveryError(f"The answer was {answer.status}.")
    return f"The answer was {answer.status}, after {answer.milliseconds:.0f} ms."
