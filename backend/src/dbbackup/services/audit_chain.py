"""The chain of audit events: adding, verifying, and cutting off its old end.

Each event's hash is keyed (HMAC-SHA256) and covers the event and the hash before it; both ends of the chain stand in
one row with a keyed hash of its own. Who can write to the catalogue but has no ENCRYPTION_KEY can neither change, nor
remove, nor add an event unseen. docs/adr/0013-the-audit-log-is-a-keyed-chain.md
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.naming import new_id
from dbbackup.db.models import AuditChain, AuditEvent
from dbbackup.db.models.base import utc_now

CHAIN_ID = "chain"
START = "0" * 64
BROKEN = "chainBroken"
_BATCH = 1000
_MOST_PROBLEMS = 100
_HASHED = (
    "seq", "at", "actor_id", "via", "role", "address", "user_agent", "request_id", "action", "target", "outcome",
    "status", "details", "changes", "previous_hash",
)  # fmt: skip


@dataclass(slots=True)
class ChainReport:
    """What a verification found; `problems` are the first hundred."""

    events: int = 0
    first_seq: int | None = None
    last_seq: int = 0
    last_hash: str = START
    removed: int = 0
    """Events before the first, which retention removed."""
    problems: list[str] = field(default_factory=list)
    problem_count: int = 0

    def say(self, problem: str) -> None:
        """Note a problem."""
        self.problem_count += 1
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)


async def begin_chain(session: AsyncSession, key: bytes) -> None:
    """Make the row that holds the ends, at the first start."""
    if await session.get(AuditChain, CHAIN_ID) is not None:
        return
    ends = AuditChain(id=CHAIN_ID, head_seq=0, head_hash=START, base_seq=0, base_hash=START, seal="")
    edge = select(AuditEvent).order_by(AuditEvent.seq).limit(1)
    if first := await session.scalar(edge):
        # Where events are and the row is not, somebody removed it: without a seal, verifying says so.
        last = (await session.scalars(edge.order_by(None).order_by(AuditEvent.seq.desc()))).one()
        ends.head_seq, ends.head_hash = last.seq, last.hash
        ends.base_seq, ends.base_hash = first.seq - 1, first.previous_hash
    else:
        ends.seal = _seal(key, ends)
    session.add(ends)
    await session.flush()


async def append(session: AsyncSession, key: bytes, **values: Any) -> int:
    """Add an event in the session's transaction, which holds the chain until its end; return its number."""
    ends = await _lock(session, key)
    if not hmac.compare_digest(ends.seal, _seal(key, ends)):
        # Sealing anew would cover up what was done; the event that says so is part of the chain for ever.
        values["details"] = {**values.get("details", {}), BROKEN: True}
    event = {"at": utc_now(), **values, "seq": ends.head_seq + 1, "previous_hash": ends.head_hash}
    event["hash"] = _hash(key, event)
    await session.execute(insert(AuditEvent).values(id=new_id(), **event))
    ends.head_seq, ends.head_hash = event["seq"], event["hash"]
    await _store(session, key, ends)
    return ends.head_seq


async def prune(session: AsyncSession, key: bytes, keep: timedelta) -> int:
    """Remove events older than that, and move the chain's beginning; return how many went."""
    ends = await _lock(session, key)
    old = select(func.max(AuditEvent.seq)).where(AuditEvent.at < utc_now() - keep)
    last = await session.scalar(old)
    if last is None or not hmac.compare_digest(ends.seal, _seal(key, ends)):
        return 0  # nothing is removed from a chain that is not whole: it is evidence
    ends.base_hash = (await session.scalars(select(AuditEvent.hash).where(AuditEvent.seq == last))).one()
    removed, ends.base_seq = last - ends.base_seq, last
    await _store(session, key, ends)
    await session.execute(delete(AuditEvent).where(AuditEvent.seq <= last))
    return int(removed)


async def verify(session: AsyncSession, key: bytes) -> ChainReport:
    """Read the whole chain and report every event that was altered, is missing or does not belong."""
    while True:
        before = await _ends(session)
        report = await _verify(session, key, before)
        after = await _ends(session)
        # Retention may have moved the beginning meanwhile: what it removed is not missing.
        if (before and before.base_seq) == (after and after.base_seq):
            return report


@dataclass(slots=True)
class _Ends:
    head_seq: int
    head_hash: str
    base_seq: int
    base_hash: str
    seal: str


_COLUMNS = (AuditChain.head_seq, AuditChain.head_hash, AuditChain.base_seq, AuditChain.base_hash, AuditChain.seal)


async def _ends(session: AsyncSession) -> _Ends | None:
    row = (await session.execute(select(*_COLUMNS).where(AuditChain.id == CHAIN_ID))).first()
    return _Ends(*row) if row else None


async def _lock(session: AsyncSession, key: bytes) -> _Ends:
    """Read the ends by writing: so nobody else adds until this transaction ends, and what is read is the newest."""
    touched = update(AuditChain).where(AuditChain.id == CHAIN_ID).values(head_seq=AuditChain.head_seq)
    await session.execute(touched.execution_options(synchronize_session=False))
    ends = await _ends(session)
    while ends is None:
        await begin_chain(session, key)
        ends = await _ends(session)
    return ends


async def _store(session: AsyncSession, key: bytes, ends: _Ends) -> None:
    values = {
        "head_seq": ends.head_seq,
        "head_hash": ends.head_hash,
        "base_seq": ends.base_seq,
        "base_hash": ends.base_hash,
        "seal": _seal(key, ends),
    }
    changed = update(AuditChain).where(AuditChain.id == CHAIN_ID).values(**values)
    await session.execute(changed.execution_options(synchronize_session=False))


async def _verify(session: AsyncSession, key: bytes, ends: _Ends | None) -> ChainReport:
    report = ChainReport()
    if ends is None:
        report.say("The row that holds the ends of the chain is missing.")
        return report
    if not hmac.compare_digest(ends.seal, _seal(key, ends)):
        report.say("The row that holds the ends of the chain was altered: events may be missing at either end.")
    report.removed, report.last_seq, report.last_hash = ends.base_seq, ends.base_seq, ends.base_hash
    while True:
        query = select(AuditEvent).where(AuditEvent.seq > report.last_seq, AuditEvent.seq <= ends.head_seq)
        events = (await session.scalars(query.order_by(AuditEvent.seq).limit(_BATCH))).all()
        if not events:
            break
        await asyncio.to_thread(_check, report, key, events)
        session.expunge_all()
    if report.last_seq < ends.head_seq:
        report.say(f"Events {report.last_seq + 1} to {ends.head_seq} are missing: the end was cut off.")
    elif report.last_hash != ends.head_hash:
        report.say(f"Event {report.last_seq} is not the one that the chain ends with.")
    stray = select(func.count()).where(AuditEvent.seq <= ends.base_seq)
    if count := await session.scalar(stray):
        report.say(f"{count} events lie before the beginning of the chain.")
    return report


def _check(report: ChainReport, key: bytes, events: Sequence[AuditEvent]) -> None:
    for event in events:
        if event.seq != report.last_seq + 1:
            last = event.seq - 1
            gap = f"Event {last} is" if last == report.last_seq + 1 else f"Events {report.last_seq + 1} to {last} are"
            report.say(f"{gap} missing.")
        elif event.previous_hash != report.last_hash:
            report.say(f"Event {event.seq} does not follow event {report.last_seq}: one of them was put in its place.")
        if not hmac.compare_digest(event.hash, _hash(key, {name: getattr(event, name) for name in _HASHED})):
            report.say(f"Event {event.seq} was altered.")
        if event.details.get(BROKEN):
            report.say(f"Before event {event.seq} the ends of the chain had been altered.")
        report.events += 1
        report.first_seq = report.first_seq or event.seq
        report.last_seq, report.last_hash = event.seq, event.hash


def _hash(key: bytes, event: dict[str, Any]) -> str:
    at: datetime = event["at"]
    content = {**{name: event.get(name) for name in _HASHED}, "at": at.astimezone(UTC).isoformat()}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()


def _seal(key: bytes, ends: _Ends | AuditChain) -> str:
    text = f"ends|{ends.head_seq}|{ends.head_hash}|{ends.base_seq}|{ends.base_hash}"
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()
