"""Turns stored backups into what the API shows."""

from __future__ import annotations

from typing import Any

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.api.backups.schemas import BackupDetail, BackupView, CopyView, PartView
from dbbackup.api.retention_policies.schemas import RetentionDecision
from dbbackup.api.retention_policies.views import decision_view
from dbbackup.api.run_progress import progress_of
from dbbackup.core import manifest as manifests
from dbbackup.db.models import BackupExecution, CopyState, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.services import execution_logs, retention
from dbbackup.services.anomalies import recorded
from dbbackup.services.backup_list import ListedBackup, ListedCopy, as_listed, s3_copies
from dbbackup.services.backups import queue_positions
from dbbackup.services.context import Context
from dbbackup.services.signatures import judge


async def backup_views(session: AsyncSession, ctx: Context, backups: list[ListedBackup]) -> list[BackupView]:
    """Return what lists show."""
    places = await _places(session, backups)
    return [BackupView(**_values(ctx, backup, places)) for backup in backups]


async def backup_detail(session: AsyncSession, ctx: Context, backup: BackupExecution) -> BackupDetail:
    """Return everything known of a backup, with the end of its log."""
    manifest = manifests.from_dict(backup.manifest) if backup.manifest else None
    listed = await as_listed(session, backup)
    return BackupDetail(
        **_values(ctx, listed, await _places(session, [listed])),
        options=backup.options,
        recipients=backup.recipients or [],
        signature=judge(ctx, manifest) if manifest else None,
        parts=[PartView(**structs.asdict(part)) for part in manifest.parts] if manifest else [],
        tables=manifest.source.tables if manifest else [],
        roles=manifest.source.roles if manifest else [],
        retention=await _retention(session, ctx, backup),
        log_tail=await execution_logs.tail(session, backup.id),
    )


async def _retention(session: AsyncSession, ctx: Context, backup: BackupExecution) -> RetentionDecision | None:
    if backup.status != RunStatus.COMPLETED:
        return None
    decision = await retention.decide_on(session, ctx, backup, utc_now())
    return decision_view(decision) if decision else None


def _values(ctx: Context, backup: ListedBackup, places: dict[str, int]) -> dict[str, Any]:
    first = next(iter(s3_copies(backup)), None)
    return {
        **backup._asdict(),
        "anomalies": recorded(backup),
        "queue_position": places.get(backup.id),
        "s3_uploaded": first is not None and first.state == CopyState.COMPLETE,
        "s3_bucket": first.bucket if first else None,
        "s3_key": _full_key(first) if first else None,
        "s3_upload_at": first.upload_completed_at if first else None,
        "copies": [_copy(copy) for copy in backup.copies],
        "progress": progress_of(ctx, backup),
    }


def _copy(copy: ListedCopy) -> CopyView:
    return CopyView(
        id=copy.id,
        storage="s3" if copy.s3_config_id else "local",
        s3_config_id=copy.s3_config_id,
        s3_config_name=copy.s3_config_name,
        bucket=copy.bucket,
        key=_full_key(copy),
        version=copy.version,
        etag=copy.etag,
        size=copy.size,
        sha256=copy.sha256,
        state=copy.state,
        error=copy.error_message,
        locked_until=copy.locked_until,
        upload_started_at=copy.upload_started_at,
        upload_completed_at=copy.upload_completed_at,
        checked_at=copy.checked_at,
        seen_at=copy.seen_at,
    )


def _full_key(copy: ListedCopy) -> str | None:
    """Return the key as the bucket knows it: the row's own is relative to the config's prefix."""
    if copy.key is None:
        return None
    return "/".join(filter(None, (copy.path_prefix, copy.key)))


async def _places(session: AsyncSession, backups: list[ListedBackup]) -> dict[str, int]:
    waits = any(backup.status == RunStatus.QUEUED for backup in backups)
    return await queue_positions(session) if waits else {}
