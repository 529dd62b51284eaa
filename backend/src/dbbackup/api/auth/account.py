"""Routes of one's own account."""

from __future__ import annotations

from typing import Literal, cast

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from dbbackup.api.auth.schemas import Ended, EndedEnvelope, MeEnvelope, SessionListEnvelope, SessionView
from dbbackup.api.auth.views import me_view
from dbbackup.api.databases.schemas import Deleted, DeletedEnvelope
from dbbackup.api.dependencies import Ctx, From, Session, Who
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import IN_PERSON, SIGNED_IN
from dbbackup.core.access import Actor
from dbbackup.core.errors import ConflictError
from dbbackup.services import sessions, throttle, users
from dbbackup.services.access_inputs import PasswordInput


class AccountController(Controller):
    """Who am I, from where am I signed in, what is my password."""

    path = "/auth"
    tags = ("Sign-in",)

    @get(
        "/me", operation_id="getMe", summary="Who am I, and what may I do?", responses=documented(), guards=[SIGNED_IN]
    )
    async def me(self, session: Session, ctx: Ctx, actor: Who) -> MeEnvelope:
        """Return who is asking, with the role and its permissions."""
        user = await users.get_user(session, actor.user_id) if actor.user_id else None
        return MeEnvelope(success=True, data=me_view(ctx, actor, user), error=None, meta=meta())

    @get(
        "/sessions",
        operation_id="listSessions",
        summary="List my sessions",
        responses=documented(409),
        guards=[IN_PERSON],
    )
    async def list_sessions(self, session: Session, ctx: Ctx, actor: Who) -> SessionListEnvelope:
        """Return where one is signed in, the last used first."""
        views = [
            SessionView(
                id=found.id,
                kind=cast("Literal['browser', 'token']", found.kind),
                current=found.id == actor.session_id,
                address=found.address,
                user_agent=found.user_agent,
                created_at=found.created_at,
                last_used_at=found.last_used_at,
                expires_at=found.expires_at,
            )
            for found in await sessions.list_sessions(session, ctx, own_id(actor))
        ]
        return SessionListEnvelope(success=True, data=views, error=None, meta=meta())

    @delete(
        "/sessions/{session_id:str}",
        status_code=200,
        operation_id="endSession",
        summary="End one of my sessions",
        responses=documented(404, 409),
        guards=[IN_PERSON],
    )
    async def end_session(self, session: Session, actor: Who, session_id: FromPath[str]) -> DeletedEnvelope:
        """End a session: its cookie or tokens are worth nothing at once."""
        await sessions.end_session(session, own_id(actor), session_id)
        return DeletedEnvelope(success=True, data=Deleted(id=session_id), error=None, meta=meta())

    @delete(
        "/sessions",
        status_code=200,
        operation_id="endOtherSessions",
        summary="End all my other sessions",
        responses=documented(409),
        guards=[IN_PERSON],
    )
    async def end_other_sessions(self, session: Session, actor: Who) -> EndedEnvelope:
        """End every session but this one."""
        ended = await sessions.end_sessions(session, own_id(actor), but=actor.session_id)
        return EndedEnvelope(success=True, data=Ended(ended=ended), error=None, meta=meta())

    @post(
        "/password",
        status_code=200,
        operation_id="changeMyPassword",
        summary="Change my password",
        responses=documented(409, 429),
        guards=[IN_PERSON],
    )
    async def change_password(
        self, session: Session, ctx: Ctx, actor: Who, caller: From, data: JSONBody[PasswordInput]
    ) -> EndedEnvelope:
        """Change the password and end all other sessions."""
        user_id = own_id(actor)
        # Whoever finds an open page must not guess here either.
        await throttle.count_attempt(ctx, f"password|{user_id}", caller.address)
        ended = await users.change_own_password(session, ctx, user_id, actor.session_id, data)
        return EndedEnvelope(success=True, data=Ended(ended=ended), error=None, meta=meta())


def own_id(actor: Actor) -> str:
    """Return the id of the user who asks. Raises ConflictError when nobody signs in here."""
    if actor.user_id is None:
        raise ConflictError("Nobody is signed in here (AUTH_MODE=none): there is no account to look after.")
    return actor.user_id
