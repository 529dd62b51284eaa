"""What handlers are given: the wiring, and a session that is one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from litestar.datastructures import State
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.services.context import Context

MAX_SEQ = 2**53 - 1
"""The greatest whole number that JavaScript and SQLite both hold."""
ANONYMOUS = "anonymous"
"""Who acts while there is no sign-in (AUTH_MODE=none)."""

Ctx = NamedDependency[Context]
Session = NamedDependency[AsyncSession]
Page = Annotated[int, QueryParameter(ge=1, le=1_000_000, description="Page, from 1")]
Limit = Annotated[int, QueryParameter(ge=1, le=200, description="Entries a page")]


def provide_context(state: State) -> Context:
    """Return the wiring that `main` put into the application's state."""
    ctx: Context = state.context
    return ctx


async def provide_session(ctx: Ctx) -> AsyncIterator[AsyncSession]:
    """Yield a session: committed when the handler succeeded, rolled back when it raised."""
    async with ctx.catalogue.transaction() as session:
        yield session


DEPENDENCIES = {
    "ctx": Provide(provide_context, sync_to_thread=False),
    "session": Provide(provide_session),
}
