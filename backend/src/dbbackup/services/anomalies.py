"""What is odd about a backup, seen against those before it, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core.live_settings import LiveSettings
from dbbackup.core.manifest import Manifest
from dbbackup.core.sizes import human_size
from dbbackup.db.models import BackupExecution, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.services.backup_list import ListedBackup
from dbbackup.services.backups import get_backup
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.occasions import notify_anomalies

LOOKED_BACK = 5
"""Backups that a new one is compared with."""
_LEAST_ROWS = 100
"""A table with fewer rows may lose them: queues and sessions do so all day."""
_NAMED = 10


class Anomaly(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that is odd about a backup."""

    kind: str
    """`size-fell`, `rows-fell`, `table-vanished` or `object-gone`."""
    message: str
    found_at: datetime
    acknowledged_at: datetime | None = None
    """When somebody said that it is as it should be."""


class Earlier:
    """What a new backup is compared with: of those before it with the same options the sizes, of the newest the tables.

    Not all of their manifests: those of thousands of tables would fill the memory.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self.sizes: list[int] = []
        self.newest: Manifest | None = None
        self._options = options

    def add(self, manifest: Manifest) -> None:
        """Take one more, the newest first."""
        if manifest.options == self._options:
            self.sizes.append(manifest.plain_size)
            self.newest = self.newest or manifest


def find(manifest: Manifest, earlier: Earlier, live: LiveSettings) -> list[Anomaly]:
    """Compare a backup with earlier ones of the same database and options."""
    if earlier.newest is None:
        return []
    said = [
        ("size-fell", _size(manifest, earlier.sizes, live.size_drop_percent)),
        ("rows-fell", _rows(manifest, earlier.newest, live.rows_drop_percent)),
        ("table-vanished", _vanished(manifest, earlier.newest)),
    ]
    return [Anomaly(kind=kind, message=message, found_at=utc_now()) for kind, message in said if message]


async def look_back(session: AsyncSession, ctx: Context, backup: BackupExecution) -> list[Anomaly]:
    """Compare a completed backup with those before it; what is found is recorded and returned."""
    query = (
        select(BackupExecution.id)
        .where(
            BackupExecution.database_id == backup.database_id,
            BackupExecution.status == RunStatus.COMPLETED,
            BackupExecution.id < backup.id,
            BackupExecution.manifest.is_not(None),
        )
        .order_by(BackupExecution.id.desc())
        .limit(LOOKED_BACK)
    )
    manifest = manifests.from_dict(backup.manifest or {})
    earlier = Earlier(manifest.options)
    for id_ in (await session.scalars(query)).all():
        if values := await session.scalar(select(BackupExecution.manifest).where(BackupExecution.id == id_)):
            earlier.add(manifests.from_dict(values))
    found = find(manifest, earlier, ctx.live)
    await record(session, ctx, backup, found)
    return found


async def record(session: AsyncSession, ctx: Context, backup: BackupExecution, found: Sequence[Anomaly]) -> None:
    """Keep what was found with the backup, and tell it."""
    if not found:
        return
    backup.anomalies = [*backup.anomalies, *(msgspec.to_builtins(anomaly) for anomaly in found)]
    announce(session, ctx, "backup", backup.id, "updated")
    await notify_anomalies(session, ctx, backup, [anomaly.message for anomaly in found])


async def acknowledge(session: AsyncSession, ctx: Context, backup_id: str) -> BackupExecution:
    """Note that somebody has seen what is odd about a backup. Raises NotFoundError."""
    backup = await get_backup(session, backup_id)
    now = utc_now()
    seen = [msgspec.structs.replace(a, acknowledged_at=a.acknowledged_at or now) for a in recorded(backup)]
    backup.anomalies = [msgspec.to_builtins(anomaly) for anomaly in seen]
    await session.flush()
    announce(session, ctx, "backup", backup.id, "updated")
    return backup


def recorded(backup: BackupExecution | ListedBackup) -> list[Anomaly]:
    """Return what was found so far."""
    return msgspec.convert(backup.anomalies, list[Anomaly])


def _size(manifest: Manifest, sizes: Sequence[int], percent: int) -> str | None:
    usual = int(median(sizes))
    now = manifest.plain_size
    if not percent or not usual or now > usual * (100 - percent) / 100:
        return None
    return (
        f"The dump is {human_size(now)}, {round(100 - now * 100 / usual)} % smaller than the {human_size(usual)} that"
        " were usual."
    )


def _rows(manifest: Manifest, before: Manifest, percent: int) -> str | None:
    """Only exact numbers: an estimate may be anything."""
    exact = {(t.schema, t.name): t.rows for t in manifest.source.tables if t.rows_exact}
    fell = []
    for table in before.source.tables:
        now = exact.get((table.schema, table.name))
        if not percent or now is None or not table.rows_exact or table.rows < _LEAST_ROWS:
            continue
        if now <= table.rows * (100 - percent) / 100:
            fell.append(f"{table.schema}.{table.name} from {table.rows} to {now}")
    return f"Rows fell since the backup before: {_some(fell)}." if fell else None


def _vanished(manifest: Manifest, before: Manifest) -> str | None:
    there = {(t.schema, t.name) for t in manifest.source.tables}
    gone = [f"{t.schema}.{t.name}" for t in before.source.tables if (t.schema, t.name) not in there]
    return f"Tables are gone since the backup before: {_some(gone)}." if gone else None


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
