"""The daily copy of the catalogue; the first one a day after the first start."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from loguru import logger
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from dbbackup.core.errors import AppError
from dbbackup.db.models import SystemSetting
from dbbackup.services.catalogue_copy import copy_catalogue
from dbbackup.services.context import Context

_LAST = "catalogue.copied"
_EVERY = timedelta(days=1)


async def copy_when_due(ctx: Context, now: datetime) -> bool:
    """Copy the catalogue if the last copy is a day old; a failure is told by the health check, and tried again."""
    if not ctx.live.catalogue_copies:
        ctx.runtime.catalogue_copy = None
        return False
    last = await _last(ctx)
    # A clock that was once ahead must not silence it.
    if last is not None and last <= now < last + _EVERY:
        return False
    if last is not None:
        try:
            await copy_catalogue(ctx, now)
        except (AppError, OSError, sqlite3.Error, SQLAlchemyError) as error:
            text = error.message if isinstance(error, AppError) else str(error)
            ctx.runtime.catalogue_copy = f"The catalogue could not be copied to the default storage: {text}"
            logger.bind(category="application").error(ctx.runtime.catalogue_copy)
            return False
        ctx.runtime.catalogue_copy = None
    await _note(ctx, now)
    return last is not None


async def _last(ctx: Context) -> datetime | None:
    async with ctx.catalogue.sessions() as session:
        value = await session.scalar(select(SystemSetting.value).where(SystemSetting.key == _LAST))
    return datetime.fromisoformat(value) if value else None


async def _note(ctx: Context, now: datetime) -> None:
    async with ctx.catalogue.transaction() as session:
        row = await session.scalar(select(SystemSetting).where(SystemSetting.key == _LAST))
        if row is None:
            row = SystemSetting(key=_LAST, description="When the catalogue was last copied to the default storage")
            session.add(row)
        row.value = now.isoformat()
