"""Routes of the audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import Controller, get
from litestar.params import FromQuery, QueryParameter
from litestar.response import Stream

from dbbackup.api.audit.schemas import (
    AuditActionListEnvelope,
    AuditEventListEnvelope,
    AuditEventView,
    AuditVerification,
    AuditVerificationEnvelope,
)
from dbbackup.api.dependencies import Ctx, Limit, Page, Session
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.core.access import Permission
from dbbackup.db.models import AuditEvent
from dbbackup.services import audit, audit_chain
from dbbackup.services.audit import AuditFilter
from dbbackup.services.context import Context

Outcome = Literal["success", "refused", "failed"]
ActorId = Annotated[str | None, QueryParameter(name="actorId")]
Start = Annotated[datetime | None, QueryParameter(name="startDate", description="From this moment")]
End = Annotated[datetime | None, QueryParameter(name="endDate", description="Before this moment")]


class AuditController(Controller):
    """Who did what, when, from where, and what became of it."""

    path = "/audit"
    tags = ("Audit log",)
    guards = (requires(Permission.SYSTEM_CONFIGURE),)

    @get(operation_id="listAuditEvents", summary="List events", responses=documented())
    async def list_events(
        self,
        session: Session,
        actor_id: ActorId = None,
        action: FromQuery[str | None] = None,
        outcome: FromQuery[Outcome | None] = None,
        start: Start = None,
        end: End = None,
        page: Page = 1,
        limit: Limit = 50,
    ) -> AuditEventListEnvelope:
        """Return a page of events, newest first."""
        wanted = AuditFilter(actor_id, action, outcome, start, end)
        found, total = await audit.list_events(session, wanted, page=page, limit=limit)
        names = await audit.actor_names(session, (event.actor_id for event in found))
        views = [_view(event, names) for event in found]
        return AuditEventListEnvelope(success=True, data=views, error=None, meta=meta(page, limit, total))

    @get("/actions", operation_id="listAuditActions", summary="What has been done so far", responses=documented())
    async def list_actions(self, session: Session) -> AuditActionListEnvelope:
        """Return the name of every action that stands in the log, to filter by."""
        return AuditActionListEnvelope(success=True, data=await audit.actions(session), error=None, meta=meta())

    @get(
        "/export",
        operation_id="exportAuditEvents",
        summary="Export events as JSON Lines",
        responses=documented(),
        media_type="application/x-ndjson",
    )
    async def export(
        self,
        ctx: Ctx,
        actor_id: ActorId = None,
        action: FromQuery[str | None] = None,
        outcome: FromQuery[Outcome | None] = None,
        start: Start = None,
        end: End = None,
    ) -> Stream:
        """Stream all matching events in their order, one JSON object a line."""
        wanted = AuditFilter(actor_id, action, outcome, start, end)
        name = f"audit-{datetime.now(UTC):%Y%m%d-%H%M%S}.jsonl"
        return Stream(
            _lines(ctx, wanted),
            media_type="application/x-ndjson",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    @get("/verify", operation_id="verifyAuditLog", summary="Is the log whole?", responses=documented())
    async def verify(self, session: Session, ctx: Ctx) -> AuditVerificationEnvelope:
        """Read the whole chain and name every event that was altered or is missing."""
        report = await audit_chain.verify(session, ctx.audit_key)
        data = AuditVerification(
            ok=report.problem_count == 0,
            events=report.events,
            first_seq=report.first_seq,
            last_seq=report.last_seq,
            last_hash=report.last_hash,
            removed=report.removed,
            problem_count=report.problem_count,
            problems=report.problems,
        )
        return AuditVerificationEnvelope(success=True, data=data, error=None, meta=meta())


async def _lines(ctx: Context, wanted: AuditFilter) -> AsyncIterator[bytes]:
    async for events, names in audit.all_events(ctx, wanted):
        yield b"".join(msgspec.json.encode(_view(event, names)) + b"\n" for event in events)


def _view(event: AuditEvent, names: dict[str, str]) -> AuditEventView:
    return AuditEventView(
        seq=event.seq,
        at=event.at,
        actor_id=event.actor_id,
        actor_name=names.get(event.actor_id),
        via=event.via,
        role=event.role,
        address=event.address,
        user_agent=event.user_agent,
        request_id=event.request_id,
        action=event.action,
        target=event.target,
        outcome=cast("Outcome", event.outcome),
        status=event.status,
        details=event.details,
        changes=event.changes,
        previous_hash=event.previous_hash,
        hash=event.hash,
    )
