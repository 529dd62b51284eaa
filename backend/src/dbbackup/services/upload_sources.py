"""An upload as the source of a restore: its manifest, given with it or made of what the file itself tells."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup import __version__
from dbbackup.core import manifest as manifests
from dbbackup.core.errors import ConflictError, RestoreError, ValidationError
from dbbackup.core.manifest import Manifest, PartFacts, SourceFacts, TableFacts
from dbbackup.db.models import DatabaseConfig, RestoreUpload, UploadState
from dbbackup.db.models.base import utc_now
from dbbackup.engines.dump_facts import DumpFacts
from dbbackup.services.upload_files import FILE
from dbbackup.services.uploads import get_upload

_ENGINE_NAMES = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB"}
# What the MySQL family's checks ask of every source, when the source says nothing.
_NOTHING_KNOWN: dict[str, Any] = {
    "characterSet": "utf8mb4",
    "collation": "utf8mb4_general_ci",
    "collations": [],
    "engines": [],
    "nonTransactional": [],
    "generated": [],
    "views": [],
    "sequences": [],
    "systemVersioned": [],
    "events": 0,
    "routines": 0,
    "triggers": 0,
    "lowerCaseTableNames": 0,
    "maxAllowedPacket": 0,
    "sqlMode": "",
}


async def ready_upload(session: AsyncSession, upload_id: str) -> RestoreUpload:
    """Return an upload that can be restored; it lives longer by that.

    Raises:
        NotFoundError, ConflictError: there is none, it is not whole yet or was not looked through.
        ValidationError: it was refused.
    """
    upload = await get_upload(session, upload_id)
    if upload.state == UploadState.REFUSED:
        raise ValidationError.of("source.uploadId", f"{upload.name} cannot be restored: {upload.error_message}")
    if upload.state != UploadState.READY:
        words = {UploadState.UPLOADING: "not all of it has come", UploadState.CHECKING: "it is being checked"}
        raise ConflictError(f"{upload.name} cannot be restored yet: {words[UploadState(upload.state)]}.")
    upload.touched_at = utc_now()
    return upload


def upload_manifest(upload: RestoreUpload, config: DatabaseConfig | None) -> Manifest:
    """Return the manifest of a ready upload; for a script of no certain kind it is as of the target's.

    Raises:
        ConflictError: a script, and no target is known.
    """
    part = _part(upload)
    if upload.manifest is not None:
        given = manifests.from_dict(upload.manifest)
        main = structs.replace(part, format=given.main.format, tool=given.main.tool)
        # the roles, and other files of the backup, did not come along
        return structs.replace(given, parts=[main], encryption=upload.encryption)
    facts = facts_of(upload)
    engine = facts.engine or (config.type if config else None)
    if engine is None:
        raise ConflictError("A script has no list of contents.")
    return Manifest(
        backup_id=upload.id,
        instance_id="",
        run_id="",
        type="manual",
        label=None,
        started_at=upload.created_at,
        completed_at=upload.created_at,
        compression=upload.compression or "none",
        compression_level=None,
        encryption=upload.encryption,
        options={},
        source=_source(upload, facts, engine, config),
        parts=[part],
        product_version=__version__,
    )


def facts_of(upload: RestoreUpload) -> DumpFacts:
    """Return what the file turned out to be. Raises RestoreError when it was never looked through."""
    if upload.facts is None:
        raise RestoreError(f"{upload.name} was not looked through yet.")
    return msgspec.convert(upload.facts, DumpFacts)


def _part(upload: RestoreUpload) -> PartFacts:
    facts = facts_of(upload)
    return PartFacts(
        name="database",
        format=facts.format,
        file=FILE,
        size=upload.size,
        sha256=upload.sha256 or "",
        plain_size=upload.plain_size or 0,
        plain_sha256=upload.plain_sha256 or "",
        tool=facts.tool,
    )


def _source(upload: RestoreUpload, facts: DumpFacts, engine: str, config: DatabaseConfig | None) -> SourceFacts:
    properties = {**_defaults(engine, config), **facts.properties}
    return SourceFacts(
        config_id="",
        config_name=upload.name,
        slug="",
        engine=engine,
        server_version=facts.server_version,
        host="",
        port=0,
        database=facts.database,
        size=upload.plain_size or 0,
        tables=[TableFacts(schema=s, name=n, rows=0, rows_exact=False, size=0) for s, n in facts.tables],
        roles=facts.roles,
        extensions=facts.extensions,
        properties=properties,
    )


def _defaults(engine: str, config: DatabaseConfig | None) -> dict[str, Any]:
    if engine != "postgresql":
        return _NOTHING_KNOWN
    # the new database belongs to whoever restores: a dump does not say whose the original was
    return {"encoding": "UTF8", "owner": config.username if config else "", "roleUses": {}}


def kind_of(upload: RestoreUpload) -> str | None:
    """Say in words what an upload is; None when it was not looked through."""
    if upload.facts is None:
        return None
    facts = facts_of(upload)
    layers = [word for word in (upload.compression, upload.encryption) if word and word != "none"]
    if facts.format == "pg_custom":
        words = "PostgreSQL archive (pg_dump)"
    else:
        words = f"{_ENGINE_NAMES[facts.engine]} dump (SQL)" if facts.engine else "SQL script"
    if facts.server_version:
        layers.insert(0, f"server {facts.server_version}")
    return ", ".join([words, *layers])
