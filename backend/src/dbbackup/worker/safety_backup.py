"""Makes the safety backup inside a restore that is going to drop something."""

from __future__ import annotations

import asyncio

from dbbackup.core.errors import AppError, RestoreError
from dbbackup.db.models import BackupExecution, DatabaseConfig, RestoreExecution, RunStatus
from dbbackup.pipeline.restore import RestoreJob
from dbbackup.services.connections import saved_connection
from dbbackup.services.context import Context
from dbbackup.services.safety_backups import new_safety_backup
from dbbackup.worker.backup_run import run_backup
from dbbackup.worker.run import RunTools


async def back_up_first(
    ctx: Context,
    restore: RestoreExecution,
    config: DatabaseConfig,
    job: RestoreJob,
    tools: RunTools,
    stopping: asyncio.Event,
) -> bool:
    """Back the target up as it is and wait for it; tell whether there is a safety backup now.

    Raises:
        RestoreError: it failed; nothing was changed.
        asyncio.CancelledError: the restore was cancelled meanwhile.
    """
    if not restore.options.get("safetyBackup"):
        return False
    if (await job.engine.maintenance(saved_connection(ctx, config))).database != config.database_name:
        tools.log.say("info", f"{config.database_name} is not there: there is nothing to back up first.")
        return False
    tools.report.stage("Safety backup first")
    try:
        async with ctx.catalogue.transaction() as session:
            backup = await new_safety_backup(session, ctx, config, restore)
    except AppError as error:
        raise RestoreError(f"The safety backup cannot be made: {error.message} Nothing was changed.") from error
    restore.safety_backup_id = backup.id
    tools.log.say("info", f"Backing up {restore.target_database} as it is now", backupId=backup.id)
    await run_backup(ctx, backup.id, stopping=stopping)
    # The backup writes every end down, its own cancellation too: it does not come out of it again.
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
    async with ctx.catalogue.sessions() as session:
        done = await session.get_one(BackupExecution, backup.id)
    if done.status != RunStatus.COMPLETED:
        raise RestoreError(f"The safety backup {done.status}: {done.error_message} Nothing was changed.")
    tools.log.say("info", f"The safety backup is complete: {done.file_name}", backupId=backup.id)
    return True
