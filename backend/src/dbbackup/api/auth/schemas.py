"""What the API shows of sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.core.access import Permission, Role, Via


class AuthState(Struct, kw_only=True, rename="camel"):
    """What the page must know before anybody is signed in."""

    auth_mode: Literal["local", "none"]
    setup_needed: bool
    """Nobody can sign in yet: the first administrator has to be made."""
    single_sign_on: str | None
    """What the provider of single sign-on is called; null: there is none."""


class Me(Struct, kw_only=True, rename="camel"):
    """Who is asking, and what they may do. Without sign-in everybody is `anonymous` and may do everything."""

    auth_mode: Literal["local", "none"]
    id: str
    username: str
    display_name: str
    role: Role
    permissions: list[Permission]
    via: Via
    session_id: str | None
    user_id: str | None
    provider: str | None
    """Who keeps the password; null without sign-in."""


class Tokens(Struct, kw_only=True, rename="camel"):
    """Tokens of an API client; `expiresIn` in seconds is the access token's."""

    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class SessionView(Struct, kw_only=True, rename="camel"):
    """One of one's own sessions."""

    id: str
    kind: Literal["browser", "token"]
    current: bool
    address: str
    user_agent: str
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


class Ended(Struct, kw_only=True, rename="camel"):
    """How many sessions were ended."""

    ended: int


class Destination(Struct, kw_only=True, rename="camel"):
    """Where the browser has to go."""

    url: str


class SecondFactorView(Struct, kw_only=True, rename="camel"):
    """Whether a code is asked for at the sign-in."""

    enabled: bool
    recovery_codes_left: int


class EnrolmentView(Struct, kw_only=True, rename="camel"):
    """What an authenticator app needs; `qrRows` is the QR code of `uri`, `1` for dark."""

    secret: str
    uri: str
    qr_rows: list[str]


class RecoveryCodes(Struct, kw_only=True, rename="camel"):
    """Each is good for one sign-in in place of a code of the app."""

    codes: list[str]


class SecondFactorEnvelope(Envelope, kw_only=True, rename="camel"):
    """The state of the second factor."""

    data: SecondFactorView


class EnrolmentEnvelope(Envelope, kw_only=True, rename="camel"):
    """A second factor to confirm."""

    data: EnrolmentView


class RecoveryCodesEnvelope(Envelope, kw_only=True, rename="camel"):
    """Recovery codes."""

    data: RecoveryCodes


class AuthStateEnvelope(Envelope, kw_only=True, rename="camel"):
    """The state of the door."""

    data: AuthState


class DestinationEnvelope(Envelope, kw_only=True, rename="camel"):
    """Where to go."""

    data: Destination


class MeEnvelope(Envelope, kw_only=True, rename="camel"):
    """Who is asking."""

    data: Me


class TokensEnvelope(Envelope, kw_only=True, rename="camel"):
    """Tokens."""

    data: Tokens


class SessionListEnvelope(Envelope, kw_only=True, rename="camel"):
    """One's own sessions."""

    data: list[SessionView]


class EndedEnvelope(Envelope, kw_only=True, rename="camel"):
    """What was ended."""

    data: Ended
