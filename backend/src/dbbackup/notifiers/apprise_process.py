"""The process in which Apprise runs: one message from standard input, one answer to standard output.

Apprise connects by itself, to wherever a URL says. Here an audit hook sees every connection of the process before it
is made, whatever resolved the name and whatever redirected, and refuses those the rules forbid.
"""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

import msgspec

from dbbackup.core.addresses import refusal

SECONDS = 40
"""After these the process ends itself, even when nobody is left who would end it."""
_CONNECTIONS = ("socket.connect", "socket.sendto", "socket.sendmsg")


class Job(msgspec.Struct, kw_only=True):
    """What to send."""

    url: str
    title: str
    body: str
    type: str
    allow_private: bool


class Answer(msgspec.Struct, kw_only=True):
    """How it went; `reason` is what Apprise logged, and may hold parts of the URL."""

    ok: bool
    service: str
    reason: str


def guard(event: str, args: tuple[Any, ...], *, allow_private: bool) -> None:
    """Refuse a connection that is not allowed. Raises OSError, which Apprise takes for a network that fails."""
    if event not in _CONNECTIONS:
        return
    address = args[1]
    if not isinstance(address, tuple):
        raise OSError("Only network connections are allowed")
    if reason := refusal(str(address[0]), allow_private=allow_private):
        raise OSError(f"Nothing may be sent to {address[0]}: {reason}")


def deliver(job: Job) -> Answer:
    """Send the message by Apprise."""
    import apprise

    # Of what a plug-in could read from or leave on this machine, nothing is allowed.
    asset = apprise.AppriseAsset(http_redirects=False, plugin_paths=[], storage_mode=apprise.PersistentStoreMode.MEMORY)
    capture: Any = apprise.LogCapture
    with capture(level=logging.WARNING, fmt="%(message)s") as captured:
        plugin = apprise.Apprise.instantiate(job.url, asset=asset)
        if plugin is None:
            return Answer(ok=False, service="", reason=f"It does not understand the URL. {captured.getvalue()}".strip())
        plugin.socket_connect_timeout, plugin.socket_read_timeout = 10.0, 15.0
        ok = bool(plugin.notify(title=job.title, body=job.body, notify_type=job.type))
        return Answer(ok=ok, service=str(plugin.service_name), reason=" ".join(captured.getvalue().split())[:500])


def main() -> None:
    """Do one job."""
    signal.alarm(SECONDS)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    refused: list[str] = []

    def hook(event: str, args: tuple[Any, ...]) -> None:
        try:
            guard(event, args, allow_private=job.allow_private)
        except OSError as error:
            refused.append(str(error))
            raise

    sys.addaudithook(hook)
    answer = deliver(job)
    if refused and not answer.ok:
        answer = msgspec.structs.replace(answer, reason=f"{refused[0]}. {answer.reason}")
    sys.stdout.buffer.write(msgspec.json.encode(answer))


if __name__ == "__main__":
    main()
