"""Delivers what is in the outbox: each lane one at a time, all lanes beside each other."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec
from loguru import logger
from sqlalchemy import func, select, update

from dbbackup.core.errors import AppError, ConflictError, DeliveryError
from dbbackup.core.notifications import Message
from dbbackup.db.models import BackupSchedule, DeliveryState, NotificationChannel, NotificationOutbox
from dbbackup.db.models.base import utc_now
from dbbackup.notifiers import NOTIFIERS
from dbbackup.notifiers.base import Delivery
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.notification_channels import open_secrets, open_settings
from dbbackup.services.pings import send_ping

DELIVERY_SECONDS = 60.0
"""A notifier has its own, shorter limits; this one ends what has none."""
_IDLE_SECONDS = 30.0
_FIRST_DELAY = 30.0
_LONGEST_DELAY = 3600.0
_log = logger.bind(category="application")


class Outbox:
    """Sends what is due. A channel that hangs holds up its own messages only."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._lost: datetime | None = utc_now()
        """There may be deliveries of which nobody knows how they went; try them again from then on."""

    async def step(self) -> None:
        """Begin every delivery that is due and whose lane is free; then wait until there may be more."""
        wake = self._ctx.runtime.outbox_wake
        wake.clear()
        if self._lost:
            await self._recover(self._lost)
            self._lost = None
        for lane, delivery_id in await self._due():
            task = asyncio.create_task(deliver(self._ctx, delivery_id), name=f"delivery {delivery_id}")
            self._lanes[lane] = task
            task.add_done_callback(lambda done, lane=lane: self._ended(lane, done))  # type: ignore[misc]
        with suppress(TimeoutError):
            async with asyncio.timeout(await self._pause()):
                await wake.wait()

    async def stop(self) -> None:
        """Break off what is being sent; it is sent again after the next start."""
        tasks = list(self._lanes.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _recover(self, again: datetime) -> None:
        """Put back what nobody is sending: it may have arrived, so its id tells the receiver."""
        lost = NotificationOutbox.state == DeliveryState.SENDING, NotificationOutbox.lane.not_in(list(self._lanes))
        async with self._ctx.catalogue.transaction() as session:
            await session.execute(
                update(NotificationOutbox).where(*lost).values(state=DeliveryState.WAITING, next_attempt_at=again)
            )

    async def _due(self) -> list[tuple[str, str]]:
        """Return the oldest delivery that is due in each free lane."""
        query = (
            select(NotificationOutbox.lane, func.min(NotificationOutbox.id))
            .where(
                NotificationOutbox.state == DeliveryState.WAITING,
                NotificationOutbox.next_attempt_at <= utc_now(),
                NotificationOutbox.lane.not_in(list(self._lanes)),
            )
            .group_by(NotificationOutbox.lane)
        )
        async with self._ctx.catalogue.sessions() as session:
            return [(lane, delivery_id) for lane, delivery_id in await session.execute(query)]

    async def _pause(self) -> float:
        """Return the seconds until the next delivery of a free lane is due."""
        query = select(func.min(NotificationOutbox.next_attempt_at)).where(
            NotificationOutbox.state == DeliveryState.WAITING, NotificationOutbox.lane.not_in(list(self._lanes))
        )
        async with self._ctx.catalogue.sessions() as session:
            due = await session.scalar(query)
        return _IDLE_SECONDS if due is None else min(_IDLE_SECONDS, max(0.0, (due - utc_now()).total_seconds()))

    def _ended(self, lane: str, task: asyncio.Task[None]) -> None:
        self._lanes.pop(lane, None)
        self._ctx.runtime.outbox_wake.set()
        if not task.cancelled() and (error := task.exception()):
            _log.opt(exception=error).error("A delivery could not write down how it went")
            self._lost = next_attempt(1, utc_now())


async def deliver(ctx: Context, delivery_id: str) -> None:
    """Make one attempt and write down how it went."""
    row = await _claim(ctx, delivery_id)
    if row is None:
        return
    try:
        async with asyncio.timeout(DELIVERY_SECONDS):
            result = await _send(ctx, row)
    except TimeoutError:
        await _close(ctx, row, f"It was not done within {DELIVERY_SECONDS:g} s.", failed=True)
    except ConflictError as error:
        # Somebody decided so: trying again would not change it.
        await _close(ctx, row, error.message, failed=True, final=True)
    except AppError as error:
        retry_after = error.retry_after if isinstance(error, DeliveryError) else None
        await _close(ctx, row, error.message, failed=True, retry_after=retry_after)
    except Exception as error:  # noqa: BLE001 - a fault of one notifier must not end the deliveries
        _log.opt(exception=error).error("The delivery {} failed", row.id)
        text = f"A fault of this program ({type(error).__name__}). The details are in its log."
        await _close(ctx, row, text, failed=True)
    else:
        await _close(ctx, row, result, failed=False)


def next_attempt(attempts: int, now: datetime, retry_after: float | None = None) -> datetime:
    """Return when to try again after so many attempts: 30 s, doubled up to an hour, a fifth more or less."""
    delay = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** (min(attempts, 20) - 1)) * random.uniform(0.8, 1.2)  # noqa: S311
    return now + timedelta(seconds=max(delay, retry_after or 0.0))


async def _claim(ctx: Context, delivery_id: str) -> NotificationOutbox | None:
    """Take a waiting delivery; the attempt counts from now on, even if the program dies in it."""
    statement = (
        update(NotificationOutbox)
        .where(NotificationOutbox.id == delivery_id, NotificationOutbox.state == DeliveryState.WAITING)
        .values(state=DeliveryState.SENDING, attempts=NotificationOutbox.attempts + 1)
        .returning(NotificationOutbox.id)
    )
    async with ctx.catalogue.transaction() as session:
        if await session.scalar(statement) is None:
            return None
        return await session.get(NotificationOutbox, delivery_id, populate_existing=True)


async def _send(ctx: Context, row: NotificationOutbox) -> str:
    async with ctx.catalogue.sessions() as session:
        channel = await session.get(NotificationChannel, row.channel_id) if row.channel_id else None
        schedule = await session.get(BackupSchedule, row.schedule_id) if row.schedule_id else None
    if schedule is not None:
        return await send_ping(ctx, schedule, succeeded=row.message["succeeded"])
    if channel is None or not channel.enabled:
        raise ConflictError("The channel is disabled.")
    delivery = Delivery(msgspec.convert(row.message, Message), row.id, ctx.net)
    return await NOTIFIERS[channel.kind].send(open_settings(channel), open_secrets(ctx, channel), delivery)


async def _close(
    ctx: Context,
    claimed: NotificationOutbox,
    result: str,
    *,
    failed: bool,
    final: bool = False,
    retry_after: float | None = None,
) -> None:
    now = utc_now()
    async with ctx.catalogue.transaction() as session:
        row = await session.get(NotificationOutbox, claimed.id)
        if row is None:
            # Its channel was deleted while it was being sent.
            return
        row.result = result
        if not failed:
            row.state, row.finished_at = DeliveryState.DELIVERED, now
        elif final or row.attempts >= ctx.live.notification_attempts:
            row.state, row.finished_at = DeliveryState.FAILED, now
        else:
            row.state, row.next_attempt_at = DeliveryState.WAITING, next_attempt(row.attempts, now, retry_after)
        announce(session, ctx, "notification-delivery", row.id, "updated")
        channel = await session.get(NotificationChannel, row.channel_id) if row.channel_id else None
        if channel is not None:
            channel.last_error = result if failed else None
            if failed:
                channel.failed_at = now
            else:
                channel.delivered_at = now
            announce(session, ctx, "notification-channel", channel.id, "updated")
    if failed:
        _log.warning("{} ({}): attempt {} failed: {}", claimed.title, claimed.lane, claimed.attempts, result)
