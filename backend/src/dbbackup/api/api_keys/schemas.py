"""What the API shows of API keys."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from dbbackup.api.envelope import Envelope
from dbbackup.core.access import Role


class ApiKeyView(Struct, kw_only=True, rename="camel"):
    """A key by its beginning; what it is worth is `role`, or its owner's role where that is less."""

    id: str
    name: str
    prefix: str
    role: Role
    user_id: str
    username: str
    expires_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class NewApiKey(Struct, kw_only=True, rename="camel"):
    """A key that was just made: `secret` is shown this once."""

    key: ApiKeyView
    secret: str


class NewApiKeyEnvelope(Envelope, kw_only=True, rename="camel"):
    """A new key."""

    data: NewApiKey


class ApiKeyListEnvelope(Envelope, kw_only=True, rename="camel"):
    """API keys."""

    data: list[ApiKeyView]
