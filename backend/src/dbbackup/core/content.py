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
    (b"-----BEGIN PGP", "This is encrypted with OpenPGP. Decrypt it first, or encrypt it with age."),
    (b"SQLite format 3\x00", "This is a SQLite database, not a dump of PostgreSQL, MySQL or MariaDB."),
    (b"TAPE", "This is a dump of Microsoft SQL Server. PostgreSQL, MySQL and MariaDB are supported."),
)
_TAR = (257, b"ustar", f"This is a tar archive (perhaps of pg_dump --format=tar or =directory). {_UNPACK}")
_CONTROL = bytes(set(range(0x20)) - set(b"\t\n\r\f\v\x1b")) + b"\x7f"


def content_of(head: bytes) -> Content:
    """Tell what begins with these bytes; the first `HEAD` of them, or all there are."""
    for mark, content in _MARKS:
        if head.startswith(mark):
            return content
    return Content.REFUSED if refusal(head) else Content.TEXT


def refusal(head: bytes) -> str | None:
    """Say why a file that begins like this is not taken; None when it may be."""
    if not head:
        return "This file is empty."
    for mark, reason in _REFUSED:
        if head.startswith(mark):
            return reason
    place, mark, reason = _TAR
    if head[place : place + len(mark)] == mark:
        return reason
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "This is text in UTF-16, as PowerShell's > writes it. Make the dump with the tool's own --file option."
    if any(byte in head for byte in _CONTROL):
        return (
            "This is no dump that can be restored here: neither an archive of pg_dump --format=custom, nor SQL text, "
            "nor one of these compressed with gzip or zstd or encrypted with age."
        )
    return None
