"""How services and workers tell the world what happened, without knowing who listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Events(Protocol):
    """Publishes live messages; `main` connects it to the WebSockets.

    `publish` never blocks and never raises: a message nobody hears is lost, and whoever needs
    history reads it from the database.
    """

    def publish(self, channel: str, message: Mapping[str, Any]) -> None:
        """Send one JSON-able message to whoever listens on the channel now."""
        ...


EVENTS_CHANNEL = "events"


def log_channel(execution_id: str) -> str:
    """Name the channel that tells of new log lines of one execution."""
    return f"logs:{execution_id}"
