"""Finds out who is behind a request, from what the request brings along."""

from __future__ import annotations

from dataclasses import dataclass

from dbbackup.core.access import ANONYMOUS, COMMAND_LINE, Actor, Via
from dbbackup.services import api_keys, sessions, tokens
from dbbackup.services.audit_entry import Caller
from dbbackup.services.context import Context
from dbbackup.services.sign_in import as_actor


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """What a request brings along; the first that is there counts, right or wrong."""

    api_key: str | None = None
    bearer: str | None = None
    cookie: str | None = None


async def identify(ctx: Context, given: Credentials, caller: Caller) -> Actor | None:
    """Return who it is; None when nothing is given, or what is given is wrong, expired or revoked."""
    if ctx.settings.auth_mode == "none":
        return ANONYMOUS
    key = given.api_key or (given.bearer if given.bearer and given.bearer.startswith(api_keys.PREFIX) else None)
    if key is not None:
        return await api_keys.find_actor(ctx, key)
    if given.bearer is not None and tokens.is_of_command(ctx, given.bearer):
        return COMMAND_LINE
    if given.bearer is not None:
        session_id = tokens.session_of(ctx, given.bearer)
        return await _by_session(ctx, caller, Via.TOKEN, session_id) if session_id else None
    return await _by_session(ctx, caller, Via.SESSION, given.cookie) if given.cookie else None


async def _by_session(ctx: Context, caller: Caller, via: Via, key: str) -> Actor | None:
    find = sessions.find_by_cookie if via == Via.SESSION else sessions.find_by_id
    async with ctx.catalogue.sessions() as session:
        living = await find(session, ctx, key)
    if living is None:
        return None
    found, user = living
    await sessions.touch(ctx, found, caller)
    return as_actor(user, via, found.id)
