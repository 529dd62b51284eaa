"""What is looked after by itself: every stored byte read again in time, every file still there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core.errors import AppError
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, RunStatus, Verification
from dbbackup.db.models.backup_execution import FINAL
from dbbackup.services.anomalies import Anomaly, record
from dbbackup.services.context import Context
from dbbackup.services.damage import mark_copy
from dbbackup.services.downloads import sibling
from dbbackup.services.inputs import VerifyInput
from dbbackup.services.row_locks import lock_backup
from dbbackup.services.verifications import REREADING, queue_verification

LOOKS_AT_ONCE = 100
"""Copies that are looked for in one go."""


async def queue_rereading(session: AsyncSession, ctx: Context, now: datetime) -> Verification | None:
    """Queue the reading of the copy that was read longest ago, when that is due and the budget allows it.

    One at a time: what waits is no more than one copy ahead of what runs.
    """
    live = ctx.live
    if not live.reread_days:
        return None
    going = select(Verification.id).where(Verification.started_by == REREADING, Verification.status.not_in(FINAL))
    if await session.scalar(going.limit(1)):
        return None
    last = func.coalesce(BackupCopy.checked_at, BackupCopy.upload_completed_at, BackupCopy.created_at)
    oldest = (
        select(BackupCopy)
        .join(BackupExecution, BackupExecution.id == BackupCopy.backup_id)
        .where(
            BackupCopy.state == CopyState.COMPLETE,
            BackupExecution.status == RunStatus.COMPLETED,
            BackupExecution.deleted_at.is_(None),
            last < now - timedelta(days=live.reread_days),
        )
        .order_by(last)
        .limit(1)
    )
    if not live.reread_s3:
        oldest = oldest.where(BackupCopy.s3_config_id.is_(None))
    copy = await session.scalar(oldest)
    if copy is None or not await _affordable(session, live.reread_bytes_per_day, copy, now):
        return None
    return await queue_verification(session, ctx, copy.backup_id, VerifyInput(level=1, copy_id=copy.id), REREADING)


async def queue_newest(session: AsyncSession, ctx: Context, actor: str) -> list[Verification]:
    """Queue the reading of every complete copy of the newest good backup of each database, unless it waits already."""
    newest = (
        select(func.max(BackupExecution.id))
        .where(
            BackupExecution.status == RunStatus.COMPLETED,
            BackupExecution.deleted_at.is_(None),
            BackupExecution.database_id.is_not(None),
        )
        .group_by(BackupExecution.database_id)
    )
    waiting = select(Verification.copy_id).where(Verification.status.not_in(FINAL), Verification.copy_id.is_not(None))
    copies = select(BackupCopy).where(
        BackupCopy.backup_id.in_(newest), BackupCopy.state == CopyState.COMPLETE, BackupCopy.id.not_in(waiting)
    )
    return [
        await queue_verification(session, ctx, copy.backup_id, VerifyInput(level=1, copy_id=copy.id), actor)
        for copy in list(await session.scalars(copies))
    ]


async def look_for_copies(ctx: Context, now: datetime) -> list[Anomaly]:
    """Look whether the files of the copies that were seen longest ago are there; return what is gone.

    A storage that does not answer says nothing: its copies are looked for again the next time.
    """
    if not ctx.live.presence_hours:
        return []
    seen = func.coalesce(BackupCopy.seen_at, BackupCopy.upload_completed_at, BackupCopy.created_at)
    due = (
        select(BackupCopy)
        .join(BackupExecution, BackupExecution.id == BackupCopy.backup_id)
        .where(
            BackupCopy.state == CopyState.COMPLETE,
            BackupExecution.deleted_at.is_(None),
            seen < now - timedelta(hours=ctx.live.presence_hours),
        )
        .order_by(seen)
        .limit(LOOKS_AT_ONCE)
    )
    async with ctx.catalogue.sessions() as session:
        copies = list(await session.scalars(due))
    found: list[Anomaly] = []
    for copy in copies:
        try:
            missing = await _missing(ctx, copy)
        except AppError:
            continue
        found += await _note(ctx, copy.id, missing, now)
    return found


async def _missing(ctx: Context, copy: BackupCopy) -> list[str]:
    storage = await ctx.storages.open(copy.storage_id)
    # One at a time: that of thousands of tables takes megabytes.
    wanted = select(BackupExecution.manifest).where(BackupExecution.id == copy.backup_id)
    async with ctx.catalogue.sessions() as session:
        manifest = manifests.from_dict(await session.scalar(wanted) or {})
    files = [manifest.file_name, *(part.file for part in manifest.parts)]
    return [file for file in files if await storage.stat(sibling(copy, file)) is None]


async def _note(ctx: Context, copy_id: str, missing: Sequence[str], now: datetime) -> list[Anomaly]:
    async with ctx.catalogue.transaction() as session:
        copy = await session.get_one(BackupCopy, copy_id)
        await lock_backup(session, copy.backup_id)
        copy.seen_at = now
        # It may have been deleted while we looked.
        if not missing or copy.state != CopyState.COMPLETE:
            return []
        where = "the local disk" if copy.s3_config_id is None else f"the bucket {copy.bucket}"
        text = f"No longer on {where}: {', '.join(missing)}. Somebody else removed what this program stored."
        mark_copy(session, ctx, copy, text)
        backup = await session.get_one(BackupExecution, copy.backup_id)
        gone = Anomaly(kind="object-gone", message=text, found_at=now)
        await record(session, ctx, backup, [gone])
        return [gone]


async def _affordable(session: AsyncSession, limit: int, copy: BackupCopy, now: datetime) -> bool:
    """Tell whether the copy fits into what is left of the day's bytes; one larger than a whole day waits for none."""
    if not limit:
        return True
    spent = (
        select(func.coalesce(func.sum(BackupCopy.size), 0))
        .join(Verification, Verification.copy_id == BackupCopy.id)
        .where(Verification.started_by == REREADING, Verification.created_at > now - timedelta(days=1))
    )
    used = await session.scalar(spent) or 0
    return used == 0 or used + (copy.size or 0) <= limit
