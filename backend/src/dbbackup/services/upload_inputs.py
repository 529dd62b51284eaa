"""What callers may send about uploads and the sources of restores."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from dbbackup.services.inputs import Input


class RestoreUploadInput(Input):
    """A file that is about to be sent in pieces.

    `name` is shown to people and never used as a path. `sha256` (hex), when given, must be that of the whole file.
    `manifest` is the manifest of one of our own backups, when the file is one.
    """

    name: Annotated[str, Meta(min_length=1, max_length=255)]
    size: Annotated[int, Meta(ge=1)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")] | None = None
    manifest: dict[str, Any] | None = None
