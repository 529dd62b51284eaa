"""Keeps what was read off the history of runs until this process changes it.

A count over 100,000 rows takes longer than all else a page of them needs, and the history seldom changes. What ended
some days ago changes less often still: what is read of it alone outlives the runs of today. Only one process at a time
changes a catalogue: see `InstanceLock` and `ServerLock`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Result, event, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstanceState, ORMExecuteState, Session, SessionTransaction, UOWTransaction
from sqlalchemy.orm.util import identity_key

from dbbackup.db.models import BackupCopy, BackupExecution, RestoreExecution, Verification

_T = TypeVar("_T")
_WATCHED = (BackupExecution, BackupCopy, RestoreExecution, Verification)
_TABLES = frozenset(model.__tablename__ for model in _WATCHED)
_INDIFFERENT = frozenset({"pinned", "label", "cancel_requested", "updated_at"})
"""Columns that nothing remembered looks at."""
_MOST = 64
_MEMORY, _SEEN, _CHANGED = "memory", "memory.seen", "memory.changed"
_ANY_TIME, _NOT_ENDED = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
UNENDED = "dbbackup.unended"
"""The execution option of statements that change nothing, or only runs that have not ended."""


class Memory:
    """What one catalogue's sessions remember.

    `version` grows with each commit that changed the history, `past` with those that changed a run that ended before
    `boundary`, or a copy of one.
    """

    def __init__(self) -> None:
        self.version = 0
        self.past = 0
        self.boundary = _ANY_TIME
        self.kept: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()

    def look_before(self, moment: datetime) -> None:
        """Watch what ended before this moment, too: it was not watched till now, so what is being read may be old."""
        if moment > self.boundary:
            self.boundary = moment
            self.past += 1

    def change(self, since: datetime) -> None:
        """Forget what a commit made untrue that touched runs which ended then or later."""
        self.version += 1
        if since < self.boundary:
            self.past += 1

    def info(self) -> dict[str, Any]:
        """Return what makes a session use this memory: its `info`."""
        return {_MEMORY: self}


async def remembered(
    session: AsyncSession, key: Hashable, read: Callable[[], Awaitable[_T]], *, before: datetime | None = None
) -> _T:
    """Return what `read` returned for this key last, or what it returns now when the history changed since.

    `read` may look at the tables of runs and copies only, and what it returns is shared: nobody may change it. With
    `before`, which belongs into the key then, it may look at backups that ended before that moment, and their copies.
    """
    memory: Memory | None = session.info.get(_MEMORY)
    # What this session has changed itself is nobody else's business before its commit.
    if memory is None or _CHANGED in session.info:
        return await read()
    if before is not None:
        memory.look_before(before)
    found = memory.kept.get(key)
    if found and found[0] == (memory.version if before is None else memory.past):
        memory.kept.move_to_end(key)
        return cast(_T, found[1])  # what is kept for a key came from its own `read`
    value = await read()
    # As old as the beginning of the transaction it was read in: what was committed since may not be in it.
    version, past = session.info.get(_SEEN, (-1, -1))
    memory.kept[key] = (version if before is None else past, value)
    memory.kept.move_to_end(key)
    if len(memory.kept) > _MOST:
        memory.kept.popitem(last=False)
    return value


async def remembered_apart(
    session: AsyncSession,
    key: tuple[Hashable, ...],
    recent: datetime,
    past: Callable[[], Awaitable[_T]],
    since: Callable[[], Awaitable[_T]],
    add: Callable[[_T, _T], _T],
) -> _T:
    """Return what backups add up to, the ended ones from before `recent` remembered apart from all others.

    `past` looks at what ended before that moment alone, `since` at the rest alone, and `add` changes neither.
    """
    key = (*key, recent)
    before = await remembered(session, (*key, "before"), past, before=recent)
    return add(before, await remembered(session, (*key, "since"), since))


def forget_changed(session: Session) -> None:
    """Forget what the session's commit made untrue."""
    since = session.info.pop(_CHANGED, None)
    if since is not None:
        session.info[_MEMORY].change(since)


def _note_change(session: Session, since: datetime) -> None:
    session.info[_CHANGED] = min(since, session.info.get(_CHANGED, since))


@event.listens_for(Session, "after_begin")
def _note_version(session: Session, transaction: SessionTransaction, _connection: Connection) -> None:
    if _MEMORY in session.info and not transaction.nested:
        memory: Memory = session.info[_MEMORY]
        session.info[_SEEN] = (memory.version, memory.past)


@event.listens_for(Session, "after_flush")
def _note_flushed(session: Session, _context: UOWTransaction) -> None:
    if _MEMORY not in session.info:
        return
    if any(_carries_on(record.__tablename__) for record in session.deleted):
        _note_change(session, _ANY_TIME)
    for record in filter(_matters, (*session.new, *session.dirty)):
        _note_change(session, _end_of(session, record))


@cache
def _carries_on(table: str | None) -> bool:
    """Whether what is deleted from a table takes rows with it that are watched, or is taken out of them."""
    tables = BackupExecution.metadata.tables
    if table not in tables or table in _TABLES:
        return True
    keys = ((name, key.column.table.name) for name, other in tables.items() for key in other.foreign_keys)
    return any(_carries_on(name) for name, target in keys if target == table and name != table)


def _matters(record: Any) -> bool:
    if not isinstance(record, _WATCHED):
        return False
    state: InstanceState[Any] = inspect(record)
    return not state.persistent or any(
        state.attrs[column.key].history.has_changes()
        for column in state.mapper.column_attrs
        if column.key not in _INDIFFERENT
    )


def _end_of(session: Session, record: Any) -> datetime:
    """Return when the backup ended that the record is or belongs to; the earlier one where that is what changed."""
    if isinstance(record, BackupCopy):
        run = session.identity_map.get(identity_key(BackupExecution, record.backup_id))
        if run is not None:
            return _end_of(session, run)
        end = select(BackupExecution.completed_at).where(BackupExecution.id == record.backup_id)
        return session.connection().scalar(end) or _NOT_ENDED
    if not isinstance(record, BackupExecution):
        return _NOT_ENDED
    state = inspect(record)
    if "completed_at" in state.unloaded and state.persistent:
        return _ANY_TIME
    changes = state.attrs.completed_at.history
    ends = [end for ends in changes for end in ends or () if end is not None]
    return min(ends, default=_NOT_ENDED)


@event.listens_for(Session, "do_orm_execute")
def _note_executed(state: ORMExecuteState) -> Result[Any] | None:
    if _MEMORY not in state.session.info or not (state.is_insert or state.is_update or state.is_delete):
        return None
    table = getattr(getattr(state.statement, "table", None), "name", None)
    matters = _carries_on(table) if state.is_delete else table in _TABLES
    if not matters:
        return None
    result = state.invoke_statement()
    # How many rows were written is known only where none of them comes back.
    if getattr(result, "returns_rows", True) or getattr(result, "rowcount", -1) != 0:
        _note_change(state.session, _NOT_ENDED if state.execution_options.get(UNENDED) else _ANY_TIME)
    return result
