"""Signatures of manifests: Ed25519 over a canonical form that standard tools can make again."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dbbackup.core.secret import Secret

ALGORITHM = "ed25519"
FIELD = "signature"
"""The member of a manifest that holds its signature, and is left out of what is signed."""


class Signature(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who signed a manifest; key and value in base64."""

    algorithm: str
    public_key: str
    value: str


class SigningKey:
    """The private key of an instance."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def generate(cls) -> Self:
        """Make a new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_secret(cls, secret: Secret) -> Self:
        """Return the key that `reveal` gave."""
        return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(secret.reveal())))

    def reveal(self) -> Secret:
        """Return the private part, to be sealed."""
        return Secret(base64.b64encode(self._key.private_bytes_raw()).decode())

    @property
    def public_key(self) -> str:
        """Return the public part in base64, as manifests hold it."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def sign(self, values: dict[str, Any]) -> Signature:
        """Sign a manifest given as JSON values; a signature it has already does not count."""
        value = base64.b64encode(self._key.sign(canonical(values))).decode()
        return Signature(algorithm=ALGORITHM, public_key=self.public_key, value=value)


def canonical(values: dict[str, Any]) -> bytes:
    """Return the bytes that are signed.

    UTF-8 JSON without `signature`, the members of every object in the order of their names' code points, without
    white space, nothing escaped that need not be: what Python's `json.dumps` writes with these arguments.
    """
    signed = {name: value for name, value in values.items() if name != FIELD}
    return json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def check(values: dict[str, Any], *, required: bool) -> None:
    """Check the signature of a manifest given as JSON values, whoever's key it is of.

    Raises:
        ValueError: it is wrong, of a kind that is not known, or missing although required.
    """
    if values.get(FIELD) is None:
        if required:
            raise ValueError("its signature is missing, which every manifest of this version has: it was altered")
        return
    signature = msgspec.convert(values[FIELD], Signature)
    if signature.algorithm != ALGORITHM:
        raise ValueError(f"its signature is of a kind this program does not know ({signature.algorithm!r})")
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signature.public_key, validate=True))
        key.verify(base64.b64decode(signature.value, validate=True), canonical(values))
    except (InvalidSignature, ValueError) as error:
        raise ValueError("its signature is wrong: it was altered after it was signed") from error


def fingerprint(public_key: str) -> str:
    """Return what people compare: SHA-256 of the key in DER, in hex, as `openssl pkey -outform DER` gives it."""
    der = _public(public_key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def pem(public_key: str) -> str:
    """Return the public key as openssl reads it."""
    return _public(public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _public(public_key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
