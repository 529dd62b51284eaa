"""Finding installed client tools and their versions, without running them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

VersionOf = Callable[[Path], str | None]
"""Reads the version out of one tool's file; None where the file is not that tool."""


@dataclass(frozen=True, slots=True)
class FoundTools:
    """A folder that holds a whole set of client tools, and their version such as `15.19`."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The first number of the version."""
        return major_of(self.version)


def major_of(version: str) -> int:
    """Return the first number in a version such as `15.19 (Debian 15.19-1)`.

    Raises:
        ValueError: there is no number in it.
    """
    match = re.search(r"\d+", version)
    if match is None:
        raise ValueError(f"not a version: {version!r}")
    return int(match[0])


def embedded_version(pattern: bytes) -> VersionOf:
    """Make a reader that finds the version in the tool's own file by `pattern`'s first group.

    An engine spawns nothing, so `--version` cannot be asked. But what `--version` prints stands as one
    constant in the executable, and unlike the name of a folder it cannot be wrong. A wrapper script
    that picks some version at run time (Debian's `/usr/bin/pg_dump`) does not hold it and is passed over.
    """
    compiled = re.compile(pattern)

    def read(tool: Path) -> str | None:
        try:
            match = compiled.search(tool.read_bytes())
        except OSError:
            return None
        return match[1].decode("ascii", "replace") if match else None

    return read


class ToolFinder:
    """Finds every folder that holds all of some tools.

    Folders are looked through on each call, so that a tool installed meanwhile is seen without a restart;
    the version in a file is read once, until the file changes.
    """

    def __init__(self, names: Sequence[str], folders: Callable[[], Iterable[Path]], version_of: VersionOf) -> None:
        self._names = tuple(names)
        self._folders = folders
        self._version_of = version_of
        self._versions: dict[tuple[Path, int, int], str | None] = {}

    def find(self) -> list[FoundTools]:
        """Return the complete sets of tools, in the order of the folders, each folder once."""
        found: dict[Path, FoundTools] = {}
        for folder in self._folders():
            real = folder.resolve()
            if real not in found and (version := self._version_in(real)) is not None:
                found[real] = FoundTools(real, version)
        return list(found.values())

    def _version_in(self, folder: Path) -> str | None:
        """Return the version all the tools of the folder share; None where one is missing or differs."""
        versions = {self._version_of_file(folder / name) for name in self._names}
        return versions.pop() if len(versions) == 1 else None

    def _version_of_file(self, tool: Path) -> str | None:
        try:
            stat = tool.stat()
        except OSError:
            return None
        key = (tool, stat.st_mtime_ns, stat.st_size)
        if key not in self._versions:
            self._versions[key] = self._version_of(tool)
        return self._versions[key]


def folders_of_path(path: str) -> list[Path]:
    """Split the value of PATH into absolute folders; relative and empty entries are left out."""
    return [folder for entry in path.split(":") if (folder := Path(entry)).is_absolute()]
