"""Routes of notification channels and deliveries."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from dbbackup.api.databases.schemas import Deleted, DeletedEnvelope
from dbbackup.api.dependencies import Ctx, Limit, Page, Session
from dbbackup.api.envelope import meta
from dbbackup.api.errors import documented
from dbbackup.api.guards import requires
from dbbackup.api.notifications.schemas import (
    NotificationChannelEnvelope,
    NotificationChannelListEnvelope,
    NotificationDeliveryEnvelope,
    NotificationDeliveryListEnvelope,
    NotificationEventListEnvelope,
    NotificationTest,
    NotificationTestEnvelope,
)
from dbbackup.api.notifications.views import channel_view, delivery_view, event_views
from dbbackup.core.access import Permission
from dbbackup.db.models import DeliveryState, NotificationChannel
from dbbackup.services import notification_channels as channels
from dbbackup.services import notification_deliveries as deliveries
from dbbackup.services.notification_channels import ChannelCheck
from dbbackup.services.notification_inputs import (
    NotificationChannelInput,
    NotificationChannelUpdate,
    NotificationTestInput,
)

_GUARDS = [requires(Permission.SYSTEM_CONFIGURE)]


class NotificationChannelController(Controller):
    """Add, test, change and delete channels."""

    path = "/notification-channels"
    tags = ("Notifications",)

    @get(
        operation_id="listNotificationChannels",
        summary="List notification channels",
        responses=documented(),
        guards=_GUARDS,
    )
    async def list_channels(self, session: Session, ctx: Ctx) -> NotificationChannelListEnvelope:
        """Return all channels by name, each with how its last delivery went."""
        views = [channel_view(ctx, channel) for channel in await channels.list_channels(session)]
        return NotificationChannelListEnvelope(success=True, data=views, error=None, meta=meta())

    @post(
        operation_id="createNotificationChannel",
        summary="Add a notification channel",
        responses=documented(409),
        guards=_GUARDS,
    )
    async def create_channel(
        self, session: Session, ctx: Ctx, data: JSONBody[NotificationChannelInput]
    ) -> NotificationChannelEnvelope:
        """Save a channel; nothing is sent."""
        return _answer(ctx, await channels.add_channel(session, ctx, data))

    @post(
        "/test",
        status_code=200,
        operation_id="testUnsavedNotificationChannel",
        summary="Send a test message by an unsaved form",
        responses=documented(404),
        guards=_GUARDS,
    )
    async def test_unsaved(
        self, session: Session, ctx: Ctx, data: JSONBody[NotificationTestInput]
    ) -> NotificationTestEnvelope:
        """Send a message at once and tell what the other side answered."""
        return _test(await channels.check_unsaved(session, ctx, data))

    @get(
        "/{channel_id:str}",
        operation_id="getNotificationChannel",
        summary="Show a notification channel",
        responses=documented(404),
        guards=_GUARDS,
    )
    async def get_channel(self, session: Session, ctx: Ctx, channel_id: FromPath[str]) -> NotificationChannelEnvelope:
        """Return one channel."""
        return _answer(ctx, await channels.get_channel(session, channel_id))

    @put(
        "/{channel_id:str}",
        operation_id="updateNotificationChannel",
        summary="Change a notification channel",
        responses=documented(404, 409),
        guards=_GUARDS,
    )
    async def update_channel(
        self, session: Session, ctx: Ctx, channel_id: FromPath[str], data: JSONBody[NotificationChannelUpdate]
    ) -> NotificationChannelEnvelope:
        """Change the given fields; secrets that are left out stay."""
        return _answer(ctx, await channels.change_channel(session, ctx, channel_id, data))

    @delete(
        "/{channel_id:str}",
        status_code=200,
        operation_id="deleteNotificationChannel",
        summary="Delete a notification channel",
        responses=documented(404),
        guards=_GUARDS,
    )
    async def delete_channel(self, session: Session, ctx: Ctx, channel_id: FromPath[str]) -> DeletedEnvelope:
        """Delete a channel and its deliveries; those that wait are not sent any more."""
        await channels.delete_channel(session, ctx, channel_id)
        return DeletedEnvelope(success=True, data=Deleted(id=channel_id), error=None, meta=meta())

    @post(
        "/{channel_id:str}/test",
        status_code=200,
        operation_id="testNotificationChannel",
        summary="Send a test message by a saved channel",
        responses=documented(404),
        guards=_GUARDS,
    )
    async def test_saved(self, session: Session, ctx: Ctx, channel_id: FromPath[str]) -> NotificationTestEnvelope:
        """Send a message at once, past the outbox, and tell what the other side answered."""
        return _test(await channels.check_saved(session, ctx, channel_id))


class NotificationDeliveryController(Controller):
    """What was sent, is to be sent, or could not be."""

    path = "/"
    tags = ("Notifications",)

    @get(
        "/notification-events",
        operation_id="listNotificationEvents",
        summary="List the events that a channel can tell of",
        responses=documented(),
        guards=_GUARDS,
        sync_to_thread=False,
    )
    def list_events(self) -> NotificationEventListEnvelope:
        """Return every event with its name for people."""
        return NotificationEventListEnvelope(success=True, data=event_views(), error=None, meta=meta())

    @get(
        "/notification-deliveries",
        operation_id="listNotificationDeliveries",
        summary="List deliveries",
        responses=documented(),
        guards=_GUARDS,
    )
    async def list_deliveries(
        self,
        session: Session,
        channel_id: Annotated[str | None, QueryParameter(name="channelId", description="Of this channel only")] = None,
        delivery_state: Annotated[
            DeliveryState | None, QueryParameter(name="state", description="In this state only")
        ] = None,
        page: Page = 1,
        limit: Limit = 50,
    ) -> NotificationDeliveryListEnvelope:
        """Return one page of deliveries, the newest first; what ended long ago is removed by a setting."""
        rows, total = await deliveries.list_deliveries(
            session, channel_id=channel_id, state=delivery_state, page=page, limit=limit
        )
        views = [delivery_view(row) for row in rows]
        return NotificationDeliveryListEnvelope(success=True, data=views, error=None, meta=meta(page, limit, total))

    @post(
        "/notification-deliveries/{delivery_id:str}/retry",
        status_code=200,
        operation_id="retryNotificationDelivery",
        summary="Try a delivery again now",
        responses=documented(404, 409),
        guards=_GUARDS,
    )
    async def retry_delivery(
        self, session: Session, ctx: Ctx, delivery_id: FromPath[str]
    ) -> NotificationDeliveryEnvelope:
        """Send a failed or waiting message at once, with all its attempts before it again."""
        row = await deliveries.retry_delivery(session, ctx, delivery_id)
        return NotificationDeliveryEnvelope(success=True, data=delivery_view(row), error=None, meta=meta())


def _answer(ctx: Ctx, channel: NotificationChannel) -> NotificationChannelEnvelope:
    return NotificationChannelEnvelope(success=True, data=channel_view(ctx, channel), error=None, meta=meta())


def _test(result: ChannelCheck) -> NotificationTestEnvelope:
    data = NotificationTest(ok=result.ok, message=result.message)
    return NotificationTestEnvelope(success=True, data=data, error=None, meta=meta())
