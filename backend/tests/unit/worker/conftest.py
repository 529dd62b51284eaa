"""The wiring without a worker, on an empty catalogue of its own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dbbackup.core.crypto import Sealer
from dbbackup.core.live_settings import LiveSettings
from dbbackup.core.naming import random_token
from dbbackup.core.signing import SigningKey
from dbbackup.db.session import Catalogue
from dbbackup.engines import build_registry
from dbbackup.services.context import Context
from dbbackup.services.storages import StoragePool
from tests.api.running_app import make_settings
from tests.catalogue import make_catalogue
from tests.unit.worker.rows import Heard


@pytest.fixture
async def ctx(tmp_path: Path) -> AsyncIterator[Context]:
    settings = make_settings(tmp_path, stop_grace=0.0)
    settings.storage_path.mkdir()
    catalogue, sealer = Catalogue(make_catalogue(settings.database_path)), Sealer({1: os.urandom(32)})
    pool = StoragePool(settings, catalogue, sealer)
    wired = Context(
        settings=settings,
        catalogue=catalogue,
        sealer=sealer,
        engines=build_registry(settings.client_dirs),
        storages=pool,
        events=Heard(),
        # Not the same in all tests: the janitor ends every process of its instance, and tests run side by side.
        instance_id=random_token(4),
        signing_key=SigningKey.generate(),
    )
    wired.runtime.live = LiveSettings(max_concurrent=2)
    yield wired
    await pool.close()
    await catalogue.close()
