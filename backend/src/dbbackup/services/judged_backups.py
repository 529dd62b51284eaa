"""The backups that retention judges, as it sees them: read anew for what it does, remembered for what is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from dbbackup.core.retention_values import FOREVER, Backup, Busy
from dbbackup.core.spans import Span, coarse_spans
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    BackupSchedule,
    CopyState,
    RestoreExecution,
    RunStatus,
    Verification,
)
from dbbackup.db.models.backup_execution import FINAL
from dbbackup.db.models.base import utc_now
from dbbackup.db.remembering import one_by_one, remembered_apart, within
from dbbackup.services.verifications import RESTORES

UNFINISHED = (CopyState.PENDING, CopyState.WRITING)
_MOST = 4
"""Those of so many owners are remembered: 10,000 backups take 3 MB."""
_WHOLE: Mapping[str, Any] = {
    "schemaOnly": False,
    "dataOnly": False,
    "includeTables": [],
    "excludeTables": [],
    "includeSchemas": [],
    "excludeSchemas": [],
    "routines": True,
    "triggers": True,
    "events": True,
}
"""The options that leave something out, as they are in a backup of everything."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose backups are judged together: a database's, or those that a deleted database of that name left behind."""

    database_id: str | None
    name: str

    def owns(self) -> ColumnElement[bool]:
        """Return the condition on backups."""
        if self.database_id:
            return BackupExecution.database_id == self.database_id
        return and_(BackupExecution.database_id.is_(None), BackupExecution.database_name == self.name)


def owner_of(backup: BackupExecution) -> Owner:
    """Return whose backup it is."""
    return Owner(backup.database_id, "" if backup.database_id else backup.database_name)


async def owners(session: AsyncSession) -> list[Owner]:
    """Return everybody who has a good backup."""
    orphans = select(BackupExecution.database_name).where(good(), BackupExecution.database_id.is_(None)).distinct()
    ids = select(BackupExecution.database_id).where(good(), BackupExecution.database_id.is_not(None)).distinct()
    found = [Owner(database_id, "") for database_id in await session.scalars(ids)]
    return found + [Owner(None, name) for name in await session.scalars(orphans)]


async def backups_of(session: AsyncSession, owner: Owner, *, bound: bool = False) -> list[Backup]:
    """Return the good backups as the planner sees them; of 10,000 rows only the columns that matter are read.

    `bound` looks at them as if every schedule had a policy.
    """
    busy = await _busy(session)
    # A schedule without a policy keeps its backups for ever.
    unbound = and_(BackupSchedule.id.is_not(None), BackupSchedule.retention_policy_id.is_(None))
    query = _judged(owner).add_columns(BackupExecution.pinned, unbound)
    query = query.outerjoin(BackupSchedule, BackupSchedule.id == BackupExecution.schedule_id)
    return [
        _to_core(row, forever=bool(kept) and not bound, pinned=pinned, busy=busy.get(row[0]))
        for *row, pinned, kept in await session.execute(query)
    ]


async def backup_among(session: AsyncSession, backup: BackupExecution) -> tuple[Backup | None, list[Backup]]:
    """Return a good backup as the planner sees it, and all with which it is judged; None for one that is not good.

    Of the others everything is as it is that decides on this one: their pins, their readers and schedules decide on
    themselves alone, and are left out. So all that is read of them can be remembered.
    """
    owner, spans = owner_of(backup), coarse_spans(utc_now())

    async def read(span: Span) -> list[Backup]:
        when = or_(*within(BackupExecution.completed_at, span))
        return [_to_core(row) for row in await session.execute(_judged(owner).where(when))]

    key = ("good backups", owner)
    parts = await remembered_apart(session, key, spans, one_by_one(read), database_id=owner.database_id, most=_MOST)
    others = list(chain.from_iterable(parts))
    found = next((other for other in others if other.id == backup.id), None)
    if found is None:
        return None, others
    schedule = select(BackupSchedule.retention_policy_id).where(BackupSchedule.id == backup.schedule_id)
    unbound = (await session.scalars(schedule)).all() == [None]
    busy = await _busy(session, backup.id)
    found = replace(found, forever=unbound, pinned=backup.pinned, busy=busy.get(backup.id))
    return found, [other if other.id != found.id else found for other in others]


def _judged(owner: Owner) -> Select[*tuple[Any, ...]]:
    row = BackupExecution
    return select(
        row.id,
        # The dump shows the database as it was at its beginning.
        func.coalesce(row.started_at, row.created_at),
        row.size,
        cast(row.options, Text),
        row.retention_policy_id,
        row.keep_forever,
        row.verified_level,
    ).where(owner.owns(), good())


def _to_core(row: Sequence[Any], **own: Any) -> Backup:
    id_, at, size, options, policy_id, forever, level = row
    policy = FOREVER if forever else policy_id
    return Backup(id_, at, size or 0, _content_of(options), policy, proven=(level or 0) >= RESTORES, **own)


def content_of(options: Mapping[str, Any]) -> str:
    """Return what a partial backup holds, in one line; empty for a whole one."""
    held = {name: options[name] for name, whole in _WHOLE.items() if options.get(name, whole) != whole}
    return json.dumps(held, sort_keys=True) if held else ""


@lru_cache(256)
def _content_of(options: str) -> str:
    """Return the same from the options as JSON: thousands of backups have few different ones."""
    return content_of(json.loads(options))


def good() -> ColumnElement[bool]:
    """A backup that can be counted on, as `damage.is_good` has it, and that is not deleted."""
    row = BackupExecution
    whole = exists().where(BackupCopy.backup_id == row.id, BackupCopy.state == CopyState.COMPLETE)
    return and_(row.status == RunStatus.COMPLETED, row.deleted_at.is_(None), row.damage.is_(None), whole)


async def _busy(session: AsyncSession, only: str | None = None) -> dict[str, Busy]:
    """Return what keeps backups busy, all or the one with this id: few are, and an owner may have thousands."""
    active = RestoreExecution.status.not_in(FINAL)
    wanted: list[tuple[Busy, InstrumentedAttribute[Any], ColumnElement[bool]]] = [
        ("upload", BackupCopy.backup_id, BackupCopy.state.in_(UNFINISHED)),
        ("verification", Verification.backup_id, Verification.status.not_in(FINAL)),
        ("restore", RestoreExecution.backup_id, active),
        ("restore", RestoreExecution.safety_backup_id, active),
    ]
    found = union_all(
        *(
            select(literal(n), read).where(read.is_not(None) if only is None else read == only, condition)
            for n, (_, read, condition) in enumerate(wanted)
        )
    )
    # Of several the last counts; the server gives the rows in any order.
    return {backup_id: wanted[n][0] for n, backup_id in sorted((await session.execute(found)).all())}
