"""The backup that is made before a restore drops something, and kept as long as the restore can be undone."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import AppError, ConflictError, NotFoundError
from dbbackup.core.naming import RUN_LENGTH, new_id, random_token
from dbbackup.core.sizes import human_size
from dbbackup.db.models import (
    BackupCopy,
    BackupExecution,
    BackupType,
    DatabaseConfig,
    RestoreExecution,
    RunStatus,
    S3Config,
)
from dbbackup.db.models.base import utc_now
from dbbackup.engines.values import Finding
from dbbackup.services.changes import announce
from dbbackup.services.connections import saved_connection
from dbbackup.services.context import Context
from dbbackup.services.encryption import choose_encryption, private_keys

_ASSUMED_RATIO = 2


async def safety_findings(ctx: Context, config: DatabaseConfig, options: dict[str, Any]) -> list[Finding]:
    """Check that the safety backup can be made, and that it can be put back."""
    engine = ctx.engines[config.type]
    if not options["safetyBackup"]:
        if engine.in_place is not None:
            return []  # the engine's own preflight says what that means
        text = "No safety backup is made: the old database itself is kept." if _swaps(options) else _UNSAFE
        return [Finding("ok" if _swaps(options) else "warning", "no-safety-backup", text)]
    try:
        probe = await engine.probe(saved_connection(ctx, config))
    except AppError:
        return []  # said already, where the database is gone; there is nothing to save then
    findings = []
    if not probe.can_dump:
        text = "The safety backup cannot be made: the role may not read everything. "
        findings.append(Finding("error", "safety-privileges", text + " ".join(probe.missing_privileges)))
    findings += await _key_findings(ctx, put_back=engine.in_place is not None)
    if options["safetyS3ConfigId"] is None:
        needed, free = probe.size // _ASSUMED_RATIO, await ctx.storages.local.free_space() or 0
        text = f"Safety backup on local disk: about {human_size(needed)} are needed, {human_size(free)} are free."
        findings.append(Finding("ok" if free >= needed else "error", "safety-space", text))
    else:
        findings.append(await _s3_finding(ctx, options["safetyS3ConfigId"]))
    return findings


async def new_safety_backup(
    session: AsyncSession, ctx: Context, config: DatabaseConfig, restore: RestoreExecution
) -> BackupExecution:
    """Add the safety backup of a restore that is running, as a run that is running, too: it is part of it.

    Everything is in it, whatever the database's own dump options leave out. Raises AppError when it cannot be.
    """
    engine = ctx.engines[config.type]
    character_set = {k: v for k, v in config.dump_options.items() if k == "characterSet"}
    backup = BackupExecution(
        id=new_id(),
        database_id=config.id,
        database_name=config.name,
        engine=config.type,
        run_token=random_token(RUN_LENGTH),
        type=BackupType.SAFETY,
        status=RunStatus.RUNNING,
        started_at=utc_now(),
        compression="gzip",
        encryption=await choose_encryption(session, None),
        label=f"Before {restore.target_database} was replaced",
        # retention leaves it alone until `let_go`
        pinned=True,
        options=engine.parse_dump_options(character_set),
        copies=[BackupCopy(id=new_id(), position=0, s3_config_id=restore.options["safetyS3ConfigId"])],
    )
    session.add(backup)
    await session.flush()
    row = await session.get_one(RestoreExecution, restore.id)
    row.safety_backup_id = backup.id
    announce(session, ctx, "backup", backup.id, "created")
    return backup


async def let_go(session: AsyncSession, ctx: Context, restore: RestoreExecution) -> None:
    """Leave the safety backup of a restore to retention."""
    backup = await session.get(BackupExecution, restore.safety_backup_id) if restore.safety_backup_id else None
    if backup is not None and backup.pinned:
        backup.pinned = False
        announce(session, ctx, "backup", backup.id, "updated")


_UNSAFE = "No safety backup is made: what is dropped is gone once the restore has succeeded."


def _swaps(options: dict[str, Any]) -> bool:
    return bool(options["mode"] == "replace")


async def _key_findings(ctx: Context, *, put_back: bool) -> list[Finding]:
    try:
        async with ctx.catalogue.sessions() as session:
            encryption = await choose_encryption(session, None)
    except ConflictError as error:
        return [Finding("error", "safety-key", f"The safety backup cannot be made. {error.message}")]
    if encryption and put_back and not (await private_keys(ctx)).of(encryption):
        text = (
            "The safety backup would be encrypted to a key whose private part is not here, so it could not be put back "
            "if the restore fails. Import the key under Encryption keys."
        )
        return [Finding("error", "safety-key", text)]
    return []


async def _s3_finding(ctx: Context, config_id: str) -> Finding:
    async with ctx.catalogue.sessions() as session:
        config = await session.get(S3Config, config_id)
    if config is None:
        raise NotFoundError(f"There is no S3 config {config_id} for the safety backup.")
    if not config.enabled:
        return Finding("error", "safety-storage", f"The S3 config {config.name} for the safety backup is disabled.")
    return Finding("ok", "safety-storage", f"The safety backup goes to {config.name} (bucket {config.bucket}).")
