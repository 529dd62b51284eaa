"""Keys of stored objects: what every storage accepts, checked in one place."""

from __future__ import annotations

from dbbackup.core.errors import ValidationError

MAX_KEY_BYTES = 900
"""S3 allows 1024 bytes with its prefix."""
MAX_SEGMENT_BYTES = 255
"""The longest file name common file systems take."""


def check_key(key: str) -> str:
    """Return the key when every storage can keep it; raise ValidationError otherwise.

    Refused: empty, absolute, `.`, `..` or empty segments (some services fold `a//b` into `a/b`),
    control characters, lone surrogates, back-slashes, more than 900 bytes, segments over 255.
    """
    try:
        encoded = key.encode()
    except UnicodeEncodeError as error:
        raise ValidationError.of("key", "The key is not valid Unicode.") from error
    if not key or len(encoded) > MAX_KEY_BYTES:
        raise ValidationError.of("key", f"A key has 1 to {MAX_KEY_BYTES} bytes; this one has {len(encoded)}.")
    if any(ord(character) < 0x20 or character in "\x7f\\" for character in key):
        raise ValidationError.of("key", f"The key {key!r} holds a control character or a back-slash.")
    for segment in key.split("/"):
        if segment in ("", ".", ".."):
            raise ValidationError.of("key", f"The key {key!r} is absolute or holds an empty, `.` or `..` part.")
        if len(segment.encode()) > MAX_SEGMENT_BYTES:
            raise ValidationError.of("key", f"A part of the key {key!r} is longer than {MAX_SEGMENT_BYTES} bytes.")
    return key


def check_offset(offset: int, size: int, key: str) -> None:
    """Raise ValidationError unless reading an object of `size` bytes can start at `offset`."""
    if not 0 <= offset <= size:
        raise ValidationError.of("offset", f"{key} has {size} bytes: reading cannot start at {offset}.")
