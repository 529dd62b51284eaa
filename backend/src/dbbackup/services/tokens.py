"""Tokens for API clients: a short access token, and a refresh token that is good for one exchange.

Both are JWTs signed with a key that comes from ENCRYPTION_KEY, and both name a session, which is looked up at each use:
ending the session ends them at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
from sqlalchemy import update

from dbbackup.core.crypto import Sealer
from dbbackup.core.errors import UnauthorizedError
from dbbackup.db.models import UserSession
from dbbackup.db.models.base import utc_now
from dbbackup.services import sessions
from dbbackup.services.audit_entry import note
from dbbackup.services.context import Context
from dbbackup.services.sign_in import as_actor

ACCESS_SECONDS = 900
COMMAND_SECONDS = 60
_ALGORITHM = "HS256"
_ACCESS, _REFRESH, _COMMAND = "access", "refresh", "command"
_NO_LONGER = "The refresh token is no longer valid: sign in again."


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client keeps; `expires_in` in seconds is the access token's."""

    access_token: str
    refresh_token: str
    expires_in: int = ACCESS_SECONDS


def issue(ctx: Context, found: UserSession) -> TokenPair:
    """Return tokens for the session as it is now."""
    lasting = {"sid": found.id, "gen": found.generation, "exp": found.expires_at}
    access_end = min(utc_now() + timedelta(seconds=ACCESS_SECONDS), found.expires_at)
    return TokenPair(
        access_token=_sign(ctx.sealer, {"typ": _ACCESS, "sid": found.id, "exp": access_end}),
        refresh_token=_sign(ctx.sealer, {"typ": _REFRESH, **lasting}),
    )


def session_of(ctx: Context, access_token: str) -> str | None:
    """Return the session that an access token names; None when it is expired, forged or no access token."""
    claims = _claims(ctx, access_token, _ACCESS)
    return str(claims["sid"]) if claims else None


def issue_for_command(sealer: Sealer) -> str:
    """Return a token for `dbbackup` on this machine: who has ENCRYPTION_KEY and the catalogue could do all anyway."""
    end = utc_now() + timedelta(seconds=COMMAND_SECONDS)
    return _sign(sealer, {"typ": _COMMAND, "sid": _COMMAND, "exp": end})


def is_of_command(ctx: Context, token: str) -> bool:
    """Tell whether it is a token that `issue_for_command` made and that has not expired."""
    return _claims(ctx, token, _COMMAND) is not None


async def refresh(ctx: Context, refresh_token: str) -> TokenPair:
    """Exchange a refresh token for new tokens.

    Raises:
        UnauthorizedError: it is expired, revoked or used up. One that comes a second time was copied by somebody:
            then nobody can tell thief from owner, and the whole session ends.
    """
    claims = _claims(ctx, refresh_token, _REFRESH)
    if claims is None:
        raise UnauthorizedError(_NO_LONGER)
    async with ctx.catalogue.transaction() as session:
        living = await sessions.find_by_id(session, ctx, str(claims["sid"]))
        if living is None:
            raise UnauthorizedError(_NO_LONGER)
        found, user = living
        note(as_actor(user), sessionId=found.id)
        current = (UserSession.id == found.id) & (UserSession.generation == claims["gen"])
        exchanged = update(UserSession).where(current).values(generation=claims["gen"] + 1, last_used_at=utc_now())
        if (await session.execute(exchanged.returning(UserSession.id))).first():
            await session.refresh(found)
            return issue(ctx, found)
        await sessions.end_session(session, user.id, found.id)
    note(reused=True)
    raise UnauthorizedError("This refresh token was used before: its session is ended. Sign in again.")


def _sign(sealer: Sealer, claims: dict[str, Any]) -> str:
    return jwt.encode({**claims, "iat": utc_now()}, _key(sealer), algorithm=_ALGORITHM)


def _claims(ctx: Context, token: str, kind: str) -> dict[str, Any] | None:
    try:
        options: Any = {"require": ["exp", "sid", "typ"]}
        claims: dict[str, Any] = jwt.decode(token, _key(ctx.sealer), algorithms=[_ALGORITHM], options=options)
    except jwt.InvalidTokenError:
        return None
    return claims if claims["typ"] == kind else None


def _key(sealer: Sealer) -> bytes:
    return sealer.derive("tokens")
