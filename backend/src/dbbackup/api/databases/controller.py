"""Routes of databases."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from dbbackup.api.databases.schemas import (
    ConnectionTestEnvelope,
    DatabaseEnvelope,
    DatabaseListEnvelope,
    Deleted,
    DeletedEnvelope,
)
from dbbackup.api.databases.views import database_views, test_view
from dbbackup.api.dependencies import Ctx, Limit, Page, Session, Who
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.core.access import Permission
from dbbackup.db.models import DatabaseConfig
from dbbackup.services import databases, proofs
from dbbackup.services.inputs import DatabaseInput, DatabaseTestInput, DatabaseUpdate, EngineType
from dbbackup.services.verification_inputs import ProofInput

Force = Annotated[bool, QueryParameter(description="Save even if the connection test fails")]


class DatabaseController(Controller):
    """Add, test, change and delete databases."""

    path = "/databases"
    tags = ("Databases",)

    @get(
        operation_id="listDatabases",
        summary="List databases",
        responses=documented(),
        guards=[requires(Permission.DATABASE_VIEW)],
    )
    async def list_databases(
        self,
        session: Session,
        ctx: Ctx,
        type_: Annotated[EngineType | None, QueryParameter(name="type")] = None,
        enabled: FromQuery[bool | None] = None,
        search: FromQuery[str | None] = None,
        page: Page = 1,
        limit: Limit = 100,
    ) -> DatabaseListEnvelope:
        """Return a page in order of name; `search` looks at name, host and database."""
        found, total = await databases.list_databases(
            session, type_=type_, enabled=enabled, search=search, page=page, limit=limit
        )
        views = await database_views(session, ctx, found)
        return DatabaseListEnvelope(success=True, data=views, error=None, meta=meta(page, limit, total))

    @post(
        operation_id="createDatabase",
        summary="Add a database",
        responses=documented(409, 502),
        guards=[requires(Permission.DATABASE_CREATE)],
    )
    async def create_database(
        self, session: Session, ctx: Ctx, data: JSONBody[DatabaseInput], force: Force = False
    ) -> DatabaseEnvelope:
        """Test the connection and save; a failed test saves nothing unless `force`."""
        return await _answer(session, ctx, await databases.add_database(session, ctx, data, force=force))

    @get(
        "/{database_id:str}",
        operation_id="getDatabase",
        summary="Show a database",
        responses=documented(404),
        guards=[requires(Permission.DATABASE_VIEW)],
    )
    async def get_database(self, session: Session, ctx: Ctx, database_id: FromPath[str]) -> DatabaseEnvelope:
        """Return one database."""
        return await _answer(session, ctx, await databases.get_database(session, database_id))

    @put(
        "/{database_id:str}",
        operation_id="updateDatabase",
        summary="Change a database",
        responses=documented(404, 409, 502),
        guards=[requires(Permission.DATABASE_EDIT)],
    )
    async def update_database(
        self,
        session: Session,
        ctx: Ctx,
        database_id: FromPath[str],
        data: JSONBody[DatabaseUpdate],
        force: Force = False,
    ) -> DatabaseEnvelope:
        """Change the given fields; a password that is left out stays."""
        changed = await databases.change_database(session, ctx, database_id, data, force=force)
        return await _answer(session, ctx, changed)

    @put(
        "/{database_id:str}/proof",
        operation_id="changeProof",
        summary="Say how its backups are proven",
        responses=documented(404),
        guards=[requires(Permission.DATABASE_EDIT)],
    )
    async def change_proof(
        self, session: Session, ctx: Ctx, database_id: FromPath[str], data: JSONBody[ProofInput]
    ) -> DatabaseEnvelope:
        """Set the assertions that a restored copy must hold, and on whose server copies are restored on the side."""
        return await _answer(session, ctx, await proofs.change_proof(session, ctx, database_id, data))

    @delete(
        "/{database_id:str}",
        status_code=200,
        operation_id="deleteDatabase",
        summary="Delete a database",
        responses=documented(404, 409),
        guards=[requires(Permission.DATABASE_DELETE)],
    )
    async def delete_database(
        self,
        session: Session,
        ctx: Ctx,
        actor: Who,
        database_id: FromPath[str],
        backups: FromQuery[Literal["delete", "keep"]] = "delete",
    ) -> DeletedEnvelope:
        """Delete the configuration; `backups` says whether its backups go too. The server is not touched."""
        await databases.delete_database(session, ctx, database_id, backups=backups, actor=actor.id)
        return DeletedEnvelope(success=True, data=Deleted(id=database_id), error=None, meta=meta())

    @post(
        "/{database_id:str}/test-connection",
        status_code=200,
        operation_id="testDatabase",
        summary="Test a saved database",
        responses=documented(404),
        guards=[requires(Permission.DATABASE_EDIT)],
    )
    async def test_saved(self, session: Session, ctx: Ctx, database_id: FromPath[str]) -> ConnectionTestEnvelope:
        """Connect and look around; a failed test is an answer, not an error."""
        result = await databases.check_saved(session, ctx, database_id)
        return ConnectionTestEnvelope(success=True, data=test_view(result), error=None, meta=meta())

    @post(
        "/test-connection",
        status_code=200,
        operation_id="testUnsavedDatabase",
        summary="Test an unsaved form",
        responses=documented(404),
        guards=[requires(Permission.DATABASE_CREATE)],
    )
    async def test_unsaved(
        self, session: Session, ctx: Ctx, data: JSONBody[DatabaseTestInput]
    ) -> ConnectionTestEnvelope:
        """Connect with the form's values; what is left out comes from `databaseId`."""
        saved = await databases.get_database(session, data.database_id) if data.database_id else None
        result = await databases.check_unsaved(ctx, data, saved)
        return ConnectionTestEnvelope(success=True, data=test_view(result), error=None, meta=meta())


async def _answer(session: Session, ctx: Ctx, config: DatabaseConfig) -> DatabaseEnvelope:
    views = await database_views(session, ctx, [config])
    return DatabaseEnvelope(success=True, data=views[0], error=None, meta=meta())
