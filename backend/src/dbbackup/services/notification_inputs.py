"""What callers may send about notifications."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from dbbackup.core.notifications import EventType
from dbbackup.notifiers import AnyInput
from dbbackup.services.inputs import Id, Input, Name

Threshold = Annotated[int, Meta(ge=1, le=100)]
Events = Annotated[list[EventType], Meta(max_length=50)]
DatabaseIds = Annotated[list[Id], Meta(max_length=1000)]


class NotificationChannelInput(Input):
    """A channel to add.

    `databaseIds` null means all databases; what concerns no database comes in any case. `failureThreshold` is how
    many failures in a row it takes until the first alarm; `recovery` tells when an alarm is over.
    """

    name: Name
    settings: AnyInput
    events: Events
    database_ids: DatabaseIds | None = None
    failure_threshold: Threshold = 1
    recovery: bool = True
    enabled: bool = True


class NotificationChannelUpdate(Input):
    """The fields to change. `settings` are replaced as a whole, but for secrets that are left out: those stay."""

    name: Name | UnsetType = UNSET
    settings: AnyInput | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    database_ids: DatabaseIds | UnsetType | None = UNSET
    failure_threshold: Threshold | UnsetType = UNSET
    recovery: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class NotificationTestInput(Input):
    """An unsaved form to test; with `channelId` secrets that are left out come from the saved channel."""

    settings: AnyInput
    channel_id: Id | None = None
