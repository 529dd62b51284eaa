"""The contract every notifier keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

from dbbackup.core.notifications import Message
from dbbackup.core.secret import Secret
from dbbackup.net.resolve import NetRules

Secrets = Mapping[str, Secret]
"""The secrets of a channel by the names of their fields."""
SecretText = Annotated[str, Meta(min_length=1, max_length=4000)]
SecretField = SecretText | UnsetType | None
"""A secret in a request: left out it stays as it is stored, null removes it."""


class ChannelSettings(Struct, kw_only=True, forbid_unknown_fields=True, rename="camel", tag_field="kind"):
    """Base of what a channel is told, without its secrets: safe to return.

    A notifier adds `...Input` with the secrets, each a `SecretField`, and `...View`, which tells with `has...` which
    of them are stored.
    """


S_contra = TypeVar("S_contra", bound=ChannelSettings, contravariant=True)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message for one channel; `key` is the same for each attempt of it."""

    message: Message
    key: str
    net: NetRules


class Notifier(Protocol[S_contra]):
    """One way to reach people. Holds no state: settings and secrets come with every call."""

    @property
    def settings(self) -> type[Any]:
        """What is stored of a channel, without its secrets."""
        ...

    @property
    def view(self) -> type[Any]:
        """The settings and which secrets are stored."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the fields that are stored sealed."""
        ...

    def check(self, settings: S_contra, secrets: Secrets) -> None:
        """Refuse what cannot work, without sending anything. Raises ValidationError naming `settings.<field>`."""
        ...

    def target(self, settings: S_contra, secrets: Secrets) -> str:
        """Say in a few words where messages go. The page shows it: nothing secret may be in it."""
        ...

    async def send(self, settings: S_contra, secrets: Secrets, delivery: Delivery) -> str:
        """Deliver one message and return what the other side answered, in a sentence without secrets.

        Ends within a minute. Connects only to what `delivery.net` allows. Raises DeliveryError or ValidationError
        when the message did not arrive, or may not have; it is then sent again later, with the same key, so that
        whoever receives it twice can tell. Leaves nothing behind.
        """
        ...


def secrets_of(data: Struct, names: tuple[str, ...], stored: Secrets) -> dict[str, Secret]:
    """Return the secrets of an input, those that are left out from the stored ones."""
    found = {}
    for name in names:
        value = getattr(data, name)
        if value is UNSET:
            if name in stored:
                found[name] = stored[name]
        elif value is not None:
            found[name] = Secret(value)
    return found
