"""A bucket backups go to."""

from __future__ import annotations

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base


class S3Config(Base):
    """How to reach one bucket and how objects are stored there."""

    __tablename__ = "s3_config"
    __table_args__ = (
        # At most one default, held by the database itself.
        Index(
            "uq_s3_config_default",
            "is_default",
            unique=True,
            sqlite_where=text("is_default"),
            postgresql_where=text("is_default"),
        ),
    )

    name: Mapped[str] = mapped_column(String(200), unique=True)
    region: Mapped[str] = mapped_column(String(100), default="us-east-1")
    bucket: Mapped[str] = mapped_column(String(255))
    access_key_sealed: Mapped[str] = mapped_column(Text)
    secret_key_sealed: Mapped[str] = mapped_column(Text)
    endpoint: Mapped[str | None] = mapped_column(String(500))
    path_style: Mapped[bool] = mapped_column(default=False)
    path_prefix: Mapped[str] = mapped_column(String(500), default="")
    sse_mode: Mapped[str] = mapped_column(String(20), default="none")
    kms_key_id: Mapped[str | None] = mapped_column(String(500))
    storage_class: Mapped[str | None] = mapped_column(String(50))
    customer_key_sealed: Mapped[str | None] = mapped_column(Text)
    """The key of SSE-C."""
    tag_objects: Mapped[bool] = mapped_column(default=True)
    object_lock_mode: Mapped[str | None] = mapped_column(String(20))
    object_lock_days: Mapped[int | None]
    upload_limit: Mapped[int | None]
    """kB/s; None is no limit."""
    download_limit: Mapped[int | None]
    allow_http: Mapped[bool] = mapped_column(default=False)
    delete_versions: Mapped[bool] = mapped_column(default=False)
    """In a versioned bucket a deleted backup's files are deleted with all their versions."""
    enabled: Mapped[bool] = mapped_column(default=True)
    is_default: Mapped[bool] = mapped_column(default=False)
