"""Brings objects back from archive classes: asks, and tells how far that is."""

from __future__ import annotations

from typing import Any

from dbbackup.core.errors import AppError
from dbbackup.storages.base import Archived
from dbbackup.storages.s3_client import S3Client
from dbbackup.storages.s3_settings import ARCHIVE_CLASSES
from dbbackup.storages.s3_versions import head_of

KEEP_DAYS = 3
"""How long the readable copy stays beside the archived one: enough for a restore that is tried again."""


async def thaw(client: S3Client, key: str, version: str | None, *, ask: bool) -> Archived | None:
    """Return None when the object is in no archive; otherwise ask for it unless that was done, and say so.

    Raises S3Error.
    """
    which: dict[str, Any] = {"VersionId": version} if version else {}
    head = await head_of(client, key, **which)
    if head is None:
        return None
    kind = _archive(head)
    state = head.get("Restore", "")
    if kind is None or 'ongoing-request="false"' in state:
        return None
    asked = 'ongoing-request="true"' in state
    if ask and not asked:
        await _ask(client, key, kind, which)
    return Archived(kind, asked)


def _archive(head: Any) -> str | None:
    """Return the archive the object lies in: a class of its own, or a tier of Intelligent-Tiering."""
    kind: str | None = head.get("StorageClass")
    if kind not in ARCHIVE_CLASSES:
        kind = head.get("ArchiveStatus")
    return kind


async def _ask(client: S3Client, key: str, kind: str, which: dict[str, Any]) -> None:
    # The tiers of Intelligent-Tiering come back for good: there a number of days is refused.
    days = {"Days": KEEP_DAYS} if kind in ARCHIVE_CLASSES else {}
    request: Any = {**days, "GlacierJobParameters": {"Tier": "Standard"}}
    bucket = client.settings.bucket
    try:
        await client.call(
            "asking for an archived object",
            lambda api: api.restore_object(Bucket=bucket, Key=key, RestoreRequest=request, **which),
        )
    except AppError as error:
        # Somebody else, or a request of ours whose answer was lost, has asked already.
        if "RestoreAlreadyInProgress" not in error.message:
            raise
