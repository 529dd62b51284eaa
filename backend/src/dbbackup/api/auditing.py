"""Records every request that changes something, every download and every reading of a backup, and what became of it."""

from __future__ import annotations

import time
from typing import Any, cast

from litestar.enums import ScopeType
from litestar.handlers import HTTPRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from dbbackup.api.guards import Rule, rule_of
from dbbackup.core.access import Permission
from dbbackup.services import audit
from dbbackup.services.audit_entry import CURRENT, FAILED, REFUSED, SUCCESS, AuditEntry
from dbbackup.services.context import Context

_SAFE = ("GET", "HEAD", "OPTIONS")
_UNRECORDED = ("preview", "preflight")
"""Beginnings of operations that only look, though they are a POST."""
_READ_AGAIN_SECONDS = 3600.0
_STRANGERS_PER_MINUTE = 30
_MOST_READS = 10_000


class Auditing(ASGIMiddleware):
    """Opens the audit event of a request and sees to it that it is written before the answer leaves."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Serve one request."""
        handler = scope.get("route_handler")
        entry = _entry(cast("HTTPScope", scope), handler) if isinstance(handler, HTTPRouteHandler) else None
        if entry is None:
            await next_app(scope, receive, send)
            return
        ctx: Context = scope["litestar_app"].state.context

        async def send_recorded(message: Message) -> None:
            if message["type"] == "http.response.start":
                await _finish(ctx, scope, entry, message["status"])
            await send(message)

        mark = CURRENT.set(entry)
        try:
            await next_app(scope, receive, send_recorded)
        finally:
            CURRENT.reset(mark)


def _entry(scope: HTTPScope, handler: HTTPRouteHandler) -> AuditEntry | None:
    action, state = handler.operation_id, scope.get("state", {})
    if not isinstance(action, str) or "caller" not in state or action.startswith(_UNRECORDED):
        return None
    changes = scope["method"] not in _SAFE
    target: dict[str, Any] = dict(scope.get("path_params", {}))
    if not changes and not _is_watched(rule_of(handler), target):
        return None
    return AuditEntry(
        action,
        state["caller"],
        state["actor"],
        target=target,
        status=handler.status_code,
        changes_records=changes,
    )


def _is_watched(rule: Rule | None, target: dict[str, Any]) -> bool:
    """Tell whether reading this is an event: what holds data of the databases."""
    if rule is None or rule.permission is None:
        return False
    return rule.permission == Permission.BACKUP_DOWNLOAD or (
        rule.permission == Permission.BACKUP_VIEW and "backup_id" in target
    )


async def _finish(ctx: Context, scope: Scope, entry: AuditEntry, status: int) -> None:
    if entry.written or (entry.action == "refreshTokens" and status < 400):
        return
    entry.status = status
    entry.outcome = SUCCESS if status < 400 else REFUSED if status in (401, 403, 429) else FAILED
    if entry.outcome == SUCCESS and not entry.changes_records and _was_read_lately(ctx, entry):
        return
    if entry.outcome != SUCCESS and scope["state"]["actor"] is None:
        # Or strangers could fill the disk with what they are refused.
        if ctx.runtime.strangers.wait_for(entry.caller.address, _STRANGERS_PER_MINUTE):
            ctx.runtime.unrecorded += 1
            return
        if ctx.runtime.unrecorded:
            entry.details["unrecordedBefore"], ctx.runtime.unrecorded = ctx.runtime.unrecorded, 0
    await audit.write_alone(ctx, entry)


def _was_read_lately(ctx: Context, entry: AuditEntry) -> bool:
    """Tell whether the same person's reading of the same thing was recorded within the hour; downloads never were."""
    if entry.action.startswith("download") or entry.actor is None:
        return False
    key, now = (entry.actor.id, f"{entry.action} {sorted(entry.target.items())}"), time.monotonic()
    reads = ctx.runtime.reads
    if now - reads.get(key, -_READ_AGAIN_SECONDS) < _READ_AGAIN_SECONDS:
        return True
    if len(reads) >= _MOST_READS:
        reads.clear()
    reads[key] = now
    return False
