"""Retention of one database: what it has, which rules judge it, what becomes of each backup, and doing it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.retention import plan
from dbbackup.core.retention_values import FOREVER, Backup, Decision, Policy, Rule
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    BackupSchedule,
    RestoreExecution,
    RetentionPolicy,
    Verification,
)
from dbbackup.db.models.backup_execution import FINAL, RETENTION, WITHOUT_LONG_TEXTS
from dbbackup.db.remembering import UNREMEMBERED
from dbbackup.services.backup_deletion import mark_deleted
from dbbackup.services.context import Context
from dbbackup.services.judged_backups import UNFINISHED, Owner, backup_among, backups_of, good, owner_of
from dbbackup.services.retention_policies import to_core

MOST = 200
"""So many are marked in one transaction: others wait for it."""


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


async def decide(session: AsyncSession, ctx: Context, owner: Owner, now: datetime) -> list[Decision]:
    """Return what becomes of each good backup, newest first."""
    backups = await backups_of(session, owner)
    rules = await rules_of(session, ctx, owner, backups)
    return await asyncio.to_thread(plan, backups, rules, now, ctx.live.max_retention_days)


async def decide_on(session: AsyncSession, ctx: Context, backup: BackupExecution, now: datetime) -> Decision | None:
    """Return what becomes of one backup, for somebody to look at; None for one that is not good."""
    found, backups = await backup_among(session, backup)
    if found is None:
        return None
    rules = await rules_of(session, ctx, owner_of(backup), backups)
    decisions = await asyncio.to_thread(plan, backups, rules, now, ctx.live.max_retention_days, found.id)
    return next(iter(decisions), None)


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
            .where(BackupExecution.id == decision.backup.id, good(), ~BackupExecution.pinned, *_unused())
            .values(deleted_reason=reason)
            .returning(BackupExecution.id)
            # The reason is looked at by nothing remembered; the mark below is noted by itself.
            .execution_options(**{UNREMEMBERED: True})
        )
        if await session.scalar(statement):
            backup = await session.get_one(BackupExecution, decision.backup.id, options=WITHOUT_LONG_TEXTS)
            await mark_deleted(session, ctx, backup, RETENTION)
            gone.append(backup)
    await session.flush()
    return gone


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


def _unused() -> list[ColumnElement[bool]]:
    reading = (RestoreExecution.backup_id, RestoreExecution.safety_backup_id, Verification.backup_id)
    unread = [~exists().where(column == BackupExecution.id, column.class_.status.not_in(FINAL)) for column in reading]
    unfinished = exists().where(BackupCopy.backup_id == BackupExecution.id, BackupCopy.state.in_(UNFINISHED))
    return [*unread, ~unfinished]
