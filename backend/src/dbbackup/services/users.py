"""Users: made, changed, deleted; there is always an administrator who can sign in."""

from __future__ import annotations

import secrets

from msgspec import UNSET
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.access import Role
from dbbackup.core.errors import ConflictError, FieldError, ForbiddenError, NotFoundError, ValidationError
from dbbackup.core.naming import new_id
from dbbackup.db.models import User
from dbbackup.db.models.base import utc_now
from dbbackup.db.models.user import LOCAL
from dbbackup.services import passwords, sessions
from dbbackup.services.access_inputs import PasswordInput, SetupInput, UserInput, UserUpdate
from dbbackup.services.audit_entry import note
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.sign_in import as_actor, find_user, username_key


async def list_users(session: AsyncSession) -> list[User]:
    """Return all users in order of name."""
    return list(await session.scalars(select(User).order_by(User.username_key)))


async def get_user(session: AsyncSession, user_id: str) -> User:
    """Return one user. Raises NotFoundError."""
    user: User | None = await session.get(User, user_id)
    if user is None:
        raise NotFoundError(f"There is no user {user_id}.")
    return user


async def there_are_users(session: AsyncSession) -> bool:
    """Tell whether anybody could sign in at all."""
    return await session.scalar(select(User.id).limit(1)) is not None


async def add_user(session: AsyncSession, ctx: Context, data: UserInput) -> User:
    """Add a user. Raises ConflictError when the name is taken, ValidationError for a bad password."""
    passwords.refuse_bad_password(data.password, data.username)
    if await find_user(session, data.username):
        raise ConflictError(
            f"There is already a user called {data.username}.", details=[FieldError("username", "This name is taken.")]
        )
    user = User(
        id=new_id(),
        username=data.username,
        username_key=username_key(data.username),
        display_name=data.display_name.strip(),
        role=data.role,
        password_hash=await passwords.hash_password(data.password),
        password_changed_at=utc_now(),
        provider=LOCAL,
    )
    session.add(user)
    await session.flush()
    announce(session, ctx, "user", user.id, "created")
    return user


async def set_up(session: AsyncSession, ctx: Context, data: SetupInput) -> User:
    """Make the first administrator.

    Raises:
        ConflictError: there is a user already.
        ForbiddenError: the token is not the one in the log.
    """
    if await there_are_users(session):
        raise ConflictError("This is set up already: sign in.")
    if not secrets.compare_digest(data.token.encode(), ctx.runtime.setup_token.encode()):
        raise ForbiddenError(
            "This is not the setup token. It stands in the program's log since its last start, after “Setup token”."
        )
    form = UserInput(username=data.username, password=data.password, role=Role.ADMIN, display_name=data.display_name)
    user = await add_user(session, ctx, form)
    note(as_actor(user))
    return user


async def change_user(session: AsyncSession, ctx: Context, user_id: str, data: UserUpdate) -> User:
    """Change the given fields; a new password, or being disabled, ends the user's sessions.

    Raises:
        NotFoundError, ValidationError.
        ConflictError: nobody could administer any more, or another provider keeps the password.
    """
    user = await get_user(session, user_id)
    demoted = data.role is not UNSET and data.role != Role.ADMIN
    if demoted or data.disabled is True:
        await _refuse_last_admin(session, user)
    if data.display_name is not UNSET:
        user.display_name = data.display_name.strip()
    if data.role is not UNSET:
        user.role = data.role
    if data.disabled is not UNSET:
        user.disabled = data.disabled
    if data.password is not UNSET:
        await set_password(user, data.password)
    if data.password is not UNSET or data.disabled is True:
        await sessions.end_sessions(session, user.id)
    await session.flush()
    announce(session, ctx, "user", user.id, "updated")
    return user


async def change_own_password(
    session: AsyncSession, ctx: Context, user_id: str, session_id: str | None, data: PasswordInput
) -> int:
    """Change one's password and end all other sessions; return how many.

    Raises:
        ValidationError: the current password is wrong, or the new one is bad.
    """
    user = await get_user(session, user_id)
    if not await passwords.is_right(user.password_hash, data.current_password):
        raise ValidationError.of("currentPassword", "This is not your password.")
    await set_password(user, data.new_password, field="newPassword")
    ended = await sessions.end_sessions(session, user.id, but=session_id)
    await session.flush()
    announce(session, ctx, "user", user.id, "updated")
    return ended


async def set_password(user: User, password: str, field: str = "password") -> None:
    """Give a user another password. Raises ConflictError, ValidationError."""
    if user.provider != LOCAL:
        raise ConflictError(f"The password of {user.username} is kept by {user.provider}: change it there.")
    passwords.refuse_bad_password(password, user.username, field)
    user.password_hash = await passwords.hash_password(password)
    user.password_changed_at = utc_now()


async def delete_user(session: AsyncSession, ctx: Context, user_id: str) -> None:
    """Erase a user with their sessions and API keys; the audit log keeps their id, which names nobody any more.

    Raises:
        NotFoundError.
        ConflictError: nobody could administer any more.
    """
    user = await get_user(session, user_id)
    await _refuse_last_admin(session, user)
    await session.delete(user)
    await session.flush()
    announce(session, ctx, "user", user_id, "deleted")


async def _refuse_last_admin(session: AsyncSession, user: User) -> None:
    others = select(func.count()).where(User.role == Role.ADMIN, User.disabled.is_(False), User.id != user.id)
    if user.role == Role.ADMIN and not user.disabled and not await session.scalar(others):
        raise ConflictError(
            f"{user.username} is the only administrator who can sign in. Make another one first, so that somebody can."
        )
