"""Throws away what nobody needs any more: old audit events, sessions that ended, attempts that no longer count."""

from __future__ import annotations

import asyncio

from loguru import logger

from dbbackup.services import audit, sessions, throttle
from dbbackup.services.context import Context

EVERY_SECONDS = 3600.0


async def keep_house(ctx: Context) -> None:
    """Do it once, and wait for the next time."""
    await tidy_access(ctx)
    await asyncio.sleep(EVERY_SECONDS)


async def tidy_access(ctx: Context) -> None:
    """Tidy up sessions, attempts and the audit log."""
    async with ctx.catalogue.transaction() as session:
        await sessions.forget_expired(session, ctx)
        await throttle.forget_old(session)
    if removed := await audit.prune(ctx):
        logger.bind(category="application").info(
            "{} audit events older than {} days removed", removed, ctx.live.audit_keep_days
        )
