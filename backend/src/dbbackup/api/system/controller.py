"""Routes of health and status."""

from __future__ import annotations

import shutil
from typing import Annotated, Literal

import msgspec
from litestar import Controller, MediaType, Request, Response, get, post, put
from litestar.params import FromQuery, JSONBody, QueryParameter

from dbbackup import __version__
from dbbackup.api.dependencies import MAX_SEQ, Ctx, Session, Who
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import PUBLIC, requires
from dbbackup.api.system.schemas import (
    CatalogueRebuild,
    CatalogueRebuildEnvelope,
    Disk,
    Health,
    HealthCheck,
    HealthEnvelope,
    MaintenanceEnvelope,
    MaintenanceResult,
    OverdueDatabase,
    RebuiltInstance,
    SettingListEnvelope,
    SettingView,
    StatisticsEnvelope,
    SystemLogEnvelope,
    SystemStatistics,
    SystemStatus,
    SystemStatusEnvelope,
    UnprotectedServer,
)
from dbbackup.core.access import Permission
from dbbackup.services import live_settings, statistics, system
from dbbackup.services.catalogue_rebuild import rebuild
from dbbackup.services.inputs import CatalogueRebuildInput, SettingsInput
from dbbackup.services.maintenance import maintain
from dbbackup.services.overdue import Overdue
from dbbackup.services.retention_inputs import MaintenanceInput

Days = Annotated[int, QueryParameter(ge=1, le=400, description="Days of the series, today included")]


class HealthController(Controller):
    """For container engines and monitors."""

    path = "/health"
    tags = ("Health",)

    @get(
        "/live",
        operation_id="getLiveness",
        summary="Is the process alive?",
        responses=documented(),
        guards=[PUBLIC],
    )
    async def live(self) -> HealthEnvelope:
        """Answer as long as the event loop turns; looks at nothing else."""
        return HealthEnvelope(success=True, data=Health(ok=True, checks=[]), error=None, meta=meta())

    @get(
        "/ready",
        operation_id="getReadiness",
        summary="Can it do its work?",
        responses=documented(),
        guards=[PUBLIC],
    )
    async def ready(
        self,
        request: Request,  # type: ignore[type-arg]  # Litestar resolves the bare name
        session: Session,
        ctx: Ctx,
    ) -> Response[HealthEnvelope]:
        """Answer 200, or 503 when an essential check fails; the checks are for those who may see the system."""
        health = await _health(session, ctx)
        actor = request.scope["state"]["actor"]
        if actor is None or not actor.may(Permission.DATABASE_VIEW):
            health.checks = []
        body = HealthEnvelope(success=True, data=health, error=None, meta=meta())
        return Response(body, status_code=200 if health.ok else 503)


@get(
    "/metrics",
    operation_id="getMetrics",
    summary="Figures for Prometheus",
    tags=["System"],
    media_type=MediaType.TEXT,
    responses=documented(),
    guards=[requires(Permission.DATABASE_VIEW)],
)
async def get_metrics(session: Session, ctx: Ctx) -> Response[bytes]:
    """Return everything in Prometheus' text format."""
    from dbbackup.services import metrics  # loads its library: 1 MiB that few instances need

    return Response(await metrics.render(session, ctx), media_type=metrics.CONTENT_TYPE)


class SystemController(Controller):
    """For the page."""

    path = "/system"
    tags = ("System",)

    @get(
        "/status",
        operation_id="getSystemStatus",
        summary="Version, health, disk, queue",
        responses=documented(),
        guards=[requires(Permission.DATABASE_VIEW)],
    )
    async def status(self, session: Session, ctx: Ctx) -> SystemStatusEnvelope:
        """Return what every page wants to know."""
        usage = shutil.disk_usage(ctx.settings.storage_path)
        counts = await system.run_counts(session)
        data = SystemStatus(
            version=__version__,
            uptime_seconds=system.uptime(ctx),
            auth_mode=ctx.settings.auth_mode,
            instance_id=ctx.instance_id,
            timezone=ctx.settings.timezone,
            local_storage=Disk(path=str(ctx.settings.storage_path), total=usage.total, free=usage.free),
            health=await _health(session, ctx),
            running=counts["running"],
            queued=counts["queued"],
            max_retention_days=ctx.live.max_retention_days or None,
            unprotected=[UnprotectedServer(container_name=c.name, image=c.image) for c in ctx.runtime.unprotected],
            overdue=[_overdue(one) for one in ctx.runtime.overdue],
        )
        return SystemStatusEnvelope(success=True, data=data, error=None, meta=meta())

    @get(
        "/stats",
        operation_id="getStatistics",
        summary="Totals, rates and a series of days",
        responses=documented(),
        guards=[requires(Permission.DATABASE_VIEW)],
    )
    async def stats(self, session: Session, days: Days = 30) -> StatisticsEnvelope:
        """Return figures over all runs; the rates and means are those of the days asked for."""
        data = msgspec.convert(await statistics.collect(session, days), SystemStatistics, from_attributes=True)
        return StatisticsEnvelope(success=True, data=data, error=None, meta=meta())

    @get(
        "/logs",
        operation_id="getSystemLogs",
        summary="Read the program's own log",
        responses=documented(),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def logs(
        self,
        ctx: Ctx,
        level: FromQuery[Literal["debug", "info", "warning", "error"]] = "info",
        category: Annotated[str | None, QueryParameter(max_length=50)] = None,
        search: Annotated[str, QueryParameter(max_length=200)] = "",
        after: Annotated[int, QueryParameter(ge=0, le=MAX_SEQ, description="Lines with a greater seq")] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=5000)] = 500,
    ) -> SystemLogEnvelope:
        """Return the newest lines that match, in order. They are kept in memory since the start, 5,000 at most."""
        lines = ctx.logbook.read(after=after, level=level, category=category, search=search, limit=limit)
        return SystemLogEnvelope(success=True, data=lines, error=None, meta=meta())

    @get(
        "/settings",
        operation_id="listSettings",
        summary="The settings that act without a restart",
        responses=documented(),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def list_settings(self, session: Session, ctx: Ctx) -> SettingListEnvelope:
        """Return every setting with its value and where that comes from."""
        return await _settings(session, ctx)

    @put(
        "/settings",
        operation_id="changeSettings",
        summary="Change settings",
        responses=documented(409),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def change_settings(self, session: Session, ctx: Ctx, data: JSONBody[SettingsInput]) -> SettingListEnvelope:
        """Set the named ones, all or none; null sets one back to its default. They act at once."""
        await live_settings.change_settings(session, ctx, data.values)
        return await _settings(session, ctx)

    @post(
        "/maintenance",
        status_code=200,
        operation_id="runMaintenance",
        summary="Do a maintenance task now",
        responses=documented(409, 502),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def run_maintenance(self, ctx: Ctx, actor: Who, data: JSONBody[MaintenanceInput]) -> MaintenanceEnvelope:
        """Do the task and return what came of it."""
        done = await maintain(ctx, data, actor.id)
        result = MaintenanceResult(
            task=done.task,
            started_at=done.started_at,
            duration=done.duration,
            message=done.message,
            figures=done.figures,
            problems=done.problems,
            details=done.details,
        )
        return MaintenanceEnvelope(success=True, data=result, error=None, meta=meta())

    @post(
        "/catalogue/rebuild",
        status_code=200,
        operation_id="rebuildCatalogue",
        summary="Add the backups that lie in a storage to the catalogue",
        responses=documented(404, 502),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def rebuild_catalogue(self, ctx: Ctx, data: JSONBody[CatalogueRebuildInput]) -> CatalogueRebuildEnvelope:
        """Read every manifest in the storage; add what is whole and not known yet. Removes nothing."""
        report = await rebuild(ctx, data.s3_config_id, instance=data.instance_id, dry_run=data.dry_run)
        result = CatalogueRebuild(
            dry_run=data.dry_run,
            manifests=report.manifests,
            backups_added=report.backups_added,
            copies_added=report.copies_added,
            known=report.known,
            instances=[RebuiltInstance(instance_id=i, manifests=n) for i, n in report.instances.most_common()],
            problem_count=report.problem_count,
            problems=report.problems,
        )
        return CatalogueRebuildEnvelope(success=True, data=result, error=None, meta=meta())


async def _health(session: Session, ctx: Ctx) -> Health:
    checks = await system.run_checks(session, ctx)
    return Health(
        ok=all(check.ok for check in checks if check.essential),
        checks=[HealthCheck(name=c.name, ok=c.ok, essential=c.essential, message=c.message) for c in checks],
    )


def _overdue(found: Overdue) -> OverdueDatabase:
    return OverdueDatabase(
        database_id=found.database_id,
        database_name=found.database_name,
        limit_seconds=found.limit.total_seconds(),
        newest_at=found.newest,
    )


async def _settings(session: Session, ctx: Ctx) -> SettingListEnvelope:
    views = [
        SettingView(
            key=found.spec.key,
            description=found.spec.description,
            kind=found.spec.kind,
            value=found.value,
            default=found.spec.default,
            source=found.source,
            locked=found.source == "environment",
            environment=found.spec.environment,
            minimum=found.spec.minimum,
            maximum=found.spec.maximum,
            choices=list(found.spec.choices) if found.spec.choices else None,
        )
        for found in await live_settings.list_settings(session, ctx)
    ]
    return SettingListEnvelope(success=True, data=views, error=None, meta=meta())
