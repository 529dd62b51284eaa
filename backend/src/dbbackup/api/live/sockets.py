"""The two WebSockets: what happens everywhere, and the log of one execution."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from litestar import WebSocket, websocket
from litestar.channels import ChannelsPlugin
from litestar.channels.subscriber import Subscriber
from litestar.di import NamedDependency
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath, QueryParameter
from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.api.dependencies import MAX_SEQ, Ctx
from dbbackup.api.guards import FORBIDDEN, UNAUTHENTICATED, requires
from dbbackup.api.identification import present_actor
from dbbackup.api.live.origin import refuse_foreign_origin
from dbbackup.api.live.schemas import LogEndMessage, LogLinesMessage
from dbbackup.core.access import Permission
from dbbackup.core.events import EVENTS_CHANNEL, LOGS_CHANNEL, LogHint, PingEvent
from dbbackup.db.models import RUNS, RunStatus
from dbbackup.db.models.backup_execution import FINAL
from dbbackup.services.context import Context
from dbbackup.services.execution_logs import read_lines

PING_SECONDS = 20.0
RECHECK_SECONDS = 15.0
"""So long a WebSocket goes on after its session was ended or its role was taken away."""
_POLL_SECONDS = 2.0
"""A lost hint delays a line by this much at most; it can never lose it."""
_BATCH = 2_000
NOT_FOUND = 4404

Socket = WebSocket[Any, Any, Any]
Channels = NamedDependency[ChannelsPlugin]


@websocket("/ws/events", guards=[requires(Permission.BACKUP_VIEW)])
async def event_socket(socket: Socket, ctx: Ctx, channels: Channels) -> None:
    """Send every event as it happens; a reader that misses some reads the records again."""
    if await refuse_foreign_origin(socket, ctx.settings):
        return
    await socket.accept()
    async with channels.start_subscription([EVENTS_CHANNEL]) as subscriber:
        await _until_gone(socket, ctx, _send_events(socket, subscriber), _ping(socket))


@websocket("/ws/executions/{execution_id:str}/logs", guards=[requires(Permission.BACKUP_VIEW)])
async def log_socket(
    socket: Socket,
    ctx: Ctx,
    channels: Channels,
    execution_id: FromPath[str],
    after: Annotated[int, QueryParameter(ge=0, le=MAX_SEQ)] = 0,
) -> None:
    """Send the log from the line after `after`: first what is there, then what comes, then the end.

    The catalogue is the only source of lines. A live message is just the hint to read on, so
    history and live are one query and there can be neither gap nor repeat.
    """
    if await refuse_foreign_origin(socket, ctx.settings):
        return
    await socket.accept()
    async with ctx.catalogue.sessions() as session:
        known = await _status(session, execution_id)
    if known is None:
        await socket.close(NOT_FOUND, "There is no such execution.")
        return
    news = asyncio.Event()

    async def note(message: bytes) -> None:
        if msgspec.json.decode(message, type=LogHint).execution_id == execution_id:
            news.set()

    async with channels.start_subscription([LOGS_CHANNEL]) as subscriber, subscriber.run_in_background(note):
        await _until_gone(socket, ctx, _send_log(socket, ctx, execution_id, after, news))


async def _send_events(socket: Socket, subscriber: Subscriber) -> None:
    # What a slow reader has not taken stays in the subscription, whose size is bounded.
    async for message in subscriber.iter_events():
        await socket.send_text(message.decode())


async def _ping(socket: Socket) -> None:
    while True:
        await asyncio.sleep(PING_SECONDS)
        await socket.send_text(msgspec.json.encode(PingEvent(at=datetime.now(UTC))).decode())


async def _send_log(socket: Socket, ctx: Context, execution_id: str, seq: int, news: asyncio.Event) -> None:
    while True:
        news.clear()
        async with ctx.catalogue.sessions() as session:
            # The state is read before the lines: whatever a run says, it says before it ends. What this process
            # works on need not be asked for with every line: a hint follows its end.
            at_work = execution_id in ctx.runtime.progress
            status = RunStatus.RUNNING if at_work else await _status(session, execution_id)
            lines = await read_lines(session, execution_id, after=seq, limit=_BATCH)
        if lines:
            seq = lines[-1].seq
            await socket.send_text(msgspec.json.encode(LogLinesMessage(lines=lines)).decode())
        if len(lines) == _BATCH:
            continue
        if status is None or status in FINAL:
            await socket.send_text(msgspec.json.encode(LogEndMessage(status=status or "deleted")).decode())
            await socket.close()
            return
        await _wait(news)


async def _wait(news: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(_POLL_SECONDS):
            await news.wait()
    except TimeoutError:
        return


async def _status(session: AsyncSession, execution_id: str) -> str | None:
    return await session.scalar(union_all(*(select(run.status).where(run.id == execution_id) for run in RUNS)))


async def _until_gone(socket: Socket, ctx: Context, *sending: Coroutine[Any, Any, None]) -> None:
    """Send until done, until the client closes (only a read notices that it has gone), or until it may not listen."""
    work = (*sending, _read_to_end(socket), _until_not_allowed(socket, ctx))
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    except WebSocketDisconnect:
        return
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until_not_allowed(socket: Socket, ctx: Context) -> None:
    while True:
        await asyncio.sleep(RECHECK_SECONDS)
        actor = await present_actor(socket, ctx)
        if actor is None:
            await socket.close(UNAUTHENTICATED, "The session has ended.")
            return
        if not actor.may(Permission.BACKUP_VIEW):
            await socket.close(FORBIDDEN, "Your role may not listen any more.")
            return


async def _read_to_end(socket: Socket) -> None:
    try:
        while True:
            await socket.receive_data("text")
    except WebSocketDisconnect:
        return
