"""A code that takes the place of a second factor, once."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id


class RecoveryCode(Base):
    """The row goes when the code is used."""

    __tablename__ = "recovery_code"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256: the code is random and too long to be guessed."""
