"""Which of the installed client tools suit a server of the MySQL family."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dbbackup.core.errors import ToolMissingError
from dbbackup.engines.mysql_flavour import Flavour, release
from dbbackup.engines.tools import FoundTools, ToolFinder, VersionOf, embedded_version, folders_of_path
from dbbackup.engines.values import ToolInfo

_PLACES = (
    (Path("/usr/local"), "mysql*/bin"),
    (Path("/opt"), "m[ya][sr]*/bin"),
    (Path("/usr/local/opt"), "m[ya][sr]*/bin"),
)
_OF_MARIADB = re.compile(rb"\x00\d+\.\d+\.\d+-MariaDB")


def mariadb_version() -> VersionOf:
    """Make the reader for MariaDB's tools: `10.11.19-MariaDB`."""
    return embedded_version(rb"\x00(\d+\.\d+\.\d+)-MariaDB")


def mysql_version() -> VersionOf:
    """Make the reader for MySQL's tools: `9.7.4`, with the distributor's suffix where there is one.

    On many systems `mysqldump` is another name of MariaDB's, which holds such a number as well.
    """
    read = embedded_version(rb"\x00((?:[89]|[1-9]\d)\.\d+\.\d+)(?:-[\w.+~-]{1,40})?\x00")
    foreign = embedded_version(b"(" + _OF_MARIADB.pattern + b")")
    return lambda tool: None if foreign(tool) else read(tool)


class MysqlTools:
    """Chooses among the tools found in the given folders, in the usual places, and on PATH."""

    def __init__(self, flavour: Flavour, finder: ToolFinder) -> None:
        self._flavour = flavour
        self._finder = finder

    @classmethod
    def installed(cls, flavour: Flavour, client_dirs: Sequence[Path]) -> MysqlTools:
        """Look in `client_dirs` (each a folder of executables) first, then where packages put the tools."""
        names = (flavour.dump_tool, flavour.client)
        return cls(flavour, ToolFinder(names, lambda: _folders(client_dirs), flavour.version_of))

    def choose(self, server_version: str) -> ToolInfo:
        """Pick the tools nearest to the server's series that are not older, else the newest.

        Raises:
            ToolMissingError: there are none of this flavour; the message names what to install.
        """
        wanted = release(server_version)
        found = [tools for tools in self._finder.find() if release(tools.version) >= self._flavour.oldest_tool]
        if not found:
            raise ToolMissingError(
                f"No client tools for a {self._flavour.name} server: install {self._flavour.dump_tool} and "
                f"{self._flavour.client} ({self._flavour.packages})."
            )
        not_older = [tools for tools in found if release(tools.version) >= wanted]
        # min() and max() keep the first of equals: an administrator's folder goes before the system's
        chosen = min(not_older, key=_series) if not_older else max(found, key=_series)
        return ToolInfo(
            version=chosen.version,
            folder=str(chosen.folder),
            exact=bool(not_older),
            note=None if not_older else self._note(server_version, chosen),
        )

    def _note(self, server_version: str, chosen: FoundTools) -> str:
        return (
            f"The client tools ({chosen.version}) are older than the server ({server_version}): what is new in the "
            f"server may be missing in a backup. Install newer ones ({self._flavour.packages})."
        )


def _series(tools: FoundTools) -> tuple[int, int]:
    return release(tools.version)


def _folders(client_dirs: Sequence[Path]) -> Iterator[Path]:
    yield from client_dirs
    for base, pattern in _PLACES:
        yield from sorted(base.glob(pattern))
    yield from (Path("/usr/local/bin"), Path("/usr/bin"))
    yield from folders_of_path(os.environ.get("PATH", ""))
