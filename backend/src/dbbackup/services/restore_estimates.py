"""How long a restore will take, going by those that were measured."""

from __future__ import annotations

from statistics import median

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core.manifest import Manifest
from dbbackup.db.models import BackupExecution, RestoreExecution, RunStatus, Verification

_NEWEST = 5
"""Runs looked at of each kind: servers and networks change."""


async def estimate(session: AsyncSession, database_id: str, manifest: Manifest) -> tuple[float, int] | None:
    """Return the seconds to expect on that server and the number of runs that says so; None without any.

    Measured are plain bytes per second, of restores of everything and of trial restores.
    """
    rates = [size / seconds for size, seconds in await _measured(session, database_id) if size and seconds > 0]
    if not rates:
        return None
    return manifest.plain_size / median(rates), len(rates)


async def _measured(session: AsyncSession, database_id: str) -> list[tuple[int, float]]:
    restores = (
        select(RestoreExecution)
        .where(RestoreExecution.database_id == database_id, RestoreExecution.status == RunStatus.COMPLETED)
        .order_by(RestoreExecution.id.desc())
        .limit(_NEWEST)
    )
    found: list[tuple[int, float]] = []
    for run in await session.scalars(restores):
        # not the whole duration: a safety backup, checks and waiting for sessions are no measure of the next one
        if seconds := run.result.get("restoreSeconds"):
            found.append((manifests.from_dict(run.manifest).plain_size, seconds))
    trials = (
        select(BackupExecution.manifest, Verification.restore_seconds)
        .join(BackupExecution, BackupExecution.id == Verification.backup_id)
        .where(Verification.database_id == database_id, Verification.restore_seconds.is_not(None))
        .order_by(Verification.id.desc())
        .limit(_NEWEST)
    )
    for values, seconds in await session.execute(trials):
        if values is not None and seconds is not None:
            found.append((manifests.from_dict(values).plain_size, seconds))
    return found
