"""Does one claimed verification: reads the copy, reads it to its end, restores it on the side; leaves nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import msgspec

from dbbackup.core.comparison import Check
from dbbackup.core.errors import AppError, IntegrityError, KeyMissingError
from dbbackup.core.run_limits import resolve
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupExecution, CopyState, DatabaseConfig, TargetKind, Verification
from dbbackup.pipeline.restore import StoredBackup
from dbbackup.pipeline.verify import read_plain, read_stored
from dbbackup.services.changes import announce_run
from dbbackup.services.connections import saved_connection
from dbbackup.services.context import Context
from dbbackup.services.damage import note_verified
from dbbackup.services.downloads import backup_manifest, choose_copy
from dbbackup.services.encryption import check_key, private_keys
from dbbackup.services.restore_sources import Source
from dbbackup.services.row_locks import lock_backup
from dbbackup.services.run_notifications import notify_run_end
from dbbackup.services.signatures import judge
from dbbackup.services.stored_manifests import read_manifest
from dbbackup.services.verifications import ASSERTS, RESTORES
from dbbackup.worker.run import insist, run_tools, say_end, set_end
from dbbackup.worker.scratch_container import ScratchContainer
from dbbackup.worker.verify_side import SCRATCH_PREFIX, Result, Work, ask_assertions, drop_scratch, restore_aside


async def run_verification(ctx: Context, verification_id: str, *, stopping: asyncio.Event) -> None:
    """Run a claimed verification to its end and write that end down, whatever it is."""
    async with ctx.catalogue.sessions() as session:
        run = await session.get_one(Verification, verification_id)
        config = await session.get(DatabaseConfig, run.database_id) if run.database_id else None
        target = await session.get(DatabaseConfig, run.target_id) if run.target_id else None
    container = ScratchContainer(ctx, run.id) if run.target_kind == TargetKind.CONTAINER else None
    passwords: list[Secret] = [saved_connection(ctx, config).password for config in (config, target) if config]
    passwords += [container.password] if container else []
    async with run_tools(ctx, run, passwords, resolve(ctx.live, config.limits if config else {})) as tools:
        error: BaseException | None = None
        work: Work | None = None
        try:
            work = Work(ctx, run, config, target, await _source(ctx, run), tools, container=container)
            await _verify(work)
        except (Exception, asyncio.CancelledError) as failure:  # noqa: BLE001 - every end is written down
            error = await container.explained(failure) if container else failure
            say_end(tools, error, stopping.is_set())
        cleaned = work is None or await drop_scratch(work)
        result = work.result if work else Result()

        async def end() -> None:
            await tools.log.close()
            await _close(ctx, verification_id, result, error, stopping.is_set())

        await insist(ctx, verification_id, stopping, end)
        # What could not be removed now stays in the journal: the janitor tries again.
        if cleaned:
            await tools.journal.clear()


async def _source(ctx: Context, run: Verification) -> Source:
    """Return the copy to read. Raises ConflictError, NotFoundError when it is gone by now."""
    async with ctx.catalogue.sessions() as session:
        backup = await session.get_one(BackupExecution, run.backup_id)
    copy = next((c for c in backup.copies if c.id == run.copy_id and c.state == CopyState.DAMAGED), None)
    copy = copy or choose_copy(backup, run.copy_id)
    return Source(backup_manifest(backup), copy.storage_id, copy.key or "", copy.version, copy.bucket, backup.id)


async def _verify(work: Work) -> None:
    manifest, tools, level = work.source.manifest, work.tools, work.run.level
    tools.report.progress.total_counts_written = True
    tools.report.progress.bytes_total = manifest.size
    storage = await work.ctx.storages.open(work.source.storage_id)
    known = await private_keys(work.ctx, tools.workshop)
    backup = StoredBackup(
        manifest=manifest,
        storage=storage,
        key=work.source.key,
        version=work.source.version,
        identities=known.age,
        openpgp=known.openpgp,
    )
    tools.report.stage("Reading the stored bytes")
    await _checked(work, "manifest", _compare_manifest(work, backup))
    for part in manifest.parts:
        done = _then(read_stored(backup, part, tools.report), f"{part.file}: {part.size} bytes, SHA-256 as written.")
        await _checked(work, "stored-bytes", done)
    await _checked(work, "signature", _check_signature(work))
    if level > 1:
        await _read_to_the_end(work, backup)
    if level >= RESTORES:
        await restore_aside(work)
    if level >= ASSERTS:
        await ask_assertions(work)
    moved = tools.report.progress.end_stage()
    tools.log.say("info", f"Verification completed: level {level} is proven.", stage="Completed", stageBytes=moved)


async def _compare_manifest(work: Work, backup: StoredBackup) -> str:
    name = backup.manifest.file_name
    if await read_manifest(backup.storage, work.source.sibling(name)) != backup.manifest:
        raise IntegrityError(f"{name} is not the manifest that the catalogue holds: one of them was altered.")
    return f"{name} is there and the same as in the catalogue."


async def _check_signature(work: Work) -> str:
    facts = judge(work.ctx, work.source.manifest)
    if not facts.proves:
        raise IntegrityError(facts.message)
    return facts.message


async def _read_to_the_end(work: Work, backup: StoredBackup) -> None:
    manifest, report = backup.manifest, work.tools.report
    report.stage("Reading to the end")
    if manifest.encryption:
        await _checked(work, "key", _open(work, backup))
    engine = work.ctx.engines[manifest.source.engine]
    tools = engine.choose_tools(manifest.source.server_version)
    options = engine.parse_restore_options({"newDatabase": SCRATCH_PREFIX})
    for part in manifest.parts:
        check = engine.end_check(part.name, tools)
        script = None if part.name == "globals" else engine.restore_filter(manifest, options, part.name)
        reading = read_plain(backup, part, check, script, work.tools.workshop, report)
        done = _then(
            reading, f"{part.file}: {part.plain_size} bytes of plain dump, SHA-256 as written, read to its end."
        )
        await _checked(work, "read-to-the-end", done)


async def _open(work: Work, backup: StoredBackup) -> str:
    files = [backup.storage.read(work.source.sibling(part.file)) for part in backup.manifest.parts]
    [finding] = await check_key(work.ctx, backup.manifest, files)
    if finding.level == "error":
        raise (KeyMissingError if finding.code == "key-missing" else IntegrityError)(finding.message)
    return finding.message


async def _then(work: Awaitable[None], message: str) -> str:
    await work
    return message


async def _checked(work: Work, name: str, checking: Awaitable[str]) -> None:
    """Note what a check says; a failure names the copy, for other copies may be good."""
    try:
        work.add(Check(name=name, ok=True, message=await checking))
    except AppError as error:
        message = f"The copy on {work.run.storage} is not proven: {error.message}"
        work.add(Check(name=name, ok=False, message=message))
        raise type(error)(message, details=error.details) from error


async def _close(
    ctx: Context, verification_id: str, result: Result, error: BaseException | None, interrupted: bool
) -> None:
    async with ctx.catalogue.transaction() as session:
        run = await session.get_one(Verification, verification_id)
        set_end(run, error, interrupted=interrupted)
        run.restore_seconds = result.restore_seconds
        run.result = {
            "checks": [msgspec.to_builtins(check) for check in result.checks],
            "tables": [{"schema": t.schema, "name": t.name, "rows": t.rows} for t in result.tables],
        }
        backup = await lock_backup(session, run.backup_id)
        note_verified(session, ctx, backup, run, error)
        await notify_run_end(session, ctx, run)
        announce_run(session, ctx, run)
