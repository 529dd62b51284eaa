"""Looks through uploads once they have come, and removes those that nobody wants any more."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
from loguru import logger
from sqlalchemy import select

from dbbackup.core import manifest as manifests
from dbbackup.core.errors import AppError, IntegrityError
from dbbackup.db.models import RestoreUpload, UploadState
from dbbackup.db.models.base import utc_now
from dbbackup.engines.dump_facts import DumpFacts
from dbbackup.engines.values import Command, ReaderCheck
from dbbackup.pipeline.process import Workshop
from dbbackup.pipeline.upload_check import Checked, check_upload
from dbbackup.services import upload_files
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.encryption import private_keys
from dbbackup.services.storages import UPLOADS
from dbbackup.services.uploads import is_used

_IDLE_SECONDS = 30.0
_MIB = 1 << 20
_log = logger.bind(category="restore")


async def check_uploads(ctx: Context) -> None:
    """Look through every upload that waits for it, one after the other; then wait for the next."""
    ctx.runtime.uploads.clear()
    async with ctx.catalogue.sessions() as session:
        query = select(RestoreUpload).where(RestoreUpload.state == UploadState.CHECKING)
        waiting = list(await session.scalars(query.order_by(RestoreUpload.created_at)))
    for upload in waiting:
        await _check(ctx, upload)
    with suppress(TimeoutError):
        async with asyncio.timeout(_IDLE_SECONDS):
            await ctx.runtime.uploads.wait()


async def expire_uploads(ctx: Context) -> None:
    """Remove uploads that were not touched for the set time, and folders that belong to none."""
    expired = []
    async with ctx.catalogue.transaction() as session:
        limit = utc_now() - timedelta(hours=ctx.live.upload_expiry_hours)
        for upload in await session.scalars(select(RestoreUpload).where(RestoreUpload.touched_at < limit)):
            if upload.id in ctx.runtime.receiving or await is_used(session, upload.id):
                continue
            _log.info("The upload {} was not used for {} hours: removed", upload.id, ctx.live.upload_expiry_hours)
            await session.delete(upload)
            announce(session, ctx, "upload", upload.id, "deleted")
            expired.append(upload.id)
    there = await upload_files.old_folders(ctx)
    async with ctx.catalogue.sessions() as session:
        known = set(await session.scalars(select(RestoreUpload.id)))
    for name in (set(there) | set(expired)) - known:
        await upload_files.remove(ctx, name)


async def _check(ctx: Context, upload: RestoreUpload) -> None:
    folder = ctx.settings.work_path / f"check-{upload.id}"
    checked: Checked | None = None
    error: AppError | None = None
    try:
        await asyncio.to_thread(folder.mkdir, 0o700, parents=True, exist_ok=True)
        checked = await _read(ctx, upload, folder)
        _compare(upload, checked)
    except AppError as failure:
        error = failure
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    async with ctx.catalogue.transaction() as session:
        row = await session.get(RestoreUpload, upload.id)
        if row is None:
            return
        row.touched_at = utc_now()
        row.state = UploadState.READY if error is None else UploadState.REFUSED
        if error is not None:
            row.error_code, row.error_message = error.code, error.message
        if checked is not None:
            row.facts = msgspec.to_builtins(checked.facts)
            row.encryption, row.compression = checked.encryption, checked.compression
            row.sha256 = checked.sha256
            row.plain_size, row.plain_sha256 = checked.plain_size, checked.plain_sha256
        announce(session, ctx, "upload", row.id, "updated")


async def _read(ctx: Context, upload: RestoreUpload, folder: Path) -> Checked:
    storage = await ctx.storages.open(UPLOADS)
    workshop = Workshop(folder, f"{ctx.instance_id}:{upload.id}", ctx.settings.timezone)
    keys = await private_keys(ctx, workshop)
    return await check_upload(
        storage.read(upload_files.key_of(upload.id)),
        keys.age,
        keys.openpgp,
        ctx.live.upload_max_unpacked_mib * _MIB,
        lambda facts: _reader(ctx, facts),
        workshop,
    )


def _reader(ctx: Context, facts: DumpFacts) -> Command:
    """Return the pg_restore that reads an archive of this pg_dump. Raises ToolMissingError."""
    engine = ctx.engines["postgresql"]
    check = engine.end_check("database", engine.choose_tools(facts.tool.rpartition(" ")[2]))
    if not isinstance(check, ReaderCheck):
        raise TypeError("An archive's end is found by reading it")
    return replace(check.command, argv=(check.command.argv[0], "--file=-"))


def _compare(upload: RestoreUpload, checked: Checked) -> None:
    """Hold what came against what was announced. Raises IntegrityError."""
    if upload.expected_sha256 not in (None, checked.sha256):
        raise IntegrityError(
            f"The file that came is not the one announced: its SHA-256 is {checked.sha256}. Upload it again."
        )
    if upload.manifest is None:
        return
    main = manifests.from_dict(upload.manifest).main
    if (main.sha256, main.plain_sha256) != (checked.sha256, checked.plain_sha256):
        raise IntegrityError(
            f"The file is not {main.file}, of which the manifest is: the SHA-256 differs. Upload the file that lies "
            "beside this manifest."
        )
