"""A database this program backs up."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base, Id, JsonDict


class TargetKind(StrEnum):
    """Where a copy is restored on the side."""

    SERVER = "server"
    """Under a scratch name on a configured server."""
    CONTAINER = "container"
    """In a throwaway container of the image that the database's own container runs."""


class DumpVia(StrEnum):
    """Where the tool that dumps runs."""

    NETWORK = "network"
    """Here, and it connects to the server."""
    CONTAINER = "container"
    """In the database's own container, whose tools are of the server's own version."""


class DatabaseConfig(Base):
    """How to reach one database, and what was last seen of it."""

    __tablename__ = "database_config"

    name: Mapped[str] = mapped_column(String(200), unique=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    """Stands in file names; made from the name once and never changed, so that keys stay stable."""
    type: Mapped[str] = mapped_column(String(20), index=True)
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    database_name: Mapped[str] = mapped_column(String(255))
    username: Mapped[str] = mapped_column(String(255))
    password_sealed: Mapped[str | None] = mapped_column(Text)
    tls_mode: Mapped[str] = mapped_column(String(20), default="prefer")
    tls_ca: Mapped[str | None] = mapped_column(Text)
    container_name: Mapped[str | None] = mapped_column(String(255))
    container_id: Mapped[str | None] = mapped_column(String(64), index=True)
    """The container it is linked to: a rename is seen by it."""
    container_address: Mapped[str | None] = mapped_column(String(300))
    """The `host:port` that the link gave last. Only while host and port are still these, the link moves them."""
    container_state: Mapped[str | None] = mapped_column(String(20))
    """`running`, `stopped` or `gone`; None: not looked at."""
    managed_by: Mapped[str | None] = mapped_column(String(20))
    """`labels`: made, and kept in step, by the labels of its container; None: by people."""
    enabled: Mapped[bool] = mapped_column(default=True, index=True)
    dump_options: Mapped[JsonDict] = mapped_column(default=dict)
    assertions: Mapped[list[JsonDict]] = mapped_column(default=list)
    """What must be true of a restored copy: name and SQL of each."""
    verify_target_id: Mapped[str | None] = mapped_column(Id, ForeignKey("database_config.id", ondelete="SET NULL"))
    """The database on whose server its backups are restored on the side; None: its own."""
    verify_target_kind: Mapped[str] = mapped_column(String(20), default=TargetKind.SERVER)
    """With `container` its own container's image is run, and `verify_target_id` is None."""
    dump_via: Mapped[str] = mapped_column(String(20), default=DumpVia.NETWORK)
    limits: Mapped[JsonDict] = mapped_column(default=dict)
    """Limits of its runs that differ from the live settings; see `core/run_limits.py`."""
    server_version: Mapped[str | None] = mapped_column(String(100))
    size: Mapped[int | None]
    reachable: Mapped[bool | None]
    checked_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
