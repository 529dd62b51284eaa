"""Encryption keys: generate, import, hand out, activate, retire, delete."""

from __future__ import annotations

import json
from collections import Counter

from sqlalchemy import Text, cast, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.age_keys import Identity, key_file, parse_identity, parse_recipient
from dbbackup.core.errors import ConflictError, FieldError, NotFoundError, ValidationError
from dbbackup.core.naming import new_id, slug
from dbbackup.core.openpgp import OpenPgpKey, is_openpgp
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupExecution, EncryptionKey, KeyKind, KeyState, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.pipeline import gpg_keys
from dbbackup.pipeline.gpg import GpgPlace
from dbbackup.pipeline.process import Workshop
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
    """Make a key pair; the first one of a kind becomes active.

    Raises:
        ConflictError: the name is taken.
        ToolMissingError: OpenPGP, and gpg is not installed.
    """
    key = EncryptionKey(id=new_id(), name=data.name, comment=data.comment, kind=data.kind)
    if key.kind == KeyKind.OPENPGP:
        _take(ctx, key, await gpg_keys.generate(gpg_place(ctx)))
    else:
        identity = Identity.generate()
        key.recipient, key.identity_sealed = str(identity.recipient), _seal(ctx, key.id, identity.reveal())
    return await _add(session, ctx, key)


async def import_key(
    session: AsyncSession, ctx: Context, data: EncryptionKeyImport, key_id: str | None = None
) -> EncryptionKey:
    """Add a key that was made elsewhere; a private key joins a recipient that is here without one.

    Raises:
        ValidationError: neither or both of identity and recipient, or no proper key.
        ConflictError: the name or the key is there already.
        ToolMissingError: OpenPGP, and gpg is not installed.
    """
    if (data.identity is None) == (data.recipient is None):
        raise ValidationError.of("identity", "Give either the private key or, to encrypt only, the recipient.")
    if data.identity is not None and data.recovery:
        raise ValidationError.of(
            "recovery", "The private part of a recovery key is kept offline: give its recipient only."
        )
    key = EncryptionKey(id=key_id or new_id(), name=data.name, comment=data.comment, recovery=data.recovery)
    await _read(ctx, key, data)
    if key.identity_sealed is None:
        return await _add(session, ctx, key)
    # Whoever imports it has it elsewhere already.
    key.downloaded_at = utc_now()
    known = await session.scalar(select(EncryptionKey).where(EncryptionKey.recipient == key.recipient))
    if known is None or known.identity_sealed is not None:
        return await _add(session, ctx, key)
    # A recovery key, too: with the other keys lost, its private part is brought here to restore.
    private = open_private(ctx, key)
    known.identity_sealed = _seal(ctx, known.id, private) if private else None
    known.downloaded_at = key.downloaded_at
    await _changed(session, ctx, known, "updated")
    return known


async def download_key(session: AsyncSession, ctx: Context, key_id: str) -> tuple[EncryptionKey, Secret]:
    """Return the key with its file as age or gpg reads it, and note that it left.

    Raises:
        NotFoundError.
        ConflictError: its private part is not here.
    """
    key = await get_key(session, key_id)
    private = open_private(ctx, key)
    if private is None:
        raise ConflictError(f"The private key of {key.name} is not kept here: there is nothing to download.")
    key.downloaded_at = utc_now()
    await _changed(session, ctx, key, "updated")
    return key, private_file(key, private)


async def activate_key(session: AsyncSession, ctx: Context, key_id: str) -> EncryptionKey:
    """Encrypt new backups to this key in place of the one so far, which keeps opening the old ones."""
    key = await get_key(session, key_id)
    same = (
        EncryptionKey.state == KeyState.ACTIVE,
        EncryptionKey.kind == key.kind,
        EncryptionKey.recovery == key.recovery,
    )
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


def open_private(ctx: Context, key: EncryptionKey) -> Secret | None:
    """Return the private part, None when it is not kept here. Raises InternalError when it cannot be unsealed."""
    if key.identity_sealed is None:
        return None
    return ctx.sealer.open(key.identity_sealed, table=_TABLE, row_id=key.id, column=_COLUMN)


def private_file(key: EncryptionKey, private: Secret) -> Secret:
    """Return the file that `age -d -i` or `gpg --import` reads."""
    return private if key.kind == KeyKind.OPENPGP else key_file(parse_identity(private), key.created_at)


def file_name(key: EncryptionKey) -> str:
    """Return the name of that file."""
    return f"{slug(key.name)}.{'asc' if key.kind == KeyKind.OPENPGP else 'txt'}"


def gpg_place(ctx: Context, workshop: Workshop | None = None) -> GpgPlace:
    """Return where gpg works; `workshop` is that of a run."""
    return GpgPlace.of(ctx.settings.work_path, ctx.instance_id, workshop)


async def _read(ctx: Context, key: EncryptionKey, data: EncryptionKeyImport) -> None:
    """Read what was given into the new row. Raises ValidationError, ToolMissingError."""
    if is_openpgp(data.identity or data.recipient or ""):
        key.kind, place = KeyKind.OPENPGP, gpg_place(ctx)
        private = Secret(data.identity) if data.identity is not None else None
        found = await (gpg_keys.read_private(private, place) if private else _read_public(data, place))
        _take(ctx, key, found)
    elif data.identity is not None:
        identity = parse_identity(Secret(data.identity))
        key.kind, key.recipient = KeyKind.AGE, str(identity.recipient)
        key.identity_sealed = _seal(ctx, key.id, identity.reveal())
    else:
        key.kind, key.recipient = KeyKind.AGE, str(parse_recipient(data.recipient or ""))


async def _read_public(data: EncryptionKeyImport, place: GpgPlace) -> OpenPgpKey:
    return await gpg_keys.read_public(data.recipient or "", place)


def _take(ctx: Context, key: EncryptionKey, found: OpenPgpKey) -> None:
    key.recipient, key.public_key = found.fingerprint, found.public
    if found.private is not None:
        key.identity_sealed = _seal(ctx, key.id, found.private)


async def _add(session: AsyncSession, ctx: Context, key: EncryptionKey) -> EncryptionKey:
    """Save a new key; it becomes active unless there is an active one of its kind."""
    if await session.scalar(select(EncryptionKey.id).where(EncryptionKey.name == key.name)):
        raise ConflictError(
            f"There is already a key called {key.name}.", details=[FieldError("name", "This name is taken.")]
        )
    if known := await session.scalar(select(EncryptionKey.name).where(EncryptionKey.recipient == key.recipient)):
        raise ConflictError(f"This key is here already: it is called {known}.")
    same = (
        EncryptionKey.state == KeyState.ACTIVE,
        EncryptionKey.kind == key.kind,
        EncryptionKey.recovery == bool(key.recovery),
    )
    taken = await session.scalar(select(EncryptionKey.id).where(*same))
    key.state = KeyState.RETIRED if taken else KeyState.ACTIVE
    session.add(key)
    await _changed(session, ctx, key, "created")
    return key


async def _changed(session: AsyncSession, ctx: Context, key: EncryptionKey, action: str) -> None:
    await session.flush()
    announce(session, ctx, _RESOURCE, key.id, action)


def _seal(ctx: Context, key_id: str, private: Secret) -> str:
    return ctx.sealer.seal(private, table=_TABLE, row_id=key_id, column=_COLUMN)
