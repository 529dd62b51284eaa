"""What a run is about to leave outside, written down before it happens."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Protocol


class JournalKind(StrEnum):
    """What may be left behind, and the facts needed to clean it up."""

    STORAGE_WRITE = "storage_write"
    """storageId, key; notBefore once object lock refused the removal"""
    WORK_FOLDER = "work_folder"
    """path"""
    NEW_DATABASE = "new_database"
    """databaseId (whose server), name, marker"""
    SCRATCH_CONTAINER = "scratch_container"
    """name, host: a throwaway container at that Docker engine"""
    CONTAINER_EXEC = "container_exec"
    """container, host, mark: a dump in that container, known by the mark in its environment"""
    SWAP = "swap"
    """databaseId, live, incoming, kept, marker, new: two databases that change places"""
    PUT_BACK = "put_back"
    """name: a database that is being changed in place, to be put back from the restore's safety backup"""


class Journal(Protocol):
    """The journal of one run."""

    async def note(self, kind: JournalKind, **facts: Any) -> None:
        """Write an entry; it is committed when this returns. The thing itself comes after."""
        ...
