"""What was done, by whom, in a chain that shows what was altered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, JsonDict


class AuditEvent(Base):
    """One event; never changed (a trigger refuses it). Names nobody: `actor_id` is opaque."""

    __tablename__ = "audit_event"

    seq: Mapped[int] = mapped_column(unique=True)
    """From 1, without gaps."""
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[str] = mapped_column(String(36), index=True)
    via: Mapped[str] = mapped_column(String(20))
    role: Mapped[str | None] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str] = mapped_column(String(300))
    request_id: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(100), index=True)
    """The operation of the API, or a word of our own such as `signIn`."""
    target: Mapped[JsonDict]
    """What it was done to: the parameters of the path."""
    outcome: Mapped[str] = mapped_column(String(20), index=True)
    """`success`, `refused` or `failed`."""
    status: Mapped[int | None]
    details: Mapped[JsonDict]
    changes: Mapped[list[JsonDict]]
    """Records with their values before and after; secrets and names of people are masked."""
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditChain(Base):
    """The one row that holds both ends of the chain; locked by whoever adds to it."""

    __tablename__ = "audit_chain"

    head_seq: Mapped[int] = mapped_column(default=0)
    head_hash: Mapped[str] = mapped_column(String(64))
    base_seq: Mapped[int] = mapped_column(default=0)
    """The last event that retention removed, and its hash: the chain begins behind it."""
    base_hash: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(Text)
    """Keyed hash over the four."""
