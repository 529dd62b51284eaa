"""Turns stored schedules into what the API shows."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.api.schedules.schemas import BlackoutView, LastRun, ScheduleView
from dbbackup.core import cron
from dbbackup.core.errors import ValidationError
from dbbackup.db.models import BackupSchedule, DatabaseConfig, RetentionPolicy
from dbbackup.services.newest_backups import Newest, newest_of_schedules
from dbbackup.services.schedules import FIELDS

_SAME = (
    *(name for name in FIELDS if name != "blackout"),
    "id",
    "database_id",
    "managed_by",
    "next_run_at",
    "missed_slot",
    "missed_count",
    "missed_reason",
    "created_at",
    "updated_at",
)


async def schedule_views(session: AsyncSession, schedules: Sequence[BackupSchedule]) -> list[ScheduleView]:
    """Return the views with what lists want to know around each schedule."""
    of_database = DatabaseConfig.id.in_({s.database_id for s in schedules})
    databases = {d.id: d for d in await session.scalars(select(DatabaseConfig).where(of_database))}
    of_policy = RetentionPolicy.id.in_({s.retention_policy_id for s in schedules})
    policies = {p.id: p for p in await session.scalars(select(RetentionPolicy).where(of_policy))}
    runs = await newest_of_schedules(session, [s.id for s in schedules])
    views = []
    for schedule in schedules:
        policy = policies.get(schedule.retention_policy_id or "")
        view = ScheduleView(
            **{name: getattr(schedule, name) for name in _SAME},
            has_ping_url=schedule.ping_url_sealed is not None,
            database_name=databases[schedule.database_id].name,
            database_enabled=databases[schedule.database_id].enabled,
            reading=_reading(schedule),
            last_run=_last_run(run) if (run := runs.get(schedule.id)) else None,
            retention_policy_name=policy.name if policy else None,
            blackout=msgspec.convert(schedule.blackout, list[BlackoutView]),
        )
        views.append(view)
    return views


def _last_run(run: Newest) -> LastRun:
    return LastRun(
        id=run.id,
        status=run.status,
        slot=run.slot,
        created_at=run.created_at,
        completed_at=run.completed_at,
        error_message=run.error_message,
    )


def _reading(schedule: BackupSchedule) -> str:
    try:
        return cron.read(cron.parse(schedule.cron_expression))
    except ValidationError as error:
        return error.message
