"""An S3Storage with little patience, on the fake service."""

from __future__ import annotations

from dataclasses import replace

from dbbackup.core.secret import Secret
from dbbackup.storages.base import WriteOptions
from dbbackup.storages.s3 import S3Storage
from dbbackup.storages.s3_client import Patience
from dbbackup.storages.s3_settings import S3Settings
from tests.contract.storage_suite import MiB, chunks
from tests.unit.storages.fake_s3 import FakeS3, failing

PATIENCE = Patience(
    attempts=3, wait_initial=0.01, wait_max=0.02, wait_jitter=0.01, connect=1, answer=0.5, complete=1, stall=0.5
)
MULTI = 8 * MiB + 10
DEAD = [failing(503, "SlowDown")] * 3


def make(fake: FakeS3, **changes: object) -> S3Storage:
    settings = S3Settings(
        id="fake",
        bucket="b",
        access_key=Secret("AKIDEXAMPLE"),
        secret_key=Secret("top-secret-key"),
        endpoint=fake.endpoint,
        path_style=True,
        allow_http=True,
    )
    return S3Storage(replace(settings, **changes), patience=PATIENCE)  # type: ignore[arg-type]


async def put(storage: S3Storage, size: int = 10, key: str = "k") -> None:
    stored = await storage.write(key, chunks(size), WriteOptions())
    assert stored.size == size
