"""Uploads to restore from: begin, take in piece by piece, list, remove; and scripts that were pasted."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from dbbackup.core import manifest as manifests
from dbbackup.core.errors import ConflictError, NotFoundError, RestoreError, ValidationError
from dbbackup.core.manifest import Manifest
from dbbackup.core.naming import new_id
from dbbackup.core.sizes import human_size
from dbbackup.db.models import RestoreExecution, RestoreUpload, RunStatus, UploadState
from dbbackup.db.models.base import utc_now
from dbbackup.db.session import after_commit
from dbbackup.pipeline.upload_check import check_text
from dbbackup.services import upload_files
from dbbackup.services.changes import announce
from dbbackup.services.context import Context
from dbbackup.services.upload_inputs import RestoreUploadInput

MAX_NAME_BYTES = 255
_MIB = 1 << 20
_RESERVE = 64 * _MIB
"""Bytes left free for the catalogue and the logs."""


async def create_upload(session: AsyncSession, ctx: Context, data: RestoreUploadInput, actor: str) -> RestoreUpload:
    """Begin an upload.

    Raises:
        ValidationError: the name, the size or the manifest cannot be accepted.
        ConflictError: there is no room for it.
        StorageError: nothing can be written.
    """
    check_name(data.name)
    most = ctx.live.upload_max_mib * _MIB
    if data.size > most:
        text = f"The file has {human_size(data.size)}; {human_size(most)} are allowed (setting restore.uploadMaxMib)."
        raise ValidationError.of("size", text)
    manifest = _read_manifest(data)
    free = await upload_files.free_space(ctx)
    if free < data.size + _RESERVE:
        raise ConflictError(
            f"The file has {human_size(data.size)}, and only {human_size(free)} are free where uploads are kept. Free "
            "some space, or restore from S3: that needs none."
        )
    upload = RestoreUpload(
        id=new_id(),
        name=data.name,
        size=data.size,
        expected_sha256=data.sha256.lower() if data.sha256 else None,
        manifest=manifests.to_dict(manifest) if manifest else None,
        created_by=actor,
    )
    await upload_files.create(ctx, upload.id)
    session.add(upload)
    await session.flush()
    announce(session, ctx, "upload", upload.id, "created")
    return upload


async def receive(ctx: Context, upload_id: str, offset: int, body: AsyncIterator[bytes], most: int) -> RestoreUpload:
    """Take in bytes at the offset, at most `most`; the last ones end the upload, and it waits to be checked.

    Raises:
        NotFoundError, ConflictError: there is no such upload, it has ended, another request writes to it, or its next
            byte is another one.
        ValidationError: more comes than was announced.
        StorageError: it cannot be written.
    """
    if upload_id in ctx.runtime.receiving:
        raise ConflictError("Another request is sending to this upload. Ask for its offset, and go on from there.")
    ctx.runtime.receiving.add(upload_id)
    try:
        # No session is held while bytes come: that may take as long as the network wants.
        async with ctx.catalogue.sessions() as session:
            upload = await get_upload(session, upload_id)
        if upload.state != UploadState.UPLOADING:
            raise ConflictError(f"This upload is {upload.state}: nothing can be sent to it any more.")
        there = await upload_files.received(ctx, upload_id)
        if offset != there:
            raise ConflictError(f"The next byte of this upload is number {there}, not {offset}.")
        end = await upload_files.append(ctx, upload_id, offset, _bounded(body, most), upload.size + 1)
        return await _received(ctx, upload_id, end)
    finally:
        ctx.runtime.receiving.discard(upload_id)


async def receive_whole(ctx: Context, name: str, body: AsyncIterator[bytes], at_most: int, actor: str) -> RestoreUpload:
    """Take in a whole file from one request, its size not known before; nothing is left of it when that fails.

    Raises:
        ValidationError, ConflictError, StorageError: as `create_upload` and `receive`.
    """
    async with ctx.catalogue.transaction() as session:
        announced = RestoreUploadInput(name=name, size=max(1, min(at_most, ctx.live.upload_max_mib * _MIB)))
        upload = await create_upload(session, ctx, announced, actor)
    ctx.runtime.receiving.add(upload.id)
    try:
        return await _take_whole(ctx, upload.id, body, announced.size)
    except BaseException:
        async with ctx.catalogue.transaction() as session:
            await session.delete(await get_upload(session, upload.id))
        await upload_files.remove(ctx, upload.id)
        raise
    finally:
        ctx.runtime.receiving.discard(upload.id)


async def get_upload(session: AsyncSession, upload_id: str) -> RestoreUpload:
    """Return an upload. Raises NotFoundError."""
    upload = await session.get(RestoreUpload, upload_id)
    if upload is None:
        raise NotFoundError(f"There is no upload {upload_id}; uploads that are not used are removed after some hours.")
    return upload


async def list_uploads(session: AsyncSession) -> list[RestoreUpload]:
    """Return all uploaded files, newest first; pasted scripts are not among them."""
    query = select(RestoreUpload).where(~RestoreUpload.is_script).order_by(RestoreUpload.created_at.desc())
    return list(await session.scalars(query))


async def delete_upload(session: AsyncSession, ctx: Context, upload_id: str) -> None:
    """Remove an upload and its bytes.

    Raises:
        NotFoundError: there is none.
        ConflictError: a request sends to it, or a restore reads it.
    """
    upload = await get_upload(session, upload_id)
    if upload_id in ctx.runtime.receiving:
        raise ConflictError("A request is sending to this upload: end it first.")
    if await is_used(session, upload_id):
        raise ConflictError("A restore reads this upload: wait for its end, or cancel it.")
    await session.delete(upload)
    await session.flush()
    await upload_files.remove(ctx, upload_id)
    announce(session, ctx, "upload", upload_id, "deleted")


async def check_again(session: AsyncSession, ctx: Context, upload_id: str) -> RestoreUpload:
    """Let a refused upload be looked through once more: the key that was missing may be here now.

    Raises:
        NotFoundError, ConflictError: there is none, it was not refused, or not all of it has come.
    """
    upload = await get_upload(session, upload_id)
    if upload.state != UploadState.REFUSED or await upload_files.received(ctx, upload_id) != upload.size:
        raise ConflictError("Only an upload that was refused, and is whole, can be checked again.")
    upload.state, upload.error_code, upload.error_message = UploadState.CHECKING, None, None
    upload.touched_at = utc_now()
    announce(session, ctx, "upload", upload.id, "updated")
    after_commit(session, ctx.runtime.uploads.set)
    return upload


async def is_used(session: AsyncSession, upload_id: str) -> bool:
    """Tell whether a restore that has not ended is made of it."""
    query = select(RestoreExecution.id).where(
        RestoreExecution.source_key == upload_files.key_of(upload_id),
        RestoreExecution.status.in_((RunStatus.QUEUED, RunStatus.RUNNING)),
    )
    return await session.scalar(query.limit(1)) is not None


async def store_script(session: AsyncSession, ctx: Context, text: str, actor: str) -> RestoreUpload:
    """Keep a script that was pasted; the same text is kept once.

    Raises:
        ValidationError: it is too long, is no text, or is a dump that was cut.
        StorageError: it cannot be written.
    """
    most = ctx.live.script_max_kib * 1024
    data = text.encode("utf-8", "surrogatepass")
    if len(data) > most:
        raise ValidationError.of(
            "source.script",
            f"The script has {human_size(len(data))}; {human_size(most)} are allowed (setting restore.scriptMaxKib). "
            "Upload it as a file.",
        )
    sha256 = hashlib.sha256(data).hexdigest()
    query = select(RestoreUpload).where(RestoreUpload.is_script, RestoreUpload.sha256 == sha256)
    if (known := await session.scalar(query.limit(1))) is not None:
        known.touched_at = utc_now()
        return known
    try:
        facts = check_text(data)
    except RestoreError as error:
        raise ValidationError.of("source.script", error.message) from error
    upload = RestoreUpload(
        id=new_id(),
        name="Script",
        is_script=True,
        size=len(data),
        state=UploadState.READY,
        facts=msgspec.to_builtins(facts),
        compression="none",
        sha256=sha256,
        plain_size=len(data),
        plain_sha256=sha256,
        created_by=actor,
    )
    await upload_files.create(ctx, upload.id)
    await upload_files.append(ctx, upload.id, 0, _once(data), len(data))
    await upload_files.complete(ctx, upload.id)
    session.add(upload)
    await session.flush()
    return upload


def check_name(name: str) -> None:
    """Raise ValidationError unless the name is a plain file name; it is never used as one."""
    problem = None
    with suppress(UnicodeEncodeError):
        if len(name.encode()) > MAX_NAME_BYTES:
            problem = f"is longer than {MAX_NAME_BYTES} bytes"
        elif not name.isprintable() or not name.strip():
            problem = "is empty or holds control characters"
        elif "/" in name or "\\" in name or name in (".", ".."):
            problem = "holds a path: send the bare name of the file"
        if problem is None:
            return
    raise ValidationError.of("name", f"The name {problem or 'is not valid Unicode'}.")


def _read_manifest(data: RestoreUploadInput) -> Manifest | None:
    if data.manifest is None:
        return None
    try:
        manifest = manifests.decode(msgspec.json.encode(data.manifest))
    except ValueError as error:
        raise ValidationError.of("manifest", f"This is no manifest this version can read: {error}.") from error
    if manifest.data_parts:
        raise ValidationError.of(
            "manifest",
            "This backup was dumped with several jobs, its rows lie in several files: one upload cannot hold it. Put "
            "all its files into an S3 bucket and restore from there.",
        )
    if manifest.main.size != data.size:
        raise ValidationError.of(
            "manifest",
            f"The manifest is of {manifest.main.file} with {manifest.main.size} bytes; this file has {data.size}.",
        )
    return manifest


async def _take_whole(ctx: Context, upload_id: str, body: AsyncIterator[bytes], most: int) -> RestoreUpload:
    size = await upload_files.append(ctx, upload_id, 0, body, most + 1)
    if size > most:
        text = f"The file is larger than the {human_size(most)} allowed (setting restore.uploadMaxMib)."
        raise ValidationError.of("file", text)
    if size == 0:
        raise ValidationError.of("file", "The file is empty.")
    async with ctx.catalogue.transaction() as session:
        (await get_upload(session, upload_id)).size = size
    return await _received(ctx, upload_id, size)


async def _received(ctx: Context, upload_id: str, end: int) -> RestoreUpload:
    async with ctx.catalogue.transaction() as session:
        upload = await get_upload(session, upload_id)
        upload.touched_at = utc_now()
        if end > upload.size:
            upload.state = UploadState.REFUSED
            upload.error_code = ValidationError.code
            upload.error_message = f"More bytes came than the {upload.size} that were announced: begin again."
        elif end == upload.size:
            await upload_files.complete(ctx, upload_id)
            upload.state = UploadState.CHECKING
        announce(session, ctx, "upload", upload.id, "updated")
    if upload.state == UploadState.CHECKING:
        ctx.runtime.uploads.set()
    return upload


async def _bounded(body: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    """Pass on no more bytes than one request may send."""
    left = most
    async for chunk in body:
        left -= len(chunk)
        if left < 0:
            raise ValidationError.of("body", f"One request may send {human_size(most)}: send the file in pieces.")
        yield chunk


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
