"""Routes of backups."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from litestar import Controller, Request, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream

from dbbackup.api.backups.schemas import BackupEnvelope, BackupListEnvelope, LogListEnvelope
from dbbackup.api.backups.views import backup_detail, backup_views
from dbbackup.api.databases.schemas import Deleted, DeletedEnvelope
from dbbackup.api.dependencies import MAX_SEQ, Ctx, Limit, Page, Session, Who
from dbbackup.api.downloads import download
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.api.verifications.schemas import VerificationEnvelope
from dbbackup.api.verifications.views import verification_answer
from dbbackup.core.access import Permission
from dbbackup.db.models import BackupExecution
from dbbackup.services import anomalies, backups, downloads, execution_logs, verifications
from dbbackup.services.backup_list import BackupFilter, list_backups
from dbbackup.services.inputs import BackupInput, PinInput, UploadInput, VerifyInput

Status = Literal["queued", "running", "completed", "failed", "cancelled"]
Type = Literal["hourly", "daily", "weekly", "monthly", "custom", "manual", "safety"]
Level = Literal["debug", "info", "warn", "error"]
Sort = Literal[
    "createdAt",
    "-createdAt",
    "databaseName",
    "-databaseName",
    "type",
    "-type",
    "status",
    "-status",
    "size",
    "-size",
    "duration",
    "-duration",
]


class BackupController(Controller):
    """Make, watch, download and delete backups."""

    path = "/backups"
    tags = ("Backups",)

    @get(
        operation_id="listBackups",
        summary="List backups",
        responses=documented(),
        guards=[requires(Permission.BACKUP_VIEW)],
    )
    async def list_backups(
        self,
        session: Session,
        ctx: Ctx,
        database_id: Annotated[str | None, QueryParameter(name="databaseId")] = None,
        status: FromQuery[Status | None] = None,
        type_: Annotated[Type | None, QueryParameter(name="type")] = None,
        s3: FromQuery[Literal["complete", "failed", "pending", "none"] | None] = None,
        start: Annotated[datetime | None, QueryParameter(name="startDate", description="From this moment")] = None,
        end: Annotated[datetime | None, QueryParameter(name="endDate", description="Before this moment")] = None,
        schedule_id: Annotated[str | None, QueryParameter(name="scheduleId")] = None,
        undeleted: Annotated[
            bool, QueryParameter(description="True: only deleted backups whose files are still stored somewhere")
        ] = False,
        sort: Annotated[Sort, QueryParameter(description="Field; `-` before it descends")] = "-createdAt",
        page: Page = 1,
        limit: Limit = 50,
    ) -> BackupListEnvelope:
        """Return a page of backups, newest first unless sorted otherwise."""
        wanted = BackupFilter(database_id, status, type_, s3, start, end, schedule_id, undeleted)
        found, total = await list_backups(session, wanted, sort=sort, page=page, limit=limit)
        views = await backup_views(session, ctx, found)
        return BackupListEnvelope(success=True, data=views, error=None, meta=meta(page, limit, total))

    @post(
        operation_id="createBackup",
        summary="Back up now",
        responses=documented(404, 409),
        status_code=202,
        guards=[requires(Permission.BACKUP_EXECUTE)],
    )
    async def create_backup(self, session: Session, ctx: Ctx, data: JSONBody[BackupInput]) -> BackupEnvelope:
        """Put a backup into the queue; watch it by its id."""
        return await _answer(session, ctx, await backups.queue_backup(session, ctx, data))

    @get(
        "/{backup_id:str}",
        operation_id="getBackup",
        summary="Show a backup",
        responses=documented(404),
        guards=[requires(Permission.BACKUP_VIEW)],
    )
    async def get_backup(self, session: Session, ctx: Ctx, backup_id: FromPath[str]) -> BackupEnvelope:
        """Return one backup with its copies and the end of its log."""
        return await _answer(session, ctx, await backups.get_backup(session, backup_id))

    @delete(
        "/{backup_id:str}",
        status_code=200,
        operation_id="deleteBackup",
        summary="Delete a backup",
        responses=documented(404, 409),
        guards=[requires(Permission.BACKUP_DELETE)],
    )
    async def delete_backup(self, session: Session, ctx: Ctx, actor: Who, backup_id: FromPath[str]) -> DeletedEnvelope:
        """Delete all copies; the record stays for the audit."""
        await backups.delete_backup(session, ctx, backup_id, actor.id)
        return DeletedEnvelope(success=True, data=Deleted(id=backup_id), error=None, meta=meta())

    @get(
        "/{backup_id:str}/download",
        operation_id="downloadBackup",
        summary="Download a file of a backup",
        responses=documented(404, 409, 502),
        media_type="application/octet-stream",
        guards=[requires(Permission.BACKUP_DOWNLOAD)],
    )
    async def download_backup(
        self,
        request: Request,  # type: ignore[type-arg]  # Litestar resolves the bare name
        session: Session,
        ctx: Ctx,
        backup_id: FromPath[str],
        part: Annotated[
            str,
            QueryParameter(description="`database`, `globals`, `manifest`, or of a parallel dump `data1` and so on"),
        ] = "database",
        copy_id: Annotated[str | None, QueryParameter(name="copyId")] = None,
    ) -> Stream:
        """Stream a file from a complete copy, local first; range requests are honoured."""
        found = await downloads.find_part(session, ctx, backup_id, part=part, copy_id=copy_id)
        return download(found, request.headers.get("range"))

    @get(
        "/{backup_id:str}/logs",
        operation_id="getBackupLogs",
        summary="Read the log",
        responses=documented(404),
        guards=[requires(Permission.BACKUP_VIEW)],
    )
    async def get_logs(
        self,
        session: Session,
        backup_id: FromPath[str],
        level: Annotated[Level | None, QueryParameter(description="The lowest level wanted")] = None,
        after: Annotated[int, QueryParameter(ge=0, le=MAX_SEQ, description="Lines with a greater seq")] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=10_000)] = 1000,
    ) -> LogListEnvelope:
        """Return log lines in order."""
        await backups.get_backup(session, backup_id)
        lines = await execution_logs.read_lines(session, backup_id, after=after, level=level, limit=limit)
        return LogListEnvelope(success=True, data=lines, error=None, meta=meta())

    @post(
        "/{backup_id:str}/upload-to-s3",
        status_code=202,
        operation_id="uploadBackup",
        summary="Copy a backup to S3 later",
        responses=documented(404, 409),
        guards=[requires(Permission.BACKUP_EXECUTE)],
    )
    async def upload_backup(
        self, session: Session, ctx: Ctx, backup_id: FromPath[str], data: JSONBody[UploadInput]
    ) -> BackupEnvelope:
        """Ask for further S3 copies; the worker makes them from a complete copy."""
        return await _answer(session, ctx, await backups.upload_backup(session, ctx, backup_id, data))

    @post(
        "/{backup_id:str}/cancel",
        status_code=202,
        operation_id="cancelBackup",
        summary="Cancel a backup",
        responses=documented(404, 409),
        guards=[requires(Permission.BACKUP_EXECUTE)],
    )
    async def cancel_backup(self, session: Session, ctx: Ctx, backup_id: FromPath[str]) -> BackupEnvelope:
        """Cancel a queued backup at once, a running one as soon as its processes have ended."""
        return await _answer(session, ctx, await backups.cancel_backup(session, ctx, backup_id))

    @post(
        "/{backup_id:str}/pin",
        status_code=200,
        operation_id="pinBackup",
        summary="Pin or unpin a backup",
        responses=documented(404),
        guards=[requires(Permission.BACKUP_EXECUTE)],
    )
    async def pin_backup(
        self, session: Session, ctx: Ctx, backup_id: FromPath[str], data: JSONBody[PinInput]
    ) -> BackupEnvelope:
        """A pinned backup is never deleted, by nobody, until it is unpinned."""
        return await _answer(session, ctx, await backups.pin_backup(session, ctx, backup_id, pinned=data.pinned))

    @post(
        "/{backup_id:str}/acknowledge",
        status_code=200,
        operation_id="acknowledgeAnomalies",
        summary="Say that what is odd about a backup is all right",
        responses=documented(404),
        guards=[requires(Permission.BACKUP_EXECUTE)],
    )
    async def acknowledge(self, session: Session, ctx: Ctx, backup_id: FromPath[str]) -> BackupEnvelope:
        """Note that somebody has seen its anomalies; they stay in the record."""
        return await _answer(session, ctx, await anomalies.acknowledge(session, ctx, backup_id))

    @post(
        "/{backup_id:str}/verify",
        status_code=202,
        operation_id="verifyBackup",
        summary="Verify a backup",
        responses=documented(404, 409),
        guards=[requires(Permission.BACKUP_EXECUTE)],
    )
    async def verify_backup(
        self, session: Session, ctx: Ctx, actor: Who, backup_id: FromPath[str], data: JSONBody[VerifyInput]
    ) -> VerificationEnvelope:
        """Put a verification of one copy into the queue; watch it by its id under verifications."""
        queued = await verifications.queue_verification(session, ctx, backup_id, data, actor.id)
        return await verification_answer(session, ctx, queued)


async def _answer(session: Session, ctx: Ctx, backup: BackupExecution) -> BackupEnvelope:
    detail = await backup_detail(session, ctx, backup)
    return BackupEnvelope(success=True, data=detail, error=None, meta=meta())
