"""Retention policies: add, change, delete, and who uses them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from msgspec import UNSET
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import ConflictError, FieldError, NotFoundError, ValidationError
from dbbackup.core.naming import new_id
from dbbackup.core.retention_tiers import TIERS
from dbbackup.core.retention_values import Policy, Strategy
from dbbackup.db.models import BackupExecution, BackupSchedule, DatabaseConfig, RetentionPolicy, SystemSetting
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.retention_inputs import RetentionPolicyInput, RetentionPolicyUpdate, RetentionRules

STANDARD = "Standard 24h/7d/4w/12m"
RULES = RetentionRules.__struct_fields__
_MADE = "retention.standard-policy-made"
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Usage:
    """How many schedules go by a policy, and how many backups have it as their own."""

    schedules: int = 0
    backups: int = 0


async def make_standard(session: AsyncSession) -> None:
    """Make the standard policy, once in the life of a catalogue: whoever deletes it does not get it back."""
    if await session.scalar(select(SystemSetting.id).where(SystemSetting.key == _MADE)):
        return
    session.add(SystemSetting(key=_MADE, value="true", type="boolean", description="The standard policy was made"))
    if not await session.scalar(select(RetentionPolicy.id).where(RetentionPolicy.name == STANDARD)):
        description = "Made at the first start; suits most databases."
        rules = {name: getattr(RetentionRules(), name) for name in RULES}
        session.add(RetentionPolicy(id=new_id(), name=STANDARD, description=description, **rules))


async def get_policy(session: AsyncSession, policy_id: str) -> RetentionPolicy:
    """Return the policy. Raises NotFoundError."""
    policy = await session.get(RetentionPolicy, policy_id)
    if policy is None:
        raise NotFoundError(f"There is no retention policy {policy_id}. It may have been deleted: reload the list.")
    return policy


async def list_policies(session: AsyncSession) -> list[RetentionPolicy]:
    """Return all policies by name."""
    return list(await session.scalars(select(RetentionPolicy).order_by(func.lower(RetentionPolicy.name))))


async def usage(session: AsyncSession) -> dict[str, Usage]:
    """Return who uses which policy; deleted backups do not count."""
    counts: dict[str | None, list[int]] = {}
    backups = select(BackupExecution.retention_policy_id, func.count()).where(BackupExecution.deleted_at.is_(None))
    schedules = select(BackupSchedule.retention_policy_id, func.count())
    for place, query in enumerate((schedules, backups)):
        column = query.selected_columns[0]
        for policy_id, count in await session.execute(query.where(column.is_not(None)).group_by(column)):
            counts.setdefault(policy_id, [0, 0])[place] = count
    return {policy_id: Usage(*both) for policy_id, both in counts.items() if policy_id}


async def add_policy(
    session: AsyncSession, ctx: Context, data: RetentionPolicyInput, policy_id: str | None = None
) -> RetentionPolicy:
    """Save a policy.

    Raises:
        ConflictError: the name is taken.
        ValidationError: the strategy lacks its numbers, so that the policy would keep nothing, or everything.
    """
    check_rules(data)
    await _refuse_taken_name(session, data.name)
    rules = {name: getattr(data, name) for name in RULES}
    policy = RetentionPolicy(id=policy_id or new_id(), name=data.name, description=data.description, **rules)
    session.add(policy)
    await session.flush()
    announce(session, ctx, "retention-policy", policy.id, "created")
    return policy


async def change_policy(
    session: AsyncSession, ctx: Context, policy_id: str, data: RetentionPolicyUpdate
) -> RetentionPolicy:
    """Change the given fields. Raises NotFoundError, ConflictError, ValidationError as `add_policy`."""
    policy = await get_policy(session, policy_id)
    given = {name: value for name in data.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
    if given.get("name", policy.name) != policy.name:
        await _refuse_taken_name(session, given["name"])
    check_rules(RetentionRules(**{name: given.get(name, getattr(policy, name)) for name in RULES}))
    for name, value in given.items():
        setattr(policy, name, value)
    await session.flush()
    announce(session, ctx, "retention-policy", policy.id, "updated")
    return policy


async def delete_policy(session: AsyncSession, ctx: Context, policy_id: str) -> None:
    """Delete a policy that nobody uses.

    Raises:
        NotFoundError.
        ConflictError: schedules or backups use it; they are named.
    """
    policy = await get_policy(session, policy_id)
    if users := await _users(session, policy_id):
        raise ConflictError(f"{policy.name} is in use by {' and '.join(users)}. Give them another policy first.")
    await session.delete(policy)
    await session.flush()
    announce(session, ctx, "retention-policy", policy_id, "deleted")


async def policy_for_backup(session: AsyncSession, policy_id: str) -> str:
    """Return the id if there is such a policy. Raises ValidationError."""
    if await session.get(RetentionPolicy, policy_id) is None:
        raise ValidationError.of("retentionPolicyId", f"There is no retention policy {policy_id}.")
    return policy_id


def check_rules(rules: RetentionRules) -> None:
    """Raise ValidationError when the strategy lacks its numbers."""
    problems: list[FieldError] = []
    if rules.strategy == "tiered" and not any(getattr(rules, f"keep_{tier}") for tier in TIERS):
        problems = [FieldError("keepDaily", "Keep at least one hour, day, week, month or year.")]
    elif rules.strategy == "age" and rules.max_age_days is None:
        problems = [FieldError("maxAgeDays", "Say after how many days a backup may go.")]
    elif rules.strategy == "size" and rules.max_total_size is None:
        problems = [FieldError("maxTotalSize", "Say how many bytes the backups may take together.")]
    elif rules.strategy == "hybrid" and {rules.max_count, rules.max_total_size, rules.max_age_days} == {None}:
        problems = [FieldError("maxCount", "Give at least one limit: a number of backups, a total size or an age.")]
    if problems:
        raise ValidationError(problems[0].message, details=problems)


def to_core(rules: RetentionRules | RetentionPolicy, name: str, policy_id: str | None) -> Policy:
    """Return the policy as the planner knows it."""
    return Policy(
        name=name,
        strategy=cast("Strategy", rules.strategy),
        id=policy_id,
        keep={tier: getattr(rules, f"keep_{tier}") for tier in TIERS},
        max_count=rules.max_count,
        max_total_size=rules.max_total_size,
        max_age_days=rules.max_age_days,
        min_keep=rules.min_keep,
    )


async def _users(session: AsyncSession, policy_id: str) -> list[str]:
    schedules = (
        select(DatabaseConfig.name, BackupSchedule.name, BackupSchedule.type)
        .join(DatabaseConfig, DatabaseConfig.id == BackupSchedule.database_id)
        .where(BackupSchedule.retention_policy_id == policy_id)
        .order_by(func.lower(DatabaseConfig.name))
    )
    backups = select(BackupExecution.database_name, BackupExecution.label, BackupExecution.created_at).where(
        BackupExecution.retention_policy_id == policy_id, BackupExecution.deleted_at.is_(None)
    )
    plans = [f"{name or kind} of {database}" for database, name, kind in await session.execute(schedules)]
    own = [
        f"{label or f'{made:%Y-%m-%d %H:%M}'} of {database}"
        for database, label, made in await session.execute(backups.order_by(BackupExecution.created_at.desc()))
    ]
    return [text for text in (_named("schedule", plans), _named("backup", own)) if text]


def _named(what: str, names: Sequence[str]) -> str:
    if not names:
        return ""
    more = len(names) - _MOST_NAMED
    listed = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    return f"the {what}{'s' if len(names) > 1 else ''} {listed}"


async def _refuse_taken_name(session: AsyncSession, name: str) -> None:
    if await session.scalar(select(RetentionPolicy.id).where(RetentionPolicy.name == name)):
        message = f"There is a retention policy {name} already."
        raise ConflictError(message, details=[FieldError("name", message)])
