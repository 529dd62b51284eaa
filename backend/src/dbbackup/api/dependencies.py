"""What handlers are given: the wiring, and a session that is one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from litestar import Request
from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.api.guards import actor_of
from dbbackup.core.access import Actor
from dbbackup.services import audit
from dbbackup.services.audit_entry import Caller
from dbbackup.services.context import Context

MAX_SEQ = 2**53 - 1
"""The greatest whole number that JavaScript and SQLite both hold."""

Ctx = NamedDependency[Context]
Session = NamedDependency[AsyncSession]
Who = NamedDependency[Actor]
From = NamedDependency[Caller]
Page = Annotated[int, QueryParameter(ge=1, le=1_000_000, description="Page, from 1")]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Entries a page")]


def provide_context(state: State) -> Context:
    """Return the wiring that `main` put into the application's state."""
    ctx: Context = state.context
    return ctx


def provide_actor(request: Request[Any, Any, State]) -> Actor:
    """Return who is asking."""
    return actor_of(request)


def provide_caller(request: Request[Any, Any, State]) -> Caller:
    """Return where the request comes from."""
    found: Caller = request.scope["state"]["caller"]
    return found


async def provide_session(ctx: Ctx) -> AsyncIterator[AsyncSession]:
    """Yield a session: committed, together with its audit event, when the handler succeeded; else rolled back."""
    async with ctx.catalogue.transaction() as session:
        yield session
        await audit.write_with(session, ctx)


DEPENDENCIES = {
    "ctx": Provide(provide_context, sync_to_thread=False),
    "session": Provide(provide_session),
    "actor": Provide(provide_actor, sync_to_thread=False),
    "caller": Provide(provide_caller, sync_to_thread=False),
}
