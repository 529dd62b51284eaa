"""Restores into a real PostgreSQL 15: nothing but what was written ever counts as success."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dbbackup.core.errors import IntegrityError, RestoreError
from dbbackup.core.manifest import Manifest
from dbbackup.pipeline.process import Workshop
from dbbackup.storages.local import LocalStorage
from devtools.servers import PostgresServer
from tests.contract.faulty import Faults, FaultyStorage
from tests.integration.pipeline.support import FOLDER, NewDatabase, backup
from tests.unit.pipeline.tools import eventually, nothing_left


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "storage")


def flip(tmp_path: Path, manifest: Manifest, place: float) -> None:
    path = tmp_path / "storage" / FOLDER / manifest.main.file
    data = bytearray(path.read_bytes())
    data[int(place * (len(data) - 1))] ^= 0x01
    path.write_bytes(data)


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
async def test_restore_when_a_stored_byte_is_altered_is_refused(
    pipeline_server: PostgresServer,
    workshop: Workshop,
    storage: LocalStorage,
    tmp_path: Path,
    compression: str,
    place: float,
) -> None:
    result, _ = await backup(pipeline_server, workshop, storage, compression=compression, compression_level=None)
    flip(tmp_path, result.manifest, place)
    database = NewDatabase(pipeline_server, workshop, storage, result.manifest, singleTransaction=True)
    async with nothing_left():
        # Where the damage makes pg_restore give up by itself, its own word comes first.
        with pytest.raises(IntegrityError, match="damaged"):
            await database.fill()


async def test_restore_when_altered_and_in_one_transaction_commits_nothing(
    pipeline_server: PostgresServer, workshop: Workshop, storage: LocalStorage, tmp_path: Path
) -> None:
    """The kill comes before the end of the stream, so pg_restore never reaches its COMMIT."""
    result, _ = await backup(pipeline_server, workshop, storage, compression="none", compression_level=None)
    flip(tmp_path, result.manifest, 1.0)
    database = NewDatabase(pipeline_server, workshop, storage, result.manifest, singleTransaction=True)
    seen: list[str] = []

    async def look_then_drop() -> None:
        seen.append(database.ask("SELECT count(*) FROM pg_class WHERE relname IN ('customers', 'empty_one')"))
        await NewDatabase.drop(database)

    database.drop = look_then_drop  # type: ignore[method-assign]
    with pytest.raises(IntegrityError):
        await database.fill()
    assert seen == ["0"]


@pytest.mark.parametrize("place", [0.0005, 0.9])
async def test_restore_when_only_the_schema_is_wanted_and_the_rest_is_altered_is_refused(
    pipeline_server: PostgresServer, workshop: Workshop, storage: LocalStorage, tmp_path: Path, place: float
) -> None:
    result, _ = await backup(pipeline_server, workshop, storage, compression="none", compression_level=None)
    flip(tmp_path, result.manifest, place)
    database = NewDatabase(pipeline_server, workshop, storage, result.manifest, mode="schemaOnly")
    with pytest.raises((IntegrityError, RestoreError)):
        await database.fill()


async def test_restore_when_only_the_schema_is_wanted_reads_the_backup_to_its_end(
    pipeline_server: PostgresServer, workshop: Workshop, storage: LocalStorage
) -> None:
    result, _ = await backup(pipeline_server, workshop, storage)
    database = NewDatabase(pipeline_server, workshop, storage, result.manifest, mode="schemaOnly")
    await database.fill()
    assert database.ask("SELECT count(*) FROM customers") == "0"
    assert database.run.progress.bytes_written == result.manifest.main.size
    await database.drop()


async def test_restore_when_altered_and_spooled_never_starts_pg_restore(
    pipeline_server: PostgresServer, workshop: Workshop, storage: LocalStorage, tmp_path: Path
) -> None:
    result, _ = await backup(pipeline_server, workshop, storage)
    flip(tmp_path, result.manifest, 1.0)
    database = NewDatabase(pipeline_server, workshop, storage, result.manifest, jobs=2)
    with pytest.raises(IntegrityError):
        await database.fill()
    assert database.run.progress.stage == "Fetching the archive"


async def test_restore_when_pg_restore_fails_early_reports_its_error_and_no_broken_pipe(
    pipeline_server: PostgresServer, workshop: Workshop, storage: LocalStorage
) -> None:
    result, _ = await backup(pipeline_server, workshop, storage)
    database = NewDatabase(pipeline_server, workshop, storage, result.manifest)
    async with nothing_left():
        with pytest.raises(RestoreError) as caught:
            await database.fill(before="CREATE TABLE customers ()")
    assert 'relation "customers" already exists' in caught.value.message
    assert "pipe" not in caught.value.message.lower()


@pytest.mark.parametrize("options", [{}, {"jobs": 2}], ids=["stream", "spooled"])
async def test_restore_when_cancelled_in_the_middle_ends_pg_restore(
    pipeline_server: PostgresServer, workshop: Workshop, storage: LocalStorage, options: dict[str, int]
) -> None:
    result, _ = await backup(pipeline_server, workshop, storage, compression="none", compression_level=None)
    source = storage if options else FaultyStorage(storage, Faults(slow=0.5))
    database = NewDatabase(pipeline_server, workshop, source, result.manifest, **options)
    async with nothing_left():
        task = asyncio.create_task(database.fill())
        await eventually(lambda: database.run.progress.stage == "Restoring", "the restore")
        if not options:
            await eventually(lambda: database.sessions() > 0, "pg_restore's session")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert database.sessions() == 0
