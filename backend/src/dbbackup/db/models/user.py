"""Somebody who may sign in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.core.access import Role
from dbbackup.db.models.base import Base

LOCAL = "local"


class User(Base):
    """A person and their role. The row is the only place that joins the id in the records to a name."""

    __tablename__ = "user"
    __table_args__ = (Index("uq_user_provider_external_id", "provider", "external_id", unique=True),)

    username: Mapped[str] = mapped_column(String(100))
    username_key: Mapped[str] = mapped_column(String(200), unique=True)
    """The name without differences of case and of Unicode's forms: unique, whatever the database's collation."""
    display_name: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[str] = mapped_column(String(20), default=Role.VIEWER)
    password_hash: Mapped[str | None] = mapped_column(Text)
    """Argon2id; None: another provider says who this is."""
    password_changed_at: Mapped[datetime | None]
    disabled: Mapped[bool] = mapped_column(default=False)
    provider: Mapped[str] = mapped_column(String(50), default=LOCAL)
    external_id: Mapped[str | None] = mapped_column(String(255))
    """What the provider calls them."""
    last_sign_in_at: Mapped[datetime | None]
    totp_secret_sealed: Mapped[str | None] = mapped_column(Text)
    """Of the second factor, from its set-up on; asked for only once confirmed."""
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]
    """The time step of the last code that was taken: it and older ones are not taken again."""
