"""Notification channels: add, change, delete, test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import UNSET
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import AppError, ConflictError, FieldError, NotFoundError, ValidationError
from dbbackup.core.naming import new_id
from dbbackup.core.notifications import OFFERED, EventType, Message
from dbbackup.core.secret import Secret
from dbbackup.db.models import DatabaseConfig, NotificationChannel
from dbbackup.db.models.base import utc_now
from dbbackup.notifiers import NOTIFIERS, AnyInput, AnySettings
from dbbackup.notifiers.base import Delivery, Secrets, secrets_of
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.notification_inputs import (
    NotificationChannelInput,
    NotificationChannelUpdate,
    NotificationTestInput,
)

_RESOURCE = "notification-channel"
_PLAIN = ("name", "database_ids", "failure_threshold", "recovery", "enabled")


@dataclass(frozen=True, slots=True)
class ChannelCheck:
    """What a test message got."""

    ok: bool
    message: str


async def get_channel(session: AsyncSession, channel_id: str) -> NotificationChannel:
    """Return the channel. Raises NotFoundError."""
    channel = await session.get(NotificationChannel, channel_id)
    if channel is None:
        raise NotFoundError(
            f"There is no notification channel {channel_id}. It may have been deleted: reload the list."
        )
    return channel


async def list_channels(session: AsyncSession) -> list[NotificationChannel]:
    """Return all channels by name."""
    return list(await session.scalars(select(NotificationChannel).order_by(func.lower(NotificationChannel.name))))


async def add_channel(
    session: AsyncSession, ctx: Context, data: NotificationChannelInput, channel_id: str | None = None
) -> NotificationChannel:
    """Save a channel.

    Raises:
        ConflictError: the name is taken.
        ValidationError: the settings cannot work, or an event or database does not exist.
    """
    await _refuse_taken_name(session, data.name)
    await _check_filters(session, data.events, data.database_ids)
    channel = NotificationChannel(id=channel_id or new_id(), **{name: getattr(data, name) for name in _PLAIN})
    channel.events = [str(event) for event in data.events]
    _set_settings(ctx, channel, data.settings, {})
    session.add(channel)
    await session.flush()
    announce(session, ctx, _RESOURCE, channel.id, "created")
    return channel


async def change_channel(
    session: AsyncSession, ctx: Context, channel_id: str, data: NotificationChannelUpdate
) -> NotificationChannel:
    """Change the given fields. Raises NotFoundError, ConflictError, ValidationError as `add_channel` does."""
    channel = await get_channel(session, channel_id)
    given = {name: value for name in _PLAIN if (value := getattr(data, name)) is not UNSET}
    if given.get("name", channel.name) != channel.name:
        await _refuse_taken_name(session, given["name"])
    events = [] if data.events is UNSET else data.events
    await _check_filters(session, events, given.get("database_ids"))
    for name, value in given.items():
        setattr(channel, name, value)
    if data.events is not UNSET:
        channel.events = [str(event) for event in data.events]
    if data.settings is not UNSET:
        _refuse_other_kind(channel, data.settings)
        _set_settings(ctx, channel, data.settings, open_secrets(ctx, channel))
    await session.flush()
    announce(session, ctx, _RESOURCE, channel.id, "updated")
    return channel


async def delete_channel(session: AsyncSession, ctx: Context, channel_id: str) -> None:
    """Delete a channel with its deliveries, the waiting ones too. Raises NotFoundError."""
    await session.delete(await get_channel(session, channel_id))
    await session.flush()
    announce(session, ctx, _RESOURCE, channel_id, "deleted")


async def check_saved(session: AsyncSession, ctx: Context, channel_id: str) -> ChannelCheck:
    """Send a test message now, past the outbox. Raises NotFoundError."""
    channel = await get_channel(session, channel_id)
    return await _try(ctx, open_settings(channel), open_secrets(ctx, channel))


async def check_unsaved(session: AsyncSession, ctx: Context, data: NotificationTestInput) -> ChannelCheck:
    """The same for a form that is not saved. Raises NotFoundError, ValidationError."""
    stored: Secrets = {}
    if data.channel_id:
        channel = await get_channel(session, data.channel_id)
        _refuse_other_kind(channel, data.settings)
        stored = open_secrets(ctx, channel)
    return await _try(ctx, *_checked(data.settings, stored))


def open_settings(channel: NotificationChannel) -> AnySettings:
    """Return the settings of a channel, without secrets."""
    settings: AnySettings = msgspec.convert(channel.settings, NOTIFIERS[channel.kind].settings)
    return settings


def open_secrets(ctx: Context, channel: NotificationChannel) -> dict[str, Secret]:
    """Return the secrets of a channel."""
    if channel.secrets_sealed is None:
        return {}
    text = ctx.sealer.open(
        channel.secrets_sealed, table=channel.__tablename__, row_id=channel.id, column="secrets_sealed"
    )
    return {name: Secret(value) for name, value in msgspec.json.decode(text.reveal()).items()}


def settings_view(ctx: Context, channel: NotificationChannel) -> Any:
    """Return the settings, and which secrets are stored."""
    notifier, stored = NOTIFIERS[channel.kind], open_secrets(ctx, channel)
    has = {f"has_{name}": name in stored for name in notifier.secrets}
    settings = open_settings(channel)
    return notifier.view(**{name: getattr(settings, name) for name in settings.__struct_fields__}, **has)


def _set_settings(ctx: Context, channel: NotificationChannel, data: AnyInput, stored: Secrets) -> None:
    settings, secrets = _checked(data, stored)
    channel.kind = _kind(data)
    channel.settings = msgspec.to_builtins(settings)
    channel.target = NOTIFIERS[channel.kind].target(settings, secrets)
    text = msgspec.json.encode({name: secret.reveal() for name, secret in secrets.items()}).decode()
    sealed = ctx.sealer.seal(Secret(text), table=channel.__tablename__, row_id=channel.id, column="secrets_sealed")
    channel.secrets_sealed = sealed if secrets else None


def _checked(data: AnyInput, stored: Secrets) -> tuple[AnySettings, dict[str, Secret]]:
    notifier = NOTIFIERS[_kind(data)]
    settings: AnySettings = notifier.settings(
        **{name: getattr(data, name) for name in notifier.settings.__struct_fields__}
    )
    secrets = secrets_of(data, notifier.secrets, stored)
    notifier.check(settings, secrets)
    return settings, secrets


async def _try(ctx: Context, settings: AnySettings, secrets: Secrets) -> ChannelCheck:
    message = Message(
        id=new_id(),
        type=EventType.TEST,
        severity="info",
        recovery=False,
        at=utc_now(),
        title="Test message of DB Backup & Restore",
        text="This channel works. Somebody pressed the test button; nothing else happened.",
        advice="",
        instance=ctx.instance_id,
        database=None,
        run=None,
        url=f"{ctx.live.public_url.rstrip('/')}/notifications" if ctx.live.public_url else None,
    )
    try:
        text = await NOTIFIERS[_kind(settings)].send(settings, secrets, Delivery(message, message.id, ctx.net))
    except AppError as error:
        return ChannelCheck(False, error.message)
    return ChannelCheck(True, text)


def _kind(settings: AnySettings) -> str:
    return str(settings.__struct_config__.tag)


def _refuse_other_kind(channel: NotificationChannel, data: AnyInput) -> None:
    if _kind(data) != channel.kind:
        raise ValidationError.of(
            "settings.kind", f"{channel.name} is of the kind {channel.kind}: add a new channel for another kind."
        )


async def _check_filters(session: AsyncSession, events: Iterable[EventType], database_ids: list[str] | None) -> None:
    problems = [
        FieldError("events", f"{event} cannot be chosen: it is sent to whom the alarm was sent.")
        for event in events
        if event not in OFFERED
    ]
    if database_ids:
        known = set(await session.scalars(select(DatabaseConfig.id).where(DatabaseConfig.id.in_(database_ids))))
        problems += [
            FieldError("databaseIds", f"There is no database {missing}.")
            for missing in database_ids
            if missing not in known
        ]
    if problems:
        raise ValidationError(" ".join(problem.message for problem in problems), details=problems)


async def _refuse_taken_name(session: AsyncSession, name: str) -> None:
    if await session.scalar(select(NotificationChannel.id).where(NotificationChannel.name == name)):
        raise ConflictError(
            f"There is already a notification channel called {name}.",
            details=[FieldError("name", "This name is taken.")],
        )
