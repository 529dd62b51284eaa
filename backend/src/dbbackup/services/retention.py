"""Retention of one database: what it has, which rules judge it, what becomes of each backup, and doing it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, literal, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from dbbackup.core.retention import plan
from dbbackup.core.retention_values import FOREVER, Backup, Busy, Decision, Policy, Rule
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    BackupSchedule,
    CopyState,
    RestoreExecution,
    RetentionPolicy,
    RunStatus,
    Verification,
)
from dbbackup.db.models.backup_execution import FINAL, RETENTION
from dbbackup.services.backup_deletion import mark_deleted
from dbbackup.services.context import Context
from dbbackup.services.retention_policies import to_core

PROVEN_LEVEL = 3
MOST = 200
"""So many are marked in one transaction: others wait for it."""
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
_UNFINISHED = (CopyState.PENDING, CopyState.WRITING)


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
    orphans = select(BackupExecution.database_name).where(_good(), BackupExecution.database_id.is_(None)).distinct()
    ids = select(BackupExecution.database_id).where(_good(), BackupExecution.database_id.is_not(None)).distinct()
    found = [Owner(database_id, "") for database_id in await session.scalars(ids)]
    return found + [Owner(None, name) for name in await session.scalars(orphans)]


async def rules_of(session: AsyncSession, ctx: Context, owner: Owner, backups: Iterable[Backup]) -> list[Rule]:
    """Return the rules in force: the policies of the database's schedules, and those that its backups have."""
    default, policies = ZoneInfo(ctx.settings.timezone), await _policies(session)
    rules: list[Rule] = []
    if owner.database_id:
        schedules = select(BackupSchedule).where(BackupSchedule.database_id == owner.database_id)
        for schedule in await session.scalars(schedules):
            if schedule.retention_policy_id:
                rules.append(Rule(policies[schedule.retention_policy_id], ZoneInfo(schedule.timezone)))
    own = {b.own_policy for b in backups if b.own_policy is not None and b.own_policy != FOREVER}
    # Sorted, so that reasons come in the same order every time.
    rules += [Rule(policies[found], default, own=True) for found in sorted(own)]
    unique: dict[tuple[str | None, str, bool], Rule] = {(r.policy.id, str(r.zone), r.own): r for r in rules}
    return list(unique.values())


async def backups_of(session: AsyncSession, owner: Owner, *, bound: bool = False) -> list[Backup]:
    """Return the good backups as the planner sees them; of 10,000 rows only the columns that matter are read.

    `bound` looks at them as if every schedule had a policy.
    """
    row = BackupExecution
    query = select(
        row.id,
        # The dump shows the database as it was at its beginning.
        func.coalesce(row.started_at, row.created_at),
        row.size,
        cast(row.options, Text),
        row.retention_policy_id,
        row.keep_forever,
        row.pinned,
        row.verified_level,
        # A schedule without a policy keeps its backups for ever.
        and_(BackupSchedule.id.is_not(None), BackupSchedule.retention_policy_id.is_(None)),
    ).outerjoin(BackupSchedule, BackupSchedule.id == row.schedule_id)
    busy = await _busy(session)
    return [
        Backup(
            id=id_,
            at=at,
            size=size or 0,
            content=_content_of(options),
            own_policy=FOREVER if forever else policy_id,
            forever=bool(unbound) and not bound,
            pinned=pinned,
            proven=(level or 0) >= PROVEN_LEVEL,
            busy=busy.get(id_),
        )
        for id_, at, size, options, policy_id, forever, pinned, level, unbound in await session.execute(
            query.where(owner.owns(), _good())
        )
    ]


async def decide(
    session: AsyncSession, ctx: Context, owner: Owner, now: datetime, only: str | None = None
) -> list[Decision]:
    """Return what becomes of each good backup, newest first, or of the one with this id."""
    backups = await backups_of(session, owner)
    rules = await rules_of(session, ctx, owner, backups)
    return await asyncio.to_thread(plan, backups, rules, now, ctx.live.max_retention_days, only)


async def apply(session: AsyncSession, ctx: Context, owner: Owner, now: datetime) -> list[BackupExecution]:
    """Mark as deleted what is to go, the oldest first and MOST at once, and return it.

    The worker removes the files after the commit. The caller's transaction must have written something before, so
    that nothing changes between plan and mark.
    """
    gone: list[BackupExecution] = []
    doomed = [decision for decision in await decide(session, ctx, owner, now) if not decision.keep]
    for decision in doomed[: -MOST - 1 : -1]:
        reason = " ".join(r.text for r in decision.reasons)
        # Asked again in the statement itself: a pin or a reader that came in between wins.
        statement = (
            update(BackupExecution)
            .where(BackupExecution.id == decision.backup.id, _good(), ~BackupExecution.pinned, *_unused())
            .values(deleted_reason=reason)
            .returning(BackupExecution.id)
        )
        if await session.scalar(statement):
            backup = await session.get_one(BackupExecution, decision.backup.id)
            await mark_deleted(session, ctx, backup, RETENTION)
            gone.append(backup)
    await session.flush()
    return gone


def content_of(options: Mapping[str, Any]) -> str:
    """Return what a partial backup holds, in one line; empty for a whole one."""
    partial = {name: options[name] for name, whole in _WHOLE.items() if options.get(name, whole) != whole}
    return json.dumps(partial, sort_keys=True) if partial else ""


@lru_cache(256)
def _content_of(options: str) -> str:
    """Return the same from the options as JSON: thousands of backups have few different ones."""
    return content_of(json.loads(options))


def instead_of_schedules(rules: Iterable[Rule], policy: Policy, zones: list[ZoneInfo]) -> list[Rule]:
    """Return the rules as they were if every schedule of the database had this policy."""
    own = [r if r.policy.id != policy.id else replace(r, policy=policy) for r in rules if r.own]
    return [*(Rule(policy, zone) for zone in zones), *own]


async def zones_of(session: AsyncSession, ctx: Context, database_id: str) -> list[ZoneInfo]:
    """Return the zones of the database's schedules, each once; the product's own when it has none."""
    query = select(BackupSchedule.timezone).where(BackupSchedule.database_id == database_id).distinct()
    return [ZoneInfo(name) for name in await session.scalars(query)] or [ZoneInfo(ctx.settings.timezone)]


async def _policies(session: AsyncSession) -> dict[str, Policy]:
    return {p.id: to_core(p, p.name, p.id) for p in await session.scalars(select(RetentionPolicy))}


def _good() -> ColumnElement[bool]:
    """A backup that can be counted on, as `damage.is_good` has it, and that is not deleted."""
    row = BackupExecution
    whole = exists().where(BackupCopy.backup_id == row.id, BackupCopy.state == CopyState.COMPLETE)
    return and_(row.status == RunStatus.COMPLETED, row.deleted_at.is_(None), row.damage.is_(None), whole)


def _unused() -> list[ColumnElement[bool]]:
    reading = (RestoreExecution.backup_id, RestoreExecution.safety_backup_id, Verification.backup_id)
    unread = [~exists().where(column == BackupExecution.id, column.class_.status.not_in(FINAL)) for column in reading]
    unfinished = exists().where(BackupCopy.backup_id == BackupExecution.id, BackupCopy.state.in_(_UNFINISHED))
    return [*unread, ~unfinished]


async def _busy(session: AsyncSession) -> dict[str, Busy]:
    """Return what keeps backups busy, whoever owns them: few are, and an owner may have thousands."""
    active = RestoreExecution.status.not_in(FINAL)
    wanted: list[tuple[Busy, InstrumentedAttribute[Any], ColumnElement[bool]]] = [
        ("upload", BackupCopy.backup_id, BackupCopy.state.in_(_UNFINISHED)),
        ("verification", Verification.backup_id, Verification.status.not_in(FINAL)),
        ("restore", RestoreExecution.backup_id, active),
        ("restore", RestoreExecution.safety_backup_id, active),
    ]
    found = union_all(*(select(literal(n), read).where(read.is_not(None), c) for n, (_, read, c) in enumerate(wanted)))
    # Of several the last counts; the server gives the rows in any order.
    return {backup_id: wanted[n][0] for n, backup_id in sorted((await session.execute(found)).all())}
