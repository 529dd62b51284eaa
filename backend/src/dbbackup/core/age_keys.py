"""Keys of the age format: the public recipient (`age1…`) and the private identity (`AGE-SECRET-KEY-1…`)."""

from __future__ import annotations

import re
from datetime import datetime

from bech32 import bech32_decode, bech32_encode, convertbits
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from dbbackup.core.errors import ValidationError
from dbbackup.core.secret import Secret

_RECIPIENT = "age"
_IDENTITY = "age-secret-key-"
_KEY_BYTES = 32
_IDENTITY_LINE = re.compile(r"^[ \t]*(AGE-SECRET-KEY-\S*)[ \t]*\r?$", re.MULTILINE)


class Recipient:
    """The public part: whoever has it can encrypt."""

    def __init__(self, key: X25519PublicKey) -> None:
        self.key = key
        self.raw = key.public_bytes_raw()

    def __str__(self) -> str:
        return _encode(_RECIPIENT, self.raw)


class Identity:
    """The private part: whoever has it can decrypt."""

    def __init__(self, key: X25519PrivateKey) -> None:
        self.key = key
        self.recipient = Recipient(key.public_key())

    @classmethod
    def generate(cls) -> Identity:
        """Make a new identity from the system's random numbers."""
        return cls(X25519PrivateKey.generate())

    def reveal(self) -> Secret:
        """Return it as text."""
        return Secret(_encode(_IDENTITY, self.key.private_bytes_raw()).upper())


def parse_recipient(text: str) -> Recipient:
    """Read a recipient. Raises ValidationError."""
    raw = _decode(_RECIPIENT, text.strip())
    if raw is None or text.strip() != text.strip().lower():
        raise ValidationError.of(
            "recipient",
            "This is no X25519 recipient of age: it must begin with age1 and be copied whole. `age-keygen -y key.txt`"
            " prints it.",
        )
    return Recipient(X25519PublicKey.from_public_bytes(raw))


def parse_identity(text: Secret) -> Identity:
    """Read an identity: the line alone, or a key file as age-keygen writes it. Raises ValidationError."""
    lines = _IDENTITY_LINE.findall(text.reveal())
    raw = _decode(_IDENTITY, lines[0]) if len(lines) == 1 else None
    if raw is None:
        raise ValidationError.of(
            "identity",
            "This is no private key of age: exactly one line must begin with AGE-SECRET-KEY-1 and be whole."
            " Plugin, SSH and post-quantum keys are not supported.",
        )
    return Identity(X25519PrivateKey.from_private_bytes(raw))


def key_file(identity: Identity, created: datetime) -> Secret:
    """Return the file that age and age-keygen read, in the form they write it."""
    return Secret(
        f"# created: {created:%Y-%m-%dT%H:%M:%SZ}\n# public key: {identity.recipient}\n{identity.reveal().reveal()}\n"
    )


def _encode(prefix: str, raw: bytes) -> str:
    return bech32_encode(prefix, convertbits(raw, 8, 5) or [])


def _decode(prefix: str, text: str) -> bytes | None:
    found, data = bech32_decode(text)
    if found != prefix or data is None:
        return None
    raw = convertbits(data, 5, 8, pad=False)
    return bytes(raw) if raw is not None and len(raw) == _KEY_BYTES else None
