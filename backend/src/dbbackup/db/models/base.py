"""What every table has: a UUIDv7 id as text and two times in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from advanced_alchemy.base import CommonTableAttributes
from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import JSON, BigInteger, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from dbbackup.core.naming import new_id
from dbbackup.db import types as _types  # noqa: F401 - how text is written on PostgreSQL

ID_LENGTH = 36
Id = String(ID_LENGTH)
JsonDict = dict[str, Any]


def utc_now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


class Base(CommonTableAttributes, DeclarativeBase):
    """Base of all models."""

    __abstract__ = True
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        int: BigInteger(),
        datetime: DateTimeUTC(timezone=True),
        JsonDict: JSON(),
        list[JsonDict]: JSON(),
        list[str]: JSON(),
    }

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now)
