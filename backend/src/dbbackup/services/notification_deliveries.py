"""Deliveries as people see them: the recent ones, the failed ones, and trying one again."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import ConflictError, NotFoundError
from dbbackup.db.models import DeliveryState, NotificationOutbox
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import after_commit
from dbbackup.services.changes import announce
from dbbackup.services.context import Context


async def list_deliveries(
    session: AsyncSession, *, channel_id: str | None, state: DeliveryState | None, page: int, limit: int
) -> tuple[list[NotificationOutbox], int]:
    """Return one page of deliveries, the newest first, and how many there are."""
    query = select(NotificationOutbox)
    if channel_id:
        query = query.where(NotificationOutbox.channel_id == channel_id)
    if state:
        query = query.where(NotificationOutbox.state == state)
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = await session.scalars(query.order_by(NotificationOutbox.id.desc()).limit(limit).offset((page - 1) * limit))
    return list(rows), total


async def retry_delivery(session: AsyncSession, ctx: Context, delivery_id: str) -> NotificationOutbox:
    """Let a delivery be tried at once, with all its attempts before it again.

    Raises:
        NotFoundError.
        ConflictError: it was delivered, or is being sent now.
    """
    row = await session.get(NotificationOutbox, delivery_id)
    if row is None:
        raise NotFoundError(f"There is no delivery {delivery_id}. Old ones are removed: reload the list.")
    if row.state in (DeliveryState.DELIVERED, DeliveryState.SENDING):
        done = "was delivered" if row.state == DeliveryState.DELIVERED else "is being sent now"
        raise ConflictError(f"This message {done}: there is nothing to try again.")
    row.state, row.attempts, row.next_attempt_at, row.finished_at = DeliveryState.WAITING, 0, utc_now(), None
    await session.flush()
    announce(session, ctx, "notification-delivery", row.id, "updated")
    after_commit(session, ctx.runtime.outbox_wake.set)
    return row
