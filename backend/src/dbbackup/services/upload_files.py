"""The bytes of uploads on disk: a folder for each, named by its id, below the data volume's work folder."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from dbbackup.services.context import Context
from dbbackup.storages.local_files import make_folders, storage_error, sync_folder
from dbbackup.storages.offload import in_thread

P = ParamSpec("P")
T = TypeVar("T")

FILE = "data"
_NEW_SECONDS = 600.0


def folder_of(ctx: Context, upload_id: str) -> Path:
    """Return the folder of an upload."""
    return ctx.storages.uploads_path / upload_id


def key_of(upload_id: str) -> str:
    """Return the key of an upload's bytes in the storage of uploads."""
    return f"{upload_id}/{FILE}"


async def received(ctx: Context, upload_id: str) -> int:
    """Return how many bytes of an upload have come."""
    return await in_thread(_size, folder_of(ctx, upload_id) / FILE)


async def free_space(ctx: Context) -> int:
    """Return the bytes that are free where uploads lie."""
    return await ctx.storages.local.free_space() or 0


async def create(ctx: Context, upload_id: str) -> None:
    """Make the folder and the empty file. Raises StorageError."""
    folder = folder_of(ctx, upload_id)
    await _run(_create, folder, folder)


async def append(ctx: Context, upload_id: str, offset: int, body: AsyncIterator[bytes], most: int) -> int:
    """Write what comes at the offset, no more than `most` bytes; return how many bytes there are then.

    What came before a broken connection stays: the sender goes on behind it. Raises StorageError.
    """
    path = folder_of(ctx, upload_id) / FILE
    fd = await _run(os.open, path, path, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        async for chunk in body:
            if chunk:
                await _run(_write, path, fd, memoryview(chunk)[: most - offset], offset)
                offset = min(offset + len(chunk), most)
    finally:
        os.close(fd)
    return offset


async def complete(ctx: Context, upload_id: str) -> None:
    """Make the bytes durable. Raises StorageError."""
    path = folder_of(ctx, upload_id) / FILE
    await _run(_sync, path, path)


async def remove(ctx: Context, upload_id: str) -> None:
    """Remove an upload's folder; removing what is not there is no error."""
    await asyncio.to_thread(shutil.rmtree, folder_of(ctx, upload_id), ignore_errors=True)


async def old_folders(ctx: Context) -> list[str]:
    """Return the names of the folders that were not made just now: a row is committed after its folder is made."""
    return await in_thread(_old_folders, ctx.storages.uploads_path)


async def _run(function: Callable[P, T], path: Path, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a file operation in a thread. Raises StorageError."""
    try:
        return await in_thread(function, *args, **kwargs)
    except OSError as error:
        raise storage_error(error, path, "keeping the upload") from error


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _create(folder: Path) -> None:
    make_folders(folder)
    os.close(os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))


def _write(fd: int, data: memoryview, offset: int) -> None:
    while data:
        written = os.pwrite(fd, data, offset)
        data, offset = data[written:], offset + written


def _sync(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    sync_folder(path.parent)


def _old_folders(root: Path) -> list[str]:
    if not root.is_dir():
        return []
    limit = time.time() - _NEW_SECONDS
    return [entry.name for entry in root.iterdir() if entry.stat().st_mtime < limit]
