"""Routes of single sign-on with OpenID Connect: the page takes the browser there and brings back the answer."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, Response, post
from litestar.datastructures import State
from litestar.params import JSONBody

from dbbackup.api.auth.controller import cookie, signed_in
from dbbackup.api.auth.schemas import Destination, DestinationEnvelope, MeEnvelope
from dbbackup.api.dependencies import Ctx, From
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import PUBLIC
from dbbackup.services import audit, oidc_sign_in
from dbbackup.services.access_inputs import OidcAnswerInput

COOKIE = "dbbackup_oidc"
SECURE_COOKIE = f"__Host-{COOKIE}"


class OidcController(Controller):
    """Sign in through an OpenID provider."""

    path = "/auth/oidc"
    tags = ("Sign-in",)
    guards = (PUBLIC,)

    @post(
        "/start",
        status_code=200,
        operation_id="startOidcSignIn",
        summary="Begin a single sign-on",
        responses=documented(409, 429, 502),
    )
    async def start(self, ctx: Ctx, caller: From, request: Request[Any, Any, State]) -> Response[DestinationEnvelope]:
        """Return where the browser has to go; a cookie ties the answer to it."""
        own = f"{'https' if caller.secure else 'http'}://{request.headers.get('host', '')}"
        begun = await oidc_sign_in.begin(ctx, own)
        body = DestinationEnvelope(success=True, data=Destination(url=begun.url), error=None, meta=meta())
        name = SECURE_COOKIE if caller.secure else COOKIE
        # Strict will do: the page itself brings the answer, not the provider's redirect.
        kept = cookie(name, begun.cookie, oidc_sign_in.FLOW_SECONDS, secure=caller.secure)
        return Response(body, cookies=[kept])

    @post(
        "/finish",
        status_code=200,
        operation_id="finishOidcSignIn",
        summary="Finish a single sign-on",
        responses=documented(401, 403, 409, 429, 502),
    )
    async def finish(
        self, ctx: Ctx, caller: From, request: Request[Any, Any, State], data: JSONBody[OidcAnswerInput]
    ) -> Response[MeEnvelope]:
        """Take what the provider sent the browser back with, and set the cookie of a new session."""
        name = SECURE_COOKIE if caller.secure else COOKIE
        user = await oidc_sign_in.finish(
            ctx,
            caller,
            request.cookies.get(name, ""),
            state=data.state,
            code=data.code,
            error=data.error,
            issuer=data.iss,
        )
        async with ctx.catalogue.transaction() as session:
            answer = await signed_in(session, ctx, caller, user)
            await audit.write_with(session, ctx)
        answer.set_cookie(cookie(name, "", 0, secure=caller.secure))
        return answer
