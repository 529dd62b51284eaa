"""The manifest: what a backup is, written beside every copy of it as its commit point.

A manifest is JSON in camelCase. A file without one is not a backup. The catalogue can be rebuilt
from manifests alone, so nothing that matters for a restore may stand only in the catalogue.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from dbbackup.core import signing
from dbbackup.core.signing import Signature, SigningKey

FORMAT = "dbbackup-manifest"
UNSIGNED = 1
"""The version of manifests without a signature: those of programs before there was one."""
SIGNED = 2
"""The version it writes: signed."""
VERSION = 3
"""The newest version it reads, and the one it writes where rows lie in parts of their own: a program that does not know
of those would restore the rest and take it for all."""
SUFFIX = ".json"


class TableSample(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Hashes of rows of one table, taken from the snapshot that was dumped.

    A row is in the sample when a hash is a multiple of `every`: the server's of its `key` columns, or without a key the
    CRC-32 of the text that the dump tool wrote of the row. 1 takes all rows.
    """

    key: list[str]
    """Empty where all rows are taken, or chosen by their text."""
    every: int
    probe: str
    """What that hash makes of a fixed text, or which tool wrote the text for which server; empty where all rows are
    taken whatever the server. Where it is another one nothing can be compared: other rows would be chosen, or
    the same be written in other words."""
    rows: int
    sha256: str
    """Of the rows' own hashes, sorted: the order of the rows does not matter."""
    checksum: str = ""
    """Of all rows, chosen or not: the sum of the CRC-32 of their texts. Empty where rows are chosen by a key."""


class TableFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One table of the source; `rows` is exact only where `rows_exact` says so; sizes in bytes."""

    schema: str
    name: str
    rows: int
    rows_exact: bool
    size: int
    columns: dict[str, str] = {}
    """Type by name, in the table's order and the server's words; generated columns left out. Empty where
    the backup is older than this field."""
    sample: TableSample | None = None
    """None where no rows were hashed."""


class PartFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One file of the backup.

    `sha256` and `size` are of the bytes as stored, `plain_sha256` and `plain_size` of the tool's
    output before compression.
    """

    name: str
    """`database`, `globals`, or of a divided dump `data1`, `data2` and so on: rows that were dumped beside `database`;
    and `after`: what belongs behind all rows, where `database` does not hold that itself."""
    format: str
    """What the plain bytes are: `pg_custom` or `sql`."""
    file: str
    size: int
    sha256: str
    plain_size: int
    plain_sha256: str
    tool: str
    """Name and version of the tool that wrote it, such as `pg_dump 15.19`."""
    tables: list[tuple[str, str]] = []
    """Schema and name of the tables whose rows are in here and not in `database`; of `data1` and so on only."""


class SourceFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The database that was dumped, as it was when the dump started."""

    config_id: str
    config_name: str
    slug: str
    engine: str
    server_version: str
    host: str
    port: int
    database: str
    size: int
    tables: list[TableFacts]
    roles: list[str]
    """Roles that own or are granted something: they must exist where owners are restored."""
    extensions: list[str]
    properties: dict[str, Any]
    """What the engine needs to create an equal database: encoding, locale, owner, ACL, settings."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everything a restore needs to know about one backup."""

    format: str = FORMAT
    version: int = UNSIGNED
    backup_id: str
    instance_id: str
    run_id: str
    type: str
    label: str | None
    started_at: datetime
    completed_at: datetime
    compression: str
    compression_level: int | None
    encryption: str | None
    recipients: list[str] = []
    """The public keys the parts are encrypted to; the private key of any of them opens all parts."""
    options: dict[str, Any]
    source: SourceFacts
    parts: list[PartFacts]
    product_version: str
    signature: Signature | None = None
    """Of everything else in here; see `signing.canonical`."""

    @property
    def file_name(self) -> str:
        """Name of the manifest's own file: the main file's name with `.json` after it."""
        return self.main.file + SUFFIX

    @property
    def main(self) -> PartFacts:
        """The part with the database itself."""
        return next(p for p in self.parts if p.name == "database")

    @property
    def data_parts(self) -> list[PartFacts]:
        """The parts with rows that are not in the main one; none where the dump was not parallel."""
        return [part for part in self.parts if part.tables]

    @property
    def database_parts(self) -> list[PartFacts]:
        """All parts of the database itself, the main one last."""
        beside = [part for part in self.parts if part.name not in ("globals", "database")]
        return [*beside, self.main]

    @property
    def size(self) -> int:
        """Bytes of the database as it is stored."""
        return sum(part.size for part in self.database_parts)

    @property
    def plain_size(self) -> int:
        """Bytes of the database as the tools wrote it."""
        return sum(part.plain_size for part in self.database_parts)

    def part(self, name: str) -> PartFacts | None:
        """Return the part of that name, if the backup has one."""
        return next((p for p in self.parts if p.name == name), None)


def sign(manifest: Manifest, key: SigningKey) -> Manifest:
    """Return the manifest in the version that is signed, with its signature."""
    version = VERSION if manifest.data_parts else SIGNED
    unsigned = msgspec.structs.replace(manifest, version=version, signature=None)
    return msgspec.structs.replace(unsigned, signature=key.sign(to_dict(unsigned)))


def encode(manifest: Manifest) -> bytes:
    """Serialise as indented UTF-8 JSON, readable by a person with nothing but a pager."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def to_dict(manifest: Manifest) -> dict[str, Any]:
    """Return the manifest as plain JSON values, as the catalogue keeps it."""
    values: dict[str, Any] = msgspec.to_builtins(manifest)
    return values


def from_dict(values: dict[str, Any]) -> Manifest:
    """Return the manifest the catalogue kept."""
    return msgspec.convert(values, Manifest)


def decode(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        ValueError: it is not JSON, not of our format, of a newer version, or its signature is wrong or missing.
            Whose key signed it is not judged here.
    """
    # First of all the head: a newer version may have other fields, and is to be called by its name.
    head = msgspec.json.decode(data, type=_Head)
    if head.format != FORMAT:
        raise ValueError(f"not a backup manifest (format {head.format!r})")
    if head.version > VERSION:
        raise ValueError(f"manifest version {head.version} is newer than this program reads ({VERSION})")
    # What was signed and what is read are one and the same values.
    values = msgspec.json.decode(data)
    signing.check(values, required=head.version > UNSIGNED)
    manifest = msgspec.convert(values, Manifest)
    if manifest.part("database") is None:
        raise ValueError("the manifest names no file with the database")
    return manifest


class _Head(msgspec.Struct):
    format: str
    version: int
