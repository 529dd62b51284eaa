"""Storages under test: a local one, and one on a real S3 server that all tests of the process share."""

from __future__ import annotations

import secrets
from functools import cache
from pathlib import Path

from dbbackup.core.secret import Secret
from dbbackup.storages.base import Stream, WriteOptions
from dbbackup.storages.local import LocalStorage
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_client import Patience
from dbbackup.storages.s3_object import S3Object
from dbbackup.storages.s3_plan import MIN_PART
from dbbackup.storages.s3_settings import S3Settings
from devtools.servers.seaweedfs import SeaweedServer
from tests.contract.storage_suite import Subject

QUICK = Patience(
    attempts=6, wait_initial=0.05, wait_max=0.3, wait_jitter=0.05, connect=2, answer=5, complete=10, stall=2
)


@cache
def seaweed() -> SeaweedServer:
    """Return the S3 server of this process; it ends with it."""
    return SeaweedServer.start()


@cache
def _bucket(versions: bool) -> str:
    return seaweed().create_bucket(f"b{secrets.token_hex(6)}", versioning=versions)


def s3_settings_in_shared_bucket(*, versions: bool = False, **changes: object) -> S3Settings:
    """Return settings for a prefix of its own in a bucket that is shared: to make one takes longer than a test."""
    return s3_settings(bucket=_bucket(versions), prefix=f"pre fix/{secrets.token_hex(6)}", **changes)


def s3_settings(**changes: object) -> S3Settings:
    """Return settings for a new bucket on the server, with changes."""
    server = seaweed()
    values: dict[str, object] = {
        "id": "s3-test",
        "access_key": Secret(server.access_key),
        "secret_key": Secret(server.secret_key),
        "region": server.region,
        "endpoint": server.endpoint,
        "path_style": True,
        "allow_http": True,
        "prefix": "pre fix/x",
    }
    values |= changes
    if "bucket" not in values:
        values["bucket"] = server.create_bucket(f"b{secrets.token_hex(6)}")
    return S3Settings(**values)  # type: ignore[arg-type]


def local_subject(root: Path) -> Subject:
    """Return a local storage below an empty folder."""
    storage = LocalStorage(root)

    async def leftovers() -> list[str]:
        return sorted(path.name for path in (root / ".partial").glob("*"))

    async def abandon(key: str) -> None:
        # The first half of a write; killed there, the process leaves the file.
        await storage._fill(storage._new_partial(key), _some_bytes(), WriteOptions())

    return Subject(storage, MIN_PART, leftovers, abandon)


def s3_subject(settings: S3Settings) -> Subject:
    """Return an S3 storage on a bucket."""
    storage = S3Storage(settings, patience=QUICK)

    async def leftovers() -> list[str]:
        return [upload.key async for upload in storage.open_uploads()]

    async def abandon(key: str) -> None:
        await S3Object(storage.client, storage.full_key(key), WriteOptions()).create()

    return Subject(storage, MIN_PART, leftovers, abandon, ordered=False)


async def _some_bytes() -> Stream:
    yield b"cut off"
