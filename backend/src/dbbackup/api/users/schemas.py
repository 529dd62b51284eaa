"""What the API shows of users."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.core.access import Role


class UserView(Struct, kw_only=True, rename="camel"):
    """Somebody who may sign in; passwords are never shown."""

    id: str
    username: str
    display_name: str
    role: Role
    disabled: bool
    second_factor: bool
    provider: str
    """`local`, or who else says that it is them."""
    password_changed_at: datetime | None
    last_sign_in_at: datetime | None
    created_at: datetime


class UserEnvelope(Envelope, kw_only=True, rename="camel"):
    """One user."""

    data: UserView


class UserListEnvelope(Envelope, kw_only=True, rename="camel"):
    """All users."""

    data: list[UserView]
