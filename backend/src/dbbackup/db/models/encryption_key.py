"""A key that backups are encrypted to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base


class KeyState(StrEnum):
    """Whether new backups are encrypted to the key; a retired one still opens the old ones."""

    ACTIVE = "active"
    RETIRED = "retired"


class KeyKind(StrEnum):
    """The format of what is encrypted to a key; the values are those of a backup's `encryption`."""

    AGE = "age"
    OPENPGP = "openpgp"


class EncryptionKey(Base):
    """A key: always the public part, and the private one unless it is kept elsewhere."""

    __tablename__ = "encryption_key"
    __table_args__ = (
        # At most one active key of a kind, and one active recovery recipient beside it, held by the database itself.
        Index(
            "uq_encryption_key_active",
            "kind",
            "recovery",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    name: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(20), default=KeyKind.AGE, server_default=KeyKind.AGE)
    recipient: Mapped[str] = mapped_column(String(100), unique=True)
    """`age1…`; of an OpenPGP key the fingerprint."""
    public_key: Mapped[str | None] = mapped_column(Text)
    """Of an OpenPGP key, in ASCII armour; an age recipient is the public key itself."""
    identity_sealed: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20), default=KeyState.RETIRED)
    recovery: Mapped[bool] = mapped_column(default=False)
    """Its private part is kept offline; every encrypted backup is encrypted to it, too."""
    downloaded_at: Mapped[datetime | None]
    """When the private part last left for a safe place; None: it is only in this catalogue."""
    comment: Mapped[str] = mapped_column(Text, default="")
