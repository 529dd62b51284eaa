"""Routes of restores."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter
from msgspec import structs

from dbbackup.api.backups.controller import Level, Status
from dbbackup.api.backups.schemas import LogListEnvelope
from dbbackup.api.dependencies import MAX_SEQ, Ctx, Limit, Page, Session, Who
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.api.restores.schemas import PreflightEnvelope, RestoreEnvelope, RestoreListEnvelope
from dbbackup.api.restores.views import preflight_view, restore_detail, restore_views
from dbbackup.core.access import Permission
from dbbackup.db.models import RestoreExecution
from dbbackup.services import execution_logs, restore_undo, restores
from dbbackup.services.inputs import IdempotencyKey, RestoreInput, RestorePlanInput, UndoInput
from dbbackup.services.restore_estimates import estimate
from dbbackup.services.restore_list import RestoreFilter, list_restores

Sort = Literal[
    "createdAt",
    "-createdAt",
    "targetDatabase",
    "-targetDatabase",
    "status",
    "-status",
    "duration",
    "-duration",
]


class RestoreController(Controller):
    """Check, start and watch restores."""

    path = "/restores"
    tags = ("Restores",)

    @get(
        operation_id="listRestores",
        summary="List restores",
        responses=documented(),
        guards=[requires(Permission.RESTORE_VIEW)],
    )
    async def list_restores(
        self,
        session: Session,
        ctx: Ctx,
        database_id: Annotated[str | None, QueryParameter(name="databaseId")] = None,
        status: FromQuery[Status | None] = None,
        start: Annotated[datetime | None, QueryParameter(name="startDate", description="From this moment")] = None,
        end: Annotated[datetime | None, QueryParameter(name="endDate", description="Before this moment")] = None,
        sort: Annotated[Sort, QueryParameter(description="Field; `-` before it descends")] = "-createdAt",
        page: Page = 1,
        limit: Limit = 50,
    ) -> RestoreListEnvelope:
        """Return a page of restores, newest first unless sorted otherwise."""
        wanted = RestoreFilter(database_id, status, start, end)
        found, total = await list_restores(session, wanted, sort=sort, page=page, limit=limit)
        views = await restore_views(session, ctx, found)
        return RestoreListEnvelope(success=True, data=views, error=None, meta=meta(page, limit, total))

    @post(
        operation_id="createRestore",
        summary="Start a restore",
        responses=documented(404, 409, 502),
        status_code=202,
        guards=[requires(Permission.RESTORE_EXECUTE)],
    )
    async def create_restore(
        self,
        session: Session,
        ctx: Ctx,
        actor: Who,
        data: JSONBody[RestoreInput],
        idempotency_key: Annotated[
            IdempotencyKey | None,
            HeaderParameter(name="Idempotency-Key", description="The same request sent again starts nothing new"),
        ] = None,
    ) -> RestoreEnvelope:
        """Put a confirmed restore into the queue; watch it by its id."""
        if data.idempotency_key is None and idempotency_key is not None:
            data = structs.replace(data, idempotency_key=idempotency_key)
        return await _answer(session, ctx, await restores.queue_restore(session, ctx, data, actor.id))

    @post(
        "/preflight",
        status_code=200,
        operation_id="preflightRestore",
        summary="Check a restore beforehand",
        responses=documented(404, 409, 502),
        guards=[requires(Permission.RESTORE_EXECUTE)],
    )
    async def preflight(
        self, session: Session, ctx: Ctx, actor: Who, data: JSONBody[RestorePlanInput]
    ) -> PreflightEnvelope:
        """Say what the restore would meet; nothing is changed."""
        source, findings = await restores.preflight(session, ctx, data, actor.id)
        estimated = await estimate(session, data.database_id, source.manifest)
        view = preflight_view(source, findings, estimated)
        return PreflightEnvelope(success=True, data=view, error=None, meta=meta())

    @get(
        "/{restore_id:str}",
        operation_id="getRestore",
        summary="Show a restore",
        responses=documented(404),
        guards=[requires(Permission.RESTORE_VIEW)],
    )
    async def get_restore(self, session: Session, ctx: Ctx, restore_id: FromPath[str]) -> RestoreEnvelope:
        """Return one restore with the end of its log."""
        return await _answer(session, ctx, await restores.get_restore(session, restore_id))

    @get(
        "/{restore_id:str}/logs",
        operation_id="getRestoreLogs",
        summary="Read the log",
        responses=documented(404),
        guards=[requires(Permission.RESTORE_VIEW)],
    )
    async def get_logs(
        self,
        session: Session,
        restore_id: FromPath[str],
        level: Annotated[Level | None, QueryParameter(description="The lowest level wanted")] = None,
        after: Annotated[int, QueryParameter(ge=0, le=MAX_SEQ, description="Lines with a greater seq")] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1000,
    ) -> LogListEnvelope:
        """Return log lines in order."""
        await restores.get_restore(session, restore_id)
        lines = await execution_logs.read_lines(session, restore_id, after=after, level=level, limit=limit)
        return LogListEnvelope(success=True, data=lines, error=None, meta=meta())

    @post(
        "/{restore_id:str}/cancel",
        status_code=202,
        operation_id="cancelRestore",
        summary="Cancel a restore",
        responses=documented(404, 409),
        guards=[requires(Permission.RESTORE_EXECUTE)],
    )
    async def cancel_restore(self, session: Session, ctx: Ctx, restore_id: FromPath[str]) -> RestoreEnvelope:
        """Cancel a restore; a database it was making is dropped, one that was there stays or is put back as it was."""
        return await _answer(session, ctx, await restores.cancel_restore(session, ctx, restore_id))

    @post(
        "/{restore_id:str}/undo",
        status_code=202,
        operation_id="undoRestore",
        summary="Take a restore back",
        responses=documented(404, 409),
        guards=[requires(Permission.RESTORE_EXECUTE)],
    )
    async def undo_restore(
        self, session: Session, ctx: Ctx, actor: Who, restore_id: FromPath[str], data: JSONBody[UndoInput]
    ) -> RestoreEnvelope:
        """Queue the run that brings back what a restore replaced, and return that run.

        Where the old database was kept it takes its place again at once; else the safety backup is restored.
        """
        undo = await restore_undo.undo_restore(session, ctx, restore_id, data, actor.id)
        return await _answer(session, ctx, undo)

    @post(
        "/{restore_id:str}/release",
        status_code=202,
        operation_id="releaseRestore",
        summary="Let go what a restore keeps for its undoing",
        responses=documented(404, 409),
        guards=[requires(Permission.RESTORE_EXECUTE)],
    )
    async def release_restore(self, session: Session, ctx: Ctx, restore_id: FromPath[str]) -> RestoreEnvelope:
        """Drop the database that was put aside, and leave the safety backup to retention."""
        return await _answer(session, ctx, await restore_undo.release_restore(session, ctx, restore_id))


async def _answer(session: Session, ctx: Ctx, restore: RestoreExecution) -> RestoreEnvelope:
    detail = await restore_detail(session, ctx, restore)
    return RestoreEnvelope(success=True, data=detail, error=None, meta=meta())
