"""Routes of verifications; they are started at the backup."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from dbbackup.api.backups.controller import Level, Status
from dbbackup.api.backups.schemas import LogListEnvelope
from dbbackup.api.dependencies import MAX_SEQ, Ctx, Limit, Page, Session
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.api.verifications.schemas import VerificationEnvelope, VerificationListEnvelope
from dbbackup.api.verifications.views import verification_answer, verification_views
from dbbackup.core.access import Permission
from dbbackup.services import execution_logs, verifications


class VerificationController(Controller):
    """Watch verifications and their results."""

    path = "/verifications"
    tags = ("Verifications",)

    @get(
        operation_id="listVerifications",
        summary="List verifications",
        responses=documented(),
        guards=[requires(Permission.BACKUP_VIEW)],
    )
    async def list_verifications(
        self,
        session: Session,
        ctx: Ctx,
        backup_id: Annotated[str | None, QueryParameter(name="backupId")] = None,
        database_id: Annotated[str | None, QueryParameter(name="databaseId")] = None,
        status: FromQuery[Status | None] = None,
        page: Page = 1,
        limit: Limit = 50,
    ) -> VerificationListEnvelope:
        """Return a page of verifications, newest first."""
        found, total = await verifications.list_verifications(
            session, backup_id=backup_id, database_id=database_id, status=status, page=page, limit=limit
        )
        views = await verification_views(session, ctx, found)
        return VerificationListEnvelope(success=True, data=views, error=None, meta=meta(page, limit, total))

    @get(
        "/{verification_id:str}",
        operation_id="getVerification",
        summary="Show a verification",
        responses=documented(404),
        guards=[requires(Permission.BACKUP_VIEW)],
    )
    async def get_verification(
        self, session: Session, ctx: Ctx, verification_id: FromPath[str]
    ) -> VerificationEnvelope:
        """Return one verification with its result and the end of its log."""
        found = await verifications.get_verification(session, verification_id)
        return await verification_answer(session, ctx, found)

    @get(
        "/{verification_id:str}/logs",
        operation_id="getVerificationLogs",
        summary="Read the log",
        responses=documented(404),
        guards=[requires(Permission.BACKUP_VIEW)],
    )
    async def get_logs(
        self,
        session: Session,
        verification_id: FromPath[str],
        level: Annotated[Level | None, QueryParameter(description="The lowest level wanted")] = None,
        after: Annotated[int, QueryParameter(ge=0, le=MAX_SEQ, description="Lines with a greater seq")] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1000,
    ) -> LogListEnvelope:
        """Return log lines in order."""
        await verifications.get_verification(session, verification_id)
        lines = await execution_logs.read_lines(session, verification_id, after=after, level=level, limit=limit)
        return LogListEnvelope(success=True, data=lines, error=None, meta=meta())

    @post(
        "/{verification_id:str}/cancel",
        status_code=202,
        operation_id="cancelVerification",
        summary="Cancel a verification",
        responses=documented(404, 409),
        guards=[requires(Permission.BACKUP_EXECUTE)],
    )
    async def cancel_verification(
        self, session: Session, ctx: Ctx, verification_id: FromPath[str]
    ) -> VerificationEnvelope:
        """Cancel a verification; its scratch database is dropped."""
        found = await verifications.cancel_verification(session, ctx, verification_id)
        return await verification_answer(session, ctx, found)
