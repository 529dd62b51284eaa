"""What a policy would do, before it does it: to a database's backups now, and to a schedule's in the months to come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.cron_slots import cron_problem, slots_after
from dbbackup.core.errors import ValidationError
from dbbackup.core.retention import plan
from dbbackup.core.retention_simulation import Simulation, simulate
from dbbackup.core.retention_values import Decision, Policy
from dbbackup.db.models import BackupExecution
from dbbackup.services import retention
from dbbackup.services.context import Context
from dbbackup.services.databases import get_database
from dbbackup.services.judged_backups import Owner, backups_of
from dbbackup.services.retention_inputs import RetentionRules, SimulationInput
from dbbackup.services.retention_policies import check_rules, get_policy, to_core

MAX_SLOTS = 40_000
"""So many backups are simulated at most: a year of every quarter of an hour."""
_UNSAVED = ""
"""Its reasons need no name: nothing else is tried out."""
_MONTH = timedelta(days=365.25 / 12)


@dataclass(frozen=True, slots=True)
class Preview:
    """Every good backup of a database with what would become of it, newest first; `labels` by backup id."""

    now: datetime
    zones: list[str]
    decisions: list[Decision]
    labels: dict[str, tuple[str, str | None]]


async def preview_saved(
    session: AsyncSession, ctx: Context, policy_id: str, database_id: str, now: datetime
) -> Preview:
    """Try a saved policy on a database, as if all its schedules had it. Raises NotFoundError."""
    row = await get_policy(session, policy_id)
    return await _preview(session, ctx, to_core(row, row.name, row.id), database_id, now)


async def preview_unsaved(
    session: AsyncSession,
    ctx: Context,
    rules: RetentionRules,
    policy_id: str | None,
    database_id: str,
    now: datetime,
) -> Preview:
    """Do the same with rules that are not saved. Raises NotFoundError, ValidationError."""
    check_rules(rules)
    return await _preview(session, ctx, to_core(rules, _UNSAVED, policy_id), database_id, now)


async def look_ahead(session: AsyncSession, ctx: Context, data: SimulationInput, now: datetime) -> Simulation:
    """Let a schedule run for some months under a policy.

    Raises:
        NotFoundError: no such policy.
        ValidationError: no policy or two, a cron expression or a time zone that is none, or too many backups.
    """
    if (data.policy_id is None) == (data.policy is None):
        raise ValidationError.of("policyId", "Give either policyId or policy.")
    if data.policy is not None:
        check_rules(data.policy)
        policy = to_core(data.policy, _UNSAVED, None)
    else:
        row = await get_policy(session, data.policy_id or "")
        policy = to_core(row, row.name, row.id)
    if problem := cron_problem(data.cron_expression):
        raise ValidationError.of("cronExpression", f"{data.cron_expression}: {problem}.")
    zone = _zone(data.timezone or ctx.settings.timezone)
    end = now + data.months * _MONTH
    return await asyncio.to_thread(_simulate, policy, data, zone, now, end, ctx.live.max_retention_days)


def _simulate(
    policy: Policy, data: SimulationInput, zone: ZoneInfo, now: datetime, end: datetime, ceiling: int
) -> Simulation:
    coming = takewhile(lambda slot: slot <= end, slots_after(data.cron_expression, zone, now))
    slots = list(islice(coming, MAX_SLOTS + 1))
    if len(slots) > MAX_SLOTS:
        message = f"That would be more than {MAX_SLOTS:,} backups: look fewer months ahead."
        raise ValidationError.of("months", message)
    return simulate(policy, slots, end, size=data.size, zone=zone, ceiling=ceiling)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        message = f"A time zone is a name such as Europe/Berlin, not {name!r}."
        raise ValidationError.of("timezone", message) from error


async def _preview(session: AsyncSession, ctx: Context, policy: Policy, database_id: str, now: datetime) -> Preview:
    await get_database(session, database_id)
    owner = Owner(database_id, "")
    zones = await retention.zones_of(session, ctx, database_id)
    backups = await backups_of(session, owner, bound=True)
    in_force = await retention.rules_of(session, ctx, owner, backups)
    rules = retention.instead_of_schedules(in_force, policy, zones)
    decisions = await asyncio.to_thread(plan, backups, rules, now, ctx.live.max_retention_days)
    row = BackupExecution
    named = select(row.id, row.type, row.label).where(owner.owns(), row.deleted_at.is_(None))
    labels = {id_: (type_, label) for id_, type_, label in await session.execute(named)}
    return Preview(now, [str(zone) for zone in zones], decisions, labels)
