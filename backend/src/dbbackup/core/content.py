"""What a file is, told by its first bytes and never by its name."""

from __future__ import annotations

from enum import StrEnum

HEAD = 512
"""Bytes that suffice to tell: the mark of a tar archive is the last one, at 257."""


class Content(StrEnum):
    """What a file, or a layer of it, turned out to be."""

    PG_CUSTOM = "pg_custom"
    """An archive of `pg_dump --format=custom`."""
    TEXT = "text"
    """Text, which may be SQL."""
    GZIP = "gzip"
    ZSTD = "zstd"
    AGE = "age"
    OPENPGP = "openpgp"
    REFUSED = "refused"
    """Known, and not taken; `refusal` says why."""


_MARKS = (
    (b"PGDMP", Content.PG_CUSTOM),
    (b"\x1f\x8b", Content.GZIP),
    (b"\x28\xb5\x2f\xfd", Content.ZSTD),
    (b"age-encryption.org/v1\n", Content.AGE),
)
_UNPACK = "Unpack it and upload the dump itself, plain or compressed with gzip or zstd."
_REFUSED = (
    (b"PK\x03\x04", f"This is a ZIP archive. {_UNPACK}"),
    (b"PK\x05\x06", f"This is an empty ZIP archive. {_UNPACK}"),
    (b"7z\xbc\xaf\x27\x1c", f"This is a 7z archive. {_UNPACK}"),
    (b"Rar!", f"This is a RAR archive. {_UNPACK}"),
    (b"BZh", "This is compressed with bzip2. Unpack it, or compress it with gzip or zstd."),
    (b"\xfd7zXZ\x00", "This is compressed with xz. Unpack it, or compress it with gzip or zstd."),
    (b"\x04\x22\x4d\x18", "This is compressed with lz4. Unpack it, or compress it with gzip or zstd."),
    (b"-----BEGIN AGE", "This is an age file in ASCII armour. Only the binary form is read: encrypt without --armor."),
    (b"-----BEGIN PGP", "This is OpenPGP in ASCII armour. Only the binary form is read: gpg --dearmor makes it."),
    (b"SQLite format 3\x00", "This is a SQLite database, not a dump of PostgreSQL, MySQL or MariaDB."),
    (b"TAPE", "This is a dump of Microsoft SQL Server. PostgreSQL, MySQL and MariaDB are supported."),
)
_TAR = (257, b"ustar", f"This is a tar archive (perhaps of pg_dump --format=tar or =directory). {_UNPACK}")
# Kinds of OpenPGP packets that a message begins with, and how they are written down.
_TO_KEY, _TO_PASSPHRASE = 1, 3
_OLD_LENGTHS = {0: 1, 1: 2}
_TWO_BYTES = 192
_SHORTEST = 4
_CONTROL = bytes(set(range(0x20)) - set(b"\t\n\r\f\v\x1b")) + b"\x7f"


def content_of(head: bytes) -> Content:
    """Tell what begins with these bytes; the first `HEAD` of them, or all there are."""
    for mark, content in _MARKS:
        if head.startswith(mark):
            return content
    if _is_openpgp(head, _TO_KEY):
        return Content.OPENPGP
    return Content.REFUSED if refusal(head) else Content.TEXT


def refusal(head: bytes) -> str | None:
    """Say why a file that begins like this is not taken; None when it may be."""
    if not head:
        return "This file is empty."
    for mark, reason in _REFUSED:
        if head.startswith(mark):
            return reason
    if _is_openpgp(head, _TO_PASSPHRASE):
        return "This is encrypted with OpenPGP to a passphrase. Decrypt it first, or encrypt it to a key."
    place, mark, reason = _TAR
    if head[place : place + len(mark)] == mark:
        return reason
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "This is text in UTF-16, as PowerShell's > writes it. Make the dump with the tool's own --file option."
    if any(byte in head for byte in _CONTROL):
        return (
            "This is no dump that can be restored here: neither an archive of pg_dump --format=custom, nor SQL text, "
            "nor one of these compressed with gzip or zstd or encrypted with age or OpenPGP."
        )
    return None


def _is_openpgp(head: bytes, kind: int) -> bool:
    """Tell whether this begins with an encrypted session key: a packet of that kind, its version after its length."""
    if len(head) < _SHORTEST or not head[0] & 0x80:
        return False
    if head[0] & 0x40:
        found, at = head[0] & 0x3F, 2 if head[1] < _TWO_BYTES else 3
    else:
        found, at = head[0] >> 2 & 0x0F, 1 + _OLD_LENGTHS.get(head[0] & 3, 0)
    return found == kind and head[at : at + 1] in (b"\x03", b"\x04", b"\x06")
