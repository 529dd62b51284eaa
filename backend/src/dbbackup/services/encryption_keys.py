"""Encryption keys: generate, import, hand out, activate, retire, delete."""

from __future__ import annotations

import json
from collections import Counter

from sqlalchemy import Text, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.age_keys import Identity, key_file, parse_identity, parse_recipient
from dbbackup.core.errors import ConflictError, FieldError, NotFoundError, ValidationError
from dbbackup.core.naming import new_id
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupExecution, EncryptionKey, KeyState, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.inputs import EncryptionKeyImport, EncryptionKeyInput

_TABLE, _COLUMN, _RESOURCE = "encryption_key", "identity_sealed", "encryption-key"
_LIVING = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.COMPLETED)


async def get_key(session: AsyncSession, key_id: str) -> EncryptionKey:
    """Return the key. Raises NotFoundError."""
    key = await session.get(EncryptionKey, key_id)
    if key is None:
        raise NotFoundError(f"There is no encryption key {key_id}. It may have been deleted: reload the list.")
    return key


async def list_keys(session: AsyncSession) -> list[EncryptionKey]:
    """Return all keys: active ones first, then the newest."""
    return list(await session.scalars(select(EncryptionKey).order_by(EncryptionKey.state, EncryptionKey.id.desc())))


async def backup_counts(session: AsyncSession) -> Counter[str]:
    """Return by recipient how many backups that are not deleted are encrypted to it."""
    recipients = cast(BackupExecution.recipients, Text)
    query = (
        select(recipients, func.count())
        .where(BackupExecution.encryption.is_not(None), BackupExecution.deleted_at.is_(None))
        .where(BackupExecution.status.in_(_LIVING))
        .group_by(recipients)
    )
    counts: Counter[str] = Counter()
    for found, count in await session.execute(query):
        for recipient in json.loads(found or "[]"):
            counts[recipient] += count
    return counts


async def generate_key(session: AsyncSession, ctx: Context, data: EncryptionKeyInput) -> EncryptionKey:
    """Make a key pair; the first one becomes active. Raises ConflictError: the name is taken."""
    identity = Identity.generate()
    key = EncryptionKey(id=new_id(), name=data.name, comment=data.comment, recipient=str(identity.recipient))
    key.identity_sealed = _seal(ctx, key.id, identity)
    return await _add(session, ctx, key)


async def import_key(
    session: AsyncSession, ctx: Context, data: EncryptionKeyImport, key_id: str | None = None
) -> EncryptionKey:
    """Add a key that was made elsewhere; an identity joins a recipient that is here without one.

    Raises:
        ValidationError: neither or both of identity and recipient, or no proper key.
        ConflictError: the name or the key is there already.
    """
    if (data.identity is None) == (data.recipient is None):
        raise ValidationError.of("identity", "Give either the private key or, to encrypt only, the recipient.")
    if data.identity is None:
        recipient = str(parse_recipient(data.recipient or ""))
        key = EncryptionKey(id=key_id or new_id(), name=data.name, recipient=recipient, recovery=data.recovery)
        key.comment = data.comment
        return await _add(session, ctx, key)
    if data.recovery:
        raise ValidationError.of(
            "recovery", "The private part of a recovery key is kept offline: give its recipient (age1…) only."
        )
    identity = parse_identity(Secret(data.identity))
    known = await session.scalar(select(EncryptionKey).where(EncryptionKey.recipient == str(identity.recipient)))
    if known is not None and known.identity_sealed is None:
        return await _complete(session, ctx, known, identity)
    key = EncryptionKey(id=key_id or new_id(), name=data.name, comment=data.comment, recipient=str(identity.recipient))
    # Whoever imports it has it elsewhere already.
    key.identity_sealed, key.downloaded_at = _seal(ctx, key.id, identity), utc_now()
    return await _add(session, ctx, key)


async def download_key(session: AsyncSession, ctx: Context, key_id: str) -> tuple[EncryptionKey, Secret]:
    """Return the key with its file as age reads it, and note that it left.

    Raises:
        NotFoundError.
        ConflictError: its private part is not here.
    """
    key = await get_key(session, key_id)
    identity = open_identity(ctx, key)
    if identity is None:
        raise ConflictError(f"The private key of {key.name} is not kept here: there is nothing to download.")
    key.downloaded_at = utc_now()
    await _changed(session, ctx, key, "updated")
    return key, key_file(identity, key.created_at)


async def activate_key(session: AsyncSession, ctx: Context, key_id: str) -> EncryptionKey:
    """Encrypt new backups to this key in place of the one so far, which keeps opening the old ones."""
    key = await get_key(session, key_id)
    same = (EncryptionKey.state == KeyState.ACTIVE, EncryptionKey.recovery == key.recovery)
    # The others first: the catalogue holds at most one.
    await session.execute(update(EncryptionKey).where(*same).values(state=KeyState.RETIRED))
    key.state = KeyState.ACTIVE
    await _changed(session, ctx, key, "updated")
    return key


async def retire_key(session: AsyncSession, ctx: Context, key_id: str) -> EncryptionKey:
    """Encrypt no new backups to this key."""
    key = await get_key(session, key_id)
    key.state = KeyState.RETIRED
    await _changed(session, ctx, key, "updated")
    return key


async def delete_key(session: AsyncSession, ctx: Context, key_id: str) -> None:
    """Delete a retired key that no backup is encrypted to.

    Raises:
        NotFoundError.
        ConflictError: it is active, or backups need it.
    """
    key = await get_key(session, key_id)
    if key.state == KeyState.ACTIVE:
        raise ConflictError(f"{key.name} is active: new backups are encrypted to it. Retire it first.")
    if count := (await backup_counts(session))[key.recipient]:
        raise ConflictError(
            f"{count} {'backup is' if count == 1 else 'backups are'} encrypted to {key.name}. Delete"
            f" {'it' if count == 1 else 'them'} first; until then a retired key does no harm."
        )
    await session.delete(key)
    await _changed(session, ctx, key, "deleted")


def open_identity(ctx: Context, key: EncryptionKey) -> Identity | None:
    """Return the private part, None when it is not kept here. Raises InternalError when it cannot be unsealed."""
    if key.identity_sealed is None:
        return None
    return parse_identity(ctx.sealer.open(key.identity_sealed, table=_TABLE, row_id=key.id, column=_COLUMN))


async def _add(session: AsyncSession, ctx: Context, key: EncryptionKey) -> EncryptionKey:
    """Save a new key; it becomes active unless there is an active one of its kind."""
    if await session.scalar(select(EncryptionKey.id).where(EncryptionKey.name == key.name)):
        raise ConflictError(
            f"There is already a key called {key.name}.", details=[FieldError("name", "This name is taken.")]
        )
    if known := await session.scalar(select(EncryptionKey.name).where(EncryptionKey.recipient == key.recipient)):
        raise ConflictError(f"This key is here already: it is called {known}.")
    same = (EncryptionKey.state == KeyState.ACTIVE, EncryptionKey.recovery == bool(key.recovery))
    taken = await session.scalar(select(EncryptionKey.id).where(*same))
    key.state = KeyState.RETIRED if taken else KeyState.ACTIVE
    session.add(key)
    await _changed(session, ctx, key, "created")
    return key


async def _complete(session: AsyncSession, ctx: Context, key: EncryptionKey, identity: Identity) -> EncryptionKey:
    """A recovery key, too: with the other keys lost, its private part is brought here to restore."""
    key.identity_sealed, key.downloaded_at = _seal(ctx, key.id, identity), utc_now()
    await _changed(session, ctx, key, "updated")
    return key


async def _changed(session: AsyncSession, ctx: Context, key: EncryptionKey, action: str) -> None:
    await session.flush()
    announce(session, ctx, _RESOURCE, key.id, action)


def _seal(ctx: Context, key_id: str, identity: Identity) -> str:
    return ctx.sealer.seal(identity.reveal(), table=_TABLE, row_id=key_id, column=_COLUMN)
