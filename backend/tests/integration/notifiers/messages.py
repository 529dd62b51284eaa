"""Messages and deliveries as the outbox makes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dbbackup.core.notifications import EventType, Message, MessageDatabase, MessageRun
from dbbackup.net.resolve import NetRules
from dbbackup.notifiers.base import Delivery


def message(**changes: Any) -> Message:
    values: dict[str, Any] = {
        "id": "01932f6e-8a4b-7c3d-9e2f-5a6b7c8d9e0f",
        "type": EventType.BACKUP_FAILED,
        "severity": "error",
        "recovery": False,
        "at": datetime(2026, 11, 22, 20, 0, tzinfo=UTC),
        "title": "Backup of Shop failed",
        "text": 'The daily backup failed: <!channel> *server* & "tool" said [no](http://x).',
        "advice": "Its log names the step.",
        "instance": "k3f9",
        "database": MessageDatabase(id="db-1", name="Shop"),
        "run": MessageRun(kind="backup", id="run-1"),
        "url": "https://backups.example.com/backups/run-1",
    }
    return Message(**values | changes)


def delivery(net: NetRules | None = None, **changes: Any) -> Delivery:
    return Delivery(message(**changes), "delivery-1", net or NetRules())
