"""What LocalStorage does when the disk does not play along."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from dbbackup.core.errors import ConflictError, ObjectMissingError, StorageError, ValidationError
from dbbackup.storages import local, local_files
from dbbackup.storages.base import WriteOptions
from dbbackup.storages.local import LocalStorage
from tests.contract.storage_suite import MiB, chunks, content, gather


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def storage(root: Path) -> LocalStorage:
    return LocalStorage(root)


def failing(number: int) -> Any:
    def call(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    return call


def files_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


async def test_files_and_folders_are_private(storage: LocalStorage, root: Path) -> None:
    await storage.write("a/b/c", chunks(10), WriteOptions())
    for folder in (root, root / "a", root / "a/b", root / ".partial"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((root / "a/b/c").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, r"disk of .* is full while writing: \d+ bytes are free, 10485760 more bytes are needed"),
        (errno.EROFS, "read-only file system"),
        (errno.EACCES, "uid"),
        (errno.EIO, "Writing .* failed: Input/output error"),
    ],
)
async def test_write_that_fails_says_what_to_do_and_leaves_nothing(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    monkeypatch.setattr("os.write", failing(number))
    with pytest.raises(StorageError, match=said):
        await storage.write("a/b", chunks(10 * MiB), WriteOptions(expected_size=10 * MiB))
    assert files_below(root) == [".partial"]


async def test_disk_that_is_really_full(storage: LocalStorage) -> None:
    fd = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError) as caught:
            local_files.write_all(fd, b"x")
    finally:
        os.close(fd)
    error = local_files.storage_error(caught.value, Path("/nowhere/at/all"), "writing")
    assert re.search(r"full while writing: \d+ bytes are free\. Delete", error.message)


def test_free_space_that_cannot_be_asked_is_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.statvfs", failing(errno.EIO))
    error = local_files.storage_error(OSError(errno.ENOSPC, "full"), Path("/x"), "writing")
    assert "0 bytes are free" in error.message


async def test_writing_takes_short_writes(storage: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    monkeypatch.setattr("os.write", lambda fd, data: real(fd, data[:70_000]))
    await storage.write("k", chunks(2 * MiB), WriteOptions())
    monkeypatch.undo()
    assert await gather(storage.read("k")) == await content(2 * MiB)


async def test_size_that_differs_from_what_was_written_is_an_error(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "write_all", lambda fd, chunk: None)
    with pytest.raises(StorageError, match="0 bytes, 10 were written"):
        await storage.write("k", chunks(10), WriteOptions())
    assert files_below(root) == [".partial"]


async def test_file_system_without_hard_links_renames_without_replacing(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.link", failing(errno.EPERM))
    await storage.write("a/k", chunks(10), WriteOptions())
    assert files_below(root) == [".partial", "a", "a/k"]
    (root / ".partial/other").write_bytes(b"new")
    with pytest.raises(ConflictError):
        local_files.publish(root / ".partial/other", root / "a/k")
    assert await gather(storage.read("a/k")) == await content(10)


async def test_publishing_that_fails_leaves_nothing(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.link", failing(errno.EIO))
    with pytest.raises(StorageError, match="Publishing"):
        await storage.write("a/k", chunks(10), WriteOptions())
    assert files_below(root) == [".partial"]


async def test_name_that_cannot_be_made_durable_is_taken_back(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await storage.write("a/first", chunks(1), WriteOptions())
    monkeypatch.setattr(local_files, "sync_folder", failing(errno.EIO))
    with pytest.raises(StorageError, match="Input/output"):
        await storage.write("a/k", chunks(10), WriteOptions())
    assert files_below(root) == [".partial", "a", "a/first"]


@pytest.mark.parametrize("step", ["publish", "remove"])
async def test_write_cancelled_while_or_after_publishing_leaves_nothing(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    published, go_on = threading.Event(), threading.Event()
    original = getattr(local_files, step)

    def slow(*arguments: Any) -> None:
        original(*arguments)
        published.set()
        assert go_on.wait(10)

    monkeypatch.setattr(local_files, step, slow)
    writing = asyncio.create_task(storage.write("a/b.json", chunks(2), WriteOptions()))
    assert await asyncio.to_thread(published.wait, 10)
    writing.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert files_below(root) == [".partial"]


async def test_somebody_elses_file_is_not_taken_back(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(partial: Path, final: Path) -> None:
        final.write_bytes(b"another's")
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(local_files, "publish", overtaken)
    with pytest.raises(StorageError):
        await storage.write("a/k", chunks(10), WriteOptions())
    assert (root / "a/k").read_bytes() == b"another's"


async def test_folder_that_vanishes_while_publishing_is_made_again(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = local_files.publish, 0

    def publish(partial: Path, final: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            final.parent.rmdir()
        real(partial, final)

    monkeypatch.setattr(local_files, "publish", publish)
    await storage.write("a/k", chunks(10), WriteOptions())
    assert calls == 2


async def test_partial_file_that_vanishes_is_an_error(storage: LocalStorage, root: Path) -> None:
    async def stream() -> Any:
        yield b"x"
        assert await storage.discard("a/k") == 1

    with pytest.raises(StorageError):
        await storage.write("a/k", stream(), WriteOptions())
    assert files_below(root) == [".partial"]


async def test_folder_that_vanishes_every_time_is_an_error(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_files, "publish", failing(errno.ENOENT))
    with pytest.raises(StorageError, match="No such file"):
        await storage.write("a/k", chunks(10), WriteOptions())


async def test_writeback_is_started_while_writing(storage: LocalStorage, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[int, int]] = []
    monkeypatch.setattr(local_files, "start_writeback", lambda fd, start, length: started.append((start, length)))
    await storage.write("k", chunks(40 * MiB), WriteOptions())
    assert started == [(0, 16 * MiB), (16 * MiB, 16 * MiB)]


async def test_links_are_never_followed(storage: LocalStorage, root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_bytes(b"secret")
    root.mkdir()
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "file").symlink_to(tmp_path / "outside/secret")
    for key in ("folder/secret", "file"):
        for call in (storage.stat(key), storage.delete(key), gather(storage.read(key))):
            with pytest.raises(ValidationError):
                await call
    with pytest.raises(ValidationError):
        await storage.write("folder/new", chunks(1), WriteOptions())
    assert [found async for found in storage.list_objects()] == []
    assert os.listdir(tmp_path / "outside") == ["secret"]


async def test_partial_folder_is_reserved(storage: LocalStorage) -> None:
    with pytest.raises(ValidationError, match="reserved"):
        await storage.stat(".partial/x")


async def test_root_that_is_a_link_is_fine(root: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    root.symlink_to(tmp_path / "real")
    storage = LocalStorage(root)
    await storage.write("k", chunks(1), WriteOptions())
    assert (tmp_path / "real/k").exists()


async def test_key_below_a_file_and_folders_are_not_objects(storage: LocalStorage) -> None:
    await storage.write("a/file", chunks(1), WriteOptions())
    assert await storage.stat("a/file/x") is None
    assert await storage.stat("a") is None
    await storage.delete("a/file/x")
    with pytest.raises(ObjectMissingError):
        await gather(storage.read("a"))
    with pytest.raises(StorageError):
        await storage.write("a/file/x", chunks(1), WriteOptions())


async def test_file_that_shrinks_while_read_is_an_error(storage: LocalStorage, root: Path) -> None:
    await storage.write("k", chunks(3 * MiB), WriteOptions())
    stream = storage.read("k")
    await anext(stream)
    os.truncate(root / "k", MiB)
    with pytest.raises(StorageError, match="shrank"):
        await gather(stream)


async def test_file_that_vanishes_between_looking_and_opening_is_missing(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await storage.write("k", chunks(1), WriteOptions())
    found = (root / "k").stat()
    (root / "k").unlink()
    monkeypatch.setattr(local, "_stat", lambda path: found)
    with pytest.raises(ObjectMissingError):
        await gather(storage.read("k"))


async def test_listing_survives_what_vanishes(storage: LocalStorage, root: Path) -> None:
    for key in ("a/1", "b/1", "c"):
        await storage.write(key, chunks(1), WriteOptions())
    found = local_files.walk(root, "", ".partial/")
    assert next(found)[0] == "a/1"
    (root / "b/1").unlink()
    (root / "b").rmdir()
    (root / "c").unlink()
    assert list(found) == []


async def test_delete_removes_folders_only_while_empty(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await storage.write("a/b/c", chunks(1), WriteOptions())
    await storage.write("a/d", chunks(1), WriteOptions())
    await storage.delete("a/b/c")
    assert files_below(root) == [".partial", "a", "a/d"]
    await storage.delete("a/d")
    assert files_below(root) == [".partial"]
    await storage.delete("not/there")
    await storage.write("a/b", chunks(1), WriteOptions())
    monkeypatch.setattr(Path, "rmdir", failing(errno.EIO))
    with pytest.raises(StorageError, match="Deleting"):
        await storage.delete("a/b")


async def test_shred_overwrites_before_deleting(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = LocalStorage(root, shred=True)
    await storage.write("k", chunks(3 * MiB), WriteOptions())
    (root / "second-name").hardlink_to(root / "k")
    await storage.delete("k")
    data = (root / "second-name").read_bytes()
    assert len(data) == 3 * MiB
    assert data != await content(3 * MiB)
    await storage.delete("k")


async def test_check_tells_what_is_wrong(storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.write", failing(errno.ENOSPC))
    steps = {step.name: step for step in await storage.check()}
    assert [name for name, step in steps.items() if step.ok] == ["reach"]
    assert "is full" in steps["put"].message
    assert steps["delete"].message == "Not tried, because the step put failed."
    monkeypatch.undo()
    monkeypatch.setattr("os.pread", lambda fd, length, offset: b"?" * length)
    steps = {step.name: step for step in await storage.check()}
    assert "other bytes" in steps["readBack"].message
    assert steps["delete"].ok
    await storage.close()


async def test_cancelled_write_waits_for_the_thread_that_writes(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, ended = local_files.write_all, []

    def slow(fd: int, chunk: bytes) -> None:
        import time

        time.sleep(0.2)
        real(fd, chunk)
        ended.append(True)

    monkeypatch.setattr(local_files, "write_all", slow)
    write = asyncio.create_task(storage.write("k", chunks(10), WriteOptions()))
    await asyncio.sleep(0.1)
    write.cancel()
    with pytest.raises(asyncio.CancelledError):
        await write
    assert ended == [True]
    assert files_below(root) == [".partial"]


async def test_check_when_cancelled_in_the_middle_leaves_nothing(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = asyncio.Event()
    read = LocalStorage.read

    def slow(self: LocalStorage, key: str) -> Any:
        reading.set()
        return read(self, key)

    monkeypatch.setattr(LocalStorage, "read", slow)
    check = asyncio.create_task(storage.check())
    await reading.wait()
    check.cancel()
    with pytest.raises(asyncio.CancelledError):
        await check
    assert files_below(root) == [".partial"]


@pytest.mark.parametrize("operation", ["read", "write"])
async def test_cancelled_while_a_thread_opens_the_file_then_it_is_closed_again(
    storage: LocalStorage, root: Path, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    await storage.write("old", chunks(10), WriteOptions())
    opening, go, real, opened = threading.Event(), threading.Event(), os.open, []

    def slow(path: Any, flags: int, *rest: Any, **more: Any) -> int:
        fd = real(path, flags, *rest, **more)
        if str(path).startswith(str(root)) and not flags & os.O_DIRECTORY and not opening.is_set():
            opened.append(fd)
            opening.set()
            go.wait(60)
        return fd

    async def work() -> None:
        if operation == "read":
            await gather(storage.read("old"))
        else:
            await storage.write("new", chunks(10), WriteOptions())

    monkeypatch.setattr(os, "open", slow)
    task = asyncio.create_task(work())
    await asyncio.to_thread(opening.wait, 60)
    task.cancel()
    await asyncio.sleep(0.01)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    [fd] = opened
    assert not Path(f"/proc/self/fd/{fd}").exists() or not os.readlink(f"/proc/self/fd/{fd}").startswith(str(root))
