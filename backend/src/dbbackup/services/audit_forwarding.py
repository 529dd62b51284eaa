"""Forwards the audit log to another log system: every event in its order, and where it got to is kept."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import select

from dbbackup.core.errors import AppError, DeliveryError
from dbbackup.db.models import AuditEvent, SystemSetting
from dbbackup.net import http, syslog
from dbbackup.net.syslog import INFO, MOST_BYTES, WARNING, SyslogMessage
from dbbackup.net.tls import trusting
from dbbackup.services.audit import actor_names
from dbbackup.services.audit_entry import SUCCESS
from dbbackup.services.context import Context

BATCH = 100
_CURSOR = "audit.forwarded"
"""The number of the last event that was taken."""
_FIELDS = (
    "seq", "at", "actor_id", "actor_name", "via", "role", "address", "user_agent", "request_id", "action", "target",
    "outcome", "status", "details", "changes", "previous_hash", "hash",
)  # fmt: skip


async def forward(ctx: Context) -> int:
    """Send the next events, a hundred at most; return how many. 0: all are sent.

    They count as sent once a web server has answered 2xx, or the system has taken them for the log server.

    Raises:
        DeliveryError: they are not, and will be sent again.
    """
    url = ctx.live.audit_forward_url
    async with ctx.catalogue.sessions() as session:
        cursor = await session.scalar(select(SystemSetting).where(SystemSetting.key == _CURSOR))
        last = json.loads(cursor.value) if cursor else 0
        newer = select(AuditEvent).where(AuditEvent.seq > last).order_by(AuditEvent.seq).limit(BATCH)
        events = list(await session.scalars(newer))
        names = await actor_names(session, (event.actor_id for event in events))
    if not events:
        return 0
    if urlsplit(url).scheme.startswith("syslog"):
        messages = [_message(event, names) for event in events]
        await syslog.send(url, messages, ctx.instance_id, ctx.private_net, trusting(ctx.settings.audit_forward_ca_file))
    else:
        await _post(ctx, url, [line(event, names) for event in events])
    await _keep(ctx, events[-1].seq)
    return len(events)


def line(event: AuditEvent, names: dict[str, str]) -> bytes:
    """Return an event as the export has it."""
    return msgspec.json.encode(_shown(event, names))


def _shown(event: AuditEvent, names: dict[str, str]) -> dict[str, Any]:
    values = {name: getattr(event, name, None) for name in _FIELDS}
    values["actor_name"] = names.get(event.actor_id)
    return {_camel(name): value for name, value in values.items()}


def _message(event: AuditEvent, names: dict[str, str]) -> SyslogMessage:
    text = line(event, names)
    if len(text) > MOST_BYTES:
        # Rather the event without what changed than none; its number leads to the whole.
        text = msgspec.json.encode({**_shown(event, names), "changes": [], "details": {"shortened": True}})
    severity = INFO if event.outcome == SUCCESS else WARNING
    return SyslogMessage(event.at, severity, event.action, text.decode())


async def _post(ctx: Context, url: str, lines: list[bytes]) -> None:
    headers = {"Content-Type": "application/x-ndjson", "X-Instance": ctx.instance_id}
    if token := ctx.settings.audit_forward_token.reveal():
        headers["Authorization"] = f"Bearer {token}"
    tls = trusting(ctx.settings.audit_forward_ca_file)
    body = b"".join(text + b"\n" for text in lines)
    try:
        answer = await http.request("POST", url, ctx.private_net, body=body, headers=headers, tls=tls)
    except DeliveryError:
        raise
    except AppError as error:
        raise DeliveryError(error.message) from error
    if not answer.ok:
        raise DeliveryError(f"{http.origin(url)} answered with status {answer.status}.")


async def _keep(ctx: Context, seq: int) -> None:
    async with ctx.catalogue.transaction() as session:
        cursor = await session.scalar(select(SystemSetting).where(SystemSetting.key == _CURSOR))
        if cursor is None:
            session.add(SystemSetting(key=_CURSOR, value=json.dumps(seq), type="json"))
        else:
            cursor.value = json.dumps(seq)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
