"""Who is asking, and the one factory of guards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from dbbackup.core.access import ANONYMOUS, Actor, Permission
from dbbackup.core.errors import ForbiddenError

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], None]


def actor_of(_connection: Connection) -> Actor:
    """Return who is behind a connection."""
    return ANONYMOUS


def requires(permission: Permission) -> Guard:
    """Return a guard that lets only those through whose role has the permission. Raises ForbiddenError."""

    def guard(connection: Connection, _handler: BaseRouteHandler) -> None:
        actor = actor_of(connection)
        if not actor.may(permission):
            raise ForbiddenError(f"Your role ({actor.role}) may not do this: it needs the permission {permission}.")

    return guard
