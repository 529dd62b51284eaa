"""Turns stored verifications into what the API shows."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.api.envelope import meta
from dbbackup.api.verifications.schemas import (
    CountedTable,
    VerificationDetail,
    VerificationEnvelope,
    VerificationView,
)
from dbbackup.core.comparison import Check
from dbbackup.db.models import Verification
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


async def verification_views(session: AsyncSession, ctx: Context, found: list[Verification]) -> list[VerificationView]:
    """Return what lists show."""
    places = await queue_positions(session)
    return [VerificationView(**_values(ctx, verification, places)) for verification in found]


async def verification_answer(session: AsyncSession, ctx: Context, verification: Verification) -> VerificationEnvelope:
    """Return everything known of a verification, with the end of its log."""
    detail = VerificationDetail(
        **_values(ctx, verification, await queue_positions(session)),
        tables=msgspec.convert(verification.result["tables"], list[CountedTable]),
        log_tail=await execution_logs.tail(session, verification.id),
    )
    return VerificationEnvelope(success=True, data=detail, error=None, meta=meta())


def _values(ctx: Context, verification: Verification, places: dict[str, int]) -> dict[str, Any]:
    progress = ctx.runtime.progress.get(verification.id)
    return {
        **{name: getattr(verification, name) for name in _SAME},
        "checks": msgspec.convert(verification.result["checks"], list[Check]),
        "queue_position": places.get(verification.id),
        "progress": progress.view() if progress else None,
    }
