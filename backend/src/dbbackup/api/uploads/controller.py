"""Routes of uploads to restore from."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Request, Response, delete, get, head, patch, post
from litestar.params import FromPath, HeaderParameter, JSONBody

from dbbackup.api.databases.schemas import Deleted, DeletedEnvelope
from dbbackup.api.dependencies import MAX_SEQ, Ctx, Session, Who
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.api.uploads.multipart import file_part
from dbbackup.api.uploads.schemas import RestoreUploadEnvelope, RestoreUploadListEnvelope
from dbbackup.api.uploads.views import upload_answer, upload_view
from dbbackup.core.access import Permission
from dbbackup.services import uploads
from dbbackup.services.upload_files import received
from dbbackup.services.upload_inputs import RestoreUploadInput

MAX_PIECE = 64 << 20
"""Bytes one PATCH may send."""

Offset = Annotated[
    int,
    HeaderParameter(name="Upload-Offset", ge=0, le=MAX_SEQ, description="Where the first byte of this piece belongs"),
]


class RestoreUploadController(Controller):
    """Send files to restore from: in pieces that can be resumed, or in one form."""

    path = "/restores"
    tags = ("Restores",)
    guards = (requires(Permission.RESTORE_EXECUTE),)

    @post(
        "/upload",
        operation_id="uploadRestoreFile",
        summary="Upload a file in one form",
        responses=documented(409),
        request_max_body_size=None,
    )
    async def upload_file(
        self,
        request: Request,  # type: ignore[type-arg]  # Litestar resolves the bare name
        ctx: Ctx,
        actor: Who,
    ) -> RestoreUploadEnvelope:
        """Send a multipart form with one part named `file`. It is checked then: ask for it until it is ready."""
        part = await file_part(request)
        uploads.check_name(part.name)
        length = request.headers.get("content-length", "")
        at_most = int(length) if length.isdecimal() else MAX_SEQ
        return await upload_answer(ctx, await uploads.receive_whole(ctx, part.name, part.body, at_most, actor.id))

    @post(
        "/uploads", operation_id="createRestoreUpload", summary="Begin an upload in pieces", responses=documented(409)
    )
    async def create_upload(
        self, session: Session, ctx: Ctx, actor: Who, data: JSONBody[RestoreUploadInput]
    ) -> RestoreUploadEnvelope:
        """Announce a file; then send its bytes with PATCH, in pieces and in order."""
        return await upload_answer(ctx, await uploads.create_upload(session, ctx, data, actor.id))

    @get("/uploads", operation_id="listRestoreUploads", summary="List uploads", responses=documented())
    async def list_uploads(self, session: Session, ctx: Ctx) -> RestoreUploadListEnvelope:
        """Return all uploads, newest first."""
        views = [await upload_view(ctx, upload) for upload in await uploads.list_uploads(session)]
        return RestoreUploadListEnvelope(success=True, data=views, error=None, meta=meta())

    @get(
        "/uploads/{upload_id:str}",
        operation_id="getRestoreUpload",
        summary="Show an upload",
        responses=documented(404),
    )
    async def get_upload(self, session: Session, ctx: Ctx, upload_id: FromPath[str]) -> RestoreUploadEnvelope:
        """Return how far an upload is, and what it turned out to be."""
        return await upload_answer(ctx, await uploads.get_upload(session, upload_id))

    @head(
        "/uploads/{upload_id:str}",
        operation_id="headRestoreUpload",
        summary="Ask for the offset of an upload",
        responses=documented(404),
    )
    async def head_upload(self, session: Session, ctx: Ctx, upload_id: FromPath[str]) -> Response[None]:
        """Answer with the headers Upload-Offset and Upload-Length."""
        upload = await uploads.get_upload(session, upload_id)
        offset = min(await received(ctx, upload_id), upload.size)
        return Response(
            None,
            headers={"Upload-Offset": str(offset), "Upload-Length": str(upload.size), "Cache-Control": "no-store"},
        )

    @patch(
        "/uploads/{upload_id:str}",
        operation_id="sendRestoreUpload",
        summary="Send a piece of an upload",
        responses=documented(404, 409),
        request_max_body_size=None,
    )
    async def send_piece(
        self,
        request: Request,  # type: ignore[type-arg]  # Litestar resolves the bare name
        ctx: Ctx,
        upload_id: FromPath[str],
        offset: Offset,
    ) -> RestoreUploadEnvelope:
        """Send the bytes from Upload-Offset on, 64 MiB at most; the last piece ends the upload."""
        upload = await uploads.receive(ctx, upload_id, offset, request.stream(), MAX_PIECE)
        return await upload_answer(ctx, upload)

    @post(
        "/uploads/{upload_id:str}/check",
        status_code=202,
        operation_id="checkRestoreUpload",
        summary="Check a refused upload again",
        responses=documented(404, 409),
    )
    async def check_upload(self, session: Session, ctx: Ctx, upload_id: FromPath[str]) -> RestoreUploadEnvelope:
        """Look through it once more, for example after the key that was missing was imported."""
        return await upload_answer(ctx, await uploads.check_again(session, ctx, upload_id))

    @delete(
        "/uploads/{upload_id:str}",
        status_code=200,
        operation_id="deleteRestoreUpload",
        summary="Remove an upload",
        responses=documented(404, 409),
    )
    async def delete_upload(self, session: Session, ctx: Ctx, upload_id: FromPath[str]) -> DeletedEnvelope:
        """Remove the file, unless a restore reads it."""
        await uploads.delete_upload(session, ctx, upload_id)
        return DeletedEnvelope(success=True, data=Deleted(id=upload_id), error=None, meta=meta())
