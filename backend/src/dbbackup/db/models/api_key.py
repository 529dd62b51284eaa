"""A key that a program uses in place of a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id


class ApiKey(Base):
    """Belongs to a user: it never may more than its owner may now, and goes when the owner goes."""

    __tablename__ = "api_key"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(20))
    """Its beginning, to know it by."""
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    """SHA-256: the key is random and long, so nothing slower is needed."""
    role: Mapped[str] = mapped_column(String(20))
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
