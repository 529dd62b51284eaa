"""Sessions: opened at the sign-in, found by the cookie or the token, ended by time or by hand."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import NotFoundError
from dbbackup.db.models import SessionKind, User, UserSession
from dbbackup.db.models.base import utc_now
from dbbackup.services.audit_entry import Caller
from dbbackup.services.context import Context

_TOUCH_EVERY = timedelta(minutes=1)
"""How exact `last used` is: finer would make every request a write."""


def hash_token(token: str) -> str:
    """Return what is kept of a random token; it is too long to be guessed, so one round is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


async def open_session(
    session: AsyncSession, ctx: Context, user: User, caller: Caller, kind: SessionKind
) -> tuple[UserSession, str]:
    """Open a session for somebody who has proved who they are; return it with the browser's token."""
    token, now = secrets.token_urlsafe(32), utc_now()
    opened = UserSession(
        user_id=user.id,
        kind=kind,
        token_hash=hash_token(token) if kind == SessionKind.BROWSER else None,
        generation=0,
        last_used_at=now,
        expires_at=now + timedelta(hours=ctx.live.session_max_hours),
        address=caller.address[:64],
        user_agent=caller.user_agent[:300],
    )
    session.add(opened)
    await session.execute(update(User).where(User.id == user.id).values(last_sign_in_at=now))
    await session.flush()
    return opened, token


async def find_by_cookie(session: AsyncSession, ctx: Context, token: str) -> tuple[UserSession, User] | None:
    """Return the living session that the cookie belongs to, and whose it is."""
    return await _find(session, ctx, UserSession.token_hash == hash_token(token))


async def find_by_id(session: AsyncSession, ctx: Context, session_id: str) -> tuple[UserSession, User] | None:
    """Return the living session of tokens, and whose it is."""
    return await _find(session, ctx, (UserSession.id == session_id) & (UserSession.kind == SessionKind.TOKEN))


async def touch(ctx: Context, found: UserSession, caller: Caller) -> None:
    """Note that a session is used."""
    now = utc_now()
    if now - found.last_used_at >= _TOUCH_EVERY:
        changed = update(UserSession).where(UserSession.id == found.id)
        async with ctx.catalogue.transaction() as session:
            await session.execute(changed.values(last_used_at=now, address=caller.address[:64]))


async def list_sessions(session: AsyncSession, ctx: Context, user_id: str) -> list[UserSession]:
    """Return a user's living sessions, the last used first."""
    query = select(UserSession).where(UserSession.user_id == user_id).order_by(UserSession.last_used_at.desc())
    return [found for found in await session.scalars(query) if _lives(found, ctx)]


async def end_session(session: AsyncSession, user_id: str, session_id: str) -> None:
    """End one session of the user. Raises NotFoundError."""
    ended = delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id)
    if not (await session.execute(ended.returning(UserSession.id))).first():
        raise NotFoundError(f"You have no session {session_id}.")


async def end_sessions(session: AsyncSession, user_id: str, *, but: str | None = None) -> int:
    """End all sessions of the user but one; return how many."""
    ended = delete(UserSession).where(UserSession.user_id == user_id)
    if but is not None:
        ended = ended.where(UserSession.id != but)
    return len((await session.execute(ended.returning(UserSession.id))).all())


async def forget_expired(session: AsyncSession, ctx: Context) -> None:
    """Remove sessions that nobody can use any more."""
    now = utc_now()
    idle = now - timedelta(minutes=ctx.live.session_idle_minutes)
    await session.execute(
        delete(UserSession).where((UserSession.expires_at <= now) | (UserSession.last_used_at <= idle))
    )


async def _find(session: AsyncSession, ctx: Context, condition: object) -> tuple[UserSession, User] | None:
    query = select(UserSession, User).join(User, User.id == UserSession.user_id)
    row = (await session.execute(query.where(condition))).first()  # type: ignore[arg-type]
    if row is None or row[1].disabled or not _lives(row[0], ctx):
        return None
    return row[0], row[1]


def _lives(found: UserSession, ctx: Context) -> bool:
    now, idle = utc_now(), timedelta(minutes=ctx.live.session_idle_minutes)
    return now < found.expires_at and now < found.last_used_at + idle
