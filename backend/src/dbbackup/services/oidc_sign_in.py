"""Sign-in through an OpenID provider: sends the browser there, and believes what it brings back."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from loguru import logger

from dbbackup.core.errors import AppError, ConflictError, ProviderError, UnauthorizedError
from dbbackup.core.role_mapping import RoleMapping, groups_in
from dbbackup.core.secret import Secret
from dbbackup.db.models import User
from dbbackup.net import oidc
from dbbackup.net.oidc import Client, Flow, Provider, Transport
from dbbackup.net.tls import trusting
from dbbackup.services import throttle
from dbbackup.services.audit_entry import Caller, note
from dbbackup.services.context import Context
from dbbackup.services.external_users import Person, admit

OIDC = "oidc"
CALLBACK = "/sign-in/callback"
FLOW_SECONDS = 600
"""How long somebody may take at the provider."""
_DOCUMENT_SECONDS = 300.0
_TRY_AGAIN = "This sign-in was begun too long ago or in another browser: begin again."
_log = logger.bind(category="application")


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the browser goes, and what it keeps in a cookie meanwhile: sealed, so that the server keeps nothing."""

    url: str
    cookie: str


def is_on(ctx: Context) -> bool:
    """Tell whether there is a provider to sign in with."""
    return ctx.settings.auth_mode == "local" and bool(ctx.live.oidc_issuer and ctx.live.oidc_client_id)


async def begin(ctx: Context, own_address: str) -> Begun:
    """Begin a sign-in; `own_address` is the page's, where PUBLIC_URL does not say it.

    Raises:
        ConflictError: there is no provider.
        ProviderError: it does not answer as it should.
    """
    _refuse_if_off(ctx)
    base = (ctx.live.public_url or own_address).rstrip("/")
    flow = Flow(*(secrets.token_urlsafe(32) for _ in range(3)))
    try:
        provider = await _provider(ctx)
    except ProviderError as error:
        raise _plain(error) from error
    client = _client(ctx, base + CALLBACK)
    kept = {
        "nonce": flow.nonce,
        "verifier": flow.verifier,
        "redirect": client.redirect_uri,
        "until": int(time.time()) + FLOW_SECONDS,
    }
    sealed = ctx.sealer.seal(Secret(json.dumps(kept)), **_place(flow.state))
    url = oidc.authorization_url(provider, client, ctx.live.oidc_scopes, flow)
    return Begun(url, f"{flow.state}.{sealed}")


async def finish(
    ctx: Context, caller: Caller, cookie: str, *, state: str, code: str, error: str, issuer: str | None
) -> User:
    """Return who came back from the provider; their account is made at the first time.

    Raises:
        UnauthorizedError: the answer belongs to no sign-in of this browser, or the provider refused.
        RateLimitedError: too many that failed from this address.
        ProviderError: the provider's answer cannot be had or believed.
        ForbiddenError, ConflictError: see `external_users.admit`.
    """
    _refuse_if_off(ctx)
    note(method=OIDC)
    account = f"{OIDC}|{caller.address}"
    await throttle.count_attempt(ctx, account, caller.address)
    kept, flow = _open(ctx, cookie, state)
    if error or not code:
        known = error if error.replace("_", "").isalpha() and len(error) < 60 else "an error"
        raise UnauthorizedError(f"The provider did not sign you in ({known}).")
    # RFC 9207: or the answer of one provider could be taken to another.
    if issuer is not None and issuer != ctx.live.oidc_issuer:
        raise UnauthorizedError(_TRY_AGAIN)
    try:
        provider = await _provider(ctx)
        wanted = (ctx.live.oidc_role_claim, ctx.live.oidc_username_claim)
        client = _client(ctx, kept["redirect"])
        claims = await oidc.redeem(provider, client, flow, code, _transport(ctx), wanted)
        person = _person(ctx, claims)
    except ProviderError as problem:
        raise _plain(problem) from problem
    user = await admit(ctx, person)
    await throttle.forget_attempts(ctx, account, caller.address)
    return user


def _person(ctx: Context, claims: dict[str, Any]) -> Person:
    live = ctx.live
    mapping = RoleMapping(
        live.oidc_admin_groups, live.oidc_operator_groups, live.oidc_viewer_groups, live.oidc_default_role
    )
    # Issuer and subject together are the person (OpenID Connect Core, 5.7); hashed, because they may be long.
    identity = hashlib.sha256(f"{live.oidc_issuer}\n{claims['sub']}".encode()).hexdigest()
    return Person(
        provider=OIDC,
        external_id=identity,
        username=_text(claims, live.oidc_username_claim) or _text(claims, "email") or str(claims["sub"]),
        display_name=_text(claims, "name"),
        role=mapping.role_of(groups_in(claims, live.oidc_role_claim)),
    )


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _open(ctx: Context, cookie: str, state: str) -> tuple[dict[str, Any], Flow]:
    kept_state, _, sealed = cookie.partition(".")
    if not sealed or not hmac.compare_digest(kept_state.encode(), state.encode()):
        raise UnauthorizedError(_TRY_AGAIN)
    try:
        kept: dict[str, Any] = json.loads(ctx.sealer.open(sealed, **_place(state)).reveal())
    except (AppError, ValueError) as error:
        raise UnauthorizedError(_TRY_AGAIN) from error
    if kept["until"] < time.time():
        raise UnauthorizedError(_TRY_AGAIN)
    return kept, Flow(state, kept["nonce"], kept["verifier"])


def _place(state: str) -> dict[str, str]:
    return {"table": OIDC, "row_id": state, "column": "flow"}


async def _provider(ctx: Context) -> Provider:
    issuer, now = ctx.live.oidc_issuer, time.monotonic()
    known = ctx.runtime.oidc_provider
    if known is None or known[0].issuer != issuer or known[1] < now:
        known = await oidc.discover(issuer, _transport(ctx)), now + _DOCUMENT_SECONDS
        ctx.runtime.oidc_provider = known
    return known[0]


def _transport(ctx: Context) -> Transport:
    return Transport(ctx.private_net, trusting(ctx.settings.oidc_ca_file))


def _client(ctx: Context, redirect_uri: str) -> Client:
    return Client(ctx.live.oidc_client_id, ctx.settings.oidc_client_secret, redirect_uri)


def _refuse_if_off(ctx: Context) -> None:
    if not is_on(ctx):
        raise ConflictError(
            "There is no single sign-on here: it needs oidc.issuer and oidc.clientId, and AUTH_MODE=local."
        )


def _plain(error: ProviderError) -> ProviderError:
    """Log what is wrong for the administrator; strangers are told no more than that it is."""
    _log.error("Single sign-on: {}", error.message)
    return ProviderError("The sign-in at the provider does not work now. The program's log says why.")
