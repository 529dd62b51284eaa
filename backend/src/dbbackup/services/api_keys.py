"""API keys: shown once, kept as a hash, never stronger than their owner."""

from __future__ import annotations

import secrets
from datetime import UTC, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.access import Actor, Permission, Role, Via, lesser
from dbbackup.core.errors import ConflictError, NotFoundError, ValidationError
from dbbackup.core.naming import new_id
from dbbackup.core.secret import Secret
from dbbackup.db.models import ApiKey, User
from dbbackup.db.models.base import utc_now
from dbbackup.services.access_inputs import ApiKeyInput
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.sessions import hash_token

PREFIX = "dbk_"
_SHOWN = 10
_TOUCH_EVERY = timedelta(minutes=1)


async def list_keys(session: AsyncSession, actor: Actor) -> list[tuple[ApiKey, User]]:
    """Return the actor's own keys with their owners; all of them to whoever configures the system."""
    query = select(ApiKey, User).join(User, User.id == ApiKey.user_id).order_by(ApiKey.created_at.desc())
    if not actor.may(Permission.SYSTEM_CONFIGURE):
        query = query.where(ApiKey.user_id == actor.user_id)
    return [(key, user) for key, user in await session.execute(query)]


async def make_key(session: AsyncSession, ctx: Context, actor: Actor, data: ApiKeyInput) -> tuple[ApiKey, User, Secret]:
    """Make a key and return it with its owner and its secret, which cannot be read again.

    Raises:
        ConflictError: there is nobody to own it.
        ValidationError: its role is above the actor's, or it would be expired at once.
    """
    user: User | None = await session.get(User, actor.user_id) if actor.user_id else None
    if user is None:
        raise ConflictError("A key belongs to a user. Without sign-in (AUTH_MODE=none) no key is needed.")
    if lesser(data.role, actor.role) != data.role:
        raise ValidationError.of("role", f"A key can do what you can, or less: your role is {actor.role}.")
    expires_at = data.expires_at
    if expires_at is not None:
        expires_at = expires_at.astimezone(UTC)
        if expires_at <= utc_now():
            raise ValidationError.of("expiresAt", "This moment has passed: choose a later one.")
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(
        id=new_id(),
        user_id=user.id,
        name=data.name,
        prefix=secret[:_SHOWN],
        key_hash=hash_token(secret),
        role=data.role,
        expires_at=expires_at,
    )
    session.add(key)
    await session.flush()
    announce(session, ctx, "api-key", key.id, "created")
    return key, user, Secret(secret)


async def revoke_key(session: AsyncSession, ctx: Context, actor: Actor, key_id: str) -> None:
    """Remove a key: at once nobody gets in with it. Raises NotFoundError."""
    key: ApiKey | None = await session.get(ApiKey, key_id)
    if key is None or not (key.user_id == actor.user_id or actor.may(Permission.SYSTEM_CONFIGURE)):
        raise NotFoundError(f"There is no API key {key_id}.")
    await session.delete(key)
    await session.flush()
    announce(session, ctx, "api-key", key_id, "deleted")


async def find_actor(ctx: Context, secret: str) -> Actor | None:
    """Return who acts with the key; None when it is unknown or expired, or its owner is disabled."""
    now = utc_now()
    async with ctx.catalogue.sessions() as session:
        query = select(ApiKey, User).join(User, User.id == ApiKey.user_id)
        row = (await session.execute(query.where(ApiKey.key_hash == hash_token(secret)))).first()
    if row is None or row[1].disabled or (row[0].expires_at is not None and row[0].expires_at <= now):
        return None
    key, user = row
    if key.last_used_at is None or now - key.last_used_at >= _TOUCH_EVERY:
        async with ctx.catalogue.transaction() as session:
            await session.execute(update(ApiKey).where(ApiKey.id == key.id).values(last_used_at=now))
    return Actor(key.id, key.name, lesser(Role(key.role), Role(user.role)), Via.API_KEY, user_id=user.id)
