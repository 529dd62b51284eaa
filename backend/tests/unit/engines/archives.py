"""Fronts of archives in pg_dump's custom format, of any version, made by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dbbackup.core.manifest import Manifest, PartFacts, SourceFacts


@dataclass(frozen=True)
class Made:
    """One entry of an archive to make."""

    id: int
    kind: str
    name: str
    schema: str = "public"
    needs: tuple[int, ...] = ()
    definition: str = ""
    owner: str = "app"


def archive(*entries: Made, version: tuple[int, int] = (1, 14), count: int | None = None, form: int = 1) -> bytes:
    """Return the front of an archive, as `pg_backup_archiver.c` writes it."""
    data = b"PGDMP" + bytes([*version, 0, 4, 8, form])
    data += b"\0" if version >= (1, 15) else number(-1)
    data += number(0) * 7 + text("shop") + text("15.2 (Debian)") + text("15.3")
    data += number(len(entries) if count is None else count)
    return data + b"".join(_entry(entry, version) for entry in entries)


def number(value: int) -> bytes:
    """Write a number: its sign, then its bytes."""
    return bytes([value < 0]) + abs(value).to_bytes(4, "little")


def text(value: str | None) -> bytes:
    """Write a text, or that there is none."""
    return number(-1) if value is None else number(len(value.encode())) + value.encode()


def _entry(entry: Made, version: tuple[int, int]) -> bytes:
    parts = [
        number(entry.id), number(0), text("1259"), text("16385"), text(entry.name), text(entry.kind), number(2),
        text(entry.definition), text(None), text(None), text(entry.schema or None), text(None),
    ]  # fmt: skip
    parts += [text("heap")] if version >= (1, 14) else []
    parts += [number(114)] if version >= (1, 16) else []
    parts += [text(entry.owner), text("false"), *(text(str(need)) for need in entry.needs), text(None)]
    return b"".join([*parts, b"\1", bytes(8)])


def manifest_of(engine: str = "postgresql", format_: str = "pg_custom", **source: Any) -> Manifest:
    """Return a manifest of one part; `source` changes its facts."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    facts: dict[str, Any] = {
        "config_id": "", "config_name": "shop", "slug": "shop", "engine": engine, "server_version": "15.2",
        "host": "h", "port": 1, "database": "shop", "size": 0, "tables": [], "roles": [], "extensions": [],
        "properties": {}, **source,
    }  # fmt: skip
    part = PartFacts(
        name="database", format=format_, file="data", size=0, sha256="", plain_size=0, plain_sha256="", tool="x 15.2"
    )
    return Manifest(
        backup_id="b", instance_id="", run_id="", type="manual", label=None, started_at=now, completed_at=now,
        compression="none", compression_level=None, encryption=None, options={}, source=SourceFacts(**facts),
        parts=[part], product_version="1",
    )  # fmt: skip
