"""What the command line does about users and the audit log, beside a running program too: in short transactions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.access import COMMAND_LINE, Role
from dbbackup.core.errors import ConflictError, NotFoundError, ValidationError
from dbbackup.core.events import Unheard
from dbbackup.db.lock import is_taken, lock_catalogue
from dbbackup.db.migrate import migrate
from dbbackup.db.models import User
from dbbackup.db.session import Catalogue
from dbbackup.engines import build_registry
from dbbackup.services import audit, audit_chain, bootstrap, second_factor, users
from dbbackup.services.access_inputs import UserInput, UserUpdate
from dbbackup.services.audit_entry import CURRENT, AuditEntry, Caller
from dbbackup.services.context import Context
from dbbackup.services.sign_in import find_user
from dbbackup.services.storages import StoragePool
from dbbackup.settings import Settings

Form = TypeVar("Form", UserInput, UserUpdate)


async def create_user(settings: Settings, username: str, role: Role, display_name: str, password: str) -> User:
    """Add a user. Raises ValidationError, ConflictError."""
    form = {"username": username, "password": password, "role": role, "displayName": display_name}
    async with _recorded(settings, "createUser") as (session, ctx):
        return await users.add_user(session, ctx, _checked(form, UserInput))


async def reset_password(settings: Settings, username: str, password: str) -> None:
    """Give a user another password and end their sessions. Raises ValidationError, NotFoundError, ConflictError."""
    form = _checked({"password": password}, UserUpdate)
    async with _recorded(settings, "updateUser") as (session, ctx):
        user = await _user_named(session, username)
        await users.change_user(session, ctx, user.id, form)


async def reset_second_factor(settings: Settings, username: str) -> None:
    """Turn off a user's second factor. Raises NotFoundError, ConflictError."""
    async with _recorded(settings, "resetSecondFactor") as (session, ctx):
        user = await _user_named(session, username)
        await second_factor.reset(session, ctx, user.id)


async def _user_named(session: AsyncSession, username: str) -> User:
    user = await find_user(session, username)
    if user is None:
        raise NotFoundError(f"There is no user {username}. `dbbackup user list` shows those that are.")
    return user


async def list_users(settings: Settings) -> list[User]:
    """Return all users."""
    async with _beside(settings) as ctx, ctx.catalogue.sessions() as session:
        return await users.list_users(session)


async def verify_audit(settings: Settings) -> audit_chain.ChainReport:
    """Verify the audit log."""
    async with _beside(settings) as ctx, ctx.catalogue.sessions() as session:
        return await audit_chain.verify(session, ctx.audit_key)


@asynccontextmanager
async def _recorded(settings: Settings, action: str) -> AsyncIterator[tuple[AsyncSession, Context]]:
    """Yield a transaction that is recorded as the command line's."""
    async with _beside(settings) as ctx:
        mark = CURRENT.set(AuditEntry(action, Caller(""), COMMAND_LINE))
        try:
            async with ctx.catalogue.transaction() as session:
                yield session, ctx
                await audit.write_with(session, ctx)
        finally:
            CURRENT.reset(mark)


@asynccontextmanager
async def _beside(settings: Settings) -> AsyncIterator[Context]:
    """Open the catalogue, whether or not the program runs on it; if not, it is brought to this version's schema."""
    with suppress(ConflictError):  # it runs, and has done so
        if not is_taken(settings.catalogue):
            with lock_catalogue(settings.catalogue):
                await migrate(settings.catalogue)
    async with opened_catalogue(settings) as ctx:
        yield ctx


@asynccontextmanager
async def opened_catalogue(settings: Settings) -> AsyncIterator[Context]:
    """Open a catalogue of this version's schema. Raises ValidationError when ENCRYPTION_KEY is not its key."""
    catalogue = Catalogue(settings.catalogue, beside=True)
    try:
        sealer = await bootstrap.open_sealer(catalogue, settings)
        yield Context(
            settings=settings,
            catalogue=catalogue,
            sealer=sealer,
            engines=build_registry(()),
            storages=StoragePool(settings, catalogue, sealer),
            events=Unheard(),
            instance_id=await bootstrap.instance_id(catalogue),
            signing_key=await bootstrap.signing_key(catalogue, sealer),
            audit_key=await bootstrap.open_audit_key(catalogue, sealer),
        )
    finally:
        await catalogue.close()


def _checked(form: dict[str, str], kind: type[Form]) -> Form:
    try:
        return msgspec.convert(form, kind)
    except msgspec.ValidationError as error:
        message = str(error).replace("`$.", "`")
        raise ValidationError(f"{message}. Nothing was changed.") from error
