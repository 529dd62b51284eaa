"""A setting of the whole instance."""

from __future__ import annotations

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dbbackup.db.models.base import Base


class SystemSetting(Base):
    """Key and value; `type` says how to read the value (string, number, boolean, json)."""

    __tablename__ = "system_setting"

    key: Mapped[str] = mapped_column(String(200), unique=True)
    value: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(String(10), default="string")
    description: Mapped[str] = mapped_column(Text, default="")
