"""Changes ENCRYPTION_KEY: all that is sealed with the old one is sealed with the new one, in one transaction."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Column, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.access import COMMAND_LINE
from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.crypto import Sealer, derive_key, key_version, new_salt
from dbbackup.core.errors import NotFoundError, ValidationError
from dbbackup.core.secret import Secret
from dbbackup.db.lock import lock_catalogue
from dbbackup.db.migrate import migrate, schema_of
from dbbackup.db.models import SystemSetting
from dbbackup.db.models.base import Base
from dbbackup.services import audit
from dbbackup.services.access_commands import opened_catalogue
from dbbackup.services.bootstrap import SALT
from dbbackup.settings import Settings

_SUFFIX = "_sealed"


@dataclass(frozen=True, slots=True)
class Rotation:
    """The version of the key that seals now, and how many secrets it sealed anew."""

    version: int
    secrets: int


def sealed_columns() -> Iterator[Column[Any]]:
    """Yield every column that holds sealed text: by rule those whose names end in `_sealed`."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith(_SUFFIX):
                yield column


async def rotate_key(settings: Settings, new_key: Secret) -> Rotation:
    """Change the key. Whatever ends the process in between, the old key then still opens everything.

    Raises:
        NotFoundError: there is no catalogue.
        ConflictError: the program runs on it.
        ValidationError: the old key is not the catalogue's, or the new one is the same.
        InternalError: something stored does not open with the old key; nothing is changed.
    """
    if new_key == settings.encryption_key:
        raise ValidationError.of(
            "NEW_ENCRYPTION_KEY", "NEW_ENCRYPTION_KEY is the same as ENCRYPTION_KEY. Nothing was changed."
        )
    place = settings.catalogue
    if isinstance(place, Path) and not place.exists():
        raise NotFoundError(f"There is no catalogue at {place}: check DATABASE_PATH.")
    with lock_catalogue(place):
        if isinstance(place, CatalogueUrl) and await asyncio.to_thread(schema_of, place) is None:
            raise NotFoundError(f"There is no catalogue in the database {place}: check DATABASE_URL.")
        await migrate(place)
        async with opened_catalogue(settings) as ctx:
            salt = new_salt()
            version = ctx.sealer.version + 1
            sealer = Sealer({version: await asyncio.to_thread(derive_key, new_key, salt)})
            async with ctx.catalogue.transaction() as session:
                if isinstance(place, Path):
                    # What is overwritten is overwritten on the disk, too: the old key may be known to somebody.
                    await session.execute(text("PRAGMA secure_delete=ON"))
                await _store_salt(session, salt)
                secrets = await _reseal_settings(session, ctx.sealer, sealer)
                for column in sealed_columns():
                    secrets += await _reseal_column(session, column, ctx.sealer, sealer)
                await audit.record(session, ctx, COMMAND_LINE, "rotateKey", keyVersion=version, secrets=secrets)
            if isinstance(place, CatalogueUrl):
                # PostgreSQL keeps the rows as they were until the tables are written anew.
                await ctx.catalogue.compact()
    return Rotation(version, secrets)


async def _store_salt(session: AsyncSession, salt: bytes) -> None:
    """Come first: a change takes the lock for writing, so nothing is written between our reading and our commit."""
    value = base64.b64encode(salt).decode()
    await session.execute(update(SystemSetting).where(SystemSetting.key == SALT).values(value=value))


async def _reseal_settings(session: AsyncSession, old: Sealer, new: Sealer) -> int:
    """Seal the settings anew that hold sealed text, known by its shape; it is bound to their names."""
    table = Base.metadata.tables[SystemSetting.__tablename__]
    rows = (await session.execute(select(table.c.key, table.c.value))).all()
    sealed = [(key, value) for key, value in rows if key_version(value) is not None]
    return await _reseal(session, table.c.key, table.c.value, sealed, old, new)


async def _reseal_column(session: AsyncSession, column: Column[Any], old: Sealer, new: Sealer) -> int:
    name = column.table.c.id
    rows = (await session.execute(select(name, column).where(column.is_not(None)))).all()
    return await _reseal(session, name, column, rows, old, new)


async def _reseal(
    session: AsyncSession,
    name: Column[str],
    column: Column[Any],
    rows: Sequence[tuple[str, str]],
    old: Sealer,
    new: Sealer,
) -> int:
    table = column.table
    for row, sealed in rows:
        secret = old.open(sealed, table=table.name, row_id=row, column=column.name)
        value = new.seal(secret, table=table.name, row_id=row, column=column.name)
        # The record itself is as old as it was.
        changed = {column.name: value, "updated_at": table.c.updated_at}
        await session.execute(update(table).where(name == row).values(changed))
    return len(rows)
