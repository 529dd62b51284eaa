"""Who is told of what: filters, thresholds, conditions, recoveries; all in the transaction of what is told."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from dbbackup.core.naming import new_id
from dbbackup.core.notifications import OFFERED, EventType
from dbbackup.db.models import BackupCopy, BackupSchedule, NotificationChannel, NotificationOutbox, RunStatus
from dbbackup.services.context import Context
from dbbackup.services.notifications import NotificationEvent, notify
from dbbackup.services.pings import open_ping_url, seal_ping_url
from dbbackup.services.run_notifications import notify_run_end
from tests.unit.worker.rows import backup, database, restore, save

E = EventType


def channel(**changes: Any) -> NotificationChannel:
    values: dict[str, Any] = {
        "id": new_id(),
        "name": new_id(),
        "kind": "webhook",
        "settings": {"kind": "webhook"},
        "target": "http://h/…",
        "events": [str(event) for event in OFFERED],
    }
    return NotificationChannel(**values | changes)


def event(kind: EventType, subject: str = "s", **changes: Any) -> NotificationEvent:
    return NotificationEvent(type=kind, subject=subject, title=f"{kind} happened", text="It did.", **changes)


async def tell(ctx: Context, *events: NotificationEvent) -> list[int]:
    """Tell of each event in a transaction of its own; return how many channels got it."""
    counts = []
    for one in events:
        async with ctx.catalogue.transaction() as session:
            counts.append(await notify(session, ctx, one))
    return counts


async def outbox(ctx: Context) -> list[NotificationOutbox]:
    async with ctx.catalogue.sessions() as session:
        return list(await session.scalars(select(NotificationOutbox).order_by(NotificationOutbox.id)))


async def test_notify_when_the_transaction_is_rolled_back_then_nothing_is_told(ctx: Context) -> None:
    await save(ctx, channel())
    with pytest.raises(RuntimeError):
        async with ctx.catalogue.transaction() as session:
            assert await notify(session, ctx, event(E.BACKUP_FAILED)) == 1
            raise RuntimeError("the run's end could not be written")
    assert await outbox(ctx) == []
    assert not ctx.runtime.outbox_wake.is_set()
    assert await tell(ctx, event(E.BACKUP_FAILED)) == [1]
    assert ctx.runtime.outbox_wake.is_set()


async def test_notify_when_several_channels_want_it_then_all_get_the_same_id(ctx: Context) -> None:
    await save(ctx, channel(), channel(), channel(enabled=False), channel(events=["disk.low"]))
    assert await tell(ctx, event(E.BACKUP_SUCCEEDED)) == [2]
    first, second = await outbox(ctx)
    assert first.id != second.id
    assert first.message["id"] == second.message["id"]
    assert {first.lane, second.lane} == {first.channel_id, second.channel_id}


async def test_notify_when_databases_are_chosen_then_others_are_left_out_but_not_what_has_none(ctx: Context) -> None:
    await save(ctx, channel(database_ids=["db-1"]))
    events = [event(E.BACKUP_FAILED, database_id=i, database_name=i) for i in ("db-1", "db-2")]
    assert await tell(ctx, *events, event(E.DISK_LOW)) == [1, 0, 1]


async def test_notify_when_a_threshold_is_set_then_the_first_alarm_waits_and_success_resets_it(ctx: Context) -> None:
    await save(ctx, channel(failure_threshold=3))
    bad, good = event(E.BACKUP_FAILED), event(E.BACKUP_SUCCEEDED)
    assert await tell(ctx, bad, bad, good, bad, bad, bad, bad) == [0, 0, 1, 0, 0, 1, 1]
    # Another database counts for itself; that all retries are used up is told at once.
    assert await tell(ctx, event(E.BACKUP_FAILED, "other"), event(E.BACKUP_RETRIES_EXHAUSTED, "other")) == [0, 1]


async def test_notify_when_it_works_again_then_only_who_was_alarmed_hears_of_it(ctx: Context) -> None:
    alarmed = channel(events=["backup.failed"])
    patient = channel(events=["backup.failed"], failure_threshold=9)
    silent = channel(events=["backup.failed"], recovery=False)
    both = channel(events=["backup.failed", "backup.succeeded"], recovery=False)
    await save(ctx, alarmed, patient, silent, both)
    assert await tell(ctx, event(E.BACKUP_FAILED), event(E.BACKUP_FAILED)) == [3, 3]
    assert await tell(ctx, event(E.BACKUP_SUCCEEDED), event(E.BACKUP_SUCCEEDED)) == [2, 1]
    told = {row.channel_id: row for row in await outbox(ctx) if row.event == "backup.succeeded"}
    assert told.keys() == {alarmed.id, both.id}
    recovery = told[alarmed.id]
    assert recovery.title == "Recovered: backup.succeeded happened"
    assert recovery.message["recovery"] is True
    assert recovery.message["text"] == "It did. This ends the alarm after 2 failures."
    assert told[both.id].message["recovery"] is False


async def test_notify_when_a_state_lasts_then_it_is_told_once_until_it_is_over(ctx: Context) -> None:
    await save(ctx, channel())
    low, enough = event(E.DISK_LOW), event(E.DISK_RECOVERED)
    assert await tell(ctx, enough, low, low, low, enough, enough, low) == [0, 1, 0, 0, 1, 0, 1]


async def test_notify_when_a_backup_comes_then_it_ends_the_alarm_that_it_is_overdue(ctx: Context) -> None:
    await save(ctx, channel(events=["backup.overdue"]))
    assert await tell(ctx, event(E.BACKUP_OVERDUE), event(E.BACKUP_OVERDUE), event(E.BACKUP_SUCCEEDED)) == [1, 0, 1]


async def test_notify_when_texts_are_long_or_have_lines_then_the_message_stays_usable(ctx: Context) -> None:
    ctx.runtime.live = type(ctx.live)(public_url="https://b.example.com/")
    await save(ctx, channel())
    long = NotificationEvent(
        type=E.BACKUP_MISSED, subject="s", title="a\r\nBcc: x " * 99, text="x" * 9000, path="/schedules"
    )
    await tell(ctx, long)
    (row,) = await outbox(ctx)
    assert "\n" not in row.title
    assert "\r" not in row.title
    assert len(row.title) == 200
    assert len(row.message["text"]) == 4000
    assert row.message["url"] == "https://b.example.com/schedules"


async def test_run_end_when_a_backup_ends_then_the_message_says_what_and_where(ctx: Context) -> None:
    config = database(ctx)
    good = backup(
        config,
        RunStatus.COMPLETED,
        size=2_000_000,
        duration=12.4,
        file_name="shop.dump.gz",
        copies=[
            BackupCopy(id=new_id(), position=0, state="complete"),
            BackupCopy(id=new_id(), position=1, state="failed", error_message="No route."),
        ],
    )
    failed = backup(config, RunStatus.FAILED, error_message="The password is wrong.")
    last = backup(config, RunStatus.FAILED, error_message="No answer.", attempt=4)
    cancelled = backup(config, RunStatus.CANCELLED)
    queued_again = backup(config, RunStatus.QUEUED, attempt=2)
    runs = [good, failed, last, cancelled, queued_again]
    await save(ctx, channel(), config)
    await save(ctx, *runs)
    async with ctx.catalogue.transaction() as session:
        for run in runs:
            await notify_run_end(session, ctx, run)
    rows = await outbox(ctx)
    assert [row.event for row in rows] == ["backup.succeeded", "backup.failed", "backup.retries_exhausted"]
    stored = rows[0].message["text"]
    assert stored.startswith("shop.dump.gz: 1.9 MiB in 12 s, stored on local disk.")
    assert "The copy on local disk failed and is made again later: No route." in stored
    assert rows[1].message["text"] == "The manual backup failed: The password is wrong."
    assert rows[1].message["run"] == {"kind": "backup", "id": failed.id}
    assert "4 attempts in all: No answer." in rows[2].message["text"]


async def test_run_end_when_a_restore_ends_then_the_target_is_named(ctx: Context) -> None:
    config = database(ctx)
    good, bad = restore(config, RunStatus.COMPLETED), restore(config, RunStatus.FAILED)
    bad.error_message = "The disk is full."
    await save(ctx, channel(), config)
    await save(ctx, good, bad)
    async with ctx.catalogue.transaction() as session:
        for run in (good, bad):
            await notify_run_end(session, ctx, run)
    first, second = await outbox(ctx)
    assert (first.event, first.title) == ("restore.succeeded", "Restore into t succeeded")
    assert (second.event, second.message["text"]) == (
        "restore.failed",
        "The restore on the server of d failed: The disk is full.",
    )


async def test_run_end_when_the_schedule_has_a_ping_url_then_it_is_called_too(ctx: Context) -> None:
    config = database(ctx)
    schedule = BackupSchedule(
        id=new_id(), database_id=config.id, name="Nightly", type="daily", cron_expression="0 2 * * *", timezone="UTC"
    )
    schedule.ping_url_sealed = seal_ping_url(ctx, schedule.id, "https://hc.example.com/uuid")
    plain = BackupSchedule(
        id=new_id(), database_id=config.id, name="Other", type="daily", cron_expression="0 3 * * *", timezone="UTC"
    )
    runs = [
        backup(config, RunStatus.COMPLETED, schedule_id=schedule.id),
        backup(config, RunStatus.FAILED, schedule_id=schedule.id),
        backup(config, RunStatus.CANCELLED, schedule_id=schedule.id),
        backup(config, RunStatus.COMPLETED, schedule_id=plain.id),
        backup(config, RunStatus.COMPLETED),
    ]
    await save(ctx, config)
    await save(ctx, schedule, plain)
    await save(ctx, *runs)
    async with ctx.catalogue.transaction() as session:
        for run in runs:
            await notify_run_end(session, ctx, run)
    rows = await outbox(ctx)
    assert [(row.schedule_id, row.message["succeeded"]) for row in rows] == [(schedule.id, True), (schedule.id, False)]
    assert "hc.example.com" not in str([(row.title, row.message) for row in rows])
    url = open_ping_url(ctx, schedule)
    assert url is not None
    assert url.reveal() == "https://hc.example.com/uuid"
    assert open_ping_url(ctx, plain) is None
    assert seal_ping_url(ctx, plain.id, None) is None
