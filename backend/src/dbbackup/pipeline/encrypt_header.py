"""The header of an age v1 file: the file key, wrapped once for each recipient (https://age-encryption.org/v1)."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dbbackup.core.age_keys import Identity, Recipient
from dbbackup.core.errors import IntegrityError, KeyMissingError

FILE_KEY_BYTES = 16
MAX_HEADER = 64 << 10
"""Room for about 600 recipients."""
_MAGIC = b"age-encryption.org/v1\n"
_ARMOR = b"-----BEGIN AGE"
_STANZA = re.compile(rb"-> ([!-~]+(?: [!-~]+)*)\n((?:[A-Za-z0-9+/]{64}\n)*[A-Za-z0-9+/]{0,63}\n)")
_MAC = re.compile(rb"--- ([A-Za-z0-9+/]{43})\n\Z")
_SHARE_BYTES = 32
_TAG_BYTES = 16
_WRAP_NONCE = bytes(12)
"""Each wrapping key is used once."""


@dataclass(frozen=True, slots=True)
class _Stanza:
    args: list[bytes]
    body: bytes


def seal_header(file_key: bytes, recipients: Sequence[Recipient]) -> bytes:
    """Return the header that lets each of the recipients have the file key."""
    parts = [_MAGIC]
    for recipient in recipients:
        ephemeral = X25519PrivateKey.generate()
        share = ephemeral.public_key().public_bytes_raw()
        key = _wrapping_key(ephemeral.exchange(recipient.key), share, recipient)
        body = ChaCha20Poly1305(key).encrypt(_WRAP_NONCE, file_key, None)
        parts.append(b"-> X25519 " + _base64(share) + b"\n" + _base64(body) + b"\n")
    parts.append(b"---")
    header = b"".join(parts)
    return header + b" " + _base64(_mac(file_key, header)) + b"\n"


def header_end(data: bytes | bytearray) -> int | None:
    """Return where the header at the beginning of the data ends, None while more of it is needed.

    Raises:
        IntegrityError: this cannot become a header.
    """
    if data.startswith(_ARMOR):
        raise IntegrityError("This is an age file in ASCII armour. Only the binary form is read: age -d opens both.")
    if not _MAGIC.startswith(data[: len(_MAGIC)]):
        raise _malformed("it does not begin with age-encryption.org/v1")
    last_line = data.find(b"\n---", 0, MAX_HEADER)
    end = data.find(b"\n", last_line + 1, MAX_HEADER) if last_line >= 0 else -1
    if end < 0:
        if len(data) > MAX_HEADER:
            raise _malformed("it has no end")
        return None
    return end + 1


def open_header(header: bytes, identities: Sequence[Identity]) -> bytes:
    """Return the file key.

    Raises:
        IntegrityError: the header is not well formed, or was altered.
        KeyMissingError: none of the identities opens it.
    """
    stanzas, mac = _parse(header)
    if any(stanza.args[0] == b"scrypt" for stanza in stanzas):
        raise KeyMissingError("This file is encrypted with a passphrase. Open it with `age -d`; this program cannot.")
    wrapped = [_check_x25519(stanza) for stanza in stanzas if stanza.args[0] == b"X25519"]
    for share, body in wrapped:
        for identity in identities:
            file_key = _unwrap(identity, share, body)
            if file_key is None:
                continue
            if not hmac.compare_digest(mac, _mac(file_key, header[: header.rindex(b" ")])):
                raise _malformed("its checksum is wrong: it was altered")
            return file_key
    raise KeyMissingError("None of the private keys at hand opens this file.")


def payload_key(file_key: bytes, nonce: bytes) -> bytes:
    """Return the key of the chunks behind the header."""
    return _hkdf(file_key, nonce, b"payload")


def _parse(header: bytes) -> tuple[list[_Stanza], bytes]:
    stanzas, position = [], len(_MAGIC)
    while found := _STANZA.match(header, position):
        stanzas.append(_Stanza(found[1].split(b" "), _unbase64(found[2].replace(b"\n", b""))))
        position = found.end()
    last = _MAC.match(header, position)
    if not stanzas or not last:
        raise _malformed("a line of it is wrong")
    return stanzas, _unbase64(last[1])


def _check_x25519(stanza: _Stanza) -> tuple[bytes, bytes]:
    share = _unbase64(stanza.args[1]) if len(stanza.args) == 2 else b""
    if len(share) != _SHARE_BYTES or len(stanza.body) != FILE_KEY_BYTES + _TAG_BYTES:
        raise _malformed("a recipient's part has the wrong form")
    return share, stanza.body


def _unwrap(identity: Identity, share: bytes, body: bytes) -> bytes | None:
    try:
        shared = identity.key.exchange(X25519PublicKey.from_public_bytes(share))
    except ValueError as error:
        # A point of low order: the shared secret would be known to everybody.
        raise _malformed("a recipient's part holds no proper key") from error
    try:
        return ChaCha20Poly1305(_wrapping_key(shared, share, identity.recipient)).decrypt(_WRAP_NONCE, body, None)
    except InvalidTag:
        return None


def _wrapping_key(shared: bytes, share: bytes, recipient: Recipient) -> bytes:
    return _hkdf(shared, share + recipient.raw, b"age-encryption.org/v1/X25519")


def _mac(file_key: bytes, header: bytes) -> bytes:
    return hmac.digest(_hkdf(file_key, b"", b"header"), header, "sha256")


def _hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(secret)


def _base64(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def _unbase64(text: bytes) -> bytes:
    """Read base64 without padding; bits that nobody reads must be zero, or a file would have several headers."""
    try:
        data = base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error as error:
        raise _malformed("a line of it is no base64") from error
    if _base64(data) != text:
        raise _malformed("a line of it is no canonical base64")
    return data


def _malformed(reason: str) -> IntegrityError:
    return IntegrityError(f"The header of the encrypted file cannot be read ({reason}). It was altered or damaged.")
