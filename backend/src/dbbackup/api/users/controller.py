"""Routes of users."""

from __future__ import annotations

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from dbbackup.api.databases.schemas import Deleted, DeletedEnvelope
from dbbackup.api.dependencies import Ctx, Session
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.api.users.schemas import UserEnvelope, UserListEnvelope, UserView
from dbbackup.core.access import Permission, Role
from dbbackup.db.models import User
from dbbackup.services import second_factor, users
from dbbackup.services.access_inputs import UserInput, UserUpdate


class UserController(Controller):
    """Who may sign in, and what they may do."""

    path = "/users"
    tags = ("Users",)
    guards = (requires(Permission.SYSTEM_CONFIGURE),)

    @get(operation_id="listUsers", summary="List users", responses=documented())
    async def list_users(self, session: Session) -> UserListEnvelope:
        """Return all users in order of name."""
        views = [_view(user) for user in await users.list_users(session)]
        return UserListEnvelope(success=True, data=views, error=None, meta=meta())

    @post(operation_id="createUser", summary="Add a user", responses=documented(409))
    async def create_user(self, session: Session, ctx: Ctx, data: JSONBody[UserInput]) -> UserEnvelope:
        """Add somebody who may sign in with this name and password."""
        return _answer(await users.add_user(session, ctx, data))

    @get("/{user_id:str}", operation_id="getUser", summary="Show a user", responses=documented(404))
    async def get_user(self, session: Session, user_id: FromPath[str]) -> UserEnvelope:
        """Return one user."""
        return _answer(await users.get_user(session, user_id))

    @put("/{user_id:str}", operation_id="updateUser", summary="Change a user", responses=documented(404, 409))
    async def update_user(
        self, session: Session, ctx: Ctx, user_id: FromPath[str], data: JSONBody[UserUpdate]
    ) -> UserEnvelope:
        """Change the given fields; a new password, or being disabled, ends the user's sessions."""
        return _answer(await users.change_user(session, ctx, user_id, data))

    @delete(
        "/{user_id:str}",
        status_code=200,
        operation_id="deleteUser",
        summary="Delete a user",
        responses=documented(404, 409),
    )
    async def delete_user(self, session: Session, ctx: Ctx, user_id: FromPath[str]) -> DeletedEnvelope:
        """Erase somebody, with sessions and API keys; the audit log keeps an id that names nobody any more."""
        await users.delete_user(session, ctx, user_id)
        return DeletedEnvelope(success=True, data=Deleted(id=user_id), error=None, meta=meta())

    @delete(
        "/{user_id:str}/second-factor",
        status_code=200,
        operation_id="resetSecondFactor",
        summary="Turn a user's second factor off",
        responses=documented(404, 409),
    )
    async def reset_second_factor(self, session: Session, ctx: Ctx, user_id: FromPath[str]) -> UserEnvelope:
        """Help somebody who lost both phone and recovery codes: the password alone will do again."""
        return _answer(await second_factor.reset(session, ctx, user_id))


def _answer(user: User) -> UserEnvelope:
    return UserEnvelope(success=True, data=_view(user), error=None, meta=meta())


def _view(user: User) -> UserView:
    return UserView(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        role=Role(user.role),
        disabled=user.disabled,
        second_factor=second_factor.is_on(user),
        provider=user.provider,
        password_changed_at=user.password_changed_at,
        last_sign_in_at=user.last_sign_in_at,
        created_at=user.created_at,
    )
