"""Who is asking, and the one factory of guards: every route has exactly one rule, and without one it stays shut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.exceptions import WebSocketException
from litestar.handlers import BaseRouteHandler

from dbbackup.core.access import Actor, Permission, Via
from dbbackup.core.errors import ForbiddenError, UnauthorizedError

Connection = ASGIConnection[Any, Any, Any, Any]
UNAUTHENTICATED, FORBIDDEN = 4401, 4403
"""Close codes of WebSockets."""
CSRF_HEADER = "x-requested-with"
_SAFE = ("GET", "HEAD", "OPTIONS")
_MAX_REASON = 120  # what a close frame has room for


def actor_of(connection: Connection) -> Actor:
    """Return who is behind a connection. Raises UnauthorizedError when that is not known."""
    actor: Actor | None = connection.scope["state"].get("actor")
    if actor is None:
        raise UnauthorizedError(
            "Sign in, or send an access token or an API key: what came along is missing, wrong or expired."
        )
    return actor


@dataclass(frozen=True, slots=True)
class Rule:
    """A guard that can be read: tests, OpenAPI and the documentation of permissions ask it what it lets through.

    Async, because Litestar runs the others in a thread, which costs more than they do.
    """

    permission: Permission | None = None
    """What the role must allow; None: nothing in particular."""
    public: bool = False
    """Nobody need be signed in."""
    in_person: bool = False
    """API keys are not let through: a stolen one must not make others."""

    async def __call__(self, connection: Connection, _handler: BaseRouteHandler) -> None:
        """Let the connection through, or raise UnauthorizedError or ForbiddenError."""
        try:
            self.check(connection)
        except (UnauthorizedError, ForbiddenError) as error:
            if connection.scope["type"] != ScopeType.WEBSOCKET:
                raise
            code = UNAUTHENTICATED if isinstance(error, UnauthorizedError) else FORBIDDEN
            raise WebSocketException(detail=error.message[:_MAX_REASON], code=code) from error

    def check(self, connection: Connection) -> None:
        """Do the work of the guard."""
        if self.public:
            return
        actor = actor_of(connection)
        if not self.allows(actor):
            if self.in_person and actor.via == Via.API_KEY:
                raise ForbiddenError("An API key may not do this: sign in yourself.")
            raise ForbiddenError(
                f"Your role ({actor.role}) may not do this: it needs the permission {self.permission}."
            )
        method = connection.scope.get("method", "GET")
        if actor.via == Via.SESSION and method not in _SAFE and CSRF_HEADER not in connection.headers:
            raise ForbiddenError(
                "A change that is signed in by a cookie needs the header X-Requested-With, with any value:"
                " foreign pages cannot send it."
            )

    def allows(self, actor: Actor) -> bool:
        """Tell whether an actor gets through."""
        if self.in_person and actor.via == Via.API_KEY:
            return False
        return self.permission is None or actor.may(self.permission)


PUBLIC = Rule(public=True)
SIGNED_IN = Rule()
IN_PERSON = Rule(in_person=True)


def requires(permission: Permission) -> Rule:
    """Return a guard that lets only those through whose role has the permission."""
    return Rule(permission)


def rule_of(handler: BaseRouteHandler) -> Rule | None:
    """Return the rule of a route."""
    found = [guard for guard in handler.resolve_guards() if isinstance(guard, Rule)]
    return found[-1] if found else None


async def shut_without_rule(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard of all routes: one whose author forgot the rule is for administrators only."""
    if rule_of(handler) is None:
        await requires(Permission.SYSTEM_CONFIGURE)(connection, handler)
