"""Looks into a bucket folder by folder, as a person does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dbbackup.storages.base import StoredObject
from dbbackup.storages.s3 import S3Storage


@dataclass(frozen=True, slots=True)
class Folder:
    """One page of a folder; keys are relative to the config's prefix. `next` asks for the page after it."""

    folders: list[str]
    objects: list[StoredObject]
    next: str | None


async def browse(storage: S3Storage, prefix: str, *, after: str | None, limit: int) -> Folder:
    """Return one page of what lies directly below the prefix. Raises S3Error."""
    root = storage.settings.folder
    arguments: dict[str, Any] = {"ContinuationToken": after} if after else {}
    page = await storage.client.call(
        "listing",
        lambda api: api.list_objects_v2(
            Bucket=storage.settings.bucket, Prefix=root + prefix, Delimiter="/", MaxKeys=limit, **arguments
        ),
    )
    objects = [
        StoredObject(entry["Key"].removeprefix(root), entry["Size"], entry["LastModified"], entry["ETag"].strip('"'))
        for entry in page.get("Contents", [])
        if not entry["Key"].endswith("/")
    ]
    folders = [entry["Prefix"].removeprefix(root) for entry in page.get("CommonPrefixes", [])]
    return Folder(folders, objects, page.get("NextContinuationToken"))
