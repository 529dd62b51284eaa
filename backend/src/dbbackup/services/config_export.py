"""Exports the configuration of this instance as one file."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup import __version__
from dbbackup.core.secret import Secret
from dbbackup.db.models import EncryptionKey, S3Config
from dbbackup.db.models.base import utc_now
from dbbackup.services import live_settings
from dbbackup.services.changes import announce
from dbbackup.services.config_document import FORMAT, VERSION, ConfigDocument, FileSealer, encode
from dbbackup.services.config_inputs import ConfigExportInput
from dbbackup.services.config_values import ENCRYPTION_KEY, KINDS, Kind, row_values
from dbbackup.services.context import Context


@dataclass(frozen=True, slots=True)
class ExportedConfig:
    """The file and its name."""

    file_name: str
    data: bytes


async def export_config(session: AsyncSession, ctx: Context, data: ConfigExportInput) -> ExportedConfig:
    """Return databases, S3 configs, schedules, policies, channels, keys and the settings of the page.

    Users, API keys, the audit log and the backups themselves stay: see the reference. Private keys that are in the
    file count as downloaded from now on.
    """
    sealer = await asyncio.to_thread(FileSealer, Secret(data.passphrase))
    now = utc_now()
    parts = {kind.part: await _records(session, ctx, kind, sealer) for kind in KINDS}
    if not data.private_keys:
        for key in parts[ENCRYPTION_KEY.part]:
            key.identity = None
    await _note_downloads(session, ctx, {key.id for key in parts[ENCRYPTION_KEY.part] if key.identity})
    settings = await live_settings.list_settings(session, ctx)
    document = ConfigDocument(
        format=FORMAT,
        version=VERSION,
        exported_at=now,
        program=__version__,
        instance_id=ctx.instance_id,
        seal=sealer.info,
        settings={found.spec.key: found.value for found in settings if found.source == "page"},
        mac="",
        **parts,
    )
    return ExportedConfig(f"dbbackup-configuration_{ctx.instance_id}_{now:%Y%m%d}.json", encode(document, sealer))


async def _records(session: AsyncSession, ctx: Context, kind: Kind, sealer: FileSealer) -> list[Any]:
    """Return the records of one kind, the oldest first; of S3 configs the default one first."""
    order = [S3Config.is_default.desc()] if kind.model is S3Config else []
    records = []
    for row in await session.scalars(select(kind.model).order_by(*order, kind.model.id)):
        values = row_values(ctx, kind, row)
        for name in kind.secrets:
            values[name] = sealer.seal(values[name], row.id, name) if values[name] is not None else None
        records.append(kind.record(id=row.id, **values))
    return records


async def _note_downloads(session: AsyncSession, ctx: Context, key_ids: set[str]) -> None:
    for key in await session.scalars(select(EncryptionKey).where(EncryptionKey.id.in_(key_ids))):
        key.downloaded_at = utc_now()
        announce(session, ctx, "encryption-key", key.id, "updated")
    await session.flush()
