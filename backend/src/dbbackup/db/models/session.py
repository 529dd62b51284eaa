"""One sign-in of a user."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id


class SessionKind(StrEnum):
    """Who holds it: a browser by its cookie, or a program by its tokens."""

    BROWSER = "browser"
    TOKEN = "token"  # noqa: S105 - a kind, not a secret


class UserSession(Base):
    """Lives until it expires, is idle for too long, or is revoked: then the row goes."""

    __tablename__ = "session"

    user_id: Mapped[str] = mapped_column(Id, ForeignKey("user.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    """SHA-256 of the cookie's random token; None for tokens, which are signed."""
    generation: Mapped[int] = mapped_column(default=0)
    """How often the refresh token was exchanged: an older one that comes again was stolen."""
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(String(64), default="")
    user_agent: Mapped[str] = mapped_column(String(300), default="")
