"""Routes of schedules."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from dbbackup.api.backups.schemas import BackupEnvelope
from dbbackup.api.backups.views import backup_detail
from dbbackup.api.databases.schemas import Deleted, DeletedEnvelope
from dbbackup.api.dependencies import Ctx, Limit, Page, Session
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.api.schedules.schemas import (
    NextRunListEnvelope,
    NextRunView,
    ScheduleEnvelope,
    ScheduleListEnvelope,
    SchedulePreview,
    SchedulePreviewEnvelope,
)
from dbbackup.api.schedules.views import schedule_views
from dbbackup.core import cron
from dbbackup.core.access import Permission
from dbbackup.db.models import BackupSchedule
from dbbackup.db.models.base import utc_now
from dbbackup.services import schedule_preview, schedules
from dbbackup.services.schedule_inputs import ScheduleInput, SchedulePreviewInput, ScheduleUpdate

_VIEW = [requires(Permission.DATABASE_VIEW)]
_MANAGE = [requires(Permission.SCHEDULE_MANAGE)]
_RUN = [requires(Permission.BACKUP_EXECUTE)]


class ScheduleController(Controller):
    """Add, change, switch, run and delete schedules, and look ahead."""

    path = "/schedules"
    tags = ("Schedules",)

    @get(operation_id="listSchedules", summary="List schedules", responses=documented(), guards=_VIEW)
    async def list_schedules(
        self,
        session: Session,
        database_id: Annotated[str | None, QueryParameter(name="databaseId")] = None,
        enabled: FromQuery[bool | None] = None,
        page: Page = 1,
        limit: Limit = 100,
    ) -> ScheduleListEnvelope:
        """Return a page in order of database and next run."""
        found, total = await schedules.list_schedules(
            session, database_id=database_id, enabled=enabled, page=page, limit=limit
        )
        views = await schedule_views(session, found)
        return ScheduleListEnvelope(success=True, data=views, error=None, meta=meta(page, limit, total))

    @post(operation_id="createSchedule", summary="Add a schedule", responses=documented(404, 409), guards=_MANAGE)
    async def create_schedule(self, session: Session, ctx: Ctx, data: JSONBody[ScheduleInput]) -> ScheduleEnvelope:
        """Check and save; it is in force at once, and its first slot is the next one from now."""
        return await _answer(session, await schedules.add_schedule(session, ctx, data))

    @post(
        "/preview",
        status_code=200,
        operation_id="previewSchedule",
        summary="Look at an unsaved expression",
        responses=documented(),
        guards=_VIEW,
    )
    async def preview(self, ctx: Ctx, data: JSONBody[SchedulePreviewInput]) -> SchedulePreviewEnvelope:
        """Return the expression in plain English, its next runs, and what one might not expect of it."""
        zone = data.timezone or ctx.settings.timezone
        times = schedules.timetable(data.cron_expression, zone, msgspec.to_builtins(data.blackout))
        now = utc_now()
        found = SchedulePreview(
            reading=cron.read(times.cron),
            timezone=zone,
            next_runs=[slot.astimezone(times.zone) for slot in times.upcoming(now, data.count)],
            warnings=schedule_preview.warnings(times, now),
        )
        return SchedulePreviewEnvelope(success=True, data=found, error=None, meta=meta())

    @get(
        "/{schedule_id:str}",
        operation_id="getSchedule",
        summary="Show a schedule",
        responses=documented(404),
        guards=_VIEW,
    )
    async def get_schedule(self, session: Session, schedule_id: FromPath[str]) -> ScheduleEnvelope:
        """Return one schedule."""
        return await _answer(session, await schedules.get_schedule(session, schedule_id))

    @put(
        "/{schedule_id:str}",
        operation_id="updateSchedule",
        summary="Change a schedule",
        responses=documented(404, 409),
        guards=_MANAGE,
    )
    async def update_schedule(
        self, session: Session, ctx: Ctx, schedule_id: FromPath[str], data: JSONBody[ScheduleUpdate]
    ) -> ScheduleEnvelope:
        """Change the given fields; they are in force at once."""
        return await _answer(session, await schedules.change_schedule(session, ctx, schedule_id, data))

    @delete(
        "/{schedule_id:str}",
        status_code=200,
        operation_id="deleteSchedule",
        summary="Delete a schedule",
        responses=documented(404),
        guards=_MANAGE,
    )
    async def delete_schedule(self, session: Session, ctx: Ctx, schedule_id: FromPath[str]) -> DeletedEnvelope:
        """Delete a schedule; its backups stay, and what is queued already still runs."""
        await schedules.delete_schedule(session, ctx, schedule_id)
        return DeletedEnvelope(success=True, data=Deleted(id=schedule_id), error=None, meta=meta())

    @post(
        "/{schedule_id:str}/enable",
        status_code=200,
        operation_id="enableSchedule",
        summary="Switch a schedule on",
        responses=documented(404),
        guards=_MANAGE,
    )
    async def enable(self, session: Session, ctx: Ctx, schedule_id: FromPath[str]) -> ScheduleEnvelope:
        """Its first slot is the next one from now."""
        return await _answer(session, await schedules.enable_schedule(session, ctx, schedule_id, enabled=True))

    @post(
        "/{schedule_id:str}/disable",
        status_code=200,
        operation_id="disableSchedule",
        summary="Switch a schedule off",
        responses=documented(404),
        guards=_MANAGE,
    )
    async def disable(self, session: Session, ctx: Ctx, schedule_id: FromPath[str]) -> ScheduleEnvelope:
        """What is queued already still runs."""
        return await _answer(session, await schedules.enable_schedule(session, ctx, schedule_id, enabled=False))

    @post(
        "/{schedule_id:str}/run",
        status_code=202,
        operation_id="runSchedule",
        summary="Run a schedule now",
        responses=documented(404, 409),
        guards=_RUN,
    )
    async def run(self, session: Session, ctx: Ctx, schedule_id: FromPath[str]) -> BackupEnvelope:
        """Queue a backup as the schedule makes them; its slots stay as they are."""
        backup = await schedules.run_now(session, ctx, schedule_id)
        detail = await backup_detail(session, ctx, backup)
        return BackupEnvelope(success=True, data=detail, error=None, meta=meta())

    @get(
        "/{schedule_id:str}/next-runs",
        operation_id="listNextRuns",
        summary="The next runs of a schedule",
        responses=documented(404),
        guards=_VIEW,
    )
    async def next_runs(
        self,
        session: Session,
        schedule_id: FromPath[str],
        count: Annotated[int, QueryParameter(ge=1, le=100)] = 10,
    ) -> NextRunListEnvelope:
        """Return them as if the schedule were enabled."""
        schedule = await schedules.get_schedule(session, schedule_id)
        runs = schedule_preview.next_runs(schedule, utc_now(), count)
        views = [NextRunView(slot=run.slot, starts_at=run.starts_at) for run in runs]
        return NextRunListEnvelope(success=True, data=views, error=None, meta=meta())


async def _answer(session: Session, schedule: BackupSchedule) -> ScheduleEnvelope:
    views = await schedule_views(session, [schedule])
    return ScheduleEnvelope(success=True, data=views[0], error=None, meta=meta())
