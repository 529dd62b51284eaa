"""Tells people what happened: writes messages into the outbox, in the transaction of what they tell of."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.naming import new_id
from dbbackup.core.notifications import EVENTS, EventKind, EventType, Message, MessageDatabase, MessageRun
from dbbackup.db.models import NotificationChannel, NotificationCondition, NotificationOutbox
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import after_commit
from dbbackup.services.changes import announce
from dbbackup.services.context import Context

_TITLE_LIMIT = 200
_TEXT_LIMIT = 4000


@dataclass(frozen=True, slots=True)
class NotificationEvent:
    """Something to tell. No secret may be in it, and no text that was not masked.

    `subject` is what it is about: the id of the database, schedule or S3 config, or a name. A condition that the event
    raises or clears is one of this subject. `path` is the page about it, as `/backups/<id>`.
    """

    type: EventType
    subject: str
    title: str
    text: str
    advice: str = ""
    path: str = ""
    database_id: str | None = None
    database_name: str | None = None
    run_kind: str | None = None
    run_id: str | None = None


async def notify(session: AsyncSession, ctx: Context, event: NotificationEvent) -> int:
    """Put the event into the outbox of every channel that wants it; return how many did.

    It is delivered once the transaction is committed and never when it is rolled back. Nothing here talks to the
    network. Call it inside the transaction that writes down what happened.
    """
    kind, count = EVENTS[event.type], 0
    message: Message | None = None
    channels = await session.scalars(select(NotificationChannel).where(NotificationChannel.enabled))
    for channel in list(channels):
        told = await _decide(session, channel, event, kind)
        if told is None:
            continue
        message = message or _message(ctx, event, kind)
        _enqueue(session, ctx, channel, msgspec.structs.replace(message, **_as_told(message, told)))
        count += 1
    return count


def add_delivery(session: AsyncSession, ctx: Context, row: NotificationOutbox) -> None:
    """Add a row of the outbox and wake who delivers it, after the commit."""
    session.add(row)
    announce(session, ctx, "notification-delivery", row.id, "created")
    after_commit(session, ctx.runtime.outbox_wake.set)


@dataclass(frozen=True, slots=True)
class _Told:
    """That a channel is told, and whether an alarm of so many failures ends with it."""

    recovery: bool = False
    failures: int = 0


async def _decide(
    session: AsyncSession, channel: NotificationChannel, event: NotificationEvent, kind: EventKind
) -> _Told | None:
    """Follow the conditions that the channel knows, and tell whether it is told of this event."""
    if channel.database_ids is not None and event.database_id and event.database_id not in channel.database_ids:
        return None
    subscribed = event.type in channel.events
    if ended := await _clear(session, channel, event, kind):
        return ended if channel.recovery else _Told() if subscribed else None
    if not subscribed:
        return None
    return await _raise(session, channel, f"{kind.raises}:{event.subject}", kind) if kind.raises else _Told()


async def _clear(
    session: AsyncSession, channel: NotificationChannel, event: NotificationEvent, kind: EventKind
) -> _Told | None:
    """Forget the conditions the event clears; return what ends if the channel was alarmed of any."""
    keys = [f"{name}:{event.subject}" for name in kind.clears]
    alarmed = []
    for condition in list(await session.scalars(_conditions(channel, keys))) if keys else []:
        if condition.alarmed:
            alarmed.append(condition.failures)
        await session.delete(condition)
    return _Told(recovery=True, failures=max(alarmed)) if alarmed else None


async def _raise(session: AsyncSession, channel: NotificationChannel, key: str, kind: EventKind) -> _Told | None:
    condition = await session.scalar(_conditions(channel, [key]))
    if condition is None:
        condition = NotificationCondition(id=new_id(), channel_id=channel.id, key=key, failures=0, alarmed=False)
        session.add(condition)
    condition.failures += 1
    due = not kind.counted or condition.failures >= channel.failure_threshold
    if not due or (condition.alarmed and not kind.repeats):
        return None
    condition.alarmed = True
    await session.flush()
    return _Told()


def _conditions(channel: NotificationChannel, keys: list[str]) -> Select[NotificationCondition]:
    return select(NotificationCondition).where(
        NotificationCondition.channel_id == channel.id, NotificationCondition.key.in_(keys)
    )


def _enqueue(session: AsyncSession, ctx: Context, channel: NotificationChannel, message: Message) -> None:
    add_delivery(
        session,
        ctx,
        NotificationOutbox(
            id=new_id(),
            channel_id=channel.id,
            lane=channel.id,
            event=str(message.type),
            severity=message.severity,
            title=message.title,
            message=msgspec.to_builtins(message, builtin_types=()),
        ),
    )


def _message(ctx: Context, event: NotificationEvent, kind: EventKind) -> Message:
    base = ctx.live.public_url.rstrip("/")
    return Message(
        id=new_id(),
        type=event.type,
        severity=kind.severity,
        recovery=False,
        at=utc_now(),
        # It stands in a mail's header: one line, whatever a database is called.
        title=" ".join(event.title.split())[:_TITLE_LIMIT],
        text=_cut(event.text),
        advice=_cut(event.advice),
        instance=ctx.instance_id,
        database=MessageDatabase(id=event.database_id, name=event.database_name) if event.database_name else None,
        run=MessageRun(kind=event.run_kind, id=event.run_id) if event.run_kind and event.run_id else None,
        url=f"{base}{event.path}" if base and event.path else None,
    )


def _as_told(message: Message, told: _Told) -> dict[str, object]:
    if not told.recovery:
        return {}
    after = f" This ends the alarm after {told.failures} failures." if told.failures > 1 else " This ends the alarm."
    return {"recovery": True, "title": f"Recovered: {message.title}", "text": message.text + after}


def _cut(text: str) -> str:
    return text if len(text) <= _TEXT_LIMIT else f"{text[: _TEXT_LIMIT - 1]}…"
