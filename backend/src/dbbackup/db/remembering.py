"""Keeps what was read off the history of runs until this process changes it.

A count over 100,000 rows takes longer than all else a page of them needs. So the history is read in spans of time, and
of these only the ones again in which something changed since. Only one process at a time changes a catalogue: see
`InstanceLock` and `ServerLock`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Hashable, Sequence
from datetime import datetime
from functools import cache
from itertools import product
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Connection, Result, event, inspect, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    InstanceState,
    InstrumentedAttribute,
    ORMExecuteState,
    Session,
    SessionTransaction,
    UOWTransaction,
)
from sqlalchemy.orm.util import identity_key

from dbbackup.core.spans import EVERYTHING, Span
from dbbackup.db.memory import ALL, ANYTHING, OF_RESTORES, Change, Memory
from dbbackup.db.models import BackupCopy, BackupExecution, RestoreExecution, Verification

_T = TypeVar("_T")
Bound = datetime | ColumnElement[datetime | None]
"""Of a span: the moment, or what it is bound to later."""
_WATCHED = (BackupExecution, BackupCopy, RestoreExecution, Verification)
_TABLES = frozenset(model.__tablename__ for model in _WATCHED)
_INDIFFERENT = frozenset({"pinned", "label", "cancel_requested", "updated_at", "deleted_reason"})
"""Columns that nothing remembered looks at."""
_PLACED = ("completed_at", "deleted_at", "created_at", "database_id")
"""Columns that say which spans a backup belongs to, and whose it is."""
MEMORY, _SEEN, _CHANGED = "memory", "memory.seen", "memory.changed"
_MOST_AT_ONCE = 500
UNENDED = "dbbackup.unended"
"""The execution option of statements that change only runs that have not ended."""
UNREMEMBERED = "dbbackup.unremembered"
"""The execution option of statements that change nothing, or nothing that anything remembered looks at."""


async def remembered(session: AsyncSession, key: Hashable, read: Callable[[], Awaitable[_T]], of: str = ALL) -> _T:
    """Return what `read` returned for this key last, or what it returns now when the history changed since.

    `read` may look at the tables of runs and copies only, with `of` OF_RESTORES at restores and verifications only, and
    what it returns is shared: nobody may change it.
    """

    async def read_all(_spans: Sequence[Span]) -> list[_T]:
        return [await read()]

    (value,) = await remembered_apart(session, key, [EVERYTHING], read_all, database_id=of)
    return value


async def remembered_apart(
    session: AsyncSession,
    key: Hashable,
    spans: Sequence[Span],
    read: Callable[[Sequence[Span]], Awaitable[Sequence[_T]]],
    *,
    database_id: str | None = ALL,
    most: int | None = None,
) -> list[_T]:
    """Return what `read` says of each of the spans: what it said last where nothing changed since.

    Spans begin and end with an hour. `read` is asked for some of them in their order. For each it may look at backups
    that ended in it, at those that were deleted in it, and at their copies; in one without an end at those that have
    not ended, too. Or at those that were made in it and at their copies, but not at whether one waits or is at work.
    With `database_id` at those of this database alone, None: of those without one. With `most`, so many are kept of the
    keys, tuples then, that begin like this one.
    """
    memory = _memory(session)
    if memory is None:
        return list(await read(spans))
    values = {span: memory.get(key, span, database_id) for span in spans}
    missing = [span for span, found in values.items() if found is None]
    if missing:
        # As old as the beginning of the transaction it is read in: what is committed meanwhile may not be in it. What
        # reads nothing, as all it needs is remembered, is as old as that at least.
        before = memory.version
        fresh = await read(missing)
        seen = session.info.get(_SEEN, before)
        for span, value in zip(missing, fresh, strict=True):
            memory.put(key, span, seen, value)
            values[span] = (value,)
        memory.tidy(key, spans, most)
    return [cast(_T, found[0]) for found in values.values() if found]  # what is kept came from the key's own `read`


async def remembered_of_each(
    session: AsyncSession,
    key: Hashable,
    databases: Sequence[str],
    read: Callable[[Sequence[str]], Awaitable[dict[str, _T]]],
) -> dict[str, _T]:
    """Return what `read` says of each of these databases: what it said last of those that nothing changed of since.

    `read` may leave some out. What is returned is shared: nobody may change it. The databases belong into the key.
    """
    memory = _memory(session)
    if memory is None:
        return await read(databases)
    seen, kept = memory.kept.get(key, {}).get(EVERYTHING, (-1, {}))
    now, changed = memory.version, memory.changed_since(seen)
    missing = databases if seen < 0 or changed is None else [id_ for id_ in databases if id_ in changed]
    if missing:
        fresh = await read(missing)
        kept = {id_: value for id_, value in kept.items() if id_ not in missing} | fresh
        # The old ones are known to be true up to then, the fresh ones from the beginning of their transaction on.
        now = min(now, session.info.get(_SEEN, -1))
    memory.put(key, EVERYTHING, now, kept)
    memory.tidy(key, [EVERYTHING])
    return cast(dict[str, _T], kept)


def _memory(session: AsyncSession) -> Memory | None:
    """Return what is remembered; None where the session must look itself."""
    # What it has changed is nobody else's business before its commit.
    return None if _CHANGED in session.info else session.info.get(MEMORY)


def one_by_one(read: Callable[[Span], Awaitable[_T]]) -> Callable[[Sequence[Span]], Awaitable[list[_T]]]:
    """Return what reads some spans, of what reads one."""

    async def read_each(spans: Sequence[Span]) -> list[_T]:
        return [await read(span) for span in spans]

    return read_each


def within(moment: InstrumentedAttribute[datetime | None], span: Span) -> list[ColumnElement[bool]]:
    """Return the conditions of which one holds for what belongs to the span.

    Those that have not ended are apart: SQLite would go through all of an index for an OR.
    """
    return between(moment, span.begin, span.end)


def between(
    moment: InstrumentedAttribute[datetime | None], begun: Bound | None, ended: Bound | None
) -> list[ColumnElement[bool]]:
    """Return the same for the bounds of a span."""
    if begun is None and ended is None:
        return [true()]
    if ended is None:
        return [moment >= begun, moment.is_(None)]
    return [moment < ended if begun is None else (moment >= begun) & (moment < ended)]


def forget_changed(session: Session) -> None:
    """Forget what the session's commit made untrue."""
    changes = session.info.pop(_CHANGED, None)
    if changes:
        session.info[MEMORY].change(changes)


def _note(session: Session, changes: Collection[Change | None]) -> None:
    noted: set[Change | None] = session.info.setdefault(_CHANGED, set())
    noted.update(changes)
    if len(noted) > _MOST_AT_ONCE:
        noted.clear()
        noted.add(ANYTHING)


@event.listens_for(Session, "after_begin")
def _note_version(session: Session, transaction: SessionTransaction, _connection: Connection) -> None:
    if MEMORY in session.info and not transaction.nested:
        memory: Memory = session.info[MEMORY]
        session.info[_SEEN] = memory.version


@event.listens_for(Session, "after_flush")
def _note_flushed(session: Session, _context: UOWTransaction) -> None:
    if MEMORY not in session.info:
        return
    if any(_carries_on(record.__tablename__) for record in session.deleted):
        _note(session, [ANYTHING])
    for record in filter(_matters, (*session.new, *session.dirty)):
        _note(session, _changes_of(session, record))


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


def _changes_of(session: Session, record: Any) -> set[Change | None]:
    """Return where the record changed something: where it was before, and where it is now."""
    if isinstance(record, BackupCopy):
        run = session.identity_map.get(identity_key(BackupExecution, record.backup_id))
        if run is not None:
            return _changes_of(session, run)
        of_run = (getattr(BackupExecution, name) for name in _PLACED)
        row = session.connection().execute(select(*of_run).where(BackupExecution.id == record.backup_id)).one_or_none()
        return _places(*({value} for value in row)) if row else {ANYTHING}
    if not isinstance(record, BackupExecution):
        return {Change(None, OF_RESTORES)}
    state = inspect(record)
    if state.persistent and state.unloaded & set(_PLACED):
        return {ANYTHING}
    return _places(*({value for values in state.attrs[name].history for value in values or ()} for name in _PLACED))


def _places(
    ended: set[datetime | None], deleted: set[datetime | None], made: set[datetime | None], databases: set[str | None]
) -> set[Change | None]:
    moments = (ended or {None}) | (deleted - {None}) | (made - {None})
    return {Change(*place) for place in product(moments, databases or {None})}


@event.listens_for(Session, "do_orm_execute")
def _note_executed(state: ORMExecuteState) -> Result[Any] | None:
    if MEMORY not in state.session.info or not (state.is_insert or state.is_update or state.is_delete):
        return None
    table = getattr(getattr(state.statement, "table", None), "name", None)
    matters = _carries_on(table) if state.is_delete else table in _TABLES
    if not matters or state.execution_options.get(UNREMEMBERED):
        return None
    result = state.invoke_statement()
    # How many rows were written is known only where none of them comes back.
    if getattr(result, "returns_rows", True) or getattr(result, "rowcount", -1) != 0:
        _note(state.session, [Change(None, ALL) if state.execution_options.get(UNENDED) else ANYTHING])
    return result
