"""What runs need of the encryption keys: whom a backup is encrypted to, and what opens it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.age_keys import Identity
from dbbackup.core.errors import ConflictError, IntegrityError, KeyMissingError, ValidationError
from dbbackup.core.manifest import Manifest
from dbbackup.db.models import EncryptionKey, KeyState
from dbbackup.engines.values import Finding
from dbbackup.pipeline.encrypt import check_opens
from dbbackup.pipeline.stream import Stream
from dbbackup.services.context import Context
from dbbackup.services.encryption_keys import open_identity

AGE = "age"


async def choose_encryption(session: AsyncSession, wanted: str | None) -> str | None:
    """Return the encryption of a new backup: as wanted, else `age` when there is an active key, else none.

    Raises:
        ValidationError: `age` is wanted and there is no active key.
        ConflictError: the active key's private part is nowhere but here.
    """
    if wanted == "none":
        return None
    keys = await _active_keys(session)
    if wanted is None and not keys:
        return None
    _check(keys)
    return AGE


async def recipient_keys(session: AsyncSession) -> list[EncryptionKey]:
    """Return the keys a backup is encrypted to that starts now: the active one and the recovery key.

    Raises:
        ValidationError, ConflictError: as `choose_encryption`.
    """
    keys = await _active_keys(session)
    _check(keys)
    recovery = select(EncryptionKey).where(EncryptionKey.state == KeyState.ACTIVE, EncryptionKey.recovery)
    return keys + list(await session.scalars(recovery))


async def identities(ctx: Context) -> list[Identity]:
    """Return all private keys that are kept here, retired ones too."""
    async with ctx.catalogue.sessions() as session:
        keys = list(await session.scalars(select(EncryptionKey).where(EncryptionKey.identity_sealed.is_not(None))))
    return [identity for key in keys if (identity := open_identity(ctx, key))]


async def check_key(ctx: Context, manifest: Manifest, files: Sequence[Stream]) -> list[Finding]:
    """Prove on the files' own headers that a private key at hand opens them; nothing for a plain backup."""
    if manifest.encryption is None:
        return []
    if manifest.encryption != AGE:
        text = f"This version cannot open {manifest.encryption!r} encryption. Restore it with a newer one."
        return [Finding("error", "encryption-unknown", text)]
    known = await identities(ctx)
    try:
        for file in files:
            await check_opens(file, known)
    except KeyMissingError:
        if {str(identity.recipient) for identity in known} & set(manifest.recipients):
            text = "The right private key is here and does not open a file of this backup: the file was altered."
            return [Finding("error", "source-damaged", f"{text} Restore from another copy.")]
        return [Finding("error", "key-missing", await _missing(ctx, manifest.recipients))]
    except IntegrityError as error:
        return [Finding("error", "source-damaged", error.message)]
    return [Finding("ok", "key", "The backup is encrypted, and a private key kept here opens it.")]


async def _missing(ctx: Context, recipients: list[str]) -> str:
    async with ctx.catalogue.sessions() as session:
        query = select(EncryptionKey).where(EncryptionKey.recipient.in_(recipients))
        names = {key.recipient: key.name for key in await session.scalars(query)}
    told = [f"{names[r]} ({r})" if r in names else r for r in recipients] or ["keys its manifest does not name"]
    return (
        f"No private key kept here opens this backup. It is encrypted to {' and '.join(told)}. Import the key file of"
        " one of them under Encryption keys, then try again."
    )


async def _active_keys(session: AsyncSession) -> list[EncryptionKey]:
    active = select(EncryptionKey).where(EncryptionKey.state == KeyState.ACTIVE, ~EncryptionKey.recovery)
    return list(await session.scalars(active))


def _check(keys: list[EncryptionKey]) -> None:
    if not keys:
        raise ValidationError.of(
            "encryption", "There is no active encryption key. Make one under Encryption keys, or choose none."
        )
    for key in keys:
        if key.identity_sealed is not None and key.downloaded_at is None:
            raise ConflictError(
                f"The private key of {key.name} was never downloaded: if this machine is lost, nobody can open the"
                " backup. Download it under Encryption keys and keep it in a safe place, then back up."
            )
