"""The recovery kit: all that is needed to restore the newest backups with standard tools, in one ZIP."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core import signing
from dbbackup.core.errors import ValidationError
from dbbackup.core.manifest import Manifest
from dbbackup.core.secret import Secret
from dbbackup.db.models import BackupCopy, BackupExecution, CopyState, EncryptionKey, RunStatus, S3Config
from dbbackup.db.models.base import utc_now
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.downloads import sibling
from dbbackup.services.encryption_keys import file_name, open_private, private_file
from dbbackup.services.recovery_text import CHECK_MANIFEST, how_to, section
from dbbackup.services.verification_inputs import RecoveryKitInput

NEWEST = 3
"""Backups of each database whose manifests are in the kit."""


@dataclass(frozen=True, slots=True)
class Kit:
    """The ZIP and its name; secret, for it holds the private keys."""

    file_name: str
    data: bytes


async def make_kit(session: AsyncSession, ctx: Context, data: RecoveryKitInput) -> Kit:
    """Put the kit together; the private keys in it count as downloaded from now on.

    Raises:
        ValidationError: it is not confirmed.
    """
    if not data.confirm:
        raise ValidationError.of(
            "confirm", "The kit holds the private keys of all encrypted backups: send confirm: true to go on."
        )
    now = utc_now()
    keys = await _keys(session, ctx)
    lines, sections = [], []
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        async for manifest, places in _backups(session, ctx):
            path = f"manifests/{manifest.source.slug}/{manifest.file_name}"
            _put(archive, path, manifests.encode(manifest).decode())
            lines.append(_line(manifest, places))
            sections.append(section(manifest, places))
        public = ctx.signing_key.public_key
        _put(archive, "README.md", how_to(ctx.instance_id, signing.fingerprint(public), sections, sorted(keys), now))
        _put(archive, "signing-key.pem", signing.pem(public))
        _put(archive, "check-manifest.sh", CHECK_MANIFEST)
        _put(archive, "index.json", json.dumps(lines, indent=2) + "\n")
        for name, key in keys.items():
            _put(archive, f"keys/{name}", key.reveal())
    return Kit(f"recovery-kit_{ctx.instance_id}_{now:%Y%m%d}.zip", output.getvalue())


async def _keys(session: AsyncSession, ctx: Context) -> dict[str, Secret]:
    """Return the key files by name. Keys whose private part is not here cannot be in it."""
    found: dict[str, Secret] = {}
    for key in await session.scalars(select(EncryptionKey).order_by(EncryptionKey.id)):
        private = open_private(ctx, key)
        if private is None:
            continue
        name = file_name(key)
        found[name if name not in found else f"{key.id}-{name}"] = private_file(key, private)
        key.downloaded_at = utc_now()
        announce(session, ctx, "encryption-key", key.id, "updated")
    await session.flush()
    return found


async def _backups(session: AsyncSession, ctx: Context) -> AsyncIterator[tuple[Manifest, list[dict[str, str]]]]:
    """Yield the manifest and the places of the newest good backups of each database, the newest first.

    Read one at a time: manifests of thousands of tables are large.
    """
    place = func.row_number().over(
        partition_by=(BackupExecution.database_id, BackupExecution.database_name), order_by=BackupExecution.id.desc()
    )
    ranked = (
        select(BackupExecution.id, place.label("place"))
        .where(
            BackupExecution.status == RunStatus.COMPLETED,
            BackupExecution.deleted_at.is_(None),
            BackupExecution.damage.is_(None),
        )
        .subquery()
    )
    query = (
        select(BackupExecution.id)
        .join(ranked, ranked.c.id == BackupExecution.id)
        .where(ranked.c.place <= NEWEST)
        .order_by(BackupExecution.database_name, BackupExecution.id.desc())
    )
    configs = {config.id: config for config in await session.scalars(select(S3Config))}
    for id_ in (await session.scalars(query)).all():
        copies = select(BackupCopy).where(BackupCopy.backup_id == id_, BackupCopy.state == CopyState.COMPLETE)
        places = [_place(ctx, c, configs) for c in await session.scalars(copies.order_by(BackupCopy.position))]
        known = await session.scalar(select(BackupExecution.manifest).where(BackupExecution.id == id_))
        if places and known:
            yield manifests.from_dict(known), places


def _place(ctx: Context, copy: BackupCopy, configs: dict[str, S3Config]) -> dict[str, str]:
    folder = sibling(copy, "").rstrip("/")
    if copy.s3_config_id is None:
        return {"kind": "local", "folder": str(ctx.settings.storage_path / folder)}
    config = configs[copy.s3_config_id]
    prefix = "/".join(filter(None, (config.path_prefix, folder)))
    return {"kind": "s3", "bucket": config.bucket, "endpoint": config.endpoint or "", "prefix": prefix}


def _line(manifest: Manifest, places: list[dict[str, str]]) -> dict[str, Any]:
    return {
        "database": manifest.source.config_name,
        "engine": manifest.source.engine,
        "serverVersion": manifest.source.server_version,
        "madeAt": manifest.started_at.isoformat(),
        "files": [part.file for part in manifest.parts],
        "manifest": manifest.file_name,
        "recipients": manifest.recipients,
        "places": places,
    }


def _put(archive: zipfile.ZipFile, name: str, text: str) -> None:
    info = zipfile.ZipInfo(name, date_time=utc_now().timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    # whoever unpacks it gets private keys that nobody else may read, and a script that runs
    info.external_attr = (0o700 if name.endswith(".sh") else 0o600) << 16
    archive.writestr(info, text)
