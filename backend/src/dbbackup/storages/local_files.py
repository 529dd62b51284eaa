"""The blocking file operations of the local storage; each is called in a thread."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dbbackup.core.errors import ConflictError, StorageError, ValidationError

FILE_MODE = 0o600
FOLDER_MODE = 0o700
_AT_FDCWD = -100
_RENAME_NOREPLACE = 1
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV}
_SHRED_BLOCK = 1 << 20


def storage_error(error: OSError, path: Path, doing: str, needed: int | None = None) -> StorageError:
    """Return the error for the person who has to act; `needed` is the bytes still to be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        want = f", {needed} more bytes are needed" if needed and needed > 0 else ""
        return StorageError(
            f"The disk of {path} is full while {doing}: {_free(path)} bytes are free{want}. "
            "Delete old backups, shorten the retention or give the volume more space."
        )
    if error.errno == errno.EROFS:
        return StorageError(f"{path} is on a read-only file system ({doing}): mount it writable.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return StorageError(
            f"No permission for {doing} {path}: give the folder to the user this service runs as "
            f"(uid {os.getuid()}), mode 0700."
        )
    return StorageError(f"{doing[:1].upper()}{doing[1:]} {path} failed: {error.strerror or error}.")


def _free(path: Path) -> int:
    """Return the free bytes where the path is or would be."""
    for place in (path, *path.parents):
        with suppress(OSError):
            stats = os.statvfs(place)
            return stats.f_bavail * stats.f_frsize
    return 0


def make_folders(folder: Path) -> None:
    """Create the folder and its missing parents (0700), each one's entry made durable."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for new in reversed(missing):
        new.mkdir(mode=FOLDER_MODE, exist_ok=True)
        sync_folder(new.parent)


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable: fsync of a file does not cover its name."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def refuse_symlinks(path: Path) -> None:
    """Raise ValidationError when the path, or a folder on it, is a symbolic link."""
    if Path(os.path.realpath(path)) != path:
        raise ValidationError.of("key", f"{path} leads through a symbolic link, which is never followed.")


def publish(partial: Path, final: Path) -> None:
    """Give the finished file its name, atomically, never over an existing one; ConflictError then.

    `rename` would replace silently, and looking before renaming leaves a gap. A hard link fails
    when the name exists and shows the file whole or not at all; file systems without hard links
    (exFAT, some network mounts) get `renameat2(RENAME_NOREPLACE)`, which promises the same.
    """
    try:
        try:
            os.link(partial, final, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            _rename_without_replacing(partial, final)
        else:
            partial.unlink()
        sync_folder(final.parent)
    except FileExistsError as error:
        raise ConflictError(f"{final} exists already; nothing is overwritten.") from error


def _rename_without_replacing(source: Path, target: Path) -> None:
    """Call renameat2, which Python does not offer."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_FDCWD, bytes(source), _AT_FDCWD, bytes(target), _RENAME_NOREPLACE) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(target))


def write_all(fd: int, chunk: bytes) -> None:
    """Write every byte: `os.write` may write fewer."""
    view = memoryview(chunk)
    while view:
        view = view[os.write(fd, view) :]


def start_writeback(fd: int, start: int, length: int) -> None:
    """Ask the kernel to begin writing the range out, so that the final fsync is not one long stall.

    DONTNEED starts the writing without waiting; pages still dirty stay cached, so a verification
    right afterwards mostly reads memory.
    """
    os.posix_fadvise(fd, start, length, os.POSIX_FADV_DONTNEED)


def remove(path: Path, shred: bool) -> None:
    """Remove the file if it is there; `shred` overwrites it first, as far as the disk plays along."""
    if shred:
        with suppress(FileNotFoundError), path.open("r+b", buffering=0) as file:
            left = os.fstat(file.fileno()).st_size
            while left > 0:
                left -= os.write(file.fileno(), os.urandom(min(left, _SHRED_BLOCK)))
            os.fsync(file.fileno())
    with suppress(FileNotFoundError):
        path.unlink()


def remove_empty_folders(folder: Path, root: Path) -> None:
    """Remove the folder and its parents below the root while they are empty."""
    while folder != root:
        try:
            folder.rmdir()
        except (FileNotFoundError, NotADirectoryError):
            pass  # never there, or another deletion was first; its parent may still be ours to remove
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY):
                return
            raise
        folder = folder.parent


def walk(root: Path, prefix: str, hidden: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield key and stat of every regular file whose key starts with the prefix, in key order.

    A folder sorts as `name/`, because `a.b` comes before `a/b`. Symbolic links are left out.
    """
    pending = [(root, "")]
    while pending:
        path, key = pending.pop()
        if key and not key.endswith("/"):
            with suppress(FileNotFoundError):
                yield key, path.lstat()
            continue
        children = []
        with suppress(FileNotFoundError), os.scandir(path) as entries:
            for entry in entries:
                name = key + entry.name + ("/" if entry.is_dir(follow_symlinks=False) else "")
                wanted = name.startswith(prefix) or (name.endswith("/") and prefix.startswith(name))
                if wanted and name != hidden and not entry.is_symlink():
                    children.append((Path(entry.path), name))
        children.sort(key=lambda child: child[1].encode(), reverse=True)
        pending.extend(children)
