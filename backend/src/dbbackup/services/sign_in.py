"""Finds out who somebody is by username and password.

`authenticate` is the first factor, and runs the second before it forgets failed attempts. What opens a session
(`sessions.open_session`) is a step of its own, so that another provider of identities can come in its place.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Awaitable, Callable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.access import Actor, Role, Via
from dbbackup.core.errors import UnauthorizedError
from dbbackup.db.models import User
from dbbackup.db.models.user import LOCAL
from dbbackup.services import passwords, throttle
from dbbackup.services.audit_entry import Caller, note
from dbbackup.services.context import Context

Prove = Callable[[User], Awaitable[None]]
Elsewhere = Callable[[str, str], Awaitable[User | None]]
"""Asks another provider whether name and password are right."""


def username_key(username: str) -> str:
    """Return what makes two spellings of a username the same."""
    return unicodedata.normalize("NFKC", username).casefold()[:200]


async def find_user(session: AsyncSession, username: str) -> User | None:
    """Return the user of that name, whatever its case."""
    user: User | None = await session.scalar(select(User).where(User.username_key == username_key(username)))
    return user


async def authenticate(
    ctx: Context,
    username: str,
    password: str,
    caller: Caller,
    prove: Prove | None = None,
    elsewhere: Elsewhere | None = None,
) -> User:
    """Return whose name and password these are; `prove` asks for more, and what fails there counts as an attempt.

    `elsewhere` is asked about names that are no local users'. It takes as long to refuse a name that does not exist, a
    disabled user and a wrong password.

    Raises:
        RateLimitedError: too many attempts for the account or from the address.
        UnauthorizedError: the name or the password is wrong, or the user is disabled.
    """
    async with ctx.catalogue.sessions() as session:
        user = await find_user(session, username)
    # For the audit log: a name that nobody has is not kept, people type their password there.
    if user is not None:
        note(as_actor(user), method=LOCAL)
    else:
        note(method=LOCAL, unknownUser=True)
    await throttle.count_attempt(ctx, username_key(username), caller.address)
    kept = user.password_hash if user is not None and user.provider == LOCAL and not user.disabled else None
    if not await passwords.is_right(kept, password):
        local = user is not None and user.provider == LOCAL
        user = await _ask_elsewhere(elsewhere, username, password, local=local) if elsewhere else None
    if user is None:
        raise UnauthorizedError("The username or the password is wrong.")
    if prove is not None:
        await prove(user)
    await throttle.forget_attempts(ctx, username_key(username), caller.address)
    return user


async def _ask_elsewhere(elsewhere: Elsewhere, username: str, password: str, *, local: bool) -> User | None:
    """Ask for a local user, too, under a made-up name with a made-up password: or the time would tell who is local.

    A local user's password, mistyped or not, is nobody else's business.
    """
    if local:
        await elsewhere(secrets.token_hex(8), secrets.token_hex(8))
        return None
    return await elsewhere(username, password)


def as_actor(user: User, via: Via = Via.NONE, session_id: str | None = None) -> Actor:
    """Return the user as the one who acts."""
    return Actor(user.id, user.username, Role(user.role), via, user_id=user.id, session_id=session_id)
