"""Routes of discovery."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.params import JSONBody

from dbbackup.api.dependencies import Ctx, Session
from dbbackup.api.discovery.schemas import AddedDatabasesEnvelope, DiscoveryEnvelope
from dbbackup.api.discovery.views import added_views, discovery_view
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.core.access import Permission
from dbbackup.services.discovery import add_discovered, discover
from dbbackup.services.discovery_inputs import DiscoveryAddInput


class DiscoveryController(Controller):
    """Find database servers in the containers around us, and add them."""

    path = "/discovery"
    tags = ("Databases",)

    @get(
        operation_id="discoverDatabases",
        summary="Look for database servers in containers",
        responses=documented(),
        guards=[requires(Permission.DATABASE_CREATE)],
    )
    async def discover(self, session: Session, ctx: Ctx) -> DiscoveryEnvelope:
        """Ask the Docker engine, and each server found for its databases; `problem` says why nobody can be asked."""
        found = await discover(session, ctx)
        return DiscoveryEnvelope(success=True, data=discovery_view(ctx, found), error=None, meta=meta())

    @post(
        "/add",
        status_code=200,
        operation_id="addDiscoveredDatabases",
        summary="Add found databases",
        responses=documented(409),
        guards=[requires(Permission.DATABASE_CREATE)],
    )
    async def add(self, session: Session, ctx: Ctx, data: JSONBody[DiscoveryAddInput]) -> AddedDatabasesEnvelope:
        """Test and save each chosen database; one that fails is told in its place and leaves the others added."""
        views = await added_views(session, ctx, await add_discovered(session, ctx, data))
        return AddedDatabasesEnvelope(success=True, data=views, error=None, meta=meta())
