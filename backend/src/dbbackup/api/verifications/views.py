"""Turns stored verifications into what the API shows."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.api.envelope import meta
from dbbackup.api.run_progress import progress_of
from dbbackup.api.verifications.schemas import (
    CountedTable,
    VerificationDetail,
    VerificationEnvelope,
    VerificationView,
)
from dbbackup.core.comparison import Check
from dbbackup.db.models import DatabaseConfig, Verification
from dbbackup.db.models.base import JsonDict
from dbbackup.services import execution_logs
from dbbackup.services.context import Context
from dbbackup.services.verifications import queue_positions

_SAME = (
    "id",
    "backup_id",
    "copy_id",
    "storage",
    "database_id",
    "database_name",
    "target_id",
    "target_kind",
    "level",
    "status",
    "created_at",
    "started_at",
    "completed_at",
    "duration",
    "restore_seconds",
    "error_code",
    "error_message",
    "started_by",
)


async def verification_views(
    session: AsyncSession, ctx: Context, found: list[tuple[Verification, list[JsonDict]]]
) -> list[VerificationView]:
    """Return what lists show of verifications, each of which comes with its checks."""
    places, names = await queue_positions(session), await _names(session, [verification for verification, _ in found])
    return [VerificationView(**_values(ctx, one, checks, places, names)) for one, checks in found]


async def verification_answer(session: AsyncSession, ctx: Context, verification: Verification) -> VerificationEnvelope:
    """Return everything known of a verification, with the end of its log."""
    places, names = await queue_positions(session), await _names(session, [verification])
    detail = VerificationDetail(
        **_values(ctx, verification, verification.result["checks"], places, names),
        tables=msgspec.convert(verification.result["tables"], list[CountedTable]),
        log_tail=await execution_logs.tail(session, verification.id),
    )
    return VerificationEnvelope(success=True, data=detail, error=None, meta=meta())


def _values(
    ctx: Context, verification: Verification, checks: list[JsonDict], places: dict[str, int], names: dict[str, str]
) -> dict[str, Any]:
    return {
        **{name: getattr(verification, name) for name in _SAME},
        "target_name": names.get(verification.target_id or ""),
        "checks": msgspec.convert(checks, list[Check]),
        "queue_position": places.get(verification.id),
        "progress": progress_of(ctx, verification),
    }


async def _names(session: AsyncSession, found: list[Verification]) -> dict[str, str]:
    """Return the names of the databases on whose servers copies were restored."""
    ids = {verification.target_id for verification in found if verification.target_id}
    query = select(DatabaseConfig.id, DatabaseConfig.name).where(DatabaseConfig.id.in_(ids))
    return {row.id: row.name for row in await session.execute(query)}
