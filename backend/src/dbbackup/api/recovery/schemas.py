"""What the API shows of the signing key."""

from __future__ import annotations

from msgspec import Struct

from dbbackup.api.envelope import Envelope


class SigningKeyView(Struct, kw_only=True, rename="camel"):
    """The public key that this instance signs manifests with."""

    algorithm: str
    pem: str
    fingerprint: str
    """SHA-256 of the key in DER, in hex."""


class SigningKeyEnvelope(Envelope, kw_only=True, rename="camel"):
    """The signing key."""

    data: SigningKeyView
