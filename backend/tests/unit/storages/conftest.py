"""Fixtures of the storages' unit tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from dbbackup.storages.s3 import S3Storage
from tests.unit.storages.fake_s3 import FakeS3, fake_s3
from tests.unit.storages.s3_helpers import make


@pytest.fixture
async def fake() -> AsyncIterator[FakeS3]:
    async with fake_s3() as server:
        yield server


@pytest.fixture
async def storage(fake: FakeS3) -> AsyncIterator[S3Storage]:
    storage = make(fake)
    yield storage
    await storage.close()
