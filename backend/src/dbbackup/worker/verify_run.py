"""Does one claimed verification: reads the copy, reads it to its end, restores it on the side; leaves nothing."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from dbbackup.core.comparison import Check, compare
from dbbackup.core.errors import AppError, IntegrityError, KeyMissingError, RestoreError
from dbbackup.core.journal import JournalKind
from dbbackup.core.manifest import TableFacts
from dbbackup.core.run_limits import resolve
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupExecution, DatabaseConfig, Verification
from dbbackup.db.models.base import utc_now
from dbbackup.engines.base import Engine
from dbbackup.pipeline.restore import RestoreJob, StoredBackup, fill_database
from dbbackup.pipeline.verify import read_plain, read_stored
from dbbackup.services.changes import announce, announce_run
from dbbackup.services.connections import saved_connection
from dbbackup.services.context import Context
from dbbackup.services.downloads import backup_manifest, choose_copy
from dbbackup.services.encryption import check_key, identities
from dbbackup.services.restore_sources import Source, read_manifest
from dbbackup.services.run_notifications import notify_run_end
from dbbackup.worker.restore_run import prepare
from dbbackup.worker.restore_work import drop_own
from dbbackup.worker.run import RunTools, run_tools, say_end, set_end

SCRATCH_PREFIX = "dbbackup_verify_"


@dataclass(slots=True)
class _Result:
    """What was found so far; kept whatever the end is."""

    checks: list[Check] = field(default_factory=list)
    tables: list[TableFacts] = field(default_factory=list)
    restore_seconds: float | None = None


@dataclass(slots=True)
class _Work:
    """One verification going on."""

    ctx: Context
    run: Verification
    config: DatabaseConfig | None
    source: Source
    tools: RunTools
    result: _Result
    scratch: RestoreJob | None = None
    """The restore whose database is to be dropped."""


async def run_verification(ctx: Context, verification_id: str, *, stopping: asyncio.Event) -> None:
    """Run a claimed verification to its end and write that end down, whatever it is."""
    async with ctx.catalogue.sessions() as session:
        run = await session.get_one(Verification, verification_id)
        config = await session.get(DatabaseConfig, run.database_id) if run.database_id else None
    passwords: list[Secret] = [saved_connection(ctx, config).password] if config else []
    async with run_tools(ctx, run, passwords, resolve(ctx.live, config.limits if config else {})) as tools:
        error: BaseException | None = None
        result, work = _Result(), None
        try:
            source = await _source(ctx, run)
            work = _Work(ctx, run, config, source, tools, result)
            await _verify(work)
        except (Exception, asyncio.CancelledError) as failure:  # noqa: BLE001 - every end is written down
            error = failure
            say_end(tools, failure, stopping.is_set())
        cleaned = work is None or await _drop_scratch(work)
        await tools.log.close()
        await _close(ctx, verification_id, result, error, stopping.is_set())
        # What could not be removed now stays in the journal: the janitor tries again.
        if cleaned:
            await tools.journal.clear()


async def _source(ctx: Context, run: Verification) -> Source:
    """Return the copy to read. Raises ConflictError, NotFoundError when it is gone by now."""
    async with ctx.catalogue.sessions() as session:
        backup = await session.get_one(BackupExecution, run.backup_id)
    copy = choose_copy(backup, run.copy_id)
    return Source(backup_manifest(backup), copy.storage_id, copy.key or "", copy.version, copy.bucket, backup.id)


async def _verify(work: _Work) -> None:
    manifest, tools, level = work.source.manifest, work.tools, work.run.level
    tools.report.progress.total_counts_written = True
    tools.report.progress.bytes_total = manifest.main.size
    storage = await work.ctx.storages.open(work.source.storage_id)
    known = await identities(work.ctx) if manifest.encryption else ()
    backup = StoredBackup(
        manifest=manifest, storage=storage, key=work.source.key, version=work.source.version, identities=known
    )
    tools.report.stage("Reading the stored bytes")
    await _checked(work, "manifest", _compare_manifest(work, backup))
    for part in manifest.parts:
        done = _then(read_stored(backup, part, tools.report), f"{part.file}: {part.size} bytes, SHA-256 as written.")
        await _checked(work, "stored-bytes", done)
    if level > 1:
        await _read_to_the_end(work, backup)
    if level > 2:
        await _restore(work)
    tools.log.say("info", f"Verification completed: level {level} is proven.", stage="Completed")


async def _compare_manifest(work: _Work, backup: StoredBackup) -> str:
    name = backup.manifest.file_name
    if await read_manifest(backup.storage, work.source.sibling(name)) != backup.manifest:
        raise IntegrityError(f"{name} is not the manifest that the catalogue holds: one of them was altered.")
    return f"{name} is there and the same as in the catalogue."


async def _read_to_the_end(work: _Work, backup: StoredBackup) -> None:
    manifest, report = backup.manifest, work.tools.report
    report.stage("Reading to the end")
    if manifest.encryption:
        await _checked(work, "key", _open(work, backup))
    engine = work.ctx.engines[manifest.source.engine]
    tools = engine.choose_tools(manifest.source.server_version)
    options = _scratch_options(engine, SCRATCH_PREFIX)
    for part in manifest.parts:
        check = engine.end_check(part.name, tools)
        script = engine.restore_filter(manifest, options) if part.name == "database" else None
        reading = read_plain(backup, part, check, script, work.tools.workshop, report)
        done = _then(
            reading, f"{part.file}: {part.plain_size} bytes of plain dump, SHA-256 as written, read to its end."
        )
        await _checked(work, "read-to-the-end", done)


async def _open(work: _Work, backup: StoredBackup) -> str:
    files = [backup.storage.read(work.source.sibling(part.file)) for part in backup.manifest.parts]
    [finding] = await check_key(work.ctx, backup.manifest, files)
    if finding.level == "error":
        raise (KeyMissingError if finding.code == "key-missing" else IntegrityError)(finding.message)
    return finding.message


async def _restore(work: _Work) -> None:
    """Restore into a database of our own on the server of the backup's database, and compare what came."""
    if work.config is None:
        raise RestoreError("The database was deleted before its verification began.")
    tools, report = work.tools, work.tools.report
    engine, name = work.ctx.engines[work.config.type], SCRATCH_PREFIX + secrets.token_hex(4)
    options = {**_scratch_options(engine, name), "marker": work.run.id}
    job = await prepare(work.ctx, work.config, work.source, options, tools)
    report.stage("Restoring into a scratch database")
    work.scratch = job
    await tools.journal.note(JournalKind.NEW_DATABASE, databaseId=work.config.id, name=name, marker=work.run.id)
    started = time.monotonic()
    await engine.create_database(job.target, job.manifest, options)
    tools.log.say("info", f"Created the scratch database {name}")
    await fill_database(job, report)
    # Not finished as a restore is: that takes the mark away, by which the database is known to be ours to drop.
    work.result.restore_seconds = time.monotonic() - started
    _add(work, Check(name="restored", ok=True, message=f"Restored in {work.result.restore_seconds:.1f} s."))
    report.stage("Comparing with the manifest")
    work.result.tables = await engine.counted_tables(replace(job.target, database=name))
    checks = compare(job.manifest, work.result.tables, name)
    for check in checks:
        _add(work, check)
    if wrong := [check.message for check in checks if not check.ok]:
        raise IntegrityError(f"The backup was restored, but is not whole. {' '.join(wrong)}")


def _scratch_options(engine: Engine, name: str) -> dict[str, Any]:
    """Return the options of a restore on the side: everything, and never an event that lives."""
    options = engine.parse_restore_options({"newDatabase": name})
    return {**options, "events": "disabled"} if "events" in options else options


async def _then(work: Awaitable[None], message: str) -> str:
    await work
    return message


async def _checked(work: _Work, name: str, checking: Awaitable[str]) -> None:
    """Note what a check says; a failure names the copy, for other copies may be good."""
    try:
        _add(work, Check(name=name, ok=True, message=await checking))
    except AppError as error:
        message = f"The copy on {work.run.storage} is not proven: {error.message}"
        _add(work, Check(name=name, ok=False, message=message))
        raise type(error)(message, details=error.details) from error


def _add(work: _Work, check: Check) -> None:
    work.result.checks.append(check)
    if check.ok:
        work.tools.log.say("info", check.message, check=check.name)


async def _drop_scratch(work: _Work) -> bool:
    """Drop the scratch database, whatever the end was; tell whether nothing is left."""
    if work.scratch is None:
        return True
    return await drop_own(work.scratch, work.run.id, work.tools, "scratch database")


async def _close(
    ctx: Context, verification_id: str, result: _Result, error: BaseException | None, interrupted: bool
) -> None:
    async with ctx.catalogue.transaction() as session:
        run = await session.get_one(Verification, verification_id)
        set_end(run, error, interrupted=interrupted)
        run.restore_seconds = result.restore_seconds
        run.result = {
            "checks": [msgspec.to_builtins(check) for check in result.checks],
            "tables": [{"schema": t.schema, "name": t.name, "rows": t.rows} for t in result.tables],
        }
        if error is None:
            backup = await session.get_one(BackupExecution, run.backup_id)
            backup.verified_level = max(backup.verified_level or 0, run.level)
            backup.verified_at = utc_now()
            announce(session, ctx, "backup", backup.id, "updated")
            if run.database_id:
                announce(session, ctx, "database", run.database_id, "updated")
        await notify_run_end(session, ctx, run)
        announce_run(session, ctx, run)
