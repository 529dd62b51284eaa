"""What is in a backup, and what of it a selection takes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core.errors import AppError, ConflictError
from dbbackup.core.manifest import Manifest
from dbbackup.engines.contents import Chosen, ContentsObject, ContentsReader, selection_of
from dbbackup.engines.values import Finding
from dbbackup.pipeline.contents import read_contents
from dbbackup.pipeline.restore import StoredBackup
from dbbackup.services.context import Context
from dbbackup.services.encryption import private_keys
from dbbackup.services.inputs import ContentsInput, RestorePlanInput
from dbbackup.services.restore_sources import Source, find_source


async def list_contents(
    session: AsyncSession, ctx: Context, data: ContentsInput, actor: str
) -> tuple[Source, list[ContentsObject]]:
    """Return the objects of a backup or of another source.

    Raises:
        NotFoundError, ConflictError, ValidationError: there is no such source, or none to choose from.
        RestoreError, StorageError: it cannot be opened or read.
    """
    plan = RestorePlanInput(database_id="", backup_id=data.backup_id, copy_id=data.copy_id, source=data.source)
    source = await find_source(session, ctx, plan, None, actor)
    return source, (await _read(ctx, source)).objects()


async def narrowed(ctx: Context, source: Source, options: dict[str, Any]) -> tuple[Source, list[Finding]]:
    """Return the source with a manifest of what the options' selection takes only, and what is to be said of it."""
    selection = selection_of(options)
    if selection is None or not _has_contents(source.manifest):
        return source, []
    try:
        chosen = (await _read(ctx, source)).choose(selection)
    except AppError as error:
        return source, [Finding("error", "selection-unread", f"What is in the backup cannot be read: {error.message}")]
    return replace(source, manifest=_chosen_only(source.manifest, chosen), signed=source.manifest), chosen.findings


def _chosen_only(manifest: Manifest, chosen: Chosen) -> Manifest:
    facts, names = manifest.source, set(chosen.tables)
    properties = dict(facts.properties)
    if chosen.owners is not None:
        # the database itself keeps its owner and its grants
        acl = properties.get("acl") or []
        own = [properties["owner"]] if properties.get("owner") else []
        properties["roleUses"] = {
            **properties.get("roleUses", {"others": []}),
            "owners": sorted({*chosen.owners, *own}),
            "grantees": sorted({*chosen.grantees, *(e[k] for e in acl for k in ("grantee", "grantor") if e[k])}),
        }
        properties["largeObjects"] = False
    extensions = [text for text in facts.extensions if text.rpartition(" ")[0] in chosen.extensions]
    tables = [table for table in facts.tables if (table.schema, table.name) in names]
    source = structs.replace(facts, tables=tables, extensions=extensions, properties=properties)
    return structs.replace(manifest, source=source)


async def _read(ctx: Context, source: Source) -> ContentsReader:
    manifest = source.manifest
    if not _has_contents(manifest):
        raise ConflictError("Plain SQL has no list of contents: it can be restored as a whole only.")
    reader = ctx.engines[manifest.source.engine].contents_reader(manifest)
    keys = await private_keys(ctx)
    storage = await ctx.storages.open(source.storage_id)
    backup = StoredBackup(
        manifest=manifest,
        storage=storage,
        key=source.key,
        version=source.version,
        identities=keys.age,
        openpgp=keys.openpgp,
    )
    await read_contents(backup, reader)
    return reader


def _has_contents(manifest: Manifest) -> bool:
    """An archive has, and a dump of the MySQL family; plain SQL of PostgreSQL and free scripts have not."""
    return manifest.main.format == "pg_custom" or (
        manifest.main.format == "sql" and manifest.source.engine != "postgresql"
    )
