"""What looks at many backups, restores or proofs holds what names every table of one at a time."""

from __future__ import annotations

import gc
import io
import json
import tracemalloc
import zipfile
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from dbbackup.core import manifest as manifests
from dbbackup.core.manifest import TableFacts
from dbbackup.core.naming import RUN_LENGTH, new_id, random_token
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    CopyState,
    DatabaseConfig,
    RetentionPolicy,
    RunStatus,
    Verification,
)
from dbbackup.db.models.base import utc_now
from dbbackup.services.anomalies import look_back
from dbbackup.services.catalogue_rebuild import rebuild
from dbbackup.services.cleanup import clean_up
from dbbackup.services.context import Context
from dbbackup.services.databases import delete_database
from dbbackup.services.recovery_kit import make_kit
from dbbackup.services.restore_estimates import estimate
from dbbackup.services.restore_list import RestoreFilter, list_restores
from dbbackup.services.upkeep import look_for_copies
from dbbackup.services.verification_inputs import RecoveryKitInput
from dbbackup.services.verifications import list_verifications
from tests.unit.engines.archives import manifest_of
from tests.unit.worker.rows import backup, database, restore, save

COUNT, TABLES = 24, 1000
NOW = utc_now()
Work = Callable[[Context, DatabaseConfig], Awaitable[Any]]


def large() -> dict[str, Any]:
    made = manifest_of(properties={"encoding": "UTF8", "collate": "C", "ctype": "C"})
    columns = {f"column_{number}": "character varying(255)" for number in range(5)}
    tables = [
        TableFacts(schema="public", name=f"table_{number}", rows=1, rows_exact=True, size=1, columns=columns)
        for number in range(TABLES)
    ]
    source, main = replace(made.source, tables=tables), replace(made.main, plain_size=1)
    return manifests.to_dict(replace(made, source=source, parts=[main]))


def proof(backup_id: str) -> Verification:
    tables = [{"schema": "public", "name": f"table_{number}", "rows": number} for number in range(TABLES)]
    return Verification(
        id=new_id(), backup_id=backup_id, storage="local", database_name="d", level=3, status=RunStatus.COMPLETED,
        result={"checks": [{"name": "rows", "ok": True, "message": "all"}], "tables": tables}, started_by="test",
    )  # fmt: skip


async def filled(ctx: Context) -> DatabaseConfig:
    """Fill the catalogue with old backups and with restores, all of many tables."""
    config, values = database(ctx), large()
    await save(ctx, config, RetentionPolicy(id="month", name="month", strategy="age", max_age_days=30, min_keep=1))
    for number in range(COUNT):
        ended = NOW - timedelta(days=100 + number)
        copy = BackupCopy(id=new_id(), position=0, size=1, key="a/b", state=CopyState.COMPLETE, created_at=ended)
        kept = {"retention_policy_id": "month", "copies": [copy], "manifest": values, "size": 1}
        # names as it had them: the kit holds the newest of each
        times = {"started_at": ended, "completed_at": ended, "created_at": ended, "database_name": f"d{number % 8}"}
        run = restore(config, RunStatus.COMPLETED)
        run.manifest, run.result = values, {"restoreSeconds": 1.0}
        made = backup(config, RunStatus.COMPLETED, **times, **kept)
        await save(ctx, made, run)
        await save(ctx, proof(made.id))
    return config


def lie_on_disk(ctx: Context) -> None:
    """Store backups that the catalogue does not know."""
    made = manifests.from_dict(large())
    for _ in range(COUNT):
        run = random_token(RUN_LENGTH)
        main = replace(made.main, file=f"shop_manual_20261122_000000_{ctx.instance_id}{run}.dump.gz", size=1)
        known = replace(made, backup_id=new_id(), run_id=run, parts=[main])
        (ctx.settings.storage_path / main.file).write_bytes(b"1")
        (ctx.settings.storage_path / known.file_name).write_bytes(manifests.encode(known))


async def retention(ctx: Context, _config: DatabaseConfig) -> None:
    report = await clean_up(ctx, NOW, accept=True)
    assert (report.backups, report.size, report.problems) == (COUNT - 1, COUNT - 1, [])


async def deletion(ctx: Context, config: DatabaseConfig) -> None:
    async with ctx.catalogue.transaction() as session:
        await delete_database(session, ctx, config.id, backups="delete", actor="test")
    async with ctx.catalogue.sessions() as session:
        marked = await session.scalars(select(BackupExecution.id).where(BackupExecution.deleted_by == "test"))
        assert len(marked.all()) == COUNT


async def kit(ctx: Context, _config: DatabaseConfig) -> None:
    async with ctx.catalogue.transaction() as session:
        made = await make_kit(session, ctx, RecoveryKitInput(confirm=True))
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        assert len(json.loads(archive.read("index.json"))) == COUNT


async def restores(ctx: Context, _config: DatabaseConfig) -> None:
    async with ctx.catalogue.sessions() as session:
        found, total = await list_restores(session, RestoreFilter(), sort="-createdAt", page=1, limit=50)
    assert len(found) == total == COUNT


async def proofs(ctx: Context, _config: DatabaseConfig) -> None:
    async with ctx.catalogue.sessions() as session:
        found, total = await list_verifications(
            session, backup_id=None, database_id=None, status=None, page=1, limit=50
        )
    assert [[check["name"] for check in checks] for _, checks in found] == [["rows"]] * COUNT
    assert total == COUNT


async def presence(ctx: Context, _config: DatabaseConfig) -> None:
    # the files are not there
    assert len(await look_for_copies(ctx, NOW)) == COUNT


async def oddities(ctx: Context, config: DatabaseConfig) -> None:
    async with ctx.catalogue.transaction() as session:
        newest = await session.scalar(select(BackupExecution).order_by(BackupExecution.id.desc()).limit(1))
        assert newest
        assert await look_back(session, ctx, newest) == []


async def estimates(ctx: Context, config: DatabaseConfig) -> None:
    async with ctx.catalogue.sessions() as session:
        found = await estimate(session, config.id, manifest_of())
    assert found
    assert found[1] == 5


async def rebuilding(ctx: Context, _config: DatabaseConfig) -> None:
    report = await rebuild(ctx, None)
    assert (report.backups_added, report.problems) == (COUNT, [])


@pytest.mark.parametrize(
    ("work", "most"),
    [
        # so many manifests: the text of one, what is made of it once or twice, and the one before that is not gone yet
        (rebuilding, 6),
        (retention, 3),
        (deletion, 2),
        (kit, 5),
        (restores, 1),
        (proofs, 1),
        (presence, 3),
        # the newest is compared with, as record and as manifest
        (oddities, 6),
        (estimates, 3),
    ],
)
async def test_memory_does_not_grow_with_the_number_of_manifests(ctx: Context, work: Work, most: int) -> None:
    config = await filled(ctx)
    lie_on_disk(ctx)
    gc.collect()
    tracemalloc.start()
    try:
        one = json.loads(json.dumps(large()))
        each, _ = tracemalloc.get_traced_memory()
        del one
        gc.collect()
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        await work(ctx, config)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - before < most * each
