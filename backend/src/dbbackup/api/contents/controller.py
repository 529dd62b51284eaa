"""Routes of what is in a backup."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from dbbackup.api.contents.schemas import BackupContents, BackupContentsEnvelope
from dbbackup.api.dependencies import Ctx, Session, Who
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.core.access import Permission
from dbbackup.services.contents import list_contents
from dbbackup.services.inputs import ContentsInput


class ContentsController(Controller):
    """List what is in a backup, so that some of it can be chosen."""

    tags = ("Restores",)

    @get(
        "/backups/{backup_id:str}/contents",
        operation_id="getBackupContents",
        summary="List what is in a backup",
        responses=documented(404, 409, 502),
        guards=[requires(Permission.BACKUP_VIEW)],
    )
    async def get_contents(
        self,
        session: Session,
        ctx: Ctx,
        actor: Who,
        backup_id: FromPath[str],
        copy_id: Annotated[str | None, QueryParameter(name="copyId")] = None,
    ) -> BackupContentsEnvelope:
        """Return schemas, tables, views, functions and so on, read from the front of the backup itself."""
        return await _answer(session, ctx, ContentsInput(backup_id=backup_id, copy_id=copy_id), actor.id)

    @post(
        "/restores/contents",
        status_code=200,
        operation_id="getSourceContents",
        summary="List what is in a source",
        responses=documented(404, 409, 502),
        guards=[requires(Permission.RESTORE_EXECUTE)],
    )
    async def get_source_contents(
        self, session: Session, ctx: Ctx, actor: Who, data: JSONBody[ContentsInput]
    ) -> BackupContentsEnvelope:
        """Do the same for anything that can be restored: a backup, an object in a bucket, an upload."""
        return await _answer(session, ctx, data, actor.id)


async def _answer(session: Session, ctx: Ctx, data: ContentsInput, actor: str) -> BackupContentsEnvelope:
    source, objects = await list_contents(session, ctx, data, actor)
    facts = source.manifest.source
    contents = BackupContents(engine=facts.engine, database=facts.database, objects=objects)
    return BackupContentsEnvelope(success=True, data=contents, error=None, meta=meta())
