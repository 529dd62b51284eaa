"""Keeps two processes from working on one catalogue."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from dbbackup.core.catalogue_url import CatalogueUrl
from dbbackup.core.errors import ConflictError, ValidationError
from dbbackup.db import server_lock
from dbbackup.db.server_lock import ServerLock

_PATIENCE = 1.0
"""Seconds that a lock held by somebody else is waited for: a command that looks whether anybody has it takes it for a
moment."""


def lock_catalogue(place: Path | CatalogueUrl) -> CatalogueLock:
    """Return the lock of a catalogue, not taken yet."""
    return InstanceLock(place) if isinstance(place, Path) else ServerLock(place)


def is_taken(place: Path | CatalogueUrl) -> bool:
    """Return whether a process runs on the catalogue."""
    if isinstance(place, CatalogueUrl):
        return server_lock.is_held(place)
    try:
        with InstanceLock(place, patience=0.0):
            return False
    except ConflictError:
        return True


class InstanceLock:
    """An exclusive lock beside the catalogue, let go by the kernel whatever ends the process."""

    holder: str | None = None

    def __init__(self, database_path: Path, patience: float = _PATIENCE) -> None:
        """Name the catalogue, and the seconds that somebody else's lock is waited for."""
        self._patience = patience
        self._path = database_path.with_name(database_path.name + ".lock")
        self._fd: int | None = None

    def __enter__(self) -> InstanceLock:
        """Take the lock. Raises ConflictError when another process has it, ValidationError when nobody can."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ValidationError.of(
                "DATABASE_PATH",
                f"The folder {self._path.parent} cannot be written: {error.strerror}. Give this program a folder of its"
                " own, or let its user write there (DATABASE_PATH).",
            ) from error
        deadline = time.monotonic() + self._patience
        while not _try(fd):
            if time.monotonic() < deadline:
                time.sleep(_PATIENCE / 20)
                continue
            os.close(fd)
            raise ConflictError(
                f"Another process is already running on this catalogue ({self._path} is locked)."
                " Stop it first, or give this one its own DATABASE_PATH and BACKUP_STORAGE_PATH."
            )
        self._fd = fd
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    async def keep(self, taken: Callable[[], None]) -> None:
        """Nothing takes it away."""


CatalogueLock = InstanceLock | ServerLock


def _try(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
