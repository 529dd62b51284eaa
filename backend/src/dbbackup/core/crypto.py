"""Sealing of secret fields: AES-256-GCM under a key derived from ENCRYPTION_KEY.

A sealed value is `v{key version}:{base64(nonce + ciphertext + tag)}`. The associated data binds it
to its table, row and column, so a value copied to another row does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from dbbackup.core.errors import InternalError
from dbbackup.core.secret import Secret

ITERATIONS = 600_000
"""PBKDF2-HMAC-SHA256 rounds, as OWASP's password storage cheat sheet asks for."""
SALT_BYTES = 16
_NONCE_BYTES = 12
_SEALED = re.compile(r"v([1-9][0-9]{0,8}):[A-Za-z0-9+/]{38,}={0,2}")


def new_salt() -> bytes:
    """Return a fresh random salt for `derive_key`."""
    return os.urandom(SALT_BYTES)


def derive_key(passphrase: Secret, salt: bytes, iterations: int = ITERATIONS) -> bytes:
    """Return the 32-byte key for a passphrase; takes about 0.2 s on purpose."""
    kdf = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=salt, iterations=iterations)
    return kdf.derive(passphrase.reveal().encode())


def key_version(text: str) -> int | None:
    """Return the version of the key that a sealed text names, None when the text is no sealed one."""
    match = _SEALED.fullmatch(text)
    return int(match[1]) if match else None


class Sealer:
    """Seals with the newest key, opens with any key it was given."""

    def __init__(self, keys: dict[int, bytes]) -> None:
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}
        self._current = max(keys)
        self._newest = keys[self._current]

    @property
    def version(self) -> int:
        """The version of the newest key."""
        return self._current

    def derive(self, purpose: str) -> bytes:
        """Return 32 bytes that only the newest key gives, different for each purpose; they tell nothing of the key."""
        return hmac.digest(self._newest, purpose.encode(), hashlib.sha256)

    def seal(self, secret: Secret, *, table: str, row_id: str, column: str) -> str:
        """Return the sealed text for one column of one row."""
        nonce = os.urandom(_NONCE_BYTES)
        data = self._ciphers[self._current].encrypt(nonce, secret.reveal().encode(), _associated(table, row_id, column))
        return f"v{self._current}:{base64.b64encode(nonce + data).decode()}"

    def open(self, sealed: str, *, table: str, row_id: str, column: str) -> Secret:
        """Return the secret.

        Raises:
            InternalError: another key sealed it, it belongs to another row, or it was altered.
        """
        version, _, body = sealed.partition(":")
        try:
            cipher = self._ciphers[int(version.removeprefix("v"))]
            data = base64.b64decode(body, validate=True)
            plain = cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _associated(table, row_id, column))
        except (ValueError, KeyError, InvalidTag, binascii.Error) as error:
            raise InternalError(
                f"The stored secret {table}.{column} cannot be opened: it was sealed with another"
                " ENCRYPTION_KEY or was altered. Enter the secret again, or start with the right key."
            ) from error
        return Secret(plain.decode())


def _associated(table: str, row_id: str, column: str) -> bytes:
    return f"{table}|{row_id}|{column}".encode()
