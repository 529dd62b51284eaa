"""Who follows the log of a run: every line once, then the end, and no more questions than that takes."""

from __future__ import annotations

import asyncio
import json
from typing import Any, cast

import pytest

from dbbackup.api.live import sockets
from dbbackup.core.masking import Masker
from dbbackup.core.progress import RunProgress
from dbbackup.services.context import Context
from dbbackup.services.execution_logs import ExecutionLogger, read_lines


class Heard:
    """Stands in for a WebSocket, to be looked at while it is followed; `tests/api/test_live.py` has real ones."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.closed = False

    async def send_text(self, text: str) -> None:
        self.messages.append(json.loads(text))

    async def close(self) -> None:
        self.closed = True


async def test_send_log_when_the_run_is_at_work_here_then_its_state_is_asked_for_only_when_it_is_not(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    status = sockets._status

    async def note(session: Any, execution_id: str) -> str | None:
        asked.append("state")
        return await status(session, execution_id)

    async def note_lines(*arguments: Any, **named: Any) -> Any:
        asked.append("lines")
        return await read_lines(*arguments, **named)

    monkeypatch.setattr(sockets, "_status", note)
    monkeypatch.setattr(sockets, "read_lines", note_lines)
    monkeypatch.setattr(sockets, "_BATCH", 2)
    monkeypatch.setattr(sockets, "_POLL_SECONDS", 3600.0)
    log = ExecutionLogger(ctx.catalogue, ctx.events, "run", "backup", Masker([]))
    for word in ("one", "two", "three"):
        log.say("info", word)
    await log.close()
    ctx.runtime.progress["run"] = RunProgress(kind="backup")
    heard, news = Heard(), asyncio.Event()
    following = asyncio.create_task(sockets._send_log(cast(Any, heard), ctx, "run", 0, news))
    async with asyncio.timeout(60):
        while len(heard.messages) < 2:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert asked == ["lines", "lines"]
        log.say("info", "four")
        await log.close()
        del ctx.runtime.progress["run"]
        news.set()
        await following
    assert asked == ["lines", "lines", "state", "lines"]
    *lines, end = heard.messages
    assert [[line["message"] for line in message["lines"]] for message in lines] == [
        ["one", "two"],
        ["three"],
        ["four"],
    ]
    assert (end["type"], end["status"], heard.closed) == ("end", "deleted", True)
