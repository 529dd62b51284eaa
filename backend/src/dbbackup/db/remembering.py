"""Keeps what was read off the history of runs until this process changes it.

A count over 100,000 rows takes longer than all else a page of them needs, and the history seldom changes. Only one
process at a time changes a catalogue: see `InstanceLock` and `ServerLock`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Result, event, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction

_T = TypeVar("_T")
_WATCHED = frozenset({"backup_execution", "backup_copy", "restore_execution", "verification"})
_INDIFFERENT = frozenset({"pinned", "label", "cancel_requested", "updated_at"})
"""Columns that nothing remembered looks at."""
_MOST = 64
_MEMORY, _SEEN, _CHANGED = "memory", "memory.seen", "memory.changed"


class Memory:
    """What one catalogue's sessions remember; `version` grows with each commit that changed the history."""

    def __init__(self) -> None:
        self.version = 0
        self.kept: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()

    def info(self) -> dict[str, Any]:
        """Return what makes a session use this memory: its `info`."""
        return {_MEMORY: self}


async def remembered(session: AsyncSession, key: Hashable, read: Callable[[], Awaitable[_T]]) -> _T:
    """Return what `read` returned for this key last, or what it returns now when the history changed since.

    `read` may look at the tables of runs and copies only, and what it returns is shared: nobody may change it.
    """
    memory: Memory | None = session.info.get(_MEMORY)
    # What this session has changed itself is nobody else's business before its commit.
    if memory is None or session.info.get(_CHANGED):
        return await read()
    found = memory.kept.get(key)
    if found and found[0] == memory.version:
        memory.kept.move_to_end(key)
        return cast(_T, found[1])  # what is kept for a key came from its own `read`
    value = await read()
    # As old as the beginning of the transaction it was read in: what was committed since may not be in it.
    memory.kept[key] = (session.info.get(_SEEN, -1), value)
    memory.kept.move_to_end(key)
    if len(memory.kept) > _MOST:
        memory.kept.popitem(last=False)
    return value


def forget_changed(session: Session) -> None:
    """Forget what the session's commit made untrue."""
    if session.info.pop(_CHANGED, False):
        session.info[_MEMORY].version += 1


@event.listens_for(Session, "after_begin")
def _note_version(session: Session, transaction: SessionTransaction, _connection: Connection) -> None:
    if _MEMORY in session.info and not transaction.nested:
        session.info[_SEEN] = session.info[_MEMORY].version


@event.listens_for(Session, "after_flush")
def _note_flushed(session: Session, _context: UOWTransaction) -> None:
    # What is deleted takes other rows with it, or is taken out of them.
    if _MEMORY in session.info and (session.deleted or any(map(_matters, (*session.new, *session.dirty)))):
        session.info[_CHANGED] = True


def _matters(record: Any) -> bool:
    if record.__tablename__ not in _WATCHED:
        return False
    state = inspect(record)
    return not state.persistent or any(
        state.attrs[column.key].history.has_changes()
        for column in state.mapper.column_attrs
        if column.key not in _INDIFFERENT
    )


@event.listens_for(Session, "do_orm_execute")
def _note_executed(state: ORMExecuteState) -> Result[Any] | None:
    if _MEMORY not in state.session.info or not (state.is_insert or state.is_update or state.is_delete):
        return None
    table = getattr(state.statement, "table", None)
    if not state.is_delete and getattr(table, "name", None) not in _WATCHED:
        return None
    result = state.invoke_statement()
    # How many rows were written is known only where none of them comes back.
    if getattr(result, "returns_rows", True) or getattr(result, "rowcount", -1) != 0:
        state.session.info[_CHANGED] = True
    return result
