"""What is written beside an object so that rules and people can tell backups apart in a bucket."""

from __future__ import annotations

from datetime import UTC, datetime

from dbbackup.core.naming import slug
from dbbackup.db.models import BackupExecution, BackupSchedule
from dbbackup.services.context import Context


async def object_tags(ctx: Context, backup: BackupExecution, database: str, started: datetime) -> dict[str, str]:
    """Return the tags database, type, time and, for a scheduled backup, schedule.

    Services allow few characters in tags: names go in as slugs.
    """
    tags = {
        "database": database,
        "type": backup.type,
        "time": started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if backup.schedule_id:
        async with ctx.catalogue.sessions() as session:
            schedule = await session.get(BackupSchedule, backup.schedule_id)
        if schedule:
            tags["schedule"] = slug(schedule.name)
    return tags
