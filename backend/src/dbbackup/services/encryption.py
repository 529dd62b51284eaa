"""What runs need of the encryption keys: whom a backup is encrypted to, and what opens it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.age_keys import Identity, parse_identity
from dbbackup.core.errors import ConflictError, IntegrityError, KeyMissingError, ToolMissingError, ValidationError
from dbbackup.core.manifest import Manifest
from dbbackup.core.openpgp import OpenPgpKey
from dbbackup.core.secret import Secret
from dbbackup.db.models import EncryptionKey, KeyKind, KeyState
from dbbackup.engines.values import Finding
from dbbackup.pipeline import gpg
from dbbackup.pipeline.encrypt import check_opens
from dbbackup.pipeline.gpg import GpgIdentities, GpgRecipients
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.stream import Stream
from dbbackup.services.context import Context
from dbbackup.services.encryption_keys import gpg_place, open_private

_NAMES: dict[str, str] = {KeyKind.AGE: "age", KeyKind.OPENPGP: "OpenPGP"}


@dataclass(frozen=True, slots=True)
class PrivateKeys:
    """The private keys that are kept here, of both kinds."""

    age: Sequence[Identity]
    openpgp: GpgIdentities

    def of(self, encryption: str | None) -> int:
        """Return how many there are for that encryption."""
        return len(self.openpgp.keys if encryption == KeyKind.OPENPGP else self.age)


async def choose_encryption(session: AsyncSession, wanted: str | None) -> str | None:
    """Return the encryption of a new backup: as wanted, else that of the active key, age first, else none.

    Raises:
        ValidationError: it is wanted and there is no active key for it.
        ConflictError: the active key's private part is nowhere but here.
    """
    if wanted == "none":
        return None
    for kind in [wanted] if wanted else KeyKind:
        keys = await _active_keys(session, kind)
        if wanted or keys:
            _check(keys, kind)
            return str(kind)
    return None


async def recipient_keys(session: AsyncSession, encryption: str) -> list[EncryptionKey]:
    """Return the keys a backup is encrypted to that starts now: the active one and the recovery key of its kind.

    Raises:
        ValidationError, ConflictError: as `choose_encryption`.
    """
    keys = await _active_keys(session, encryption)
    _check(keys, encryption)
    recovery = select(EncryptionKey).where(
        EncryptionKey.state == KeyState.ACTIVE, EncryptionKey.recovery, EncryptionKey.kind == encryption
    )
    return keys + list(await session.scalars(recovery))


def gpg_recipients(ctx: Context, keys: Sequence[EncryptionKey], workshop: Workshop | None = None) -> GpgRecipients:
    """Return OpenPGP keys as gpg takes them."""
    return GpgRecipients([OpenPgpKey(key.recipient, key.public_key or "") for key in keys], gpg_place(ctx, workshop))


async def private_keys(ctx: Context, workshop: Workshop | None = None) -> PrivateKeys:
    """Return all private keys that are kept here, retired ones too; `workshop` is that of a run."""
    async with ctx.catalogue.sessions() as session:
        keys = list(await session.scalars(select(EncryptionKey).where(EncryptionKey.identity_sealed.is_not(None))))
    found: dict[str, list[Secret]] = {kind: [] for kind in KeyKind}
    for key in keys:
        if private := open_private(ctx, key):
            found[key.kind].append(private)
    return PrivateKeys(
        [parse_identity(text) for text in found[KeyKind.AGE]],
        GpgIdentities(found[KeyKind.OPENPGP], gpg_place(ctx, workshop)),
    )


async def check_key(ctx: Context, manifest: Manifest, files: Sequence[Stream]) -> list[Finding]:
    """Prove on the files' own headers that a private key at hand opens them; nothing for a plain backup."""
    if manifest.encryption is None:
        return []
    if manifest.encryption not in set(KeyKind):
        text = f"This version cannot open {manifest.encryption!r} encryption. Restore it with a newer one."
        return [Finding("error", "encryption-unknown", text)]
    known = await private_keys(ctx)
    try:
        for file in files:
            if manifest.encryption == KeyKind.OPENPGP:
                await gpg.check_opens(file, known.openpgp)
            else:
                await check_opens(file, known.age)
    except KeyMissingError:
        if await _has_private(ctx, manifest.recipients):
            text = "The right private key is here and does not open a file of this backup: the file was altered."
            return [Finding("error", "source-damaged", f"{text} Restore from another copy.")]
        return [Finding("error", "key-missing", await _missing(ctx, manifest.recipients))]
    except IntegrityError as error:
        return [Finding("error", "source-damaged", error.message)]
    except ToolMissingError as error:
        return [Finding("error", "tool-missing", error.message)]
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


async def _has_private(ctx: Context, recipients: list[str]) -> bool:
    query = select(EncryptionKey.id).where(
        EncryptionKey.recipient.in_(recipients), EncryptionKey.identity_sealed.is_not(None)
    )
    async with ctx.catalogue.sessions() as session:
        return await session.scalar(query.limit(1)) is not None


async def _active_keys(session: AsyncSession, kind: str) -> list[EncryptionKey]:
    active = select(EncryptionKey).where(
        EncryptionKey.state == KeyState.ACTIVE, ~EncryptionKey.recovery, EncryptionKey.kind == kind
    )
    return list(await session.scalars(active))


def _check(keys: list[EncryptionKey], kind: str) -> None:
    if not keys:
        raise ValidationError.of(
            "encryption",
            f"There is no active encryption key of {_NAMES[kind]}. Make one under Encryption keys, or choose none.",
        )
    for key in keys:
        if key.identity_sealed is not None and key.downloaded_at is None:
            raise ConflictError(
                f"The private key of {key.name} was never downloaded: if this machine is lost, nobody can open the"
                " backup. Download it under Encryption keys and keep it in a safe place, then back up."
            )
