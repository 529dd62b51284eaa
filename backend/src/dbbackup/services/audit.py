"""Writes audit events and reads them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.access import ANONYMOUS, COMMAND_LINE, NOBODY_ID, SYSTEM, Actor, Via
from dbbackup.db.models import ApiKey, AuditEvent, User
from dbbackup.db.session import after_commit
from dbbackup.services import audit_chain, audit_changes
from dbbackup.services.audit_entry import CURRENT, SUCCESS, AuditEntry, Caller
from dbbackup.services.changes import announce
from dbbackup.services.context import Context

_BATCH = 500
_WORDS = {actor.id: actor.name for actor in (ANONYMOUS, SYSTEM, COMMAND_LINE)} | {NOBODY_ID: "nobody"}


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to show."""

    actor_id: str | None = None
    action: str | None = None
    outcome: str | None = None
    start: datetime | None = None
    end: datetime | None = None


async def write_with(session: AsyncSession, ctx: Context) -> None:
    """Write the present request's event into the transaction that it is about: both happen, or neither."""
    entry = CURRENT.get()
    if entry is None or entry.written or not entry.changes_records:
        return
    await session.flush()
    await _append(session, ctx, entry, entry.changes + audit_changes.pending(session.sync_session))

    def done() -> None:
        entry.written = True

    after_commit(session, done)


async def write_alone(ctx: Context, entry: AuditEntry) -> None:
    """Write an event in a transaction of its own: what it tells of was refused, failed, or changed no record."""
    async with ctx.catalogue.transaction() as session:
        await _append(session, ctx, entry, entry.changes)
    entry.written = True


async def record(session: AsyncSession, ctx: Context, actor: Actor, action: str, **details: Any) -> None:
    """Write an event that no request caused."""
    entry = AuditEntry(action, Caller(""), actor, details=details)
    await session.flush()
    await _append(session, ctx, entry, audit_changes.pending(session.sync_session))


async def list_events(
    session: AsyncSession, wanted: AuditFilter, *, page: int, limit: int
) -> tuple[list[AuditEvent], int]:
    """Return a page, newest first, and how many there are."""
    total = await session.scalar(_matching(select(func.count()).select_from(AuditEvent), wanted))
    query = _matching(select(AuditEvent), wanted).order_by(AuditEvent.seq.desc())
    found = await session.scalars(query.offset((page - 1) * limit).limit(limit))
    return list(found), total or 0


async def all_events(ctx: Context, wanted: AuditFilter) -> AsyncIterator[tuple[list[AuditEvent], dict[str, str]]]:
    """Yield all matching events in their order, in batches with their actors' names; no session is held in between."""
    last = 0
    while True:
        async with ctx.catalogue.sessions() as session:
            query = _matching(select(AuditEvent), wanted).where(AuditEvent.seq > last)
            events = list(await session.scalars(query.order_by(AuditEvent.seq).limit(_BATCH)))
            names = await actor_names(session, (event.actor_id for event in events))
        if not events:
            return
        last = events[-1].seq
        yield events, names


async def actions(session: AsyncSession) -> list[str]:
    """Return every action that stands in the log."""
    return list(await session.scalars(select(AuditEvent.action).distinct().order_by(AuditEvent.action)))


async def actor_names(session: AsyncSession, ids: Iterable[str]) -> dict[str, str]:
    """Return what the ids are called now; who was erased has no name."""
    wanted = set(ids)
    names = {id_: name for id_, name in _WORDS.items() if id_ in wanted}
    for id_, username in await session.execute(select(User.id, User.username).where(User.id.in_(wanted))):
        names[id_] = username
    for id_, name in await session.execute(select(ApiKey.id, ApiKey.name).where(ApiKey.id.in_(wanted))):
        names[id_] = f"API key {name}"
    return names


async def prune(ctx: Context) -> int:
    """Remove what the settings no longer keep; return how many events went."""
    days = ctx.live.audit_keep_days
    async with ctx.catalogue.transaction() as session:
        removed = await audit_chain.prune(session, ctx.audit_key, timedelta(days=days))
        if removed:
            await record(session, ctx, SYSTEM, "pruneAudit", removed=removed, keepDays=days)
    return removed


async def _append(session: AsyncSession, ctx: Context, entry: AuditEntry, changes: list[dict[str, Any]]) -> None:
    actor = entry.actor
    after_commit(session, ctx.runtime.audit_wake.set)
    announce(session, ctx, "audit-event", entry.action[:100], "created")
    await audit_chain.append(
        session,
        ctx.audit_key,
        actor_id=actor.id if actor else NOBODY_ID,
        via=actor.via if actor else Via.NONE,
        role=actor.role if actor else None,
        address=entry.caller.address[:64],
        user_agent=entry.caller.user_agent[:300],
        request_id=entry.caller.request_id[:64],
        action=entry.action[:100],
        target=audit_changes.masked(entry.target),
        outcome=entry.outcome,
        status=entry.status,
        details=audit_changes.masked(entry.details),
        changes=changes if entry.outcome == SUCCESS else [],
    )


def _matching(query: Select[Any], wanted: AuditFilter) -> Select[Any]:
    for column, value in (
        (AuditEvent.actor_id, wanted.actor_id),
        (AuditEvent.action, wanted.action),
        (AuditEvent.outcome, wanted.outcome),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.start is not None:
        query = query.where(AuditEvent.at >= wanted.start)
    if wanted.end is not None:
        query = query.where(AuditEvent.at < wanted.end)
    return query
