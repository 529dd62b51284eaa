"""Lets people in whom another provider of identities knows: with an account of their own, and the role it gives."""

from __future__ import annotations

import re
from dataclasses import dataclass

from loguru import logger
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.access import Role
from dbbackup.core.errors import ConflictError, ForbiddenError, ProviderError, UnauthorizedError
from dbbackup.core.naming import new_id
from dbbackup.db.models import User
from dbbackup.services import sessions
from dbbackup.services.audit_entry import note
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.sign_in import as_actor, find_user, username_key

_log = logger.bind(category="application")
_ODD = re.compile(r"[^\w.@+-]+")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a provider has just vouched for; `external_id` never changes there, unlike the name."""

    provider: str
    external_id: str
    username: str
    display_name: str
    role: Role | None
    """None: the provider knows them, and nothing there lets them in here."""


async def admit(ctx: Context, person: Person) -> User:
    """Return the person's account as it is to be now; the first time it is made.

    Raises:
        ForbiddenError: none of their groups gives a role. Sessions they still have are ended.
        UnauthorizedError: the account is disabled here.
        ConflictError: somebody else here has their name.
        ProviderError: the provider names them in no usable way.
    """
    if person.role is None:
        await _shut_out(ctx, person)
    async with ctx.catalogue.transaction() as session:
        user = await _find(session, person)
        if user is None:
            user = await _make(session, person)
            action = "created"
        else:
            note(as_actor(user))
            if user.disabled:
                raise UnauthorizedError("Your account is disabled here: ask an administrator.")
            action = "updated"
        changed = user.role != person.role
        user.role, user.display_name = person.role or user.role, person.display_name.strip()[:200]
        await session.flush()
        if changed or action == "created":
            _log.info("{} {} signs in with the role {}", person.provider, user.username, user.role)
        announce(session, ctx, "user", user.id, action)
        return user


async def _find(session: AsyncSession, person: Person) -> User | None:
    mine = (User.provider == person.provider) & (User.external_id == person.external_id)
    user: User | None = await session.scalar(select(User).where(mine))
    return user


async def _make(session: AsyncSession, person: Person) -> User:
    username = _ODD.sub(".", person.username.strip())[:100]
    if not username.strip("."):
        raise ProviderError("The provider sends no username: look at the setting of the username's claim or attribute.")
    # Never by name: whoever can choose their name at the provider could take an account over.
    if await find_user(session, username):
        raise ConflictError(
            f"There is a user called {username} here already, who signs in in another way. Ask an administrator:"
            " the two are not taken for the same person."
        )
    user = User(
        id=new_id(),
        username=username,
        username_key=username_key(username),
        display_name="",
        role=person.role or Role.VIEWER,
        provider=person.provider,
        external_id=person.external_id,
    )
    session.add(user)
    await session.flush()
    return user


async def _shut_out(ctx: Context, person: Person) -> None:
    async with ctx.catalogue.transaction() as session:
        user = await _find(session, person)
        if user is not None:
            note(as_actor(user))
            await sessions.end_sessions(session, user.id)
    _log.warning("{}: {} is in no group that gives a role here", person.provider, _ODD.sub(".", person.username))
    raise ForbiddenError("You are known, and none of your groups gives you a role here: ask an administrator.")
