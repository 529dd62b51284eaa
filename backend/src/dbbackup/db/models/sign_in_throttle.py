"""Failed sign-ins of one account or one address."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base


class SignInThrottle(Base):
    """Counts attempts; `key` is a hash, because people type passwords into the field for the name."""

    __tablename__ = "sign_in_throttle"

    key: Mapped[str] = mapped_column(String(64), unique=True)
    attempts: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime] = mapped_column(index=True)
    blocked_until: Mapped[datetime | None]
