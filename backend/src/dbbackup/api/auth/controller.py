"""Routes of signing in and out."""

from __future__ import annotations

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody

from dbbackup.api.auth.schemas import (
    AuthState,
    AuthStateEnvelope,
    Ended,
    EndedEnvelope,
    MeEnvelope,
    Tokens,
    TokensEnvelope,
)
from dbbackup.api.auth.views import me_view
from dbbackup.api.dependencies import Ctx, From, Session, Who
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import PUBLIC, SIGNED_IN
from dbbackup.api.identification import COOKIE, SECURE_COOKIE
from dbbackup.core.access import Via
from dbbackup.core.errors import ConflictError
from dbbackup.db.models import SessionKind, User
from dbbackup.db.models.base import utc_now
from dbbackup.services import audit, directory_sign_in, oidc_sign_in, second_factor, sessions, throttle, tokens, users
from dbbackup.services.access_inputs import RefreshInput, SetupInput, SignInInput
from dbbackup.services.audit_entry import note
from dbbackup.services.sign_in import as_actor, authenticate


class AuthController(Controller):
    """Sign in, sign out, get tokens."""

    path = "/auth"
    tags = ("Sign-in",)

    @get(
        "/state",
        operation_id="getAuthState",
        summary="Is there a sign-in, and is it set up?",
        responses=documented(),
        guards=[PUBLIC],
    )
    async def state(self, session: Session, ctx: Ctx) -> AuthStateEnvelope:
        """Return what the page must know before anybody is signed in."""
        local = ctx.settings.auth_mode == "local"
        data = AuthState(
            auth_mode="local" if local else "none",
            setup_needed=local and not await users.there_are_users(session),
            single_sign_on=ctx.live.oidc_name if oidc_sign_in.is_on(ctx) else None,
        )
        return AuthStateEnvelope(success=True, data=data, error=None, meta=meta())

    @post(
        "/setup",
        operation_id="setUp",
        summary="Make the first administrator",
        responses=documented(403, 409, 429),
        guards=[PUBLIC],
    )
    async def set_up(self, ctx: Ctx, caller: From, data: JSONBody[SetupInput]) -> Response[MeEnvelope]:
        """Make the first administrator and sign them in; the token stands in the program's log."""
        await throttle.count_attempt(ctx, "setup", caller.address)
        async with ctx.catalogue.transaction() as session:
            user = await users.set_up(session, ctx, data)
            answer = await signed_in(session, ctx, caller, user)
            await audit.write_with(session, ctx)
        await throttle.forget_attempts(ctx, "setup", caller.address)
        return answer

    @post(
        "/sign-in",
        status_code=200,
        operation_id="signIn",
        summary="Sign in with a browser",
        responses=documented(401, 409, 429),
        guards=[PUBLIC],
    )
    async def sign_in(self, ctx: Ctx, caller: From, data: JSONBody[SignInInput]) -> Response[MeEnvelope]:
        """Check name, password and, where there is one, the second factor, and set the cookie of a new session."""
        user = await _prove(ctx, caller, data)
        async with ctx.catalogue.transaction() as session:
            answer = await signed_in(session, ctx, caller, user)
            await audit.write_with(session, ctx)
        return answer

    @post(
        "/token",
        status_code=200,
        operation_id="createTokens",
        summary="Sign in with a program",
        responses=documented(401, 409, 429),
        guards=[PUBLIC],
    )
    async def create_tokens(self, ctx: Ctx, caller: From, data: JSONBody[SignInInput]) -> TokensEnvelope:
        """Check the same and return an access token and a refresh token."""
        user = await _prove(ctx, caller, data)
        async with ctx.catalogue.transaction() as session:
            opened, _ = await sessions.open_session(session, ctx, user, caller, SessionKind.TOKEN)
            note(as_actor(user, Via.TOKEN, opened.id))
            await audit.write_with(session, ctx)
            return _tokens(tokens.issue(ctx, opened))

    @post(
        "/refresh",
        status_code=200,
        operation_id="refreshTokens",
        summary="Exchange a refresh token",
        responses=documented(401),
        guards=[PUBLIC],
    )
    async def refresh_tokens(self, ctx: Ctx, data: JSONBody[RefreshInput]) -> TokensEnvelope:
        """Return new tokens; the refresh token is used up. One that comes twice ends its session."""
        return _tokens(await tokens.refresh(ctx, data.refresh_token))

    @post(
        "/sign-out",
        status_code=200,
        operation_id="signOut",
        summary="Sign out",
        responses=documented(),
        guards=[SIGNED_IN],
    )
    async def sign_out(self, session: Session, actor: Who) -> Response[EndedEnvelope]:
        """End this session, of a browser or of tokens, and take the cookie back."""
        ended = actor.session_id is not None and actor.user_id is not None
        if actor.session_id is not None and actor.user_id is not None:
            await sessions.end_session(session, actor.user_id, actor.session_id)
        body = EndedEnvelope(success=True, data=Ended(ended=int(ended)), error=None, meta=meta())
        gone = [cookie(name, "", 0, secure=name == SECURE_COOKIE) for name in (COOKIE, SECURE_COOKIE)]
        return Response(body, cookies=gone)


async def _prove(ctx: Ctx, caller: From, data: SignInInput) -> User:
    if ctx.settings.auth_mode == "none":
        raise ConflictError("There is no sign-in here (AUTH_MODE=none): everything is open without it.")

    async def prove(user: User) -> None:
        async with ctx.catalogue.transaction() as session:
            await second_factor.demand(session, ctx, user, data.code)

    return await authenticate(ctx, data.username, data.password, caller, prove, directory_sign_in.asking(ctx))


async def signed_in(session: Session, ctx: Ctx, caller: From, user: User) -> Response[MeEnvelope]:
    """Open a browser's session: always a new one, so that nobody can plant a cookie and have it signed in."""
    opened, token = await sessions.open_session(session, ctx, user, caller, SessionKind.BROWSER)
    actor = as_actor(user, Via.SESSION, opened.id)
    note(actor)
    seconds = int((opened.expires_at - utc_now()).total_seconds())
    name = SECURE_COOKIE if caller.secure else COOKIE
    body = MeEnvelope(success=True, data=me_view(ctx, actor, user), error=None, meta=meta())
    return Response(body, cookies=[cookie(name, token, seconds, secure=caller.secure)])


def cookie(name: str, value: str, seconds: int, *, secure: bool) -> Cookie:
    """Make one that no script and no other site gets at."""
    # Strict costs nothing here: the page itself needs no cookie to load, and what it asks for comes from its own site.
    return Cookie(name, value=value, path="/", max_age=seconds, httponly=True, secure=secure, samesite="strict")


def _tokens(pair: tokens.TokenPair) -> TokensEnvelope:
    data = Tokens(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        token_type="Bearer",  # noqa: S106 - the kind, not a secret
        expires_in=pair.expires_in,
    )
    return TokensEnvelope(success=True, data=data, error=None, meta=meta())
