"""Turns stored restores into what the API shows."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.api.restores.schemas import FindingView, Preflight, RestoreDetail, RestoreView
from dbbackup.api.run_progress import progress_of
from dbbackup.core.comparison import Check
from dbbackup.db.models import RestoreExecution
from dbbackup.engines.values import Finding
from dbbackup.services import execution_logs
from dbbackup.services.context import Context
from dbbackup.services.restore_sources import Source
from dbbackup.services.restore_undo import last_undos
from dbbackup.services.restores import queue_positions

_SAME = (
    "id",
    "database_id",
    "database_name",
    "target_database",
    "backup_id",
    "source_type",
    "source_s3_config_id",
    "source_bucket",
    "source_key",
    "source_name",
    "options",
    "status",
    "created_at",
    "started_at",
    "completed_at",
    "duration",
    "error_code",
    "error_message",
    "started_by",
    "confirmed_by",
    "safety_backup_id",
    "undo_of_id",
    "undo_state",
    "kept_database",
    "kept_until",
    "attempt",
    "waiting_for",
    "not_before",
)


async def restore_views(session: AsyncSession, ctx: Context, restores: list[RestoreExecution]) -> list[RestoreView]:
    """Return what lists show."""
    places = await queue_positions(session)
    undos = await last_undos(session, [restore.id for restore in restores])
    return [RestoreView(**_values(ctx, restore, places, undos)) for restore in restores]


async def restore_detail(session: AsyncSession, ctx: Context, restore: RestoreExecution) -> RestoreDetail:
    """Return everything known of a restore, with the end of its log."""
    undos = await last_undos(session, [restore.id])
    values = _values(ctx, restore, await queue_positions(session), undos)
    return RestoreDetail(**values, log_tail=await execution_logs.tail(session, restore.id))


def preflight_view(source: Source, findings: list[Finding], estimated: tuple[float, int] | None) -> Preflight:
    """Return the preflight's findings with the facts of the source."""
    facts = source.manifest
    seconds, runs = estimated or (None, 0)
    return Preflight(
        ok=all(f.level != "error" for f in findings),
        findings=[FindingView(level=f.level, code=f.code, message=f.message) for f in findings],
        source_name=facts.source.config_name,
        source_engine=facts.source.engine,
        source_version=facts.source.server_version,
        source_size=facts.source.size,
        tables=len(facts.source.tables),
        stored_size=sum(part.size for part in facts.parts),
        backup_completed_at=facts.completed_at,
        estimated_seconds=seconds,
        estimated_from=runs,
    )


def _values(ctx: Context, restore: RestoreExecution, places: dict[str, int], undos: dict[str, str]) -> dict[str, Any]:
    return {
        **{name: getattr(restore, name) for name in _SAME},
        "checks": msgspec.convert(restore.result.get("checks", []), list[Check]),
        "undone_by_id": undos.get(restore.id),
        "queue_position": places.get(restore.id),
        "progress": progress_of(ctx, restore),
    }
