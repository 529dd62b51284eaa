"""What callers may send about users, sessions and API keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from dbbackup.core.access import Role
from dbbackup.services.inputs import Input, Name

MIN_PASSWORD = 12
Username = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[\w.@+-]+\Z", examples=["alice"])]
# No more than 256: hashing a megabyte is work that a stranger could order.
Password = Annotated[str, Meta(min_length=1, max_length=256)]
NewPassword = Annotated[str, Meta(min_length=MIN_PASSWORD, max_length=256)]
DisplayName = Annotated[str, Meta(max_length=200)]


class SignInInput(Input):
    """Who signs in."""

    username: Annotated[str, Meta(min_length=1, max_length=200)]
    password: Password
    code: Annotated[str, Meta(max_length=50)] | None = None
    """Of the second factor, for those who have one: see the error `SECOND_FACTOR_REQUIRED`."""


class OidcAnswerInput(Input):
    """What the OpenID provider sent the browser back with: a code, or an error."""

    state: Annotated[str, Meta(min_length=1, max_length=200)]
    code: Annotated[str, Meta(max_length=4000)] = ""
    error: Annotated[str, Meta(max_length=200)] = ""
    iss: Annotated[str, Meta(max_length=2000)] | None = None


class EnrolInput(Input):
    """Proves that it is oneself who sets up a second factor."""

    password: Password


class CodeInput(Input):
    """A code that the app shows."""

    code: Annotated[str, Meta(min_length=1, max_length=50)]


class TurnOffInput(Input):
    """Proves that it is oneself who turns the second factor off; a recovery code will do."""

    password: Password
    code: Annotated[str, Meta(min_length=1, max_length=50)]


class RefreshInput(Input):
    """The newest refresh token."""

    refresh_token: Annotated[str, Meta(min_length=1, max_length=2000)]


class SetupInput(Input):
    """The first administrator; `token` stands in the program's log."""

    token: Annotated[str, Meta(min_length=1, max_length=200)]
    username: Username
    password: NewPassword
    display_name: DisplayName = ""


class PasswordInput(Input):
    """A new password for oneself."""

    current_password: Password
    new_password: NewPassword


class UserInput(Input):
    """Somebody who may sign in."""

    username: Username
    password: NewPassword
    role: Role
    display_name: DisplayName = ""


class UserUpdate(Input):
    """The fields to change; a new password or a disabled account ends all sessions of the user."""

    display_name: DisplayName | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    disabled: bool | UnsetType = UNSET
    password: NewPassword | UnsetType = UNSET


class ApiKeyInput(Input):
    """A key to make; it can never do more than whoever makes it."""

    name: Name
    role: Role
    expires_at: datetime | None = None
