"""Schedules: add, change, enable, run now, delete, look ahead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import blackout, cron
from dbbackup.core.errors import ConflictError, NotFoundError, ValidationError
from dbbackup.core.naming import new_id
from dbbackup.core.schedule import Timetable
from dbbackup.core.zones import zone_named
from dbbackup.db.models import BackupExecution, BackupSchedule, DatabaseConfig, RetentionPolicy, S3Config
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import after_commit
from dbbackup.services.changes import announce, announce_run
from dbbackup.services.context import Context
from dbbackup.services.databases import get_database
from dbbackup.services.inputs import BackupInput
from dbbackup.services.new_backup import MANUAL_PRIORITY, prepare_backup
from dbbackup.services.pings import seal_ping_url
from dbbackup.services.schedule_inputs import ScheduleInput, ScheduleUpdate

TIMING = ("cron_expression", "timezone", "blackout")
BACKUP = ("local", "upload_to_s3", "s3_config_ids", "compression", "compression_level", "encryption", "options")
_OTHER = (
    "type",
    "name",
    "enabled",
    "retention_policy_id",
    "retry_limit",
    "retry_delay",
    "retry_max_delay",
    "jitter",
    "catch_up",
    "verify_every",
    "verify_level",
)
FIELDS = (*TIMING, *BACKUP, *_OTHER)
"""What a form sets; the same names in inputs and columns."""


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next slot of a database, and of how many enabled schedules."""

    next_run_at: datetime | None
    schedules: int


async def get_schedule(session: AsyncSession, schedule_id: str) -> BackupSchedule:
    """Return the schedule. Raises NotFoundError."""
    schedule = await session.get(BackupSchedule, schedule_id)
    if schedule is None:
        raise NotFoundError(f"There is no schedule {schedule_id}. It may have been deleted: reload the list.")
    return schedule


async def list_schedules(
    session: AsyncSession, *, database_id: str | None, enabled: bool | None, page: int, limit: int
) -> tuple[list[BackupSchedule], int]:
    """Return one page in order of database and next run, and the number of all that match."""
    query = select(BackupSchedule).join(DatabaseConfig, DatabaseConfig.id == BackupSchedule.database_id)
    if database_id:
        query = query.where(BackupSchedule.database_id == database_id)
    if enabled is not None:
        query = query.where(BackupSchedule.enabled == enabled)
    total = await session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = (func.lower(DatabaseConfig.name), BackupSchedule.next_run_at.asc().nulls_last(), BackupSchedule.id)
    return list(await session.scalars(query.order_by(*order).limit(limit).offset((page - 1) * limit))), total


async def upcoming(session: AsyncSession, database_ids: Sequence[str]) -> dict[str, Upcoming]:
    """Return what is coming for each database that has an enabled schedule."""
    query = (
        select(BackupSchedule.database_id, func.min(BackupSchedule.next_run_at), func.count())
        .where(BackupSchedule.enabled, BackupSchedule.database_id.in_(database_ids))
        .group_by(BackupSchedule.database_id)
    )
    return {row[0]: Upcoming(row[1], row[2]) for row in await session.execute(query)}


async def add_schedule(session: AsyncSession, ctx: Context, data: ScheduleInput) -> BackupSchedule:
    """Save a schedule; its first slot is the next one from now.

    Raises:
        NotFoundError: no such database.
        ConflictError: the encryption key was never downloaded.
        ValidationError: an expression, zone, window, place or option that cannot be used.
    """
    await get_database(session, data.database_id)
    values = {name: getattr(data, name) for name in FIELDS}
    values["cron_expression"] = data.cron_expression or _preset(data.type)
    values["timezone"] = data.timezone or ctx.settings.timezone
    values["blackout"] = msgspec.to_builtins(data.blackout)
    if data.upload_to_s3 is None:
        default = select(S3Config.id).where(S3Config.is_default, S3Config.enabled)
        values["upload_to_s3"] = bool(data.s3_config_ids) or await session.scalar(default) is not None
    schedule = BackupSchedule(id=new_id(), database_id=data.database_id, **values)
    schedule.ping_url_sealed = _sealed_ping(ctx, schedule.id, data.ping_url)
    await check(session, ctx, schedule, set(FIELDS))
    restart(schedule)
    session.add(schedule)
    await _save(session, ctx, schedule, "created")
    return schedule


async def change_schedule(
    session: AsyncSession, ctx: Context, schedule_id: str, data: ScheduleUpdate
) -> BackupSchedule:
    """Change the given fields; a changed time counts from now. Raises as `add_schedule`."""
    schedule = await get_schedule(session, schedule_id)
    given: dict[str, Any] = {name: value for name in FIELDS if (value := getattr(data, name)) is not UNSET}
    if "blackout" in given:
        given["blackout"] = msgspec.to_builtins(given["blackout"])
    changed = {name for name, value in given.items() if value != getattr(schedule, name)}
    for name, value in given.items():
        setattr(schedule, name, value)
    if data.ping_url is not UNSET:
        schedule.ping_url_sealed = _sealed_ping(ctx, schedule.id, data.ping_url)
    await check(session, ctx, schedule, changed)
    if changed & {*TIMING, "enabled"}:
        restart(schedule)
    await _save(session, ctx, schedule, "updated")
    return schedule


def _sealed_ping(ctx: Context, schedule_id: str, url: str | None) -> str | None:
    try:
        return seal_ping_url(ctx, schedule_id, url)
    except ValidationError as error:
        raise ValidationError.of("pingUrl", error.message) from error


async def enable_schedule(session: AsyncSession, ctx: Context, schedule_id: str, *, enabled: bool) -> BackupSchedule:
    """Switch a schedule on or off; what passed while it was off is not made up for."""
    return await change_schedule(session, ctx, schedule_id, ScheduleUpdate(enabled=enabled))


async def delete_schedule(session: AsyncSession, ctx: Context, schedule_id: str) -> None:
    """Delete a schedule; its backups stay, and what is queued already still runs."""
    await session.delete(await get_schedule(session, schedule_id))
    await session.flush()
    announce(session, ctx, "schedule", schedule_id, "deleted")


async def run_now(session: AsyncSession, ctx: Context, schedule_id: str) -> BackupExecution:
    """Queue a backup as the schedule makes them, without touching its slots.

    Raises:
        NotFoundError, ValidationError.
        ConflictError: the database is disabled, or the encryption key was never downloaded.
    """
    schedule = await get_schedule(session, schedule_id)
    config = await get_database(session, schedule.database_id)
    if not config.enabled:
        raise ConflictError(f"{config.name} is disabled. Enable it first, then back it up.")
    backup = await prepare_run(session, ctx, schedule)
    backup.priority = MANUAL_PRIORITY
    session.add(backup)
    await session.flush()
    announce_run(session, ctx, backup)
    return backup


async def prepare_run(session: AsyncSession, ctx: Context, schedule: BackupSchedule) -> BackupExecution:
    """Return the row of a backup as the schedule makes them, ready to be added. Raises as `prepare_backup`."""
    data = BackupInput(
        database_id=schedule.database_id,
        local=schedule.local,
        upload_to_s3=schedule.upload_to_s3,
        s3_config_ids=schedule.s3_config_ids if schedule.upload_to_s3 else None,
        compression=schedule.compression,  # type: ignore[arg-type]  # written from an input of the same type
        compression_level=schedule.compression_level,
        encryption=schedule.encryption,  # type: ignore[arg-type]
        options=schedule.options,
    )
    backup = await prepare_backup(session, ctx, data)
    backup.schedule_id, backup.type, backup.priority = schedule.id, schedule.type, 0
    return backup


def timetable(expression: str, timezone: str, windows: list[dict[str, Any]]) -> Timetable:
    """Return when something is due. Raises ValidationError for `cronExpression`, `timezone` or `blackout`."""
    zone = zone_named(timezone)
    return Timetable(cron.parse(expression), zone, blackout.parse(windows, zone))


def timetable_of(schedule: BackupSchedule) -> Timetable:
    """Return when a saved schedule is due. Raises ValidationError when this machine no longer knows its zone."""
    return timetable(schedule.cron_expression, schedule.timezone, schedule.blackout)


def blackout_end(schedule: BackupSchedule, now: datetime) -> datetime:
    """Return when a blackout window of the schedule ends that covers this moment, else the moment itself."""
    if not schedule.blackout:
        return now
    try:
        return blackout.parse(schedule.blackout, zone_named(schedule.timezone)).end(now)
    except ValidationError:
        # A zone that is no longer known: the scheduler says so, and what is queued must not stand still for it.
        return now


def _preset(type_: str) -> str:
    if type_ not in cron.PRESETS:
        raise ValidationError.of("cronExpression", "A custom schedule needs a cron expression.")
    return cron.PRESETS[type_]


async def check(session: AsyncSession, ctx: Context, schedule: BackupSchedule, changed: set[str]) -> None:
    """Check what changed: a schedule can be switched off or renamed whatever else has become of it."""
    timing = changed & {*TIMING} or ("enabled" in changed and schedule.enabled)
    if timing and timetable_of(schedule).next_after(utc_now()) is None:
        raise ValidationError.of("blackout", "All runs fall into blackout windows: this schedule would never run.")
    if changed & {*BACKUP}:
        await prepare_run(session, ctx, schedule)
    if schedule.retry_delay > schedule.retry_max_delay:
        raise ValidationError.of("retryMaxDelay", "The longest wait cannot be shorter than the first one.")
    policy = schedule.retention_policy_id
    if "retention_policy_id" in changed and policy and await session.get(RetentionPolicy, policy) is None:
        raise ValidationError.of("retentionPolicyId", f"There is no retention policy {policy}.")


def restart(schedule: BackupSchedule) -> None:
    """Count from now on."""
    schedule.last_slot = utc_now()
    schedule.next_run_at = timetable_of(schedule).next_after(schedule.last_slot) if schedule.enabled else None


async def _save(session: AsyncSession, ctx: Context, schedule: BackupSchedule, action: str) -> None:
    await session.flush()
    announce(session, ctx, "schedule", schedule.id, action)
    after_commit(session, ctx.runtime.schedules_changed.set)
