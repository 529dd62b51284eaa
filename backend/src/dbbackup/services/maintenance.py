"""Tasks that keep the product itself in order, done now because somebody asked."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import datetime

from loguru import logger

from dbbackup.core.sizes import human_size
from dbbackup.db.models.base import utc_now
from dbbackup.services.catalogue_copy import copy_catalogue
from dbbackup.services.cleanup import clean_up, plan_cleanup
from dbbackup.services.context import Context
from dbbackup.services.retention_inputs import MaintenanceInput
from dbbackup.services.upkeep import queue_newest


@dataclass(frozen=True, slots=True)
class Maintenance:
    """What a task did, in words and in numbers; `duration` in seconds."""

    task: str
    started_at: datetime
    duration: float
    message: str
    figures: dict[str, int]
    problems: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)


async def maintain(ctx: Context, data: MaintenanceInput, actor: str) -> Maintenance:
    """Do the task for this actor and return what came of it.

    Raises:
        ConflictError: it cannot be done now; the message says why.
        StorageError: the default storage does not take the copy of the catalogue.
    """
    started_at, start = utc_now(), time.monotonic()
    if data.task == "vacuum":
        before, after = await vacuum(ctx)
        done = Maintenance(
            data.task,
            started_at,
            0.0,
            f"The catalogue takes {human_size(after)} now, {human_size(before)} before.",
            {"before": before, "after": after},
        )
    elif data.task == "verify":
        done = await _verify(ctx, started_at, actor)
    elif data.task == "copy":
        copy = await copy_catalogue(ctx, started_at)
        text = f"The catalogue lies in {copy.where} as {copy.key}, {human_size(copy.size)}."
        done = Maintenance(data.task, started_at, 0.0, text, {"size": copy.size, "removed": copy.removed})
    else:
        done = await _clean_up(ctx, started_at, data)
    return replace(done, duration=time.monotonic() - start)


async def _verify(ctx: Context, started_at: datetime, actor: str) -> Maintenance:
    async with ctx.catalogue.transaction() as session:
        queued = await queue_newest(session, ctx, actor)
    backups = len({verification.backup_id for verification in queued})
    message = f"{len(queued)} copies of the newest backups of {backups} databases are read again."
    return Maintenance("verify", started_at, 0.0, message, {"backups": backups, "copies": len(queued)})


async def _clean_up(ctx: Context, started_at: datetime, data: MaintenanceInput) -> Maintenance:
    details: list[str] = []
    if data.dry_run:
        report, details = await plan_cleanup(ctx, started_at)
        message = f"{report.backups} backups ({human_size(report.size)}) would be deleted."
    else:
        report = await clean_up(ctx, started_at, accept=data.accept_clock)
        message = report.summary()
    figures = {"backups": report.backups, "size": report.size, "records": report.records, "logLines": report.lines}
    return Maintenance("cleanup", started_at, 0.0, message, figures, report.problems, details)


async def vacuum(ctx: Context) -> tuple[int, int]:
    """Write the catalogue anew without its gaps; return its size before and after, in bytes.

    Raises ConflictError: there is not enough room for a second copy of it, or it is too busy.
    """
    before, after = await ctx.catalogue.compact()
    logger.bind(category="application").info("Vacuum: {} before, {} after", human_size(before), human_size(after))
    return before, after
