"""What the API shows of the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from dbbackup.api.envelope import Envelope


class AuditEventView(Struct, kw_only=True, rename="camel"):
    """One event. `actorName` is what the id is called now; null when that person was erased."""

    seq: int
    at: datetime
    actor_id: str
    actor_name: str | None
    via: str
    role: str | None
    address: str
    user_agent: str
    request_id: str
    action: str
    target: dict[str, Any]
    outcome: Literal["success", "refused", "failed"]
    status: int | None
    details: dict[str, Any]
    changes: list[dict[str, Any]]
    """Records with `before` and `after`; secrets and names of people are masked."""
    previous_hash: str
    hash: str


class AuditVerification(Struct, kw_only=True, rename="camel"):
    """Whether the chain is whole; keep `lastSeq` and `lastHash` elsewhere to compare with later."""

    ok: bool
    events: int
    first_seq: int | None
    last_seq: int
    last_hash: str
    removed: int
    """Older events that retention removed."""
    problem_count: int
    problems: list[str]


class AuditEventListEnvelope(Envelope, kw_only=True, rename="camel"):
    """A page of events."""

    data: list[AuditEventView]


class AuditActionListEnvelope(Envelope, kw_only=True, rename="camel"):
    """What has been done so far, by name."""

    data: list[str]


class AuditVerificationEnvelope(Envelope, kw_only=True, rename="camel"):
    """The state of the chain."""

    data: AuditVerification
