"""Turns found servers into what the API shows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.api.databases.views import database_views
from dbbackup.api.discovery import schemas
from dbbackup.api.envelope import ErrorBody, FieldProblem
from dbbackup.core.errors import AppError
from dbbackup.services.context import Context
from dbbackup.services.discovery import Added, Discovery, FoundServer


def discovery_view(ctx: Context, found: Discovery) -> schemas.Discovery:
    """Return everything that was found."""
    problem = None
    if found.problem is not None:
        problem = schemas.DiscoveryProblem(reason=found.problem.reason, message=found.problem.message)
    notices = [
        schemas.LabelProblem(container=n.container, label=n.label, message=n.message) for n in ctx.runtime.label_notices
    ]
    return schemas.Discovery(
        docker_host=ctx.settings.docker_host,
        problem=problem,
        container_name=found.own.name if found.own else None,
        reads_credentials=ctx.live.discovery_credentials,
        auto_discover=ctx.live.auto_discover,
        label_problems=notices,
        servers=[_server(server) for server in found.servers],
    )


async def added_views(session: AsyncSession, ctx: Context, results: Sequence[Added]) -> list[schemas.AddedDatabase]:
    """Return what became of each chosen database."""
    configs = [result.config for result in results if result.config is not None]
    views = {view.id: view for view in await database_views(session, ctx, configs)}
    return [
        schemas.AddedDatabase(
            container_name=result.container,
            name=result.database,
            database=views[result.config.id] if result.config else None,
            error=_error(result.error) if result.error else None,
        )
        for result in results
    ]


def _server(server: FoundServer) -> schemas.DiscoveredServer:
    known = server.credentials
    return schemas.DiscoveredServer(
        container_id=server.container.id,
        container_name=server.container.name,
        image=server.container.image,
        type=server.type,
        host=server.address.host if server.address else None,
        port=server.address.port if server.address else None,
        username=(known.username or None) if known else None,
        has_password=bool(known and known.password),
        state=server.state.value,
        message=server.message,
        labelled=server.labelled,
        databases=[
            schemas.DiscoveredDatabase(name=d.name, database_id=d.config.id if d.config else None)
            for d in server.databases
        ],
    )


def _error(error: AppError) -> ErrorBody:
    details = [FieldProblem(field=d.field, message=d.message) for d in error.details]
    return ErrorBody(code=error.code, message=error.message, details=details)
