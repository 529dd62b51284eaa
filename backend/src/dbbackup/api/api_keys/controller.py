"""Routes of API keys."""

from __future__ import annotations

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from dbbackup.api.api_keys.schemas import ApiKeyListEnvelope, ApiKeyView, NewApiKey, NewApiKeyEnvelope
from dbbackup.api.databases.schemas import Deleted, DeletedEnvelope
from dbbackup.api.dependencies import Ctx, Session, Who
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import IN_PERSON
from dbbackup.core.access import Role
from dbbackup.db.models import ApiKey, User
from dbbackup.services import api_keys
from dbbackup.services.access_inputs import ApiKeyInput


class ApiKeyController(Controller):
    """Keys for programs; everybody looks after their own, administrators see all."""

    path = "/api-keys"
    tags = ("API keys",)
    guards = (IN_PERSON,)

    @get(operation_id="listApiKeys", summary="List API keys", responses=documented())
    async def list_keys(self, session: Session, actor: Who) -> ApiKeyListEnvelope:
        """Return one's own keys, newest first; an administrator gets everybody's."""
        views = [_view(key, user) for key, user in await api_keys.list_keys(session, actor)]
        return ApiKeyListEnvelope(success=True, data=views, error=None, meta=meta())

    @post(operation_id="createApiKey", summary="Make an API key", responses=documented(409))
    async def create_key(
        self, session: Session, ctx: Ctx, actor: Who, data: JSONBody[ApiKeyInput]
    ) -> NewApiKeyEnvelope:
        """Make a key. Its secret is in this answer and nowhere else."""
        key, user, secret = await api_keys.make_key(session, ctx, actor, data)
        made = NewApiKey(key=_view(key, user), secret=secret.reveal())
        return NewApiKeyEnvelope(success=True, data=made, error=None, meta=meta())

    @delete(
        "/{key_id:str}",
        status_code=200,
        operation_id="deleteApiKey",
        summary="Revoke an API key",
        responses=documented(404),
    )
    async def delete_key(self, session: Session, ctx: Ctx, actor: Who, key_id: FromPath[str]) -> DeletedEnvelope:
        """Revoke a key of one's own, or as an administrator anybody's; it acts at once."""
        await api_keys.revoke_key(session, ctx, actor, key_id)
        return DeletedEnvelope(success=True, data=Deleted(id=key_id), error=None, meta=meta())


def _view(key: ApiKey, user: User) -> ApiKeyView:
    return ApiKeyView(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        role=Role(key.role),
        user_id=user.id,
        username=user.username,
        expires_at=key.expires_at,
        last_used_at=key.last_used_at,
        created_at=key.created_at,
    )
