"""The audit event in the making: opened with the request, filled by whoever knows more, written at its end."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from dbbackup.core.access import Actor

SUCCESS, REFUSED, FAILED = "success", "refused", "failed"


@dataclass(frozen=True, slots=True)
class Caller:
    """The other end of a request: behind trusted proxies the browser's address; `secure` when TLS is in between."""

    address: str
    user_agent: str = ""
    secure: bool = False
    request_id: str = ""


@dataclass(slots=True)
class AuditEntry:
    """What will stand in the log."""

    action: str
    caller: Caller
    actor: Actor | None = None
    target: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    changes: list[dict[str, Any]] = field(default_factory=list)
    """Of transactions that are committed."""
    outcome: str = SUCCESS
    status: int | None = None
    changes_records: bool = True
    """Then it is written in the transaction that it tells of."""
    written: bool = False


CURRENT: ContextVar[AuditEntry | None] = ContextVar("audit_entry", default=None)


def note(actor: Actor | None = None, **details: Any) -> None:
    """Add to the event of the present request, if there is one."""
    entry = CURRENT.get()
    if entry is not None:
        entry.actor = actor or entry.actor
        entry.details.update(details)
