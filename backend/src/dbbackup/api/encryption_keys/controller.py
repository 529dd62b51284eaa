"""Routes of encryption keys."""

from __future__ import annotations

from urllib.parse import quote

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, JSONBody

from dbbackup.api.databases.schemas import Deleted, DeletedEnvelope
from dbbackup.api.dependencies import Ctx, Session
from dbbackup.api.encryption_keys.schemas import EncryptionKeyEnvelope, EncryptionKeyListEnvelope, EncryptionKeyView
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.core.access import Permission
from dbbackup.db.models import EncryptionKey
from dbbackup.services import encryption_keys
from dbbackup.services.inputs import EncryptionKeyImport, EncryptionKeyInput


class EncryptionKeyController(Controller):
    """Make, import, hand out, activate, retire and delete encryption keys."""

    path = "/encryption-keys"
    tags = ("Encryption keys",)

    @get(
        operation_id="listEncryptionKeys",
        summary="List encryption keys",
        responses=documented(),
        guards=[requires(Permission.DATABASE_VIEW)],
    )
    async def list_keys(self, session: Session) -> EncryptionKeyListEnvelope:
        """Return all keys, active ones first."""
        counts = await encryption_keys.backup_counts(session)
        views = [_view(key, counts[key.recipient]) for key in await encryption_keys.list_keys(session)]
        return EncryptionKeyListEnvelope(success=True, data=views, error=None, meta=meta())

    @post(
        operation_id="createEncryptionKey",
        summary="Generate a key",
        responses=documented(409, 502),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def create_key(self, session: Session, ctx: Ctx, data: JSONBody[EncryptionKeyInput]) -> EncryptionKeyEnvelope:
        """Make a key pair; it becomes active when no other is. Download it before the first backup."""
        return await _answer(session, await encryption_keys.generate_key(session, ctx, data))

    @post(
        "/import",
        operation_id="importEncryptionKey",
        summary="Import a key",
        responses=documented(409, 502),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def import_key(
        self, session: Session, ctx: Ctx, data: JSONBody[EncryptionKeyImport]
    ) -> EncryptionKeyEnvelope:
        """Add a private key, or a recipient to encrypt only; the private part of a known recipient joins it."""
        return await _answer(session, await encryption_keys.import_key(session, ctx, data))

    @get(
        "/{key_id:str}",
        operation_id="getEncryptionKey",
        summary="Show a key",
        responses=documented(404),
        guards=[requires(Permission.DATABASE_VIEW)],
    )
    async def get_key(self, session: Session, key_id: FromPath[str]) -> EncryptionKeyEnvelope:
        """Return one key."""
        return await _answer(session, await encryption_keys.get_key(session, key_id))

    @post(
        "/{key_id:str}/download",
        status_code=200,
        operation_id="downloadEncryptionKey",
        summary="Download the private key",
        responses=documented(404, 409),
        media_type="text/plain",
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def download_key(self, session: Session, ctx: Ctx, key_id: FromPath[str]) -> Response[str]:
        """Return the key file for `age -d -i` or `gpg --import`. Whoever has it can read the backups: keep it safe."""
        key, text = await encryption_keys.download_key(session, ctx, key_id)
        name = f"{key.kind}-key-{encryption_keys.file_name(key)}"
        headers = {
            "content-disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }
        return Response(text.reveal(), media_type="text/plain", headers=headers)

    @post(
        "/{key_id:str}/activate",
        status_code=200,
        operation_id="activateEncryptionKey",
        summary="Encrypt new backups to this key",
        responses=documented(404),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def activate_key(self, session: Session, ctx: Ctx, key_id: FromPath[str]) -> EncryptionKeyEnvelope:
        """Make the key active; the one so far is retired and keeps opening the old backups."""
        return await _answer(session, await encryption_keys.activate_key(session, ctx, key_id))

    @post(
        "/{key_id:str}/retire",
        status_code=200,
        operation_id="retireEncryptionKey",
        summary="Encrypt no new backups to this key",
        responses=documented(404),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def retire_key(self, session: Session, ctx: Ctx, key_id: FromPath[str]) -> EncryptionKeyEnvelope:
        """Retire the key; without an active one new backups are not encrypted."""
        return await _answer(session, await encryption_keys.retire_key(session, ctx, key_id))

    @delete(
        "/{key_id:str}",
        status_code=200,
        operation_id="deleteEncryptionKey",
        summary="Delete a key",
        responses=documented(404, 409),
        guards=[requires(Permission.SYSTEM_CONFIGURE)],
    )
    async def delete_key(self, session: Session, ctx: Ctx, key_id: FromPath[str]) -> DeletedEnvelope:
        """Delete a retired key that no backup is encrypted to."""
        await encryption_keys.delete_key(session, ctx, key_id)
        return DeletedEnvelope(success=True, data=Deleted(id=key_id), error=None, meta=meta())


async def _answer(session: Session, key: EncryptionKey) -> EncryptionKeyEnvelope:
    counts = await encryption_keys.backup_counts(session)
    return EncryptionKeyEnvelope(success=True, data=_view(key, counts[key.recipient]), error=None, meta=meta())


def _view(key: EncryptionKey, backups: int) -> EncryptionKeyView:
    return EncryptionKeyView(
        id=key.id,
        name=key.name,
        kind=key.kind,
        recipient=key.recipient,
        public_key=key.public_key,
        has_identity=key.identity_sealed is not None,
        state=key.state,
        recovery=key.recovery,
        downloaded_at=key.downloaded_at,
        comment=key.comment,
        backups=backups,
        created_at=key.created_at,
    )
