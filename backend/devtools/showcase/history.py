"""A year of backups written into a catalogue: one a day, as a policy would have left them."""

from __future__ import annotations

import math
import random
import secrets
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.naming import RUN_LENGTH, new_id, random_token
from dbbackup.db.models import BackupCopy, BackupExecution, BackupSchedule, CopyState, DatabaseConfig, RunStatus
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import Catalogue

DAYS = 365
_KEPT_DAYS = 35
_FAILED = 0.012
_REFUSED = ("DATABASE_UNREACHABLE", "The server did not answer within 10 s.")


@dataclass(frozen=True, slots=True)
class _Past:
    """What the backups of one database have in common."""

    database: DatabaseConfig
    model: BackupExecution
    """A real backup: the others are like it."""
    schedule_id: str | None
    s3_config_id: str
    chance: random.Random


async def write_history(place: Path | CatalogueUrl, models: Sequence[str], s3_config_id: str) -> None:
    """Give the database of each of these real backups another one for each day of a year.

    Those that a policy would have deleted since are deleted, but for the first of a month. The files do not exist.
    """
    catalogue = Catalogue(place)
    chance = random.Random(11)
    async with catalogue.transaction() as session:
        for model in [await session.get_one(BackupExecution, one) for one in models]:
            database = await session.get_one(DatabaseConfig, model.database_id)
            schedule = select(BackupSchedule.id).where(BackupSchedule.database_id == database.id).limit(1)
            session.add_all(_year(_Past(database, model, await session.scalar(schedule), s3_config_id, chance)))
    await catalogue.close()


def _year(past: _Past) -> Iterator[BackupExecution]:
    chance, size = past.chance, past.model.size or 1
    last_night = utc_now().replace(hour=2, minute=0, second=0, microsecond=0)
    if last_night > utc_now() - timedelta(hours=1):
        last_night -= timedelta(days=1)
    added = chance.randint(0, 60)
    for age in range(DAYS - added):
        began = last_night - timedelta(days=age, seconds=-chance.randint(0, 40))
        # It has doubled within the year, in steps of no two equal weeks.
        grown = size * (2 ** (-age / DAYS)) * (1 + 0.02 * math.sin(age / 9) + 0.01 * chance.random())
        failed = age > 1 and chance.random() < _FAILED
        yield _backup(past, began, int(grown), failed)


def _backup(past: _Past, began: datetime, size: int, failed: bool) -> BackupExecution:
    database = past.database
    duration = (past.model.duration or 1) * (0.8 + size / (past.model.size or 1) * (1 + 0.2 * past.chance.random()))
    ended = began + timedelta(seconds=duration)
    age = (utc_now() - began).days
    gone = not failed and age > _KEPT_DAYS and began.day != 1
    state = CopyState.FAILED if failed else CopyState.DELETED if gone else CopyState.COMPLETE
    name = f"{database.slug}_daily_{began:%Y%m%d_%H%M%S}.dump.gz"
    copies = [
        BackupCopy(
            id=new_id(),
            position=position,
            s3_config_id=place,
            bucket=place and "showcase",
            key=f"{database.slug}/{began:%Y/%m}/{name}",
            size=None if failed else size,
            state=state,
            seen_at=utc_now(),
            checked_at=utc_now(),
        )
        for position, place in enumerate((None, past.s3_config_id))
    ]
    return BackupExecution(
        id=_id_at(began),
        database_id=database.id,
        database_name=database.name,
        schedule_id=past.schedule_id,
        slot=began.replace(second=0) if past.schedule_id else None,
        engine=database.type,
        run_token=random_token(RUN_LENGTH),
        type="daily",
        status=RunStatus.FAILED if failed else RunStatus.COMPLETED,
        file_name=name,
        created_at=began,
        started_at=began,
        completed_at=ended,
        duration=duration,
        size=None if failed else size,
        plain_size=None if failed else size * 3,
        compression="gzip",
        server_version=past.model.server_version,
        tool_version=past.model.tool_version,
        manifest=None if failed else past.model.manifest,
        verified_level=None if failed else 0,
        error_code=_REFUSED[0] if failed else None,
        error_message=_REFUSED[1] if failed else None,
        copies=copies,
        deleted_at=ended + timedelta(days=_KEPT_DAYS) if gone else None,
        deleted_by="retention" if gone else None,
        deleted_reason="It is beyond the limits of its policy." if gone else None,
    )


def _id_at(moment: datetime) -> str:
    """Return a UUIDv7 of that time: the newest backup is the one with the highest id."""
    value = int(moment.timestamp() * 1000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return str(uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62))
