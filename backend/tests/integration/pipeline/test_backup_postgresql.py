"""Backups of a real PostgreSQL 15: what is stored is what the manifest says, and opens with standard tools."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from backports import zstd

from dbbackup.core.errors import AppError, BackupError, DumpIncompleteError, S3UnreachableError
from dbbackup.core.manifest import Manifest, decode
from dbbackup.core.secret import Secret
from dbbackup.engines.values import Command, ReaderCheck
from dbbackup.pipeline.backup import back_up
from dbbackup.pipeline.process import Workshop
from dbbackup.storages.base import Storage, StoredObject
from dbbackup.storages.local import LocalStorage
from dbbackup.storages.s3 import S3Storage
from devtools.servers import PostgresServer
from tests.contract.faulty import Faults, FaultyStorage
from tests.contract.storage_fixtures import QUICK, s3_settings
from tests.integration.pipeline.support import CONTENT_HASH, FOLDER, NewDatabase, backup, content, engine, job, stored
from tests.unit.pipeline.tools import RunReport, dump_part, eventually, gather, nothing_left, shell, stream_of


@pytest.fixture
def roots(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "a", tmp_path / "b"


def check(root: Path, manifest: Manifest) -> bytes:
    """Recompute every size and hash of a copy from the disk; return the plain dump of the database."""
    folder = root / FOLDER
    assert decode((folder / manifest.file_name).read_bytes()) == manifest
    for part in manifest.parts:
        data = (folder / part.file).read_bytes()
        plain = {"gz": gzip.decompress, "zst": zstd.decompress}.get(part.file.rpartition(".")[2], bytes)(data)
        assert (part.size, part.sha256) == (len(data), sha256(data).hexdigest())
        assert (part.plain_size, part.plain_sha256) == (len(plain), sha256(plain).hexdigest())
    return plain


@pytest.mark.parametrize(("compression", "level"), [("gzip", 1), ("gzip", 6), ("zstd", 3), ("none", None)])
async def test_backup_when_made_is_what_its_manifest_says(
    pipeline_server: PostgresServer, workshop: Workshop, roots: tuple[Path, Path], compression: str, level: int | None
) -> None:
    storages = [LocalStorage(root) for root in roots]
    async with nothing_left():
        result, run = await backup(
            pipeline_server, workshop, *storages, compression=compression, compression_level=level
        )
    plains = [check(root, result.manifest) for root in roots]
    assert plains[0] == plains[1]
    listed = subprocess.run(["pg_restore", "--list"], input=plains[0], capture_output=True, check=True).stdout
    assert b"TABLE DATA public customers" in listed
    assert [part.name for part in result.manifest.parts] == ["globals", "database"]
    assert result.manifest.main.tool.startswith("pg_dump 15.")
    assert [table.name for table in result.manifest.source.tables] == ["customers", "empty_one"]
    assert run.progress.tables_done == 2
    assert list(workshop.folder.iterdir()) == []


async def test_backup_when_one_destination_fails_is_complete_on_the_other(
    pipeline_server: PostgresServer, workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    bad = FaultyStorage(LocalStorage(roots[1]), Faults(write_fails_at=2))
    result, _ = await backup(pipeline_server, workshop, LocalStorage(roots[0]), bad)
    check(roots[0], result.manifest)
    assert isinstance(result.copies["c1"], S3UnreachableError)
    assert stored(roots[1]) == []


async def test_backup_when_all_destinations_fail_raises_and_leaves_nothing(
    pipeline_server: PostgresServer, workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    bad: list[Storage] = [FaultyStorage(LocalStorage(root), Faults(write_fails_at=2)) for root in roots]
    async with nothing_left():
        with pytest.raises(BackupError, match="No storage took the backup"):
            await backup(pipeline_server, workshop, *bad)
    assert stored(*roots) == []


@pytest.mark.parametrize("option", [{}, {"globals": "none"}], ids=["globals", "database"])
async def test_backup_when_the_password_is_wrong_says_so_and_leaves_nothing(
    pipeline_server: PostgresServer, workshop: Workshop, roots: tuple[Path, Path], option: dict[str, str]
) -> None:
    made = await job(pipeline_server, workshop, [LocalStorage(root) for root in roots], option)
    wrong = replace(made, connection=replace(made.connection, password=Secret("wr0ng")))
    async with nothing_left():
        with pytest.raises(AppError, match=r"password|could not connect") as caught:
            await back_up(wrong, RunReport().report())
    assert "wr0ng" not in caught.value.message
    assert stored(*roots) == []


async def test_backup_when_the_second_part_fails_removes_the_first(
    pipeline_server: PostgresServer, workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    made = await job(pipeline_server, workshop, [LocalStorage(roots[0])], {"includeTables": ["public.not_there"]})
    run = RunReport()
    with pytest.raises(AppError):
        await back_up(made, run.report())
    assert any("globals" in message for message in run.log.messages("info"))
    assert stored(*roots) == []


async def test_backup_when_cancelled_ends_pg_dump_and_leaves_nothing(
    pipeline_server: PostgresServer, workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    slow = FaultyStorage(LocalStorage(roots[0]), Faults(slow=0.3))
    made = await job(pipeline_server, workshop, [slow], {"globals": "none"}, compression="none")
    run = RunReport()
    async with nothing_left():
        task = asyncio.create_task(back_up(made, run.report()))
        await eventually(lambda: run.progress.bytes_read > 1 << 20, "the dump")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert stored(*roots) == []
    busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND application_name <> 'psql'"
    await eventually(lambda: pipeline_server.psql(busy) == "0", "the end of pg_dump's session")


async def test_backup_when_stored_on_disk_and_s3_is_equal_and_restores_from_s3(
    pipeline_server: PostgresServer, workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    s3, local = S3Storage(s3_settings(), patience=QUICK), LocalStorage(roots[0])
    try:
        result, run = await backup(pipeline_server, workshop, local, s3)
        check(roots[0], result.manifest)
        outcome = result.copies["c1"]
        assert isinstance(outcome, StoredObject)
        for name in [part.file for part in result.manifest.parts] + [result.manifest.file_name]:
            assert await gather(s3.read(f"{FOLDER}/{name}")) == (roots[0] / FOLDER / name).read_bytes()
        assert run.progress.bytes_uploaded == dict.fromkeys(("c0", "c1"), result.manifest.main.size)
        database = NewDatabase(pipeline_server, workshop, s3, result.manifest)
        await database.fill()
        assert database.ask("SELECT count(*) FROM customers") == "5000"
        await database.drop()
    finally:
        await s3.close()


async def test_reader_check_when_a_real_archive_is_cut_short_anywhere_refuses_it(
    pipeline_server: PostgresServer, workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    """The tool exits 0 with part of a real archive; `pg_restore -f /dev/null` of PostgreSQL 15 must notice."""
    result, _ = await backup(pipeline_server, workshop, LocalStorage(roots[0]), compression="none")
    archive = roots[0] / FOLDER / result.manifest.main.file
    size = archive.stat().st_size
    made = await job(pipeline_server, workshop, [])
    trailer = engine().dump(made.connection, made.tools, made.options, workshop.folder)[-1].trailer
    assert isinstance(trailer, ReaderCheck)

    def cut(length: int) -> Command:
        return shell('head -c "$1" "$2"', str(length), str(archive))

    assert len(await gather(stream_of(dump_part(cut(size), trailer), workshop))) == size
    for length in (size - 1, size - 100, size - (1 << 20), size // 2, 5000, 10, 0):
        async with nothing_left():
            with pytest.raises(DumpIncompleteError, match="cannot be read to its end"):
                await gather(stream_of(dump_part(cut(length), trailer), workshop))


async def test_restore_when_all_is_well_holds_the_same_content(
    pipeline_server: PostgresServer, workshop: Workshop, roots: tuple[Path, Path]
) -> None:
    storage = LocalStorage(roots[0])
    result, _ = await backup(pipeline_server, workshop, storage)
    for options in ({}, {"jobs": 2}, {"singleTransaction": True}):
        folder = workshop.folder / str(len(options) + len(str(options)))
        folder.mkdir(mode=0o700)
        place = replace(workshop, folder=folder)
        database = NewDatabase(pipeline_server, place, storage, result.manifest, **options)
        async with nothing_left():
            await database.fill()
        assert database.ask("SELECT count(*) FROM pg_indexes WHERE schemaname = 'public'") == "2"
        assert pipeline_server.psql(CONTENT_HASH, database=database.name) == content(pipeline_server)
        # Parallel workers write their lines in pieces and into each other's: no count to rely on.
        assert database.run.progress.tables_done >= 2 or "jobs" in options
        assert (folder / "archive").exists() is ("jobs" in options)
        await database.drop()
