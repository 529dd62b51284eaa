"""What the API shows of encryption keys."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from dbbackup.api.envelope import Envelope


class EncryptionKeyView(Struct, kw_only=True, rename="camel"):
    """A key backups are encrypted to; the private part is never shown, only downloaded."""

    id: str
    name: str
    kind: str
    """`age` or `openpgp`."""
    recipient: str
    """`age1…`; of an OpenPGP key the fingerprint."""
    public_key: str | None
    """Of an OpenPGP key, in ASCII armour."""
    has_identity: bool
    """Whether the private part is kept here, so that backups can be restored."""
    state: str
    """`active` or `retired`."""
    recovery: bool
    downloaded_at: datetime | None
    """When the private part last left for a safe place."""
    comment: str
    backups: int
    """How many backups are encrypted to it."""
    created_at: datetime


class EncryptionKeyEnvelope(Envelope, kw_only=True, rename="camel"):
    """One encryption key."""

    data: EncryptionKeyView


class EncryptionKeyListEnvelope(Envelope, kw_only=True, rename="camel"):
    """All encryption keys."""

    data: list[EncryptionKeyView]
