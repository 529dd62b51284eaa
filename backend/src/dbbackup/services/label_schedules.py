"""The schedules that labels of containers ask for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import cron
from dbbackup.core.container_labels import Wish, short_form
from dbbackup.core.errors import ValidationError
from dbbackup.db.models import BackupSchedule, RetentionPolicy, S3Config
from dbbackup.services.context import Context
from dbbackup.services.retention_inputs import RetentionPolicyInput
from dbbackup.services.retention_policies import STANDARD, add_policy
from dbbackup.services.schedule_inputs import ScheduleInput, ScheduleUpdate
from dbbackup.services.schedules import add_schedule, change_schedule, enable_schedule

_NAME = "From labels"


async def keep_schedule(session: AsyncSession, ctx: Context, database_id: str, wish: Wish) -> bool:
    """Make the database's own schedule of labels what they ask for; return whether anything changed.

    Raises:
        ValidationError: a label names a policy or an S3 config that does not exist; `field` is the label.
    """
    schedule = await session.scalar(_owned(database_id))
    if wish.schedule_type is None:
        return await disable_schedules(session, ctx, database_id)
    wanted = await _wanted(session, ctx, wish)
    if schedule is None:
        added = await add_schedule(session, ctx, ScheduleInput(database_id=database_id, name=_NAME, **wanted))
        added.managed_by = "labels"
        await session.flush()
        return True
    different = {name: value for name, value in wanted.items() if value != getattr(schedule, name)}
    # Labels that say nothing of S3 leave it as it was chosen when the schedule was made.
    different = {name: value for name, value in different.items() if value is not None or name != "upload_to_s3"}
    if different:
        await change_schedule(session, ctx, schedule.id, ScheduleUpdate(**different))
    return bool(different)


async def disable_schedules(session: AsyncSession, ctx: Context, database_id: str) -> bool:
    """Switch off what labels made; return whether anything was on."""
    schedules = (await session.scalars(_owned(database_id).where(BackupSchedule.enabled))).all()
    for schedule in schedules:
        await enable_schedule(session, ctx, schedule.id, enabled=False)
    return bool(schedules)


def _owned(database_id: str) -> Any:
    return select(BackupSchedule).where(
        BackupSchedule.database_id == database_id, BackupSchedule.managed_by == "labels"
    )


async def _wanted(session: AsyncSession, ctx: Context, wish: Wish) -> dict[str, Any]:
    kind = wish.schedule_type or "daily"
    values: dict[str, Any] = {
        "type": kind,
        "cron_expression": wish.cron_expression or cron.PRESETS[kind],
        "timezone": wish.timezone or ctx.settings.timezone,
        "enabled": True,
        "retention_policy_id": await _policy(session, ctx, wish.retention),
        "upload_to_s3": None if wish.s3 is None else bool(wish.s3),
    }
    if wish.s3 is not None:
        values["s3_config_ids"] = None if isinstance(wish.s3, bool) else await _s3_configs(session, wish.s3)
    return values


async def _policy(session: AsyncSession, ctx: Context, text: str | None) -> str | None:
    name = text or STANDARD
    query = select(RetentionPolicy.id).where(func.lower(RetentionPolicy.name) == name.lower())
    if (found := await session.scalar(query)) is not None or text is None:
        return found
    kept = short_form(text)
    if kept is None:
        raise ValidationError.of(
            "db-backup.retention",
            f"There is no retention policy {text!r}. Name one, or write what to keep: 24h/7d/4w/12m.",
        )
    rules: dict[str, Any] = {"description": "Made for a container's label db-backup.retention.", **kept}
    return (await add_policy(session, ctx, RetentionPolicyInput(name=text, **rules))).id


async def _s3_configs(session: AsyncSession, names: tuple[str, ...]) -> list[str]:
    found = []
    for name in names:
        config_id = await session.scalar(select(S3Config.id).where(func.lower(S3Config.name) == name.lower()))
        if config_id is None:
            raise ValidationError.of("db-backup.s3", f"There is no S3 config {name!r}.")
        found.append(config_id)
    return found
