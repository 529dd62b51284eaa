"""How long a restore will take, going by those that were measured."""

from __future__ import annotations

from statistics import median

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core.manifest import Manifest
from dbbackup.db.models import BackupExecution, RestoreExecution, RunStatus, Verification
from dbbackup.services.restore_sources import source_manifest

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
    """Return plain bytes and seconds. Manifests are read one at a time: those of thousands of tables are large."""
    restores = (
        select(RestoreExecution.id, RestoreExecution.result, BackupExecution.plain_size)
        .outerjoin(BackupExecution, BackupExecution.id == RestoreExecution.backup_id)
        .where(RestoreExecution.database_id == database_id, RestoreExecution.status == RunStatus.COMPLETED)
        .order_by(RestoreExecution.id.desc())
        .limit(_NEWEST)
    )
    found: list[tuple[int, float]] = []
    for id_, result, size in (await session.execute(restores)).all():
        # not the whole duration: a safety backup, checks and waiting for sessions are no measure of the next one
        if seconds := result.get("restoreSeconds"):
            found.append((size or await _plain_size(session, id_), seconds))
    trials = (
        select(BackupExecution.plain_size, Verification.restore_seconds)
        .join(BackupExecution, BackupExecution.id == Verification.backup_id)
        .where(Verification.database_id == database_id, Verification.restore_seconds.is_not(None))
        .order_by(Verification.id.desc())
        .limit(_NEWEST)
    )
    found += [(size, seconds) for size, seconds in await session.execute(trials) if size and seconds is not None]
    return found


async def _plain_size(session: AsyncSession, restore_id: str) -> int:
    """Return that of a restore whose source is no backup of the catalogue."""
    return manifests.from_dict(await source_manifest(session, restore_id)).plain_size
