"""Deliveries: retried, given up, taken up again after a crash; lanes that do not wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import update

from dbbackup.core.live_settings import LiveSettings
from dbbackup.core.naming import new_id
from dbbackup.core.notifications import EventType
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupSchedule, NotificationChannel, NotificationOutbox
from dbbackup.db.models.base import utc_now
from dbbackup.services.context import Context
from dbbackup.services.notifications import NotificationEvent, add_delivery, notify
from dbbackup.services.pings import seal_ping_url
from dbbackup.worker import outbox as outbox_module
from dbbackup.worker.outbox import Outbox, deliver, next_attempt
from devtools.servers import HttpReceiver, Reply
from tests.unit.worker.rows import database, save
from tests.unit.worker.test_notify import channel, outbox

PATIENCE = 30.0


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver.start() as running:
        yield running


@pytest.fixture
async def serving(ctx: Context) -> AsyncIterator[Outbox]:
    """An outbox that delivers as the worker lets it."""
    box = Outbox(ctx)
    task = asyncio.create_task(serve(box))
    yield box
    task.cancel()
    await box.stop()


async def serve(box: Outbox) -> None:
    while True:
        await box.step()


def hook(ctx: Context, url: str, **changes: Any) -> NotificationChannel:
    row = channel(**changes)
    text = msgspec.json.encode({"url": url}).decode()
    row.secrets_sealed = ctx.sealer.seal(
        Secret(text), table="notification_channel", row_id=row.id, column="secrets_sealed"
    )
    return row


async def tell(ctx: Context, kind: EventType = EventType.BACKUP_MISSED) -> None:
    async with ctx.catalogue.transaction() as session:
        await notify(session, ctx, NotificationEvent(type=kind, subject="s", title="T", text="Text."))


async def rows_when(ctx: Context, condition: Any) -> list[NotificationOutbox]:
    """Wait until the rows of the outbox are as wanted."""
    async with asyncio.timeout(PATIENCE):
        while True:
            rows = await outbox(ctx)
            if condition(rows):
                return rows
            await asyncio.sleep(0.02)


def all_in(state: str) -> Any:
    return lambda rows: rows and all(row.state == state for row in rows)


async def test_outbox_when_told_then_it_is_delivered_at_once(
    ctx: Context, receiver: HttpReceiver, serving: Outbox
) -> None:
    target = hook(ctx, receiver.url)
    await save(ctx, target)
    await tell(ctx)
    (row,) = await rows_when(ctx, all_in("delivered"))
    assert (row.attempts, receiver.received[0].json["title"]) == (1, "T")
    assert (row.result or "").startswith("The answer was 200")
    async with ctx.catalogue.sessions() as session:
        saved = await session.get_one(NotificationChannel, target.id)
    assert saved.delivered_at is not None
    assert saved.last_error is None


async def test_outbox_when_a_channel_hangs_then_the_others_are_not_delayed_and_it_has_one_request_at_a_time(
    ctx: Context, receiver: HttpReceiver, serving: Outbox
) -> None:
    with HttpReceiver.start() as dead:
        dead.reply = Reply(hang=True)
        slow, quick = hook(ctx, dead.url), hook(ctx, receiver.url)
        await save(ctx, slow, quick)
        for _ in range(3):
            await tell(ctx)
        await asyncio.to_thread(receiver.wait, 3, PATIENCE)
        await asyncio.to_thread(dead.wait, 1, PATIENCE)
        rows = await rows_when(ctx, lambda rows: sum(row.state == "delivered" for row in rows) == 3)
        states = sorted(row.state for row in rows if row.channel_id == slow.id)
        assert states == ["sending", "waiting", "waiting"]
        assert len(dead.received) == 1


async def test_outbox_when_refused_then_it_is_tried_again_later_with_the_same_id(
    ctx: Context, receiver: HttpReceiver
) -> None:
    receiver.replies.append(Reply(503, b"busy"))
    target = hook(ctx, receiver.url)
    await save(ctx, target)
    await tell(ctx)
    (row,) = await outbox(ctx)
    await deliver(ctx, row.id)
    (row,) = await outbox(ctx)
    assert (row.state, row.attempts, row.result) == ("waiting", 1, "The answer was 503: busy.")
    assert timedelta(seconds=20) < row.next_attempt_at - utc_now() < timedelta(seconds=40)
    async with ctx.catalogue.sessions() as session:
        assert (await session.get_one(NotificationChannel, target.id)).last_error == "The answer was 503: busy."
    await deliver(ctx, row.id)
    (row,) = await outbox(ctx)
    assert (row.state, row.attempts) == ("delivered", 2)
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    # What is done is done: nobody can take it a second time.
    await deliver(ctx, row.id)
    assert len(receiver.received) == 2


async def test_outbox_when_the_attempts_are_used_up_then_it_counts_as_failed(
    ctx: Context, receiver: HttpReceiver
) -> None:
    ctx.runtime.live = LiveSettings(notification_attempts=2)
    receiver.reply = Reply(500)
    await save(ctx, hook(ctx, receiver.url))
    await tell(ctx)
    (row,) = await outbox(ctx)
    for expected in ("waiting", "failed"):
        await deliver(ctx, row.id)
        (row,) = await outbox(ctx)
        assert row.state == expected
    assert row.finished_at is not None


async def test_outbox_when_killed_in_the_middle_then_it_is_delivered_after_the_next_start(
    ctx: Context, receiver: HttpReceiver
) -> None:
    receiver.replies.append(Reply(hang=True))
    await save(ctx, hook(ctx, receiver.url))
    await tell(ctx)
    (row,) = await outbox(ctx)
    attempt = asyncio.create_task(deliver(ctx, row.id))
    await asyncio.to_thread(receiver.wait, 1, PATIENCE)
    # Nothing more is written: just as if the process were gone.
    attempt.cancel()
    await asyncio.gather(attempt, return_exceptions=True)
    (row,) = await outbox(ctx)
    assert row.state == "sending"
    again = Outbox(ctx)
    task = asyncio.create_task(serve(again))
    (row,) = await rows_when(ctx, all_in("delivered"))
    assert row.attempts == 2
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    task.cancel()
    await again.stop()


async def test_outbox_when_stopped_then_what_is_being_sent_waits_for_the_next_start(
    ctx: Context, receiver: HttpReceiver
) -> None:
    receiver.reply = Reply(hang=True)
    await save(ctx, hook(ctx, receiver.url))
    await tell(ctx)
    box = Outbox(ctx)
    task = asyncio.create_task(serve(box))
    await asyncio.to_thread(receiver.wait, 1, PATIENCE)
    task.cancel()
    await box.stop()
    assert [row.state for row in await outbox(ctx)] == ["sending"]


async def test_outbox_when_an_end_could_not_be_written_then_it_is_sent_again_later(
    ctx: Context, receiver: HttpReceiver, serving: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, failures = outbox_module._close, [OSError("the disk is full")]

    async def refuse_once(*arguments: Any, **named: Any) -> None:
        if failures:
            raise failures.pop()
        await write(*arguments, **named)

    monkeypatch.setattr(outbox_module, "_close", refuse_once)
    await save(ctx, hook(ctx, receiver.url))
    await tell(ctx)
    (row,) = await rows_when(ctx, lambda rows: rows[0].state == "waiting" and rows[0].attempts == 1)
    assert row.next_attempt_at > utc_now() + timedelta(seconds=15)
    assert len(receiver.received) == 1


async def test_deliver_when_it_takes_too_long_or_the_notifier_has_a_fault_then_it_is_written_down(
    ctx: Context, receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver.reply = Reply(hang=True)
    await save(ctx, hook(ctx, receiver.url))
    await tell(ctx)
    (row,) = await outbox(ctx)
    monkeypatch.setattr(outbox_module, "DELIVERY_SECONDS", 0.2)
    await deliver(ctx, row.id)
    (row,) = await outbox(ctx)
    assert row.result == "It was not done within 0.2 s."
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(NotificationOutbox).values(message={"nonsense": 1}))
    await deliver(ctx, row.id)
    (row,) = await outbox(ctx)
    assert (row.result or "").startswith("A fault of this program (ValidationError).")
    assert row.state == "waiting"


async def test_deliver_when_the_channel_was_disabled_or_deleted_then_nothing_is_sent(
    ctx: Context, receiver: HttpReceiver
) -> None:
    target = hook(ctx, receiver.url)
    await save(ctx, target)
    await tell(ctx)
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(NotificationChannel).values(enabled=False))
    (row,) = await outbox(ctx)
    await deliver(ctx, row.id)
    (row,) = await outbox(ctx)
    assert (row.state, row.result) == ("failed", "The channel is disabled.")
    async with ctx.catalogue.transaction() as session:
        await session.delete(await session.get_one(NotificationChannel, target.id))
    assert await outbox(ctx) == []
    await deliver(ctx, row.id)
    assert receiver.received == []


@pytest.mark.parametrize(("succeeded", "path"), [(True, "/ping/uuid?rid=1"), (False, "/ping/uuid/fail?rid=1")])
async def test_deliver_when_it_is_a_ping_then_the_url_is_called(
    ctx: Context, receiver: HttpReceiver, succeeded: bool, path: str
) -> None:
    config = database(ctx)
    schedule = BackupSchedule(
        id=new_id(), database_id=config.id, name="Nightly", type="daily", cron_expression="0 2 * * *", timezone="UTC"
    )
    schedule.ping_url_sealed = seal_ping_url(ctx, schedule.id, f"{receiver.url}/ping/uuid?rid=1")
    await save(ctx, config)
    await save(ctx, schedule)
    receiver.replies.append(Reply(500))
    async with ctx.catalogue.transaction() as session:
        ping = NotificationOutbox(
            id=new_id(),
            schedule_id=schedule.id,
            lane="ping",
            event="ping",
            severity="info",
            title="Ping",
            message={"succeeded": succeeded},
        )
        add_delivery(session, ctx, ping)
    for expected in ("waiting", "delivered"):
        await deliver(ctx, ping.id)
        (row,) = await outbox(ctx)
        assert row.state == expected
    assert [(got.method, got.path) for got in receiver.received] == [("GET", path)] * 2
    async with ctx.catalogue.transaction() as session:
        await session.execute(update(BackupSchedule).values(ping_url_sealed=None))
        await session.execute(update(NotificationOutbox).values(state="waiting"))
    await deliver(ctx, ping.id)
    (row,) = await outbox(ctx)
    assert (row.state, row.result) == ("failed", "The schedule Nightly has no ping URL any more.")


def test_next_attempt_when_it_failed_often_then_it_waits_longer_but_an_hour_at_most() -> None:
    now = utc_now()
    waits = [(next_attempt(attempts, now) - now).total_seconds() for attempts in range(1, 40)]
    for attempts, wait in enumerate(waits):
        nominal = min(3600.0, 30.0 * 2**attempts)
        assert nominal * 0.8 <= wait <= nominal * 1.2
    assert len(set(waits)) == len(waits)
    assert next_attempt(1, now, retry_after=500.0) - now == timedelta(seconds=500)
