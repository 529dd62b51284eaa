"""Backups and restores made of small tools, with nothing but the database server left out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dbbackup.core.manifest import Manifest, SourceFacts
from dbbackup.core.secret import Secret
from dbbackup.engines.values import Command, Connection, DumpPart, ToolInfo
from dbbackup.pipeline.backup import BackupResult, back_up
from dbbackup.pipeline.backup_job import BackupJob, Target
from dbbackup.pipeline.fill import fill_database
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.restore import RestoreJob
from dbbackup.storages.base import Storage
from tests.unit.pipeline.tools import END, RunReport, ToolEngine, dump_part, shell

FOLDER = "shop/2026/11"
STEM = "shop_manual_20261122_120000_abcdefghefgh"
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
CONNECTION = Connection("127.0.0.1", 1, "shop", "u", Secret("pw"))
TOOLS = ToolInfo(version="1.0", folder="/usr/bin", exact=True, note=None)
GLOBALS = dump_part(shell(f"printf 'CREATE ROLE app; {END.decode()}'"), name="globals")
DATABASE = dump_part(shell(f"echo table public.a >&2; head -c 3000000 /dev/urandom; printf '%s' '{END.decode()}'"))
SOURCE = SourceFacts(
    config_id="c1",
    config_name="Shop",
    slug="shop",
    engine="tools",
    server_version="1.0",
    host="127.0.0.1",
    port=1,
    database="shop",
    size=3_000_000,
    tables=[],
    roles=[],
    extensions=[],
    properties={},
)


def backup_job(
    workshop: Workshop, storages: Sequence[Storage], parts: Sequence[DumpPart] = (DATABASE,), **more: Any
) -> BackupJob:
    """Return a backup of these parts to these storages; the copies are called c0, c1 and so on."""
    values: dict[str, Any] = {
        "backup_id": "b1",
        "instance_id": "abcd",
        "run_token": "efghefgh",
        "type": "manual",
        "label": "a label",
        "stem": STEM,
        "compression": "gzip",
        "compression_level": 1,
        "options": {},
        "engine": ToolEngine(parts=parts).typed(),
        "connection": CONNECTION,
        "tools": TOOLS,
        "source": SOURCE,
        "targets": [Target(f"c{i}", storage, FOLDER) for i, storage in enumerate(storages)],
        "workshop": workshop,
        "started_at": NOW,
        "expected_size": 1_000_000,
    }
    return BackupJob(**{**values, **more})


async def made(workshop: Workshop, storage: Storage, **more: Any) -> BackupResult:
    """Make a backup to the storage."""
    return await back_up(backup_job(workshop, [storage], **more), RunReport().report())


def restore_job(
    workshop: Workshop,
    storage: Storage,
    manifest: Manifest,
    command: Command,
    *,
    mode: str = "newDatabase",
    **engine: Any,
) -> RestoreJob:
    """Return a job that feeds the backup to a tool."""
    return RestoreJob(
        engine=ToolEngine(restoring=command, **engine).typed(),
        target=CONNECTION,
        tools=TOOLS,
        manifest=manifest,
        storage=storage,
        key=f"{FOLDER}/{manifest.main.file}",
        version=None,
        options={"mode": mode},
        workshop=workshop,
    )


async def restored(
    workshop: Workshop,
    storage: Storage,
    manifest: Manifest,
    command: Command,
    *,
    run: RunReport | None = None,
    **more: Any,
) -> RunReport:
    """Feed the backup to a tool."""
    run = run or RunReport()
    await fill_database(restore_job(workshop, storage, manifest, command, **more), run.report())
    return run


def stored(*roots: Path) -> list[str]:
    """Return the names of all files below the roots, unfinished ones too."""
    return sorted(path.name for root in roots for path in root.rglob("*") if path.is_file())
